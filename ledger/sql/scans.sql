-- name: open
insert into walks (store) values (%(store)s) on conflict do nothing;

-- name: due
-- Stores whose scan is due, if they export anything.
update walks set next_at = now() + %(interval)s * interval '1 second'
where store in (
    select w.store from walks w join stores s on s.name = w.store
    where w.next_at <= now() and s.paused_at is null
      and exists (select 1 from store_flows f where f.store = w.store and f.direction = 'export' and f.enabled
                  and f.flow in ('cancellations', 'shipments', 'returns'))
    order by w.next_at limit %(limit)s for update of w skip locked)
returning store;

-- name: give_back
update walks set next_at = now() where store = any(%(stores)s) returning store;

-- name: get
select store, lists, listed_to from walks where store = %(store)s;

-- name: read
-- A store that has been quiet for an hour is scanned half as often as one that has been quiet for half an hour.
update walks set lists = %(lists)s, listed_to = greatest(listed_to, %(listed_to)s),
       news_at = case when %(news)s then now() else news_at end,
       next_at = case when %(news)s then next_at else
                 greatest(next_at, now() + least(%(longest)s * interval '1 second', (now() - news_at) / 12)) end
where store = %(store)s;

-- name: stir
-- Something changed in the shop, so something may soon change in Afosto as well.
with walked as (
    update walks set news_at = now() where store = %(store)s
)
update stock_cursors set news_at = now() where store = %(store)s;

-- name: known
-- The shop's ids of these Afosto orders.
select epages_id from links
where store = %(store)s and kind = 'order' and stage in ('filled', 'opened') and afosto_id = any(%(afosto_ids)s)
order by epages_id;

-- name: longest_ago
-- Orders that nobody looked at for a while, the longest ago first. A return may reopen a closed order, and a person may open a
-- draft, but both are rare, so these wait longer. Half a year after an order was opened, nothing more is expected of it.
select order_id from watched
where store = %(store)s and opened_at > now() - interval '180 days'
  and looked_at < now() - (case when closed then %(closed_period)s else %(period)s end) * interval '1 second'
order by closed, looked_at limit %(limit)s;

-- name: looked
-- `news`: something happened in Afosto that is now carried over. If no event of the order has come since it was last looked at, only
-- the scan has found it. The count begins again with each event that the tenant's endpoints have taken.
with before as (
    select looked_at from watched where store = %(store)s and order_id = %(order_id)s
), heard as (
    select max(e.seen_at) as at from stores s join stores o on o.afosto_bucket = s.afosto_bucket
    join webhook_endpoints e on e.store = o.name where s.name = %(store)s
), missed as (
    update walks w set
        changes_missed = case when w.missed_at > coalesce(heard.at, '-infinity') then w.changes_missed + 1 else 1 end,
        missed_since = case when w.missed_at > coalesce(heard.at, '-infinity') then w.missed_since else now() end,
        missed_at = now()
    from before, heard
    where %(news)s and w.store = %(store)s
      and not exists (select from inbox i where i.store = %(store)s and i.order_key = %(order_id)s
                      and i.received_at >= before.looked_at)
)
update watched set looked_at = now(), closed = %(closed)s where store = %(store)s and order_id = %(order_id)s;

-- name: unheard
-- Stores in which scans have found several changes lately, over some minutes, and no event of the tenant has come since. An
-- endpoint notes an event at most once a minute.
with heard as (
    select s.afosto_bucket, max(e.seen_at) as at from webhook_endpoints e join stores s on s.name = e.store group by s.afosto_bucket
)
select w.store, w.changes_missed as changes, w.missed_since as since, heard.afosto_bucket is not null as registered, heard.at as heard_at
from walks w join stores s on s.name = w.store left join heard on heard.afosto_bucket = s.afosto_bucket
where s.paused_at is null and w.changes_missed >= %(changes)s and w.missed_since < now() - %(seconds)s * interval '1 second'
  and w.missed_at > coalesce(heard.at, '-infinity') + interval '1 minute' and w.missed_at > now() - interval '7 days'
  and (%(store)s::text is null or w.store = %(store)s)
order by w.missed_since, w.store;

-- name: all_opened
select epages_id from links where store = %(store)s and kind = 'order' and stage = 'opened' order by epages_id;
