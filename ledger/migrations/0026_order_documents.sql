-- The newest document of an order, as a poll read it, until the imports of the order are settled: a zlib-compressed JSON text as a
-- Fernet token. updated_at: when the shop changed the order. read_at: before the shop was asked for it.
create table order_documents (
    store text not null references stores on delete cascade,
    order_id text not null,
    document bytea not null,
    updated_at timestamptz not null,
    read_at timestamptz not null,
    primary key (store, order_id)
);
create index order_documents_read on order_documents (read_at);

-- When somebody last said that there is news: a document that was read before is not used.
alter table jobs add column asked_at timestamptz;

-- When a poll last ended with nothing left to read.
alter table cursors add column caught_up_at timestamptz;
