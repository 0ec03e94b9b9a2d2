-- name: stores
-- Per store: how many seconds ago its news was read, what percentage of its history is read, what is wrong, which flows are off.
select s.name, s.base_url, s.paused_at, s.totals, s.import_since, s.connected_at,
       extract(epoch from now() - coalesce(live.polled_at, s.connected_at))::float8 as unpolled_for,
       extract(epoch from now() - live.polled_at)::float8 as freshness,
       case when live.lateness_at > now() - interval '1 day' then live.lateness else 0 end as lateness,
       case when history.next_poll_at is null then 100
            else least(100, floor(100 * extract(epoch from history.position - history.origin)
                 / greatest(1, extract(epoch from history.upper_end - history.origin))))::int end as history_percent,
       (select count(*) from orders o where o.store = s.name)::int as seen,
       (select count(*) from links l where l.store = s.name and l.kind = 'order' and l.stage = 'opened')::int as opened,
       coalesce((select jsonb_agg(to_jsonb(h) - 'store' order by h.vendor) from store_health h where h.store = s.name), '[]')
       || coalesce((select jsonb_agg(jsonb_build_object('vendor', 'connector', 'reason', %(unforeseen)s::text,
                        'message', u.message, 'since', u.since, 'retry_at', null) order by u.run)
                    from store_faults u where u.store = s.name), '[]') as health,
       coalesce((select jsonb_agg(jsonb_build_object('direction', f.direction, 'flow', f.flow, 'reason', f.stopped_reason,
                        'message', f.stopped_message) order by f.flow)
                 from store_flows f where f.store = s.name and f.stopped_reason is not null), '[]') as stopped,
       coalesce((select jsonb_agg(jsonb_build_object('direction', f.direction, 'flow', f.flow) order by f.flow)
                 from store_flows f where f.store = s.name and not f.enabled), '[]') as off, s.scopes,
       exists (select 1 from locations m where m.store = s.name) as sells_stock
from stores s
left join cursors live on live.store = s.name and live.kind = 'live'
left join cursors history on history.store = s.name and history.kind = 'history'
order by s.name;

-- name: conditions
-- The stores that are not sound, or late, with what tells their state only: each other table is read once.
with unhealthy as (
    select store, jsonb_agg(to_jsonb(h) - 'store' order by h.vendor) as found from store_health h group by store
), faulty as (
    select store, jsonb_agg(jsonb_build_object('vendor', 'connector', 'reason', %(unforeseen)s::text, 'message', message,
                                               'since', since, 'retry_at', null) order by run) as found
    from store_faults group by store
), stopped as (
    select store, jsonb_agg(jsonb_build_object('direction', direction, 'flow', flow, 'reason', stopped_reason,
                                               'message', stopped_message) order by flow) as found,
           bool_or(stopped_reason <> %(to_confirm)s) as wrong
    from store_flows where stopped_reason is not null group by store
)
select s.name, s.paused_at, extract(epoch from now() - coalesce(live.polled_at, s.connected_at))::float8 as unpolled_for,
       extract(epoch from now() - live.polled_at)::float8 as freshness,
       case when live.lateness_at > now() - interval '1 day' then live.lateness else 0 end as lateness,
       unhealthy.found as health, faulty.found as faults, stopped.found as stopped
from stores s
left join cursors live on live.store = s.name and live.kind = 'live'
left join unhealthy on unhealthy.store = s.name
left join faulty on faulty.store = s.name
left join stopped on stopped.store = s.name
where (s.paused_at is null
       and (unhealthy.store is not null or faulty.store is not null or stopped.wrong
            or coalesce(live.polled_at, s.connected_at) < now() - %(stale)s * interval '1 second'
            or s.name = any(%(behind)s)))
   or (live.lateness_at > now() - interval '1 day' and live.lateness > %(lateness)s)
order by s.name;

-- name: page
-- Some stores in the order of their names, those after `after`. stores null: all. The state is the worst that is true.
select * from (
    select s.name, s.base_url, s.channel_id as channel, s.connected_at, s.import_since, s.paused_at, live.polled_at,
           case when s.paused_at is not null then 'paused'
                when exists (select from store_health h where h.store = s.name)
                  or exists (select from store_faults u where u.store = s.name) then 'unhealthy'
                when exists (select from store_flows f where f.store = s.name and f.stopped_reason <> %(to_confirm)s) then 'stopped'
                when coalesce(live.polled_at, s.connected_at) < now() - %(stale)s * interval '1 second' then 'stale'
                when exists (
                    select from store_flows f join jobs j on j.direction = f.direction and j.flow = f.flow and j.store = f.store
                    where f.store = s.name and f.enabled and f.stopped_reason is null and j.state in ('waiting', 'queued')
                      and j.lane < 2 and j.due_at < now() - %(alarm)s * interval '1 second') then 'behind'
                when live.polled_at is null then 'new'
                else 'fresh' end as state,
           (select count(*)::int from jobs j where j.store = s.name and j.state = 'parked') as parked,
           coalesce((select jsonb_agg(jsonb_build_object('vendor', h.vendor, 'reason', h.reason, 'message', h.message,
                                                         'since', h.since) order by h.since)
                     from (select vendor, reason, message, since from store_health where store = s.name
                           union all
                           select 'connector', %(unforeseen)s::text, message, since from store_faults where store = s.name) h
                    ), '[]') as health
    from stores s left join cursors live on live.store = s.name and live.kind = 'live'
    where s.name > %(after)s and (%(stores)s::text[] is null or s.name = any(%(stores)s))
    order by s.name
) seen
where %(state)s::text is null or state = %(state)s
order by name limit %(limit)s;

-- name: workers
select id, host, queues, slots, stuck, settings, extract(epoch from now() - seen_at)::float8 as seen_before,
       extract(epoch from now() - listened_at)::float8 as listened_before
from workers order by id;

-- name: dispatch
select extract(epoch from now() - ran_at)::float8 as age from dispatches;

-- name: answers
select true as ok;

-- name: check_writes
-- A write that changes nothing. A server that takes no writes, or has no room left, refuses it. Its commit does not wait
-- for a standby: no limit of time ends that wait, and `waits_for_standby` finds it.
with confirmed_here as (select set_config('synchronous_commit', 'local', true) as mode)
update schema_migrations set version = version
from confirmed_here
where version = (select max(version) from schema_migrations) and confirmed_here.mode = 'local';

-- name: waits_for_standby
-- The standbys that must confirm each commit, if none of them does: no standby is connected, or a session of ours has
-- waited for one for some seconds. Without rights of its own a role sees of a standby only that it is there.
select current_setting('synchronous_standby_names') as names
where not pg_is_in_recovery()  -- a standby refuses the write itself, and its session is ended
  and current_setting('synchronous_standby_names') <> ''
  and current_setting('synchronous_commit') not in ('off', 'local')
  and (not exists (select 1 from pg_stat_replication)
       or exists (select 1 from pg_stat_activity
                  where usename = current_user and wait_event = 'SyncRep'
                    and state_change < clock_timestamp() - interval '5 seconds'));

-- name: lag_of_flows
-- Per flow: what is due and not begun, and what was done lately. What is paused, off or stopped waits for a person.
with due as (
    select j.direction, j.flow, count(*) as due, min(j.due_at) as oldest, min(j.due_at) filter (where j.lane < 2) as urgent
    from (select store, direction, flow, due_at, lane from jobs where state = 'waiting' and due_at <= now()
          union all select store, direction, flow, due_at, lane from jobs where state = 'queued') j
    where not exists (select from stores s where s.name = j.store and s.paused_at is not null)
      and not exists (select from store_flows f where f.store = j.store and f.direction = j.direction and f.flow = j.flow
                      and (not f.enabled or f.stopped_reason is not null))
    group by j.direction, j.flow
), done as (
    select direction, flow, count(*) as done, min(at) as first from attempts
    where at > now() - %(window)s * interval '1 second' and outcome = 'done' group by direction, flow
)
select coalesce(d.direction, n.direction) as direction, coalesce(d.flow, n.flow) as flow,
       coalesce(d.due, 0)::int as due, coalesce(n.done, 0)::int as done,
       extract(epoch from now() - d.oldest)::float8 as oldest, extract(epoch from now() - d.urgent)::float8 as urgent,
       coalesce(extract(epoch from now() - n.first), 0)::float8 as since
from due d full join done n on n.direction = d.direction and n.flow = d.flow;

-- name: lag
-- Per store and flow: what is due and not begun, and what was done lately. Open jobs are counted by the index of each state, in
-- its order; done ones by the attempts within the window. What is paused, off or stopped waits for a person and does not lag.
with due as (
    select store, direction, flow, count(*) as due, min(due_at) as oldest, min(due_at) filter (where lane < 2) as urgent
    from jobs where state = 'waiting' and due_at <= now() group by direction, flow, store
    union all
    select store, direction, flow, count(*), min(due_at), min(due_at) filter (where lane < 2)
    from jobs where state = 'queued' group by direction, flow, store
), done as (
    select store, direction, flow, count(*) as done, min(at) as first from attempts
    where at > now() - %(window)s * interval '1 second' and outcome = 'done' group by direction, flow, store
), lag as (
    select store, direction, flow, due, oldest, urgent, 0 as done, null::timestamptz as first from due
    union all
    select store, direction, flow, 0, null, null, done, first from done
)
select l.store, l.direction, l.flow, sum(l.due)::int as due, sum(l.done)::int as done,
       extract(epoch from now() - min(l.oldest))::float8 as oldest,
       extract(epoch from now() - min(l.urgent))::float8 as urgent,
       coalesce(extract(epoch from now() - min(l.first)), 0)::float8 as since
from lag l join stores s on s.name = l.store
join store_flows f on f.store = l.store and f.direction = l.direction and f.flow = l.flow
where s.paused_at is null and f.enabled and f.stopped_reason is null
group by l.store, l.direction, l.flow;
