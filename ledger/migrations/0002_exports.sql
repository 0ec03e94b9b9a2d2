-- The way back, from Afosto to the shop.

alter table stores add column notify_buyers boolean not null default true;

-- Orders that are open in Afosto or may come to life again there: when each was last looked at, and whether it is closed.
create table watched (
    store text not null references stores on delete cascade,
    order_id text not null,
    opened_at timestamptz not null default now(),
    looked_at timestamptz not null default now(),
    closed boolean not null default false,
    primary key (store, order_id)
);
create index watched_looked on watched (store, closed, looked_at);

-- The walk over a store's watched orders, for what no event tells. `lists` is whether Afosto lists changed orders (null:
-- not tried yet), `listed_to` how far that list is read.
create table walks (
    store text primary key references stores on delete cascade,
    next_at timestamptz not null default now(),
    lists boolean,
    listed_to timestamptz not null default now()
);
create index walks_due on walks (next_at);

insert into walks (store) select name from stores;
insert into watched (store, order_id) select store, epages_id from links where kind = 'order' and stage = 'opened';

-- Stores connected before do not begin to write into their shops unasked.
insert into store_flows (store, direction, flow, enabled)
select s.name, 'export', f.flow, f.flow = 'looks'
from stores s cross join unnest(array['looks', 'cancellations', 'shipments', 'returns', 'broken', 'inventory']) as f (flow)
on conflict do nothing;
