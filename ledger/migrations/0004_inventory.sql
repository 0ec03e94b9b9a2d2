-- What orders hold of the stock, what is published per SKU, and how far each store's inventory changes are read.

-- An order line as the shop last said. held: pieces out of the shop's stock for the buyer. waiting: units of it that Afosto
-- has open and not deducted; null while the order is not opened in Afosto. waiting_at: when that was noted.
create table order_lines (
    store text not null references stores on delete cascade,
    order_id text not null,
    line_id text not null,
    sku text not null,
    held integer not null,
    document_at timestamptz not null,
    waiting integer,
    waiting_at timestamptz,
    primary key (store, order_id, line_id)
);
create index order_lines_promised on order_lines (sku, store) include (held, waiting)
    where held > 0 and (waiting is null or waiting > 0);
create index order_lines_noted on order_lines (sku, store, waiting_at);

-- One row per SKU of a store. `wanted` and `done` are versions: to be published while wanted > done.
-- ambiguous_until: written before the shop's stock is moved, cleared by the answer; while it stands, the SKU is not touched
-- before that time. recheck_at: published once more then, because a move whose answer was lost may land late.
create table stock (
    store text not null references stores on delete cascade,
    sku text not null,
    wanted bigint not null default 1,
    done bigint not null default 0,
    product_id text,
    variation_id text,
    published integer,
    available integer,
    promised integer,
    outcome text,
    message text,
    resolution text,
    changed_at timestamptz,
    ambiguous_until timestamptz,
    recheck_at timestamptz,
    checked_at timestamptz,
    primary key (store, sku)
);
create index stock_wanted on stock (store, sku)
    where wanted > done or recheck_at is not null or ambiguous_until is not null;

-- How far a store's inventory changes are read. position null: everything the shop sells is published anew, and the walk
-- over its catalogue has passed so many products. prepaid: the calls of its next turn are reserved.
create table stock_cursors (
    store text primary key references stores on delete cascade,
    position timestamptz,
    walked integer not null default 0,
    prepaid boolean not null default false,
    next_poll_at timestamptz not null default now(),
    polled_at timestamptz,
    lists_changes boolean not null default true
);
create index stock_cursors_due on stock_cursors (next_poll_at);

insert into stock_cursors (store) select name from stores;

-- A poll that waits for its call spends it when the time has come: else it would reserve one after the other in vain.
alter table cursors add column prepaid boolean not null default false;
