-- The five-minute windows of a day (UTC) in which the news of a store was older than promised, one bit each; the first one begins at
-- midnight. A poll that came too late writes them, so a store that keeps its promise has no row.
create table missed_windows (
    store text not null references stores on delete cascade,
    day date not null,
    windows bit(288) not null,
    primary key (store, day)
);
create index missed_windows_day on missed_windows (day);

-- The five-minute windows from one moment to another, as missed_windows keeps them; none if the second is not later.
create function windows_between(first timestamptz, last timestamptz) returns table (day date, windows bit(288))
language sql stable as $$
    select date '1970-01-01' + (w / 288)::int, bit_or(set_bit(0::bit(288), (w % 288)::int, 1))
    from generate_series(floor(extract(epoch from first) / 300)::bigint, ceil(extract(epoch from last) / 300)::bigint - 1) as w
    where first < last
    group by 1
$$;

-- When a person last resumed the store after a pause: before that nothing was promised.
alter table stores add column resumed_at timestamptz;

-- What people search for in all stores: an order's number or id on either side, a tracking code, a SKU.
-- squawk-ignore require-concurrent-index-deletion
drop index orders_number;
-- squawk-ignore require-concurrent-index-creation
create index orders_number on orders (number, store);
-- squawk-ignore require-concurrent-index-creation
create index orders_id on orders (id, store);
-- squawk-ignore require-concurrent-index-creation
create index links_afosto_order on links (afosto_id, store) where kind = 'order';
-- squawk-ignore require-concurrent-index-creation
create index links_afosto_number on links ((facts ->> 'number'), store) where kind = 'order';
-- squawk-ignore require-concurrent-index-creation
create index links_tracking on links ((facts ->> 'tracking_code'), store) where kind = 'parcel';
-- squawk-ignore require-concurrent-index-creation
create index links_shop_code on links ((facts ->> 'shop_code'), store) where kind = 'parcel' and facts ? 'afosto_code';
-- squawk-ignore require-concurrent-index-creation
create index links_afosto_code on links ((facts ->> 'afosto_code'), store) where kind = 'parcel' and facts ? 'afosto_code';
-- squawk-ignore require-concurrent-index-creation
create index stock_sku on stock (sku, store);

-- The webhooks about an order.
-- squawk-ignore require-concurrent-index-creation
create index inbox_order on inbox (store, order_key);

-- When orders were imported, for the charts of a store.
-- squawk-ignore require-concurrent-index-creation
create index links_imported on links (store, created_at) where kind = 'order';
