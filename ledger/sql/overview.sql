-- name: page
-- The states of all stores that a person may see, counted, and one page of them, the worst first. Only what tells the state is read
-- for all of them; what is counted per job, or kept as text, only for the stores of the page.
with resting as materialized (
    select store, direction, flow, stopped_reason from store_flows
    where (not enabled or stopped_reason is not null) and (%(only)s::text[] is null or store = any(%(only)s))
), late as materialized (
    select distinct j.store from (
        select direction, flow, store from jobs
        where state = 'waiting' and lane < 2 and due_at < now() - %(alarm)s * interval '1 second'
          and (%(only)s::text[] is null or store = any(%(only)s))
        group by direction, flow, store
        union all
        select direction, flow, store from jobs
        where state = 'queued' and lane < 2 and due_at < now() - %(alarm)s * interval '1 second'
          and (%(only)s::text[] is null or store = any(%(only)s))
        group by direction, flow, store
    ) j
    where not exists (
        select 1 from resting r where r.store = j.store and r.direction = j.direction and r.flow = j.flow)
), parked as materialized (
    select store, count(*)::int as jobs from jobs
    where state = 'parked' and (%(only)s::text[] is null or store = any(%(only)s)) group by store
), unhealthy as materialized (
    select store from store_health union select store from store_faults
), stopped as materialized (
    select distinct store from resting where stopped_reason <> %(to_confirm)s
), seen as materialized (
    select s.name, s.afosto_bucket, s.paused_at, s.connected_at, live.polled_at, coalesce(p.jobs, 0) as parked,
           extract(epoch from now() - coalesce(live.polled_at, s.connected_at))::float8 as unpolled_for,
           case when s.paused_at is not null then 'paused'
                when u.store is not null then 'unhealthy'
                when x.store is not null then 'stopped'
                when coalesce(live.polled_at, s.connected_at) < now() - %(stale)s * interval '1 second' then 'stale'
                when l.store is not null then 'behind'
                when live.polled_at is null then 'new'
                else 'fresh' end as state
    from stores s
    left join cursors live on live.store = s.name and live.kind = 'live'
    left join parked p on p.store = s.name
    left join unhealthy u on u.store = s.name
    left join stopped x on x.store = s.name
    left join late l on l.store = s.name
    where (%(only)s::text[] is null or s.name = any(%(only)s))
      and (%(text)s = '' or strpos(lower(s.name), lower(%(text)s)) > 0)
), counts as (
    select coalesce(jsonb_object_agg(c.state, c.stores), '{}') as states
    from (select state, count(*) as stores from seen group by state) c
), page as (
    select * from seen where %(state)s::text is null or state = %(state)s
    order by array_position(%(worst)s::text[], state), parked desc, unpolled_for desc, name
    limit %(limit)s offset %(offset)s
)
select counts.states, page.name, page.afosto_bucket, page.state, page.paused_at, page.connected_at, page.polled_at, page.parked,
       extract(epoch from now() - page.polled_at)::float8 as freshness,
       (select count(*)::int from (
            select 1 from store_flows f join jobs j on j.direction = f.direction and j.flow = f.flow and j.store = f.store
            where f.store = page.name and j.state = 'waiting' limit %(most)s) w) as waiting,
       (select extract(epoch from now() - min(j.due_at))::float8 from store_flows f
        join lateral (
            select min(due_at) as due_at from jobs j
            where j.direction = f.direction and j.flow = f.flow and j.store = f.store and j.state = 'waiting' and j.due_at <= now()
        ) j on true
        where f.store = page.name and f.enabled and f.stopped_reason is null and page.paused_at is null) as due_for,
       coalesce((select jsonb_agg(jsonb_build_object('vendor', h.vendor, 'reason', h.reason, 'message', h.message,
                                                     'since', h.since) order by h.since)
                 from (select vendor, reason, message, since from store_health where store = page.name
                       union all select 'connector', %(unforeseen)s, message, since from store_faults where store = page.name) h),
                '[]') as health,
       coalesce((select jsonb_agg(jsonb_build_object('direction', f.direction, 'flow', f.flow, 'reason', f.stopped_reason,
                                                     'message', f.stopped_message) order by f.direction, f.flow)
                 from store_flows f where f.store = page.name and f.stopped_reason <> %(to_confirm)s), '[]') as stopped
from counts left join page on true
order by array_position(%(worst)s::text[], page.state), page.parked desc, page.unpolled_for desc, page.name;

-- name: store_jobs
-- The open jobs of a store by flow and state.
select j.direction, j.flow, j.state, count(*)::int as jobs,
       extract(epoch from now() - min(j.due_at) filter (where j.state = 'waiting' and j.due_at <= now()))::float8 as due_for
from store_flows f join jobs j on j.direction = f.direction and j.flow = f.flow and j.store = f.store
where f.store = %(store)s and j.state = 'waiting'
group by j.direction, j.flow, j.state
union all
select direction, flow, state, count(*)::int, null from jobs
where store = %(store)s and state = 'parked' group by direction, flow, state;

-- name: store_parked
select reason, count(*)::int as jobs, min(message) as message, min(resolution) as resolution
from jobs where store = %(store)s and state = 'parked' group by reason order by count(*) desc, reason;

-- name: store_failures
select at, direction, flow, order_key, outcome, message from attempts
where store = %(store)s and at > now() - %(seconds)s * interval '1 second'
  and outcome in ('failed for now', 'unexpected error', 'parked', 'lease lost', 'store has a problem')
order by at desc limit %(limit)s;
