-- name: orders
-- What is known of each of these orders: the shop's date of what was read of it, its links and jobs, which open job has an open
-- intent and whether that is in doubt, and when the order was last looked at in Afosto. While a job runs, it may still get the
-- answer to its call; a plan that was cut is not in doubt.
select k.id as order_id, o.number, o.updated_at as read_to, w.looked_at,
       coalesce((select jsonb_agg(to_jsonb(l) order by l.id) from links l
                 where l.store = %(store)s and l.order_key = k.id), '[]') as links,
       coalesce((select jsonb_agg(to_jsonb(j) order by j.id) from jobs j
                 where j.store = %(store)s and j.order_key = k.id), '[]') as jobs,
       coalesce(i.unsure, false) as unsure, i.unfinished
from unnest(%(ids)s::text[]) as k (id)
left join lateral (select min(j.id) as unfinished, bool_or(i.ambiguous_until > now() and j.state <> 'running') as unsure
                   from intents i join jobs j on j.id = i.job_id
                   where i.store = %(store)s and i.order_key = k.id and i.settled_at is null
                     and j.state in ('waiting', 'queued', 'running')) i on true
left join orders o on o.store = %(store)s and o.id = k.id
left join watched w on w.store = %(store)s and w.order_id = k.id;

-- name: bound
select l.epages_id, l.afosto_id, o.created_at as placed_at
from links l left join orders o on o.store = l.store and o.id = l.epages_id
where l.store = %(store)s and l.kind = 'order' order by l.epages_id;

-- name: totals
-- Of the orders that were imported last.
select l.order_key as order_id, o.number, l.afosto_id, (l.facts ->> 'shop_total')::numeric as shop,
       (l.facts ->> 'total')::numeric as afosto
from (select * from links where store = %(store)s and kind = 'order' order by created_at desc limit %(latest)s) l
left join orders o on o.store = l.store and o.id = l.order_key
where l.facts ? 'total' and l.facts ? 'shop_total' and l.stage <> 'expired'
order by (l.facts ->> 'shop_total')::numeric <> (l.facts ->> 'total')::numeric desc, l.created_at desc limit %(limit)s;

-- name: two_codes
-- Shipments whose tracking codes differ between the sides.
select coalesce(o.number, l.order_key) as number, l.facts ->> 'shop_code' as shop_code, l.facts ->> 'afosto_code' as afosto_code
from links l left join orders o on o.store = l.store and o.id = l.order_key
where l.store = %(store)s and l.kind = 'parcel' and l.facts ? 'afosto_code' order by l.id;

-- name: read_to
select id, updated_at from orders where store = %(store)s and id = any(%(ids)s);

-- name: stock
-- SKUs that were published. The outcome of the others says why they were not.
select sku, product_id, variation_id, available, wanted > done or recheck_at is not null or ambiguous_until is not null as open
from stock where store = %(store)s and product_id is not null
             and outcome in ('published', 'not-purchasable') order by sku;
