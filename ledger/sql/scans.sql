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
update watched set looked_at = now(), closed = %(closed)s where store = %(store)s and order_id = %(order_id)s;

-- name: all_opened
select epages_id from links where store = %(store)s and kind = 'order' and stage = 'opened' order by epages_id;
