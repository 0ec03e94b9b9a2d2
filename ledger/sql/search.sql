-- Each statement looks in the given stores, or in all of them when `stores` is null.

-- name: orders
-- By the number or the id in the shop, by the number or the id in Afosto, and by a tracking code of either side.
select f.found_by, f.store, f.id as order_id, o.number, o.created_at from (
    (select 1 as rank, 'order-number' as found_by, store, id from orders
     where number = %(text)s and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s)
    union all
    (select 2, 'shop-id', store, id from orders
     where id = %(text)s and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s)
    union all
    (select 3, 'afosto-number', store, order_key from links
     where kind = 'order' and facts ->> 'number' = %(text)s and (%(stores)s::text[] is null or store = any(%(stores)s))
     order by store limit %(limit)s)
    union all
    (select 4, 'afosto-id', store, order_key from links
     where kind = 'order' and afosto_id = %(text)s and (%(stores)s::text[] is null or store = any(%(stores)s))
     order by store limit %(limit)s)
    union all
    (select 5, 'tracking-code', store, order_key from links
     where kind = 'parcel' and facts ->> 'tracking_code' = %(text)s
       and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s)
    union all
    (select 5, 'tracking-code', store, order_key from links
     where kind = 'parcel' and facts ? 'afosto_code' and facts ->> 'shop_code' = %(text)s
       and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s)
    union all
    (select 5, 'tracking-code', store, order_key from links
     where kind = 'parcel' and facts ? 'afosto_code' and facts ->> 'afosto_code' = %(text)s
       and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s)
) as f left join orders o on o.store = f.store and o.id = f.id
order by f.rank, f.store, f.id;

-- name: skus
select store, sku, published from stock
where sku = %(text)s and (%(stores)s::text[] is null or store = any(%(stores)s)) order by store limit %(limit)s;

-- name: job
select id, store, direction, flow, subject, order_key, state from jobs
where id = %(id)s and (%(stores)s::text[] is null or store = any(%(stores)s));
