-- name: hold_orders
-- Before dependants are written: nobody opens these orders meanwhile, so none can miss being woken.
select id from jobs where store = %(store)s and direction = 'import' and flow = 'orders' and subject = any(%(subjects)s)
order by subject for update;

-- name: upsert
-- Wishes of a poll or a look. New content raises `wanted` and wakes a done or parked job; equal or older content changes nothing.
-- A dependant of an order that has no filled draft yet waits; the end of the order's import wakes it. Beside a filled draft it goes at
-- once: what the shop handed over opens an order that waits for its payment.
insert into jobs (store, direction, flow, subject, order_key, lane, content_hash, document_at, due_at)
select %(store)s, %(direction)s, w.flow, w.subject, w.subject, %(lane)s, w.content_hash, w.document_at,
       case when w.flow = 'orders' or l.stage in ('filled', 'opened', 'expired') or o.state = 'done' then now()
            else now() + %(order_wait)s * interval '1 second' end
from unnest(%(flows)s::text[], %(subjects)s::text[], %(hashes)s::text[], %(documents)s::timestamptz[])
     as w (flow, subject, content_hash, document_at)
left join links l on l.store = %(store)s and l.kind = 'order' and l.epages_id = w.subject
left join jobs o on o.store = %(store)s and o.direction = 'import' and o.flow = 'orders' and o.subject = w.subject
order by w.flow, w.subject
on conflict (store, direction, flow, subject) do update set
    wanted = jobs.wanted + 1,
    content_hash = excluded.content_hash,
    document_at = excluded.document_at,
    lane = case when jobs.state in ('done', 'parked') then excluded.lane else least(jobs.lane, excluded.lane) end,
    state = case when jobs.state in ('done', 'parked') then 'waiting' else jobs.state end,
    due_at = case when jobs.state in ('done', 'parked') or jobs.reason = 'blocked' then excluded.due_at else jobs.due_at end,
    failures = 0, failing_since = null, reason = null, message = null, resolution = null, told = null
where jobs.content_hash is distinct from excluded.content_hash
  and (jobs.document_at is null or excluded.document_at is null or excluded.document_at >= jobs.document_at)
returning flow, subject, wanted;

-- name: park_malformed
-- An order that cannot be taken: parked with what is at fault, woken by other content.
insert into jobs (store, direction, flow, subject, order_key, lane, content_hash, state, reason, message, resolution,
                  told, failing_since, settled_at)
values (%(store)s, 'import', 'orders', %(subject)s, %(subject)s, %(lane)s, %(content_hash)s, 'parked', %(reason)s,
        %(message)s, %(resolution)s, %(reason)s, now(), now())
on conflict (store, direction, flow, subject) do update set
    content_hash = excluded.content_hash, wanted = jobs.wanted + 1, state = 'parked',
    failing_since = coalesce(jobs.failing_since, now()), settled_at = now(),
    reason = excluded.reason, message = excluded.message, resolution = excluded.resolution, told = excluded.reason
where jobs.content_hash is distinct from excluded.content_hash and jobs.state not in ('queued', 'running')
returning id;

-- name: read_again
-- What was parked because a document did not load is read again by itself: the vendor may have mended it, and that need not
-- show in any list. Each pause is as long as all before it. A row without an id cannot be read alone.
update jobs set state = 'waiting', due_at = now(), wanted = greatest(wanted, done + 1), reason = null, resolution = null
where store = %(store)s and state = 'parked' and reason = 'malformed-document' and subject not like 'unreadable:%%'
  and settled_at + greatest(%(pause)s * interval '1 second',
                            least(%(longest)s * interval '1 second', settled_at - failing_since)) <= now();

-- name: found_after_all
-- Rows that had no id: an order with the same number was read since, so there is nothing to look after.
update jobs j set state = 'done', done = wanted, settled_at = now(), failing_since = null, reason = null, resolution = null,
       told = null, message = 'the order was read after all'
from orders o where o.store = j.store and o.id = j.subject and o.number = any(%(numbers)s)
  and j.store = %(store)s and j.state = 'parked' and j.reason = 'malformed-document' and j.subject like 'unreadable:%%';

-- name: hint
-- Somebody says that these subjects may have news: one more look, not before the pause that the last one ended with. That
-- does not end what makes a job fail.
insert into jobs (store, direction, flow, subject, order_key, lane)
select s.name, %(direction)s, %(flow)s, h.subject, h.subject, %(lane)s
from stores s cross join unnest(%(subjects)s::text[]) as h (subject) where s.name = %(store)s
order by h.subject
on conflict (store, direction, flow, subject) do update set
    wanted = jobs.wanted + 1,
    lane = case when jobs.state in ('done', 'parked') then excluded.lane else least(jobs.lane, excluded.lane) end,
    state = case when jobs.state in ('done', 'parked') then 'waiting' else jobs.state end,
    due_at = case when jobs.state in ('done', 'parked') then greatest(now(), jobs.due_at)
                  when jobs.reason = 'blocked' then now() else jobs.due_at end,
    failures = case when jobs.state in ('done', 'parked') then 0 else jobs.failures end,
    failing_since = case when jobs.state in ('done', 'parked') then null else jobs.failing_since end,
    message = case when jobs.state in ('done', 'parked') then null else jobs.message end, reason = null, resolution = null
returning id, subject, wanted, state;

-- name: claim
-- Another job of the order on its way is looked for first: the unique index would refuse it too, with an error in the log.
update jobs j set
    state = 'running', fence = fence + 1, claims = claims + 1, holder = %(holder)s,
    claimed_version = wanted, claimed_at = now(), lease_until = now() + %(lease)s * interval '1 second'
where store = %(store)s and direction = %(direction)s and flow = %(flow)s and subject = %(subject)s
  and (state = 'queued' or (state = 'waiting' and due_at <= now()))
  and wanted > done
  and not exists (select 1 from jobs o where o.store = j.store and o.order_key = j.order_key and o.id <> j.id
                  and o.state in ('queued', 'running'))
  and exists (select 1 from stores s where s.name = j.store and s.paused_at is null)
  and exists (select 1 from store_flows f where f.store = j.store and f.direction = j.direction and f.flow = j.flow
              and f.enabled and f.stopped_reason is null)
returning id, store, direction, flow, subject, order_key, lane, fence, claimed_version, failures, told,
          case when prepaid then prepaid_epages else 0 end as prepaid_epages,
          case when prepaid then prepaid_afosto else 0 end as prepaid_afosto;

-- name: context
-- All that a run needs to know of its store and its order, in one round trip.
select to_jsonb(s) - 'client_secret' - 'afosto_key' - 'access_token' as store,
       s.client_secret, s.afosto_key, s.access_token,
       coalesce((select jsonb_agg(to_jsonb(l) order by l.id) from links l
                 where l.store = s.name and l.order_key = %(order_key)s), '[]') as links,
       coalesce((select jsonb_agg(to_jsonb(i) || jsonb_build_object('seconds_left',
                        greatest(0, extract(epoch from i.ambiguous_until - now())),
                        'owner', (select o.state from jobs o where o.id = i.job_id)) order by i.id) from intents i
                 where i.store = s.name and i.order_key = %(order_key)s and i.settled_at is null), '[]') as intents,
       coalesce((select jsonb_agg(jsonb_build_object('direction', j.direction, 'flow', j.flow, 'settled', extract(epoch from j.settled_at),
                        'state', case when j.state = 'done' and j.reason = 'dropped' then j.reason else j.state end,
                        'message', case when j.state = 'waiting' then j.message end)) from jobs j
                 where j.store = s.name and j.order_key = %(order_key)s), '[]') as siblings,
       coalesce((select jsonb_object_agg(m.epages_id, m.afosto_id) from locations m where m.store = s.name
                 and m.epages_id <> ''), '{}') as locations,
       coalesce((select jsonb_agg(jsonb_build_array(f.direction, f.flow)) from store_flows f where f.store = s.name
                 and f.enabled and f.stopped_reason is null), '[]') as flows,
       coalesce((select jsonb_agg(h.vendor) from store_health h where h.store = s.name), '[]') as unhealthy,
       exists (select 1 from jobs j where j.store = s.name and j.order_key = %(order_key)s and j.direction = 'import'
               and j.flow = 'orders' and j.state = 'done' and j.reason = 'dropped')
       and not exists (select 1 from links l where l.store = s.name and l.kind = 'order' and l.epages_id = %(order_key)s
                       and l.stage = 'opened') as order_dropped,
       s.held_until is not null
       and not exists (select 1 from orders o where o.store = s.name and o.id = %(order_key)s
                       and (o.settled or o.created_at >= s.held_until)) as held,
       (select o.updated_at from orders o where o.store = s.name and o.id = %(order_key)s) as read_to
from stores s where s.name = %(store)s;

-- name: settle
-- Ends a run: guarded by the fence, so a holder that lost its lease moves nothing. Content that came meanwhile reopens it.
-- With it comes the first of what else is due of the order and was asked for within seconds: it may go now.
with job as (
    update jobs set
        state = case when %(state)s = 'done' and wanted > claimed_version then 'waiting'
                     when %(state)s = 'parked' and wanted > claimed_version then 'waiting'
                     else %(state)s end,
        done = case when %(state)s = 'done' then greatest(done, claimed_version) else done end,
        due_at = case when %(reason)s = 'blocked' and wanted > claimed_version then now()
                      else now() + %(pause)s * interval '1 second' end,
        prepaid = %(prepaid_epages)s + %(prepaid_afosto)s > 0,
        prepaid_epages = %(prepaid_epages)s, prepaid_afosto = %(prepaid_afosto)s,
        failures = case when %(failed)s then failures + 1 when %(state)s = 'done' then 0 else failures end,
        failing_since = case when %(failed)s or %(reason)s = 'malformed-document' then coalesce(failing_since, now())
                             when %(state)s = 'done' then null else failing_since end,
        reason = %(reason)s, message = %(message)s, resolution = %(resolution)s,
        told = case when %(state)s = 'parked' and wanted = claimed_version then %(reason)s
                    when %(state)s = 'done' then null else told end,
        holder = null, lease_until = null, queued_at = null, settled_at = now()
    where id = %(id)s and fence = %(fence)s and state = 'running'
    returning id, state, store, order_key
), attempt as (
    insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests)
    values (%(id)s, %(store)s, %(order_key)s, %(direction)s, %(flow)s, %(fence)s, %(holder)s,
            case when exists (select 1 from job) then %(outcome)s else 'lease lost' end,
            coalesce(%(message)s, ''), %(steps)s, %(seconds)s, %(requests)s)
)
select job.state, next.flow as next_flow, next.wanted as next_wanted
from job left join lateral (
    select n.flow, n.wanted from jobs n
    where n.store = job.store and n.order_key = job.order_key and n.id <> job.id and n.direction = 'export'
      and n.flow in ('looks', 'cancellations', 'shipments', 'returns') and n.state = 'waiting' and n.due_at <= now()
    order by n.lane, n.due_at limit 1
) next on true;

-- name: others_succeed
-- Whether this job alone is in trouble: some other job of its store was done since it began to fail.
-- The newest of the others is asked for as such: for EXISTS alone a few stores' jobs would be read one by one.
select coalesce((
    select true from jobs other where other.store = me.store and other.id <> me.id
    and other.state = 'done' and other.settled_at > me.failing_since
    order by other.settled_at desc limit 1
), false) as alone
from jobs me where me.id = %(id)s;

-- name: wake_dependants
-- The import of an order came to its end, whether it was opened or not: what waited for nothing else may go.
update jobs set due_at = now(), reason = null
where store = %(store)s and order_key = %(order_key)s and not (direction = 'import' and flow = 'orders')
  and state = 'waiting' and due_at > now() and ((direction = 'import' and claims = 0) or reason = 'blocked');

-- name: wake_blocked
-- A job of the order is done, or parked: what waited for it may go, or tells for what it waits.
update jobs set due_at = now(), reason = null
where store = %(store)s and order_key = %(order_key)s and state = 'waiting' and reason = 'blocked';

-- name: wake_order
-- The order is opened, or given up: its dependants may go, also those that were dropped with its import. Reserved calls have
-- their moment. Once it is opened, a cancellation that was done with before is looked at again: what it left to the draft may be
-- missing there, when the draft had been opened and nobody knew.
update jobs set due_at = now(), state = 'waiting', wanted = case when state = 'done' then wanted + 1 else wanted end,
       reason = null, message = case when state = 'done' then null else message end
where store = %(store)s and order_key = %(order_key)s and not (direction = 'import' and flow = 'orders')
  and ((state = 'waiting' and due_at > now() and not prepaid) or (state = 'done' and reason = 'order-dropped')
       or (%(opened)s and state = 'done' and direction = 'import' and flow = 'cancellations' and reason is distinct from 'dropped'));

-- name: renew
-- One heartbeat for all jobs of a process. Beyond the longest job's time a lease is kept to its end and not renewed.
update jobs set lease_until = case when claimed_at > now() - %(longest)s * interval '1 second'
                                   then now() + %(lease)s * interval '1 second' else lease_until end
where id = any(%(ids)s) and holder = %(holder)s and state = 'running'
returning id, claimed_at > now() - %(longest)s * interval '1 second' as renewed;

-- name: take_back
-- Leases that ended: the holder died or froze. Counted as a failure of the job. What was reserved for it may be spent.
update jobs set
    state = case when failures + 1 >= %(limit)s then 'parked' else 'waiting' end,
    due_at = now(), failures = failures + 1, failing_since = coalesce(failing_since, now()),
    holder = null, lease_until = null, queued_at = null, prepaid = false,
    reason = case when failures + 1 >= %(limit)s then 'holder-dies' end,
    told = case when failures + 1 >= %(limit)s then 'holder-dies' else told end,
    message = 'the worker that ran this job died or lost its lease',
    resolution = case when failures + 1 >= %(limit)s
        then 'look in the worker''s log for the time of the last attempt, then: connector jobs retry --reason holder-dies' end
where id in (select id from jobs where state = 'running' and lease_until < now()
             order by store, direction, flow, subject limit 500 for update skip locked)
returning id, store, direction, flow, subject, state, reason, message, resolution;

-- name: list
select id, store, direction, flow, subject, order_key, lane, wanted, done, state, due_at, failures, claims, reason, message,
       resolution, created_at, settled_at, decision, decided_by, decided_at,
       (select number from orders o where o.store = j.store and o.id = j.order_key) as order_number
from jobs j
where (%(store)s::text is null or store = %(store)s) and (%(state)s::text is null or state = %(state)s)
  and (%(flow)s::text is null or (flow = %(flow)s and direction = %(direction)s))
  and (%(reason)s::text is null or reason = %(reason)s)
order by id desc limit %(limit)s;

-- name: retry
-- Now, and not when calls were reserved for it: they are reserved anew.
with chosen as (
    update jobs set state = 'waiting', due_at = now(), prepaid = false, failures = 0, failing_since = null, reason = null,
           message = null, resolution = null, told = null, wanted = greatest(wanted, done + 1),
           decision = 'retried', decided_by = %(by)s, decided_at = now()
    where state in ('parked', 'done', 'waiting') and (%(ids)s::bigint[] is null or id = any(%(ids)s))
      and (%(store)s::text is null or store = %(store)s) and (%(reason)s::text is null or (reason = %(reason)s and state = 'parked'))
    returning id, store, order_key, direction, flow, fence, decided_by
), told as (
    insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests)
    select id, store, order_key, direction, flow, fence, decided_by, 'retried by a person', '', '[]'::jsonb, 0, 0 from chosen
)
select id from chosen;

-- name: drop
-- What waits for the import of an order goes with it; the opening of the order brings it back. What was blocked goes on.
with chosen as (
    update jobs set state = 'done', done = wanted, settled_at = now(), failures = 0, failing_since = null, prepaid = false,
           told = null, reason = 'dropped', message = 'dropped by a person', resolution = null,
           decision = 'dropped', decided_by = %(by)s, decided_at = now()
    where state in ('parked', 'waiting') and (%(ids)s::bigint[] is null or id = any(%(ids)s))
      and (%(store)s::text is null or store = %(store)s) and (%(reason)s::text is null or (reason = %(reason)s and state = 'parked'))
    returning id, store, order_key, direction, flow, fence, decided_by
), dependants as (
    update jobs d set state = 'done', done = d.wanted, settled_at = now(), failures = 0, failing_since = null, prepaid = false,
           told = null, reason = 'order-dropped', message = 'dropped with the import of its order', resolution = null,
           decision = 'dropped', decided_by = c.decided_by, decided_at = now()
    from chosen c
    where c.direction = 'import' and c.flow = 'orders' and d.store = c.store and d.order_key = c.order_key
      and d.direction = 'import' and d.flow <> 'orders' and d.state in ('waiting', 'queued')
      and d.id not in (select id from chosen)
      and not exists (select 1 from links l where l.store = d.store and l.kind = 'order' and l.epages_id = d.order_key
                      and l.stage = 'opened')
    returning d.id, d.store, d.order_key, d.direction, d.flow, d.fence, d.decided_by
), told as (
    insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests)
    select id, store, order_key, direction, flow, fence, decided_by, 'dropped by a person', '', '[]'::jsonb, 0, 0
    from (select * from chosen union all select * from dependants) as dropped
), freed as (
    update jobs b set due_at = now(), reason = null
    from chosen c
    where b.store = c.store and b.order_key = c.order_key and b.state = 'waiting' and b.reason = 'blocked'
      and b.id not in (select id from chosen union all select id from dependants)
)
select id, false as with_order from chosen union all select id, true from dependants;

-- name: counts
-- Of what is open, by the index of each state: what is done grows for years, and to count it would read all of it.
select store, direction, flow, 'waiting' as state, count(*) as jobs from jobs where state = 'waiting' group by 1, 2, 3
union all
select store, direction, flow, 'queued', count(*) from jobs where state = 'queued' group by 1, 2, 3
union all
select store, direction, flow, 'running', count(*) from jobs where state = 'running' group by 1, 2, 3
union all
select store, direction, flow, 'parked', count(*) from jobs where state = 'parked' group by 1, 2, 3
order by 1, 2, 3, 4;

-- name: parked_reasons
-- Of documents that do not load, each field at fault by itself: it stands in the resolution.
select store, direction, flow, reason, count(*) as jobs, min(message) as message, min(resolution) as resolution
from jobs where state = 'parked'
group by 1, 2, 3, 4, case when reason = 'malformed-document' then resolution end order by 5 desc, 1, 2, 3, 4;

-- name: find
select id, store, direction, flow, subject, order_key,
       (select number from orders o where o.store = j.store and o.id = j.order_key) as order_number,
       lane, wanted, done, state, due_at, failures, claims, fence, holder, lease_until, reason, message, resolution,
       created_at, settled_at, decision, decided_by, decided_at
from jobs j where id = %(id)s;
