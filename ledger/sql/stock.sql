-- name: remember
-- Where the shop keeps the stock of these SKUs; an unknown SKU becomes known. Another SKU that was kept there was renamed.
with renamed as (
    update stock s set product_id = null, variation_id = null
    from unnest(%(skus)s::text[], %(products)s::text[], %(variations)s::text[]) as n (sku, product_id, variation_id)
    where s.store = %(store)s and s.product_id = n.product_id and s.variation_id is not distinct from n.variation_id
      and s.sku <> all(%(skus)s::text[])
)
insert into stock (store, sku, wanted, product_id, variation_id)
select %(store)s, n.sku, 0, n.product_id, n.variation_id
from unnest(%(skus)s::text[], %(products)s::text[], %(variations)s::text[]) as n (sku, product_id, variation_id)
order by n.sku
on conflict (store, sku) do update set
    product_id = excluded.product_id, variation_id = excluded.variation_id, outcome = null, message = null, resolution = null
where (stock.product_id, stock.variation_id) is distinct from (excluded.product_id, excluded.variation_id)
returning sku;

-- name: hear_of
-- Where the lines of orders say that these SKUs are, as it was when they were sold. That counts only for a SKU whose place is not
-- known, and never replaces a place: products get other SKUs, and other products replace them.
insert into stock (store, sku, wanted, product_id, variation_id)
select %(store)s, n.sku, 0, n.product_id, n.variation_id
from unnest(%(skus)s::text[], %(products)s::text[], %(variations)s::text[]) as n (sku, product_id, variation_id)
order by n.sku
on conflict (store, sku) do update set
    product_id = excluded.product_id, variation_id = excluded.variation_id, outcome = null, message = null, resolution = null
where stock.product_id is null;

-- name: skus_at
-- The SKUs that were last found at these places.
select s.sku from stock s
join unnest(%(products)s::text[], %(variations)s::text[]) as n (product_id, variation_id)
  on s.product_id = n.product_id and s.variation_id is not distinct from n.variation_id
where s.store = %(store)s;

-- name: set_aside
-- The database refuses what is known of a SKU, so its name is kept with the reason. If it was published, it still is.
insert into stock (store, sku, wanted, outcome, message, resolution)
select name, %(sku)s, 0, %(outcome)s, %(message)s, %(resolution)s from stores where name = %(store)s
on conflict (store, sku) do update set
    outcome = excluded.outcome, message = excluded.message, resolution = excluded.resolution;

-- name: request
-- These SKUs become wanted.
insert into stock (store, sku)
select s.name, k.sku from stores s cross join unnest(%(skus)s::text[]) as k (sku) where s.name = %(store)s order by k.sku
on conflict (store, sku) do update set wanted = stock.wanted + 1
returning sku;

-- name: unknown
-- The scan of a store's catalog leaves a row for each SKU that the shop has.
select w.sku from unnest(%(skus)s::text[]) as w (sku)
join stock_cursors c on c.store = %(store)s and c.position is not null
left join stock k on k.store = c.store and k.sku = w.sku
where k.sku is null or k.outcome = 'unknown-sku';

-- name: request_all
-- SKUs that the shop does not have are left out: to publish one that it has now, a person names it.
update stock set wanted = wanted + 1
where store = %(store)s and sku in (
    select sku from stock where store = %(store)s and outcome is distinct from 'unknown-sku' order by sku for update)
returning sku;

-- name: request_changed
-- SKUs whose inventory has moved since it was last handled. Changes are read after the scan of the catalog has ended: a SKU
-- that the scan did not find is not the shop's, and costs no call. The nightly scan finds what the shop has added since.
insert into stock (store, sku, changed_at, wanted, done, outcome, message, resolution)
select %(store)s, n.sku, n.changed_at, 1, 1, %(outcome)s, %(message)s, %(resolution)s
from unnest(%(skus)s::text[], %(changed)s::timestamptz[]) as n (sku, changed_at)
order by n.sku
on conflict (store, sku) do update set
    changed_at = excluded.changed_at,
    wanted = stock.wanted + case when stock.outcome is distinct from 'unknown-sku' then 1 else 0 end
where stock.changed_at is null or excluded.changed_at > stock.changed_at
returning sku, wanted > done as open;

-- name: request_everywhere
-- The sold units of these SKUs have changed at a store, or those of the order lines that this transaction has noted. So the SKUs
-- become wanted at every store of the tenant that sells from the store's locations and is known to have them. A SKU that the scan
-- of a catalog did not find is not that shop's; one that the scan has not reached yet becomes wanted by the scan. Otherwise a
-- call would be wasted for each SKU of another shop. The SKUs that a run is about to publish do not become wanted at its own store.
-- One job per store publishes all its wanted SKUs, with at most one run per second. A run is requested where a SKU became wanted,
-- and at the stores that are `asked`. A store whose past is still being read gets one only on demand: the run could do nothing,
-- and would take calls from the runs that read.
with touched (sku) as (
    select unnest(%(skus)s::text[])
    union
    select sku from sold_lines where store = %(store)s and order_id = %(order_id)s and undeducted_at = now()
), publishers as (
    select distinct o.store from locations m
    join locations o on o.afosto_id = m.afosto_id
    join stores mine on mine.name = m.store
    join stores theirs on theirs.name = o.store and theirs.afosto_bucket = mine.afosto_bucket
    join store_flows f on f.store = o.store and f.direction = 'export' and f.flow = 'inventory' and f.enabled
    where m.store = %(store)s and exists (select 1 from touched)
), requested as (
    update stock set wanted = wanted + 1
    where (store, sku) in (
        select k.store, k.sku from publishers p join stock k on k.store = p.store
        where k.sku in (select sku from touched) and k.outcome is distinct from 'unknown-sku'
          and not (k.store = %(by)s and k.sku = any(%(spared)s::text[]))
        order by k.store, k.sku for update of k)
    returning store
)
insert into jobs (store, direction, flow, subject, order_key, lane, trace)
select s.name, 'export', 'inventory', 'stock', 'stock', 0, %(trace)s
from stores s join (select unnest(%(asked)s::text[]) as name union select store from requested) a on a.name = s.name
where %(on_demand)s or not exists (select 1 from cursors h
                                where h.store = s.name and h.kind = 'history' and h.next_poll_at is not null)
order by s.name
on conflict (store, direction, flow, subject) do update set
    wanted = jobs.wanted + 1, trace = excluded.trace,
    state = case when jobs.state in ('done', 'parked') then 'waiting' else jobs.state end,
    due_at = case when jobs.state in ('done', 'parked') then greatest(now(), jobs.settled_at + interval '1 second')
                  when jobs.state = 'waiting' and jobs.failures = 0 and not jobs.prepaid
                  then least(jobs.due_at, greatest(now(), jobs.settled_at + interval '1 second'))
                  else jobs.due_at end,
    reason = null, message = null, resolution = null
returning id, store;

-- name: sharing_stores
-- Stores of the tenant that sell some of these SKUs from a location of this store, itself included: whether their orders are
-- imported, and whether their past has been read. A shop whose catalog is not scanned yet may sell any SKU. A shop that refuses
-- our calls does not delay the others: what is known of its orders counts, as it does while a shop is silent.
select o.store, f.enabled as imports,
       h.next_poll_at is null or s.paused_at is not null
       or exists (select 1 from store_health b where b.store = o.store and b.vendor = 'epages'
                  and b.reason <> 'does-not-answer') as read,
       exists (select 1 from store_health b where b.store = o.store and b.vendor = 'epages'
               and b.reason = 'does-not-answer') as silent
from (select distinct o.store from locations m join locations o on o.afosto_id = m.afosto_id
      where m.store = %(store)s) o
join stores s on s.name = o.store
join stores mine on mine.name = %(store)s and mine.afosto_bucket = s.afosto_bucket
join store_flows f on f.store = o.store and f.direction = 'import' and f.flow = 'orders'
left join cursors h on h.store = o.store and h.kind = 'history'
where o.store = %(store)s
   or exists (select 1 from stock k where k.store = o.store and k.sku = any(%(skus)s) and k.product_id is not null)
   or exists (select 1 from sold_lines l where l.store = o.store and l.sku = any(%(skus)s))
   or not exists (select 1 from stock_cursors c where c.store = o.store and c.position is not null)
order by o.store;

-- name: locations
select distinct afosto_id from locations where store = %(store)s order by afosto_id;

-- name: clock
select clock_timestamp() as at;

-- name: due
-- First what the shop is known to sell, then what was checked longest ago.
select sku, wanted, product_id, variation_id, ambiguous_until, may_empty from stock
where store = %(store)s and (wanted > done or recheck_at <= now() or ambiguous_until is not null)
  and (ambiguous_until is null or ambiguous_until <= now()) and not sku = any(%(besides)s)
order by product_id is null, checked_at nulls first, sku limit %(limit)s;

-- name: next_due
-- Seconds until something must be published; no row when nothing must.
select greatest(0, extract(epoch from
           coalesce(ambiguous_until, case when wanted > done then now() else recheck_at end) - now()))::float8 as seconds
from stock where store = %(store)s and (wanted > done or recheck_at is not null or ambiguous_until is not null)
order by seconds limit 1;

-- name: record_move
-- Only for the holder of the job, as `note_outcome` and `withdraw` are: another run may have moved the stock meanwhile. The SKU
-- is locked before the job, in the same order as where a SKU becomes wanted. A move that was sent when
-- another SKU was at the place may still land: then nothing is recorded, and the answer is for how many seconds that is so.
with mine as (select sku from stock where store = %(store)s and sku = %(sku)s for update),
holder as (select j.id from jobs j, mine where j.id = %(job_id)s and j.fence = %(fence)s and j.state = 'running' for share of j),
unsettled as (
    select extract(epoch from max(ambiguous_until) - now())::float8 as seconds from stock
    where store = %(store)s and sku <> %(sku)s and ambiguous_until > now()
      and moved_product_id = %(product_id)s and moved_variation_id is not distinct from %(variation_id)s
), recorded as (
    update stock set ambiguous_until = now() + %(wait)s * interval '1 second', moved_product_id = %(product_id)s,
        moved_variation_id = %(variation_id)s
    from holder, unsettled
    where store = %(store)s and sku = %(sku)s and unsettled.seconds is null
)
select unsettled.seconds as unsettled from holder, unsettled;

-- name: request_where_moved
-- The SKUs that are by now where the stock of these was moved: whether that move landed there is not known.
update stock set wanted = wanted + 1
where store = %(store)s and sku in (
    select n.sku from stock m
    join stock n on n.store = m.store and n.sku <> m.sku
      and n.product_id = m.moved_product_id and n.variation_id is not distinct from m.moved_variation_id
    where m.store = %(store)s and m.sku = any(%(skus)s::text[])
    order by n.sku for update of n)
returning sku;

-- name: withdraw
-- The move was refused or never sent.
with mine as (select sku from stock where store = %(store)s and sku = %(sku)s for update),
holder as (select j.id from jobs j, mine where j.id = %(job_id)s and j.fence = %(fence)s and j.state = 'running' for share of j)
update stock set ambiguous_until = %(before)s from holder
where store = %(store)s and sku = %(sku)s
returning sku;

-- name: note_outcome
-- The version that was taken is done. After a lost answer, for example, the SKU is checked again later; so is a SKU that Afosto
-- knew before and does not know any more.
with mine as (select sku from stock where store = %(store)s and sku = %(sku)s for update),
holder as (select j.id from jobs j, mine where j.id = %(job_id)s and j.fence = %(fence)s and j.state = 'running' for share of j)
update stock set
    done = greatest(done, %(version)s), published = %(published)s, available = %(available)s, promised = %(promised)s,
    outcome = %(outcome)s, message = %(message)s, resolution = %(resolution)s, product_id = %(product_id)s,
    variation_id = %(variation_id)s, ambiguous_until = null, may_empty = false,
    emptied_at = case when %(published)s > 0 then null else emptied_at end,
    recheck_at = case when %(again)s or (available is not null and %(available)s::integer is null) then now() + %(wait)s * interval '1 second'
                      when recheck_at <= now() then null else recheck_at end,
    checked_at = case when outcome = 'looked-for' and %(outcome)s = 'looked-for' then checked_at else now() end
from holder
where store = %(store)s and sku = %(sku)s
returning sku;

-- name: start_search
-- Begin a search over the catalog when a SKU is looked for, none runs, and the last one began long enough ago.
update stock_cursors c set searched = 0, search_began_at = now(), next_poll_at = least(next_poll_at, now())
where store = %(store)s and searched is null
  and (search_began_at is null or search_began_at < now() - %(rest)s * interval '1 second')
  and exists (select 1 from stock k where k.store = c.store and k.outcome = 'looked-for');

-- name: searched
update stock_cursors set searched = %(walked)s, prepaid = false where store = %(store)s;

-- name: end_search
-- A SKU that was looked for since before the search began, and was not found, is not in the shop.
with ended as (
    update stock_cursors set searched = null where store = %(store)s returning store, search_began_at
)
update stock k set outcome = %(outcome)s, message = %(message)s, resolution = %(resolution)s
from ended e where k.store = e.store and k.outcome = 'looked-for' and k.checked_at < e.search_began_at;

-- name: emptying
-- How many SKUs the shop has in stock as far as is known, how many are to be published, and how many publishing took to zero
-- within the last hour, without the ones named.
select count(*) filter (where product_id is not null and (published is null or published > 0 or emptied_at > now() - interval '1 hour')) as stocked,
       count(*) filter (where wanted > done) as due,
       count(*) filter (where emptied_at > now() - interval '1 hour' and not sku = any(%(besides)s)) as emptied
from stock where store = %(store)s and outcome is distinct from 'unknown-sku';

-- name: empty
update stock set emptied_at = now() where store = %(store)s and sku = any(%(skus)s);

-- name: permit
-- A person has seen that these SKUs go to zero; what went there before is forgotten.
with seen as (update stock set emptied_at = null, may_empty = false where store = %(store)s and not sku = any(%(skus)s))
insert into stock (store, sku, wanted, may_empty)
select %(store)s, k.sku, 0, true from unnest(%(skus)s::text[]) as k (sku) order by k.sku
on conflict (store, sku) do update set emptied_at = null, may_empty = true;

-- name: spelled
-- SKUs of the store that equal these except for upper and lower case; a SKU that the store spells the same way is left out.
select n.said, s.sku from unnest(%(skus)s::text[]) as n (said)
join stock s on s.store = %(store)s and lower(s.sku) = lower(n.said) and s.outcome is distinct from 'unknown-sku'
where not exists (select 1 from stock e where e.store = %(store)s and e.sku = n.said and e.outcome is distinct from 'unknown-sku')
order by n.said, s.sku;

-- name: spelled_elsewhere
select distinct k.sku from unnest(%(skus)s::text[]) as k (sku)
join stock s on lower(s.sku) = lower(k.sku) and s.sku <> k.sku and s.outcome is distinct from 'unknown-sku'
join locations o on o.store = s.store
join locations m on m.store = %(store)s and m.afosto_id = o.afosto_id
join stores mine on mine.name = m.store
join stores theirs on theirs.name = o.store and theirs.afosto_bucket = mine.afosto_bucket
where s.store <> %(store)s;

-- name: levels
-- What was available when each SKU was last published.
select sku, available from stock where store = %(store)s and outcome is distinct from 'unknown-sku';

-- name: list
select sku, published, available, promised, outcome, message, resolution, wanted > done as open, ambiguous_until, checked_at
from stock where store = %(store)s and (%(sku)s::text is null or sku = %(sku)s) order by sku;

-- name: page
-- Some SKUs of a store, with a text in them.
select s.sku, s.published, s.available, s.promised, s.outcome, s.message, s.resolution, s.wanted > s.done as open,
       s.ambiguous_until, s.checked_at
from stock s
where s.store = %(store)s and (%(text)s = '' or strpos(lower(s.sku), lower(%(text)s)) > 0)
order by s.sku limit %(limit)s offset %(offset)s;

-- name: count
select count(*)::int as skus from stock
where store = %(store)s and (%(text)s = '' or strpos(lower(sku), lower(%(text)s)) > 0);

-- name: open_cursor
insert into stock_cursors (store) values (%(store)s) on conflict (store) do nothing;

-- name: publish_all_again
-- Everything of the store, or of all stores, is published again. If all stores are asked, a scan that has begun goes on.
update stock_cursors set position = null, walked = 0, next_poll_at = now(), prepaid = false
where store = %(store)s or (%(store)s::text is null and position is not null);

-- name: publish_again_where_shared
-- Everything is published again at all stores of the tenant that sell from this store's locations, itself included.
update stock_cursors set position = null, walked = 0, next_poll_at = now(), prepaid = false
where store = %(store)s
   or store in (select o.store from locations m join locations o on o.afosto_id = m.afosto_id
                join stores mine on mine.name = m.store
                join stores theirs on theirs.name = o.store and theirs.afosto_bucket = mine.afosto_bucket
                where m.store = %(store)s);

-- name: take_due
-- Stores whose inventory changes are due to be read. If a run dies, its store is due again after the patience.
update stock_cursors c set next_poll_at = now() + %(patience)s * interval '1 second'
where store in (
    select c.store from stock_cursors c join stores s on s.name = c.store
    join store_flows f on f.store = c.store and f.direction = 'export' and f.flow = 'inventory'
    where c.next_poll_at <= now() and s.paused_at is null and f.enabled and f.stopped_reason is null
    order by c.next_poll_at limit %(limit)s for update of c skip locked)
returning store;

-- name: give_back
update stock_cursors set next_poll_at = now() where store = any(%(stores)s) returning store;

-- name: cursor
select position, walked, searched, prepaid, lists_changes, polled_at from stock_cursors where store = %(store)s;

-- name: walked
update stock_cursors set walked = %(walked)s, prepaid = false where store = %(store)s;

-- name: move_cursor
update stock_cursors set position = %(position)s, lists_changes = %(lists_changes)s, polled_at = now(),
       news_at = case when %(news)s then now() else news_at end,
       next_poll_at = now() + greatest(%(pause)s * interval '1 second', case when %(news)s then interval '0' else
                                       least(%(longest)s * interval '1 second', (now() - news_at) / 12) end)
where store = %(store)s;

-- name: postpone
update stock_cursors set next_poll_at = now() + %(pause)s * interval '1 second', prepaid = %(prepaid)s where store = %(store)s;

-- name: sellers_at
-- Stores of a tenant that sell from some of these locations and import their orders.
select distinct o.store from locations o
join stores s on s.name = o.store and s.afosto_bucket = %(tenant)s
join store_flows f on f.store = o.store and f.direction = 'import' and f.flow = 'orders' and f.enabled
where o.afosto_id = any(%(locations)s) order by o.store;
