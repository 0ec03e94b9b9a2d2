-- name: lock_orders
-- Called before dependants are written: nobody can open these orders meanwhile, so no dependent misses that it becomes due.
select id from jobs where store = %(store)s and direction = 'import' and flow = 'orders' and subject = any(%(subjects)s)
order by subject for update;

-- name: upsert
-- Requests of a poll or a look. New content raises `wanted` and makes a done or parked job waiting; equal or older content changes
-- nothing. A dependent of an order without a filled draft waits until the import of the order ends. With a filled draft it is due
-- at once, because goods that the shop handed over open an order that waits for its payment.
insert into jobs (store, direction, flow, subject, order_key, lane, trace, content_hash, document_at, due_at)
select %(store)s, %(direction)s, w.flow, w.subject, w.subject, %(lane)s, %(trace)s, w.content_hash, w.document_at,
       case when w.flow = 'orders' or l.stage in ('filled', 'opened', 'expired') or o.state = 'done' then now()
            else now() + %(order_wait)s * interval '1 second' end
from unnest(%(flows)s::text[], %(subjects)s::text[], %(hashes)s::text[], %(documents)s::timestamptz[])
     as w (flow, subject, content_hash, document_at)
left join links l on l.store = %(store)s and l.kind = 'order' and l.epages_id = w.subject
left join jobs o on o.store = %(store)s and o.direction = 'import' and o.flow = 'orders' and o.subject = w.subject
order by w.flow, w.subject
on conflict (store, direction, flow, subject) do update set
    wanted = jobs.wanted + 1, trace = excluded.trace,
    content_hash = excluded.content_hash,
    document_at = excluded.document_at,
    lane = case when jobs.state in ('done', 'parked') then excluded.lane else least(jobs.lane, excluded.lane) end,
    state = case when jobs.state in ('done', 'parked') then 'waiting' else jobs.state end,
    due_at = case when jobs.state in ('done', 'parked') or jobs.reason = 'blocked' then excluded.due_at else jobs.due_at end,
    failures = 0, failing_since = null, reason = null, message = null, resolution = null, warned_reason = null
where jobs.content_hash is distinct from excluded.content_hash
  and (jobs.document_at is null or excluded.document_at is null or excluded.document_at >= jobs.document_at)
returning flow, subject, wanted;

-- name: park_malformed
-- An order that cannot be read or written: its job is parked with the cause, until other content comes.
insert into jobs (store, direction, flow, subject, order_key, lane, content_hash, state, reason, message, resolution,
                  warned_reason, failing_since, settled_at)
values (%(store)s, 'import', 'orders', %(subject)s, %(subject)s, %(lane)s, %(content_hash)s, 'parked', %(reason)s,
        %(message)s, %(resolution)s, %(reason)s, now(), now())
on conflict (store, direction, flow, subject) do update set
    content_hash = excluded.content_hash, wanted = jobs.wanted + 1, state = 'parked',
    failing_since = coalesce(jobs.failing_since, now()), settled_at = now(),
    reason = excluded.reason, message = excluded.message, resolution = excluded.resolution, warned_reason = excluded.reason
where jobs.content_hash is distinct from excluded.content_hash and jobs.state not in ('queued', 'running')
returning id;

-- name: read_again
-- A job that is parked because a document did not load is tried again: the vendor may have corrected the document, and no list may
-- show that. Each pause is as long as all before it together. A row without an id cannot be read alone.
update jobs set state = 'waiting', due_at = now(), wanted = greatest(wanted, done + 1), reason = null, resolution = null
where store = %(store)s and state = 'parked' and reason = 'malformed-document' and subject not like 'unreadable:%%'
  and settled_at + greatest(%(pause)s * interval '1 second',
                            least(%(longest)s * interval '1 second', settled_at - failing_since)) <= now();

-- name: found_after_all
-- Rows that had no id: an order with the same number was read since, so nothing is left to do.
update jobs j set state = 'done', done = wanted, settled_at = now(), failing_since = null, reason = null, resolution = null,
       warned_reason = null, message = %(message)s
from orders o where o.store = j.store and o.id = j.subject and o.number = any(%(numbers)s)
  and j.store = %(store)s and j.state = 'parked' and j.reason = 'malformed-document' and j.subject like 'unreadable:%%';

-- name: request_run
-- These subjects may have changed: one more run each, not before the pause that the last run ended with. A job that is failing
-- keeps its count of failures.
insert into jobs (store, direction, flow, subject, order_key, lane, trace, asked_at)
select s.name, %(direction)s, %(flow)s, h.subject, h.subject, %(lane)s, %(trace)s, now()
from stores s cross join unnest(%(subjects)s::text[]) as h (subject) where s.name = %(store)s
order by h.subject
on conflict (store, direction, flow, subject) do update set
    wanted = jobs.wanted + 1, asked_at = now(), trace = excluded.trace,
    lane = case when jobs.state in ('done', 'parked') then excluded.lane else least(jobs.lane, excluded.lane) end,
    state = case when jobs.state in ('done', 'parked') then 'waiting' else jobs.state end,
    due_at = case when jobs.state in ('done', 'parked') then greatest(now(), jobs.due_at)
                  when jobs.reason = 'blocked' then now() else jobs.due_at end,
    failures = case when jobs.state in ('done', 'parked') then 0 else jobs.failures end,
    failing_since = case when jobs.state in ('done', 'parked') then null else jobs.failing_since end,
    message = case when jobs.state in ('done', 'parked') then null else jobs.message end, reason = null, resolution = null
returning id, subject, wanted, state;

-- name: claim
-- First look for another job of the order that is running. The unique index would also refuse it, but with an error in the log.
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
returning id, store, direction, flow, subject, order_key, lane, fence, claimed_version, failures, warned_reason,
          case when prepaid then prepaid_epages else 0 end as prepaid_epages,
          case when prepaid then prepaid_afosto else 0 end as prepaid_afosto;

-- name: context
-- All that a run needs to know of its store and its order, in one round trip. A kept document counts only while nothing newer is
-- known of the order: a run that asked the shop, for example, notes what it has read and keeps no document.
select to_jsonb(s) - 'client_secret' - 'afosto_key' - 'access_token' as store,
       s.client_secret, s.afosto_key, s.access_token,
       coalesce((select jsonb_agg(to_jsonb(l) order by l.id) from links l
                 where l.store = s.name and l.order_key = %(subject)s), '[]') as links,
       coalesce((select jsonb_agg(to_jsonb(i) || jsonb_build_object('seconds_left',
                        greatest(0, extract(epoch from i.ambiguous_until - now())),
                        'owner', (select o.state from jobs o where o.id = i.job_id)) order by i.id) from intents i
                 where i.store = s.name and i.order_key = %(subject)s and i.settled_at is null), '[]') as intents,
       coalesce((select jsonb_agg(jsonb_build_object('direction', j.direction, 'flow', j.flow, 'settled', extract(epoch from j.settled_at),
                        'state', case when j.state = 'done' and j.reason = 'dropped' then j.reason else j.state end,
                        'message', case when j.state = 'waiting' then j.message end)) from jobs j
                 where j.store = s.name and j.order_key = %(subject)s), '[]') as siblings,
       coalesce((select jsonb_object_agg(m.epages_id, m.afosto_id) from locations m where m.store = s.name
                 and m.epages_id <> ''), '{}') as locations,
       coalesce((select jsonb_agg(jsonb_build_array(f.direction, f.flow)) from store_flows f where f.store = s.name
                 and f.enabled and f.stopped_reason is null), '[]') as flows,
       coalesce((select jsonb_agg(h.vendor) from store_health h where h.store = s.name), '[]') as unhealthy,
       exists (select 1 from jobs j where j.store = s.name and j.order_key = %(subject)s and j.direction = 'import'
               and j.flow = 'orders' and j.state = 'done' and j.reason = 'dropped')
       and not exists (select 1 from links l where l.store = s.name and l.kind = 'order' and l.epages_id = %(subject)s
                       and l.stage = 'opened') as order_dropped,
       s.needs_recovery_before is not null
       and not exists (select 1 from orders o where o.store = s.name and o.id = %(subject)s
                       and (o.recovered or o.created_at >= s.needs_recovery_before)) as needs_recovery,
       (select o.updated_at from orders o where o.store = s.name and o.id = %(subject)s) as read_to,
       (select o.number from orders o where o.store = s.name and o.id = %(subject)s) as number,
       (select d.document from order_documents d
        join cursors c on c.store = d.store and c.kind = 'live'
        join jobs j on j.store = d.store and j.direction = %(direction)s and j.flow = %(flow)s and j.subject = d.order_id
        where %(direction)s = 'import' and d.store = s.name and d.order_id = %(subject)s
          and (j.asked_at is null or d.read_at > j.asked_at)
          and not exists (select 1 from orders o where o.store = d.store and o.id = d.order_id and o.updated_at > d.updated_at)
          and greatest(d.read_at, c.caught_up_at) > now() - %(newest)s * interval '1 second') as document
from stores s where s.name = %(store)s;

-- name: settle
-- Ends a run. The fence guards it, so a holder that lost its lease changes nothing. Content that came meanwhile reopens the job.
-- The document of the order goes with its last open import.
-- Returns also the first export of the same order that is due: it may run now.
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
        warned_reason = case when %(state)s = 'parked' and wanted = claimed_version then %(reason)s
                             when %(state)s = 'done' then null else warned_reason end,
        holder = null, lease_until = null, queued_at = null, settled_at = now()
    where id = %(id)s and fence = %(fence)s and state = 'running'
    returning id, state, store, order_key
), attempt as (
    insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests)
    values (%(id)s, %(store)s, %(order_key)s, %(direction)s, %(flow)s, %(fence)s, %(holder)s,
            case when exists (select 1 from job) then %(outcome)s else 'lease lost' end,
            coalesce(%(message)s, ''), %(steps)s, %(seconds)s, %(requests)s)
), forgotten as (
    delete from order_documents d using job
    where %(direction)s = 'import' and job.state in ('done', 'parked') and d.store = job.store and d.order_id = job.order_key
      and not exists (select 1 from jobs o where o.store = job.store and o.order_key = job.order_key and o.id <> job.id
                      and o.direction = 'import' and o.state in ('waiting', 'queued', 'running'))
)
select job.state, next.flow as next_flow, next.wanted as next_wanted
from job left join lateral (
    select n.flow, n.wanted from jobs n
    where n.store = job.store and n.order_key = job.order_key and n.id <> job.id and n.direction = 'export'
      and n.flow in ('looks', 'cancellations', 'shipments', 'returns') and n.state = 'waiting' and n.due_at <= now()
    order by n.lane, n.due_at limit 1
) next on true;

-- name: others_succeed
-- Whether this job alone is in trouble: another job of its store was done since it began to fail.
-- Asks for the newest of the others: with EXISTS, the planner might read the jobs of a store one by one.
select coalesce((
    select true from jobs other where other.store = me.store and other.id <> me.id
    and other.state = 'done' and other.settled_at > me.failing_since
    order by other.settled_at desc limit 1
), false) as alone
from jobs me where me.id = %(id)s;

-- name: wake_dependants
-- The import of an order ended, whether the order was opened or not: jobs that waited for nothing else are due.
update jobs set due_at = now(), reason = null
where store = %(store)s and order_key = %(order_key)s and not (direction = 'import' and flow = 'orders')
  and state = 'waiting' and due_at > now() and ((direction = 'import' and claims = 0) or reason = 'blocked');

-- name: wake_blocked
-- A job of the order is done, or parked: jobs that waited for it are due, or now say what they wait for.
update jobs set due_at = now(), reason = null
where store = %(store)s and order_key = %(order_key)s and state = 'waiting' and reason = 'blocked';

-- name: wake_order
-- The order is opened, or given up: its dependants are due, also those that were dropped with its import. Jobs with reserved calls
-- keep their time. Once the order is opened, a cancellation that was done before is looked at again: it left its pieces to the
-- draft, and they may be missing there if a person had opened the draft before.
update jobs set due_at = now(), state = 'waiting', wanted = case when state = 'done' then wanted + 1 else wanted end,
       reason = null, message = case when state = 'done' then null else message end
where store = %(store)s and order_key = %(order_key)s and not (direction = 'import' and flow = 'orders')
  and ((state = 'waiting' and due_at > now() and not prepaid) or (state = 'done' and reason = 'order-dropped')
       or (%(opened)s and state = 'done' and direction = 'import' and flow = 'cancellations' and reason is distinct from 'dropped'));

-- name: renew
-- One heartbeat for all jobs of a process. A job that has run for the longest time allowed keeps its lease, which is not renewed.
update jobs set lease_until = case when claimed_at > now() - %(longest)s * interval '1 second'
                                   then now() + %(lease)s * interval '1 second' else lease_until end
where id = any(%(ids)s) and holder = %(holder)s and state = 'running'
returning id, claimed_at > now() - %(longest)s * interval '1 second' as renewed;

-- name: reclaim_expired
-- Leases that ended: the holder died or froze, which counts as a failure of the job. Its reserved calls may be spent already.
update jobs set
    state = case when failures + 1 >= %(limit)s then 'parked' else 'waiting' end,
    due_at = now(), failures = failures + 1, failing_since = coalesce(failing_since, now()),
    holder = null, lease_until = null, queued_at = null, prepaid = false,
    reason = case when failures + 1 >= %(limit)s then 'holder-dies' end,
    warned_reason = case when failures + 1 >= %(limit)s then 'holder-dies' else warned_reason end,
    message = %(message)s,
    resolution = case when failures + 1 >= %(limit)s
        then %(resolution)s end
where id in (select id from jobs where state = 'running' and lease_until < now()
             order by store, direction, flow, subject limit 500 for update skip locked)
returning id, store, direction, flow, subject, state, reason, message, resolution;

-- name: of_orders
select j.id from unnest(%(stores)s::text[], %(order_keys)s::text[]) as o (store, order_key)
join jobs j on j.store = o.store and j.order_key = o.order_key;

-- name: list
select id, store, direction, flow, subject, order_key, lane, wanted, done, state, due_at, failures, claims, reason, message,
       resolution, created_at, settled_at, decision, decided_by, decided_at,
       state = 'parked' and coalesce(decision = 'retried', false) as failed_again,
       (select number from orders o where o.store = j.store and o.id = j.order_key) as order_number
from jobs j
where (%(stores)s::text[] is null or store = any(%(stores)s)) and (%(state)s::text is null or state = %(state)s)
  and (%(flow)s::text is null or (flow = %(flow)s and direction = %(direction)s))
  and (%(reason)s::text is null or reason = %(reason)s)
  and (%(ids)s::bigint[] is null or id = any(%(ids)s))
  and (%(text)s::text is null or strpos(lower(concat_ws(' ', message, resolution)), lower(%(text)s)) > 0)
  and (%(before)s::bigint is null or id < %(before)s)
order by id desc limit %(limit)s;

-- name: retry
-- Due now, not at the time for which calls were reserved; calls are reserved again. Of more than `limit`, those that were settled
-- first: what fails again comes after the others.
with picked as (
    select id from jobs
    where state in ('parked', 'done', 'waiting') and (%(ids)s::bigint[] is null or id = any(%(ids)s))
      and (%(stores)s::text[] is null or store = any(%(stores)s)) and (%(reason)s::text is null or (reason = %(reason)s and state = 'parked'))
    order by settled_at, id limit %(limit)s::bigint for update
), chosen as (
    update jobs set state = 'waiting', due_at = now(), prepaid = false, failures = 0, failing_since = null, reason = null,
           message = null, resolution = null, warned_reason = null, wanted = greatest(wanted, done + 1),
           asked_at = now(), decision = 'retried', decided_by = %(by)s, decided_at = now()
    where id in (select id from picked)
    returning id, store, order_key, direction, flow, fence, decided_by
), noted as (
    insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps, seconds, requests)
    select id, store, order_key, direction, flow, fence, decided_by, 'retried by a person', '', '[]'::jsonb, 0, 0 from chosen
)
select id from chosen;

-- name: drop
-- The jobs that wait for the import of an order are dropped with it; they come back when the order is opened. Jobs that waited for
-- a dropped job are due. Of more than `limit`, those that were settled first.
with picked as (
    select id from jobs
    where state in ('parked', 'waiting') and (%(ids)s::bigint[] is null or id = any(%(ids)s))
      and (%(stores)s::text[] is null or store = any(%(stores)s)) and (%(reason)s::text is null or (reason = %(reason)s and state = 'parked'))
    order by settled_at, id limit %(limit)s::bigint for update
), chosen as (
    update jobs set state = 'done', done = wanted, settled_at = now(), failures = 0, failing_since = null, prepaid = false,
           warned_reason = null, reason = 'dropped', message = %(message)s, resolution = null,
           decision = 'dropped', decided_by = %(by)s, decided_at = now()
    where id in (select id from picked)
    returning id, store, order_key, direction, flow, fence, decided_by
), dependants as (
    update jobs d set state = 'done', done = d.wanted, settled_at = now(), failures = 0, failing_since = null, prepaid = false,
           warned_reason = null, reason = 'order-dropped', message = %(with_order)s, resolution = null,
           decision = 'dropped', decided_by = c.decided_by, decided_at = now()
    from chosen c
    where c.direction = 'import' and c.flow = 'orders' and d.store = c.store and d.order_key = c.order_key
      and d.direction = 'import' and d.flow <> 'orders' and d.state in ('waiting', 'queued')
      and d.id not in (select id from chosen)
      and not exists (select 1 from links l where l.store = d.store and l.kind = 'order' and l.epages_id = d.order_key
                      and l.stage = 'opened')
    returning d.id, d.store, d.order_key, d.direction, d.flow, d.fence, d.decided_by
), noted as (
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
-- Open jobs only, by the index of each state. Done jobs accumulate for years, and a count would read them all.
select store, direction, flow, 'waiting' as state, count(*) as jobs from jobs where state = 'waiting' group by 1, 2, 3
union all
select store, direction, flow, 'queued', count(*) from jobs where state = 'queued' group by 1, 2, 3
union all
select store, direction, flow, 'running', count(*) from jobs where state = 'running' group by 1, 2, 3
union all
select store, direction, flow, 'parked', count(*) from jobs where state = 'parked' group by 1, 2, 3
order by 1, 2, 3, 4;

-- name: parked_reasons
-- Documents that do not load are grouped by the field at fault, which stands in the resolution.
select store, direction, flow, reason, count(*) as jobs, min(message) as message, min(resolution) as resolution
from jobs where state = 'parked'
group by 1, 2, 3, 4, case when reason = 'malformed-document' then resolution end order by 5 desc, 1, 2, 3, 4;

-- name: find
select id, store, direction, flow, subject, order_key,
       (select number from orders o where o.store = j.store and o.id = j.order_key) as order_number,
       lane, wanted, done, state, due_at, failures, claims, fence, holder, lease_until, reason, message, resolution,
       created_at, settled_at, decision, decided_by, decided_at
from jobs j where id = any(%(ids)s);
