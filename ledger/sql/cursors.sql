-- name: due
-- Cursors that are due. Each gets a new fence, so that an older run of it ends by itself. While a run reads, its cursor is not
-- due; when a run has died, the cursor is due again after the patience.
update cursors c set
    fence = fence + 1, running_until = now() + %(slowest)s * interval '1 second',
    next_poll_at = now() + %(patience)s * interval '1 second'
where (store, kind) in (
    select c.store, c.kind from cursors c join stores s on s.name = c.store
    where c.next_poll_at <= now() and s.paused_at is null and coalesce(c.running_until <= now(), true)
    order by c.next_poll_at limit %(limit)s for update of c skip locked)
returning store, kind, fence;

-- name: give_back
-- Cursors that were taken and whose message the broker refused: due again at once. One that somebody took since is left alone.
update cursors c set running_until = null, next_poll_at = now()
from unnest(%(stores)s::text[], %(kinds)s::text[], %(fences)s::bigint[]) as taken (store, kind, fence)
where c.store = taken.store and c.kind = taken.kind and c.fence = taken.fence
returning c.store;

-- name: open
-- A sweep that has begun goes on: begun again each night, it might never end.
insert into cursors (store, kind, position, origin, upper_end, width, next_poll_at)
values (%(store)s, %(kind)s, %(position)s, %(position)s, %(upper_end)s, %(width)s, %(next_poll_at)s)
on conflict (store, kind) do update set
    position = excluded.position, origin = excluded.origin, upper_end = excluded.upper_end,
    next_poll_at = excluded.next_poll_at, fence = cursors.fence + 1
where cursors.next_poll_at is null
returning fence;

-- name: get
select c.store, c.kind, c.position, c.origin, c.upper_end, c.width, c.fence, c.lateness, c.prepaid, c.polled_at
from cursors c where c.store = %(store)s and c.kind = %(kind)s;

-- name: take
-- A poll that was requested without a fence takes one. While another poll reads, this one takes no fence and leaves that one
-- alone, and the next poll follows it at once. Otherwise, requested more often than a poll takes, no poll would ever end.
with cursor as (
    select fence, coalesce(running_until > now(), false) as running from cursors
    where store = %(store)s and kind = %(kind)s for update
)
update cursors c set
    fence = case when o.running then c.fence else c.fence + 1 end,
    running_until = case when o.running then c.running_until else now() + %(slowest)s * interval '1 second' end,
    next_poll_at = case when o.running then least(c.next_poll_at, now())
                        else now() + %(patience)s * interval '1 second' end
from cursor o where c.store = %(store)s and c.kind = %(kind)s
returning case when not o.running then c.fence end as fence;

-- name: lock
-- The fence guards this: an older run finds no row and ends.
select fence from cursors where store = %(store)s and kind = %(kind)s and fence = %(fence)s for update;

-- name: move
-- If the news was older than promised, the windows of that time are noted.
with late as (
    select c.store, w.day, w.windows from cursors c join stores s on s.name = c.store
    cross join windows_between(greatest(c.polled_at, s.connected_at, s.resumed_at) + %(promise)s * interval '1 second', now()) as w
    where c.store = %(store)s and c.kind = %(kind)s and c.kind = 'live' and c.fence = %(fence)s
      and w.day > current_date - %(days)s
), missed as (
    insert into missed_windows (store, day, windows) select store, day, windows from late
    on conflict (store, day) do update set windows = missed_windows.windows | excluded.windows
)
update cursors set
    position = greatest(position, %(position)s), width = %(width)s,
    requests = requests + %(requests)s, documents = documents + %(documents)s,
    lateness = case when %(lateness)s >= lateness or coalesce(lateness_at < now() - interval '1 day', true)
                    then %(lateness)s else lateness end,
    lateness_at = case when %(lateness)s >= lateness or coalesce(lateness_at < now() - interval '1 day', true)
                       then now() else lateness_at end,
    polled_at = now(), caught_up_at = case when %(over)s then now() else caught_up_at end, prepaid = false,
    running_until = case when %(over)s then null else now() + %(slowest)s * interval '1 second' end,
    next_poll_at = case when %(finished)s then null
                        when next_poll_at <= now() then next_poll_at  -- somebody requested a poll while this run was reading
                        else now() + %(pause)s * interval '1 second' end
where store = %(store)s and kind = %(kind)s and fence = %(fence)s
returning position;

-- name: note_sweep
insert into sweeps (store, began_at, documents, jobs, ended_at)
values (%(store)s, %(began_at)s, %(documents)s, %(jobs)s, case when %(finished)s then now() end)
on conflict (store, began_at) do update set
    documents = sweeps.documents + excluded.documents, jobs = sweeps.jobs + excluded.jobs, ended_at = excluded.ended_at;

-- name: postpone
update cursors set next_poll_at = now() + %(pause)s * interval '1 second', width = %(width)s, prepaid = %(prepaid)s,
       running_until = null
where store = %(store)s and kind = %(kind)s and fence = %(fence)s;

-- name: spend
-- This run spends the reserved call. If the run dies, the next one has none.
update cursors set prepaid = false where store = %(store)s and kind = %(kind)s and fence = %(fence)s;

-- name: stop
-- The run ended; the next one comes at its time.
update cursors set running_until = null where store = %(store)s and kind = %(kind)s and fence = %(fence)s;

-- name: now_due
update cursors set next_poll_at = now(), prepaid = false where store = %(store)s and kind = %(kind)s returning store;

-- name: sweep_start
-- Where tonight's sweep begins: the oldest order to which something may still happen.
select min(created_at) as oldest from orders
where store = %(store)s and not is_final and created_at > now() - %(age)s * interval '1 second';

-- name: upsert_orders
insert into orders (store, id, number, created_at, updated_at, is_test, is_final)
select %(store)s, o.id, o.number, o.created_at, o.updated_at, o.is_test, o.is_final
from unnest(%(ids)s::text[], %(numbers)s::text[], %(created)s::timestamptz[], %(updated)s::timestamptz[],
            %(tests)s::boolean[], %(finals)s::boolean[]) as o (id, number, created_at, updated_at, is_test, is_final)
order by o.id
on conflict (store, id) do update set
    number = excluded.number, created_at = excluded.created_at, updated_at = excluded.updated_at,
    is_test = excluded.is_test, is_final = excluded.is_final
where orders.updated_at is null or orders.updated_at < excluded.updated_at or orders.is_final <> excluded.is_final
returning id, updated_at;

-- name: note_unreadable
insert into orders (store, id, number) values (%(store)s, %(id)s, %(number)s) on conflict do nothing;
