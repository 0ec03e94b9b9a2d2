-- name: shares
-- Of the windows since a store was connected, or of the last days: how many there were, and how many of them were missed. What a
-- store misses right now is not written down before its next poll.
with promised as (
    select s.name as store, greatest(date_trunc('day', now()) - (%(days)s - 1) * interval '1 day', s.connected_at) as first,
           greatest(c.polled_at, s.connected_at, s.resumed_at) + %(promise)s * interval '1 second' as late_from,
           coalesce(s.paused_at, now()) as late_to
    from stores s join cursors c on c.store = s.name and c.kind = 'live'
    where %(stores)s::text[] is null or s.name = any(%(stores)s)
), missed as (
    select store, sum(bit_count(windows))::int as windows from (
        select store, day, bit_or(windows) as windows from (
            select store, day, windows from missed_windows
            where day > current_date - %(days)s and (%(stores)s::text[] is null or store = any(%(stores)s))
            union all
            select p.store, w.day, w.windows from promised p cross join windows_between(greatest(p.late_from, p.first), p.late_to) as w
            where p.late_from < p.late_to
        ) as parts group by store, day
    ) as days group by store
)
select p.store, coalesce(m.windows, 0) as missed,
       (floor(extract(epoch from now()) / 300) - floor(extract(epoch from p.first) / 300) + 1)::int as windows
from promised p left join missed m on m.store = p.store order by p.store;

-- name: overall
-- The sum of `shares` over these stores, without their days: of each store that is late now, the windows since then are counted, and
-- the first of them once only, if the last poll has written it down.
with promised as (
    select s.name as store, greatest(date_trunc('day', now()) - (%(days)s - 1) * interval '1 day', s.connected_at) as first,
           greatest(c.polled_at, s.connected_at, s.resumed_at) + %(promise)s * interval '1 second' as late_from,
           coalesce(s.paused_at, now()) as late_to
    from stores s join cursors c on c.store = s.name and c.kind = 'live'
    where %(stores)s::text[] is null or s.name = any(%(stores)s)
), late as (
    select store, late_to, floor(extract(epoch from greatest(late_from, first)) / 300)::bigint as w
    from promised where greatest(late_from, first) < late_to
)
select (coalesce((select sum(bit_count(windows)) from missed_windows
                  where day > current_date - %(days)s and (%(stores)s::text[] is null or store = any(%(stores)s))), 0)
        + coalesce((select sum(ceil(extract(epoch from l.late_to) / 300)::bigint - l.w - coalesce(get_bit(m.windows, mod(l.w, 288)::int), 0))
                    from late l left join missed_windows m on m.store = l.store and m.day = date '1970-01-01' + (l.w / 288)::int), 0)
       )::int as missed,
       (select coalesce(sum(floor(extract(epoch from now()) / 300) - floor(extract(epoch from first) / 300) + 1), 0)
        from promised)::int as windows;

-- name: last_day
-- The last 288 windows of a store, oldest first; the last one is not over yet.
with span as (
    select s.name as store, floor(extract(epoch from now()) / 300)::bigint - 287 as first,
           greatest(c.polled_at, s.connected_at, s.resumed_at) + %(promise)s * interval '1 second' as late_from,
           coalesce(s.paused_at, now()) as late_to, s.connected_at
    from stores s join cursors c on c.store = s.name and c.kind = 'live' where s.name = %(store)s
), missed as (
    select day, bit_or(windows) as windows from (
        select m.day, m.windows from missed_windows m where m.store = %(store)s and m.day >= current_date - 1
        union all
        select w.day, w.windows from span cross join windows_between(greatest(late_from, now() - interval '1 day'), late_to) as w
    ) as parts group by day
), imported as (
    select floor(extract(epoch from l.created_at) / 300)::bigint as w, count(*)::int as orders
    from links l where l.store = %(store)s and l.kind = 'order' and l.created_at >= now() - interval '1 day' group by 1
)
select to_timestamp(w * 300) as began, coalesce(i.orders, 0) as orders,
       w >= floor(extract(epoch from span.connected_at) / 300) as connected,
       coalesce(get_bit(m.windows, mod(w, 288)::int) = 1, false) as missed
from span cross join generate_series(span.first, span.first + 287) as w
left join imported i using (w)
left join missed m on m.day = date '1970-01-01' + (w / 288)::int
order by w;
