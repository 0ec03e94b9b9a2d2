-- What shows that a process works, and what an autoscaler asks.
-- listened_at: when the broker last answered this worker, or all its slots were busy. Null: a worker of the previous version.
alter table workers add column listened_at timestamptz;

-- One row per process of beat. sent_at: when the broker last took one of its messages.
create table beats (
    id text primary key,
    host text not null,
    sent_at timestamptz not null default now()
);

-- Of the backlog, only what waits is in it.
-- squawk-ignore require-concurrent-index-creation
create index jobs_due on jobs (direction, flow, due_at) include (store, lane) where state = 'waiting';

-- For an autoscaler: what the workers of each queue could do now. jobs: how many of these jobs there are, due: those that are not sent,
-- queued: those that are sent and not begun, slots: how many the living workers run at once. age: seconds for which the first
-- of them has been due; past orders (lane 2) may wait, so they have no age. Where many are due and few are sent, the
-- calls to a vendor are used up, and more workers would help nobody: then only what is sent counts. Of a flow the 10,000 jobs that
-- were due first are counted, so the view costs the same with a million. poll: the polls that are sent and have not ended.
create view queue_backlog as
with flows (queue, direction, flow) as (values
    ('orders', 'import', 'orders'), ('cancellations', 'import', 'cancellations'), ('shipments', 'import', 'shipments'),
    ('returns', 'import', 'returns'), ('exports', 'export', 'looks'), ('exports', 'export', 'cancellations'),
    ('exports', 'export', 'shipments'), ('exports', 'export', 'returns'), ('inventory', 'export', 'inventory')
), jobs_of_queues as (
    select f.queue, sum(d.due)::int as due, min(d.oldest) as oldest, sum(q.queued)::int as queued, min(q.first) as first
    from flows f
    cross join lateral (
        select count(*) as due, min(w.due_at) filter (where w.lane < 2) as oldest from (
            select j.store, j.lane, j.due_at from jobs j
            where j.state = 'waiting' and j.direction = f.direction and j.flow = f.flow and j.due_at <= now()
            order by j.due_at limit 10000
        ) w
        where not exists (select from stores s where s.name = w.store and s.paused_at is not null)
          and not exists (select from store_flows o where o.store = w.store and o.direction = f.direction and o.flow = f.flow
                          and (not o.enabled or o.stopped_reason is not null))
          and not exists (select from store_health h where h.store = w.store and h.retry_at > now())
    ) d
    cross join lateral (
        select count(*) as queued, min(j.queued_at) as first from jobs j
        where j.state = 'queued' and j.direction = f.direction and j.flow = f.flow
    ) q
    group by f.queue
), slots_of_queues as (
    select b.queue, b.due, b.oldest, b.queued, b.first, coalesce((
        select sum(w.slots) from workers w where w.queues @> array[b.queue] and w.seen_at > now() - interval '25 seconds'
    ), 0)::int as slots
    from jobs_of_queues b
)
select queue, due, queued, slots,
       case when 2 * queued >= slots then due + queued else queued end as jobs,
       greatest(coalesce(extract(epoch from now() - case when 2 * queued >= slots then least(oldest, first) else first end), 0),
                0)::float8 as age
from slots_of_queues
union all
select 'poll', count(*)::int, 0, 0, count(*)::int, 0 from cursors where running_until > now();
