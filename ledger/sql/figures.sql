-- What the exporter shows of the whole fleet. Each statement returns few rows, however many stores and jobs there are.

-- name: ages
-- How old the news of the stores is that are not paused: how many are between two bounds, the sum of their seconds, and how many
-- are older than promised. Bucket 0 is below the first bound.
select width_bucket(a.age, %(bounds)s::float8[]) as bucket, count(*)::int as stores, sum(a.age)::float8 as seconds,
       count(*) filter (where a.age > %(promise)s)::int as late
from (
    select extract(epoch from now() - greatest(c.polled_at, s.connected_at, s.resumed_at))::float8 as age
    from stores s left join cursors c on c.store = s.name and c.kind = 'live' where s.paused_at is null
) a group by 1;

-- name: latest
-- The stores whose news is older than promised, the oldest first.
select s.name as store, extract(epoch from now() - greatest(c.polled_at, s.connected_at, s.resumed_at))::float8 as age
from stores s left join cursors c on c.store = s.name and c.kind = 'live'
where s.paused_at is null
  and greatest(c.polled_at, s.connected_at, s.resumed_at) < now() - %(promise)s * interval '1 second'
order by age desc, s.name limit %(limit)s;

-- name: stores
select count(*) filter (where paused_at is null)::int as active, count(*) filter (where paused_at is not null)::int as paused
from stores;

-- name: unhealthy
-- Of stores that are not paused: a pause is what a person decided.
select h.vendor, h.reason, count(*)::int as stores
from store_health h join stores s on s.name = h.store where s.paused_at is null group by h.vendor, h.reason
union all
select 'connector', %(unforeseen)s::text, count(distinct u.store)::int
from store_faults u join stores s on s.name = u.store where s.paused_at is null having count(*) > 0;

-- name: stopped
-- Of stores that are not paused, too.
select f.direction, f.flow, f.stopped_reason as reason, count(*)::int as stores
from store_flows f join stores s on s.name = f.store
where f.stopped_reason is not null and s.paused_at is null group by f.direction, f.flow, f.stopped_reason;

-- name: backlog
-- Per flow and lane: the jobs that are due and not begun, and for how many seconds the first of them has been. What is paused, off or
-- stopped waits for a person, and what waits for a vendor that is known to be away is not sent. Jobs are counted per store first, by the index of the waiting ones, in its order.
with open as (
    select direction, flow, store, lane, count(*) as jobs, min(due_at) as oldest
    from jobs where state = 'waiting' and due_at <= now() group by direction, flow, store, lane
    union all
    select direction, flow, store, lane, count(*), min(due_at) from jobs where state = 'queued' group by direction, flow, store, lane
)
select o.direction, o.flow, o.lane, sum(o.jobs)::int as jobs, extract(epoch from now() - min(o.oldest))::float8 as longest
from open o
where not exists (select from stores s where s.name = o.store and s.paused_at is not null)
  and not exists (select from store_flows f where f.store = o.store and f.direction = o.direction and f.flow = o.flow
                  and (not f.enabled or f.stopped_reason is not null))
  and not exists (select from store_health h where h.store = o.store and h.retry_at > now())
group by o.direction, o.flow, o.lane;

-- name: running
select direction, flow, count(*)::int as jobs from jobs where state = 'running' group by direction, flow;

-- name: waiting_for_calls
-- Jobs whose calls are reserved for later, and in how many seconds the last of them may make its calls.
select direction, flow, lane, count(*)::int as jobs, greatest(0, extract(epoch from max(due_at) - now()))::float8 as longest
from jobs where state = 'waiting' and prepaid group by direction, flow, lane;

-- name: parked
select reason, count(*)::int as jobs from jobs where state = 'parked' group by reason;

-- name: webhooks
-- How long ago the last webhook was received; no row if none is kept.
select extract(epoch from now() - received_at)::float8 as age from inbox order by received_at desc limit 1;

-- name: connections
-- Sessions of all databases of the server, and how many it accepts of roles that are no superuser.
select (select sum(numbackends)::int from pg_stat_database) as used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as accepted;

-- name: suspects
-- Stores whose budgets and breakers are worth a look: unhealthy ones, then those with most jobs that wait for calls.
select s.name as store, s.afosto_bucket as afosto
from stores s
left join (select store, count(*) as jobs from jobs where state = 'waiting' and prepaid group by store) w on w.store = s.name
left join (select distinct store from store_health) h on h.store = s.name
where s.paused_at is null
order by h.store is null, coalesce(w.jobs, 0) desc, s.name limit %(limit)s;
