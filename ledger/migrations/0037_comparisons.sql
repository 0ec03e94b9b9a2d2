-- comparisons: of both sides of a store, which a person asked for in the console. At most one of a store is open. orders_to: the orders
-- placed before it are compared (null: none yet), up to asked_at; then orders_done. sku_to: the stock up to this SKU is compared.
-- due_at: when dispatch sends it (again), unless its run says before that it goes on. fence: +1 per run that is sent. error: why it
-- ended early; null: it did not.
create table comparisons (
    id bigint generated always as identity primary key,
    store text not null references stores on delete cascade,
    asked_by text not null,
    asked_at timestamptz not null default now(),
    orders_to timestamptz,
    orders_done boolean not null default false,
    sku_to text not null default '',
    orders integer not null default 0,
    skus integer not null default 0,
    waiting_for_payment integer not null default 0,
    left_out jsonb not null default '[]',
    fence bigint not null default 1,
    due_at timestamptz not null default now(),
    ended_at timestamptz,
    error text
);
create unique index comparisons_open on comparisons (store) where ended_at is null;
create index comparisons_due on comparisons (due_at) where ended_at is null;
create index comparisons_store on comparisons (store, id);
create index comparisons_asked on comparisons (asked_at);

-- What a comparison found to be unequal. key: the order's id in the shop, or the SKU; subject: the order's number, or the SKU. repair:
-- the jobs that mend it, as [direction, flow]; repaired_at, repaired_by: when they were requested, and by whom.
create table differences (
    id bigint generated always as identity primary key,
    comparison_id bigint not null references comparisons on delete cascade,
    key text not null,
    subject text not null,
    kind text not null,
    sku text,
    shop text not null,
    afosto text not null,
    state text not null,
    cause text not null,
    advice text not null,
    repair jsonb not null,
    repaired_at timestamptz,
    repaired_by text
);
create index differences_comparison on differences (comparison_id, id);
create index differences_key on differences (key);

-- The nightly sweeps of a store: documents that were read, and jobs that they made due. ended_at is null while it goes on.
create table sweeps (
    store text not null references stores on delete cascade,
    began_at timestamptz not null,
    documents integer not null default 0,
    jobs integer not null default 0,
    ended_at timestamptz,
    primary key (store, began_at)
);
create index sweeps_began on sweeps (began_at);
