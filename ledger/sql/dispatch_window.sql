-- name: try_lock
select pg_try_advisory_xact_lock(hashtext(%(name)s)) as locked;

-- name: tick
-- Takes the tick unless another dispatch ran within the gap, by the database's clock. A dispatch that ran in the future ran
-- before that clock was set back.
insert into dispatches (ran_at) values (now())
on conflict (single) do update set ran_at = now()
where dispatches.ran_at not between now() - %(gap)s * interval '1 second' and now()
returning exists (select from deliveries where given_up_at is null and due_at <= now()) as has_events,
          exists (select from comparisons where ended_at is null and due_at <= now()) as has_comparisons;

-- name: slots
select q.queue, sum(w.slots)::int as slots
from workers w cross join unnest(w.queues) as q (queue)
where w.seen_at > now() - %(alive)s * interval '1 second'
group by q.queue;

-- name: load
-- The load of each flow: jobs that are sent and not yet claimed, jobs that were settled in the last second, whether a job is due,
-- and whether a job was sent so long ago that its message may be lost.
select f.direction, f.flow,
       (select count(*) from jobs j where j.state = 'queued' and j.direction = f.direction and j.flow = f.flow)::int as queued,
       (select count(*) from jobs j where j.settled_at > now() - interval '1 second'
        and j.direction = f.direction and j.flow = f.flow)::int as settled,
       exists (select 1 from jobs j where j.state = 'waiting' and j.direction = f.direction and j.flow = f.flow
               and j.due_at <= now()) as due,
       exists (select 1 from jobs j where j.state = 'queued' and j.direction = f.direction and j.flow = f.flow
               and j.queued_at < now() - %(after)s * interval '1 second') as stale
from unnest(%(directions)s::text[], %(flows)s::text[]) as f (direction, flow);

-- name: due_stores
-- Stores with a due job of this flow. Steps along the index from store to store, from a rotating start.
with recursive hop (store, n) as (
    (select store, 1 from jobs where state = 'waiting' and direction = %(direction)s and flow = %(flow)s
     and store > %(start)s order by store limit 1)
    union all
    select (select j.store from jobs j where j.state = 'waiting' and j.direction = %(direction)s and j.flow = %(flow)s
            and j.store > hop.store order by j.store limit 1), hop.n + 1
    from hop where hop.store is not null and hop.n < %(limit)s
)
select h.store, s.base_url, s.afosto_bucket,
       exists (select 1 from store_health b where b.store = h.store) as unhealthy,
       exists (select 1 from order_documents d where d.store = h.store) as keeps_orders
from hop h join stores s on s.name = h.store
join store_flows f on f.store = h.store and f.direction = %(direction)s and f.flow = %(flow)s
where s.paused_at is null and f.enabled and f.stopped_reason is null
  and not exists (select 1 from store_health b where b.store = h.store and b.retry_at > now())
  and exists (select 1 from jobs j where j.state = 'waiting' and j.direction = %(direction)s and j.flow = %(flow)s
              and j.store = h.store and j.due_at <= now())
order by h.store;

-- name: release
-- Moves the next due jobs of each store to 'queued': lower lanes first, one job per store in each round, never two jobs of one
-- order. The background lane has a cap of its own, so that it does not take the room that is kept for news.
with picked as (
    select c.id, row_number() over (partition by a.store order by c.lane, c.due_at, c.id) as round, a.ord, a.cap
    from unnest(%(stores)s::text[], %(caps)s::int[], %(history_caps)s::int[])
         with ordinality as a (store, cap, history_cap, ord)
    cross join lateral (
        select distinct on (p.order_key) p.id, p.lane, p.due_at from (
            select l.* from unnest(array[0, 1, 2]::smallint[]) as lanes (lane)
            cross join lateral (
                select j.id, j.lane, j.due_at, j.order_key from jobs j
                where j.state = 'waiting' and not j.prepaid and j.direction = %(direction)s and j.flow = %(flow)s
                  and j.store = a.store
                  and j.lane = lanes.lane and j.due_at <= now()
                  and not exists (select 1 from jobs o where o.store = j.store and o.order_key = j.order_key
                                  and o.state in ('queued', 'running'))
                order by j.due_at limit case lanes.lane when 2 then a.history_cap else a.cap end
            ) l
        ) p order by p.order_key, p.lane
    ) c
), chosen as (
    select id from picked where round <= cap order by round, ord limit %(room)s
), locked as (
    select j.id from jobs j join chosen c on c.id = j.id where j.state = 'waiting'
    order by j.store, j.direction, j.flow, j.subject for update of j skip locked
)
update jobs j set state = 'queued', queued_at = now()
from locked where j.id = locked.id
returning j.store, j.order_key, j.subject, j.wanted, j.lane, j.trace;

-- name: release_prepaid
-- Due jobs whose calls were reserved at an earlier claim. No budget needs to be asked again.
with chosen as (
    select distinct on (j.store, j.order_key) j.id from jobs j
    join stores s on s.name = j.store
    join store_flows f on f.store = j.store and f.direction = j.direction and f.flow = j.flow
    where j.state = 'waiting' and j.prepaid and j.direction = %(direction)s and j.flow = %(flow)s and j.due_at <= now()
      and s.paused_at is null and f.enabled and f.stopped_reason is null
      and not exists (select 1 from store_health b where b.store = j.store and b.retry_at > now())
      and not exists (select 1 from jobs o where o.store = j.store and o.order_key = j.order_key
                      and o.state in ('queued', 'running'))
    order by j.store, j.order_key, j.lane, j.due_at
), locked as (
    select j.id from jobs j join chosen c on c.id = j.id where j.state = 'waiting'
    order by j.lane, j.due_at limit %(room)s for update of j skip locked
)
update jobs j set state = 'queued', queued_at = now()
from locked where j.id = locked.id
returning j.store, j.order_key, j.subject, j.wanted, j.lane, j.trace;

-- name: resend
-- Jobs that were sent long ago and not claimed, while the broker has no message of them, are sent again. A job that no worker may
-- claim, because its flow was switched off or its store paused meanwhile, is set to waiting: it would block other jobs of its order,
-- and take room that belongs to other stores.
update jobs set queued_at = now(),
       state = case when exists (select 1 from store_flows f where f.store = jobs.store and f.direction = jobs.direction
                                 and f.flow = jobs.flow and f.enabled and f.stopped_reason is null)
                     and exists (select 1 from stores s where s.name = jobs.store and s.paused_at is null)
                    then 'queued' else 'waiting' end
where id in (select id from jobs where state = 'queued' and direction = %(direction)s and flow = %(flow)s
             and queued_at < now() - %(after)s * interval '1 second'
             order by store, direction, flow, subject limit %(limit)s for update skip locked)
returning store, order_key, subject, wanted, state, trace;

-- name: call_back
-- A flow was switched off or stopped: its queued jobs are set to waiting, because no worker may claim them.
update jobs set state = 'waiting', queued_at = null
where store = %(store)s and direction = %(direction)s and flow = %(flow)s and state = 'queued';

-- name: call_back_store
-- A store was paused: the queued jobs of all its flows are set to waiting, because no worker may claim them.
update jobs set state = 'waiting', queued_at = null
where id in (select id from jobs where store = %(name)s and state = 'queued'
             order by store, direction, flow, subject for update);

-- name: heartbeat
insert into workers (id, host, queues, slots, stuck, pid, settings, listened_at)
values (%(id)s, %(host)s, %(queues)s, %(slots)s, %(stuck)s, %(pid)s, %(settings)s,
        now() - %(unheard)s * interval '1 second')
on conflict (id) do update set
    queues = excluded.queues, slots = excluded.slots, stuck = excluded.stuck, settings = excluded.settings,
    listened_at = excluded.listened_at, seen_at = now();

-- name: predecessors
-- The processes that a new one of the same pool may replace: those on its host that did not end properly.
select id, pid from workers where host = %(host)s and queues = %(queues)s and id <> %(id)s and pid is not null;

-- name: forget_worker
-- Also forgets workers that were not seen for a day: their host is gone.
delete from workers where id = %(id)s or seen_at < now() - interval '1 day';
