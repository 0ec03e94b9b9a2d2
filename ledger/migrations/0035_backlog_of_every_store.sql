-- The view for an autoscaler counts the first 10,000 due jobs that workers may do. Before, it took the first 10,000 due ones and left out
-- those of paused stores and stopped flows afterwards: one such store with 10,000 due jobs hid the jobs of all others.
create or replace view queue_backlog as
with flows (queue, direction, flow) as (values
    ('orders', 'import', 'orders'), ('cancellations', 'import', 'cancellations'), ('shipments', 'import', 'shipments'),
    ('returns', 'import', 'returns'), ('exports', 'export', 'looks'), ('exports', 'export', 'cancellations'),
    ('exports', 'export', 'shipments'), ('exports', 'export', 'returns'), ('inventory', 'export', 'inventory')
), jobs_of_queues as (
    select f.queue, sum(d.due)::int as due, min(d.oldest) as oldest, sum(q.queued)::int as queued, min(q.first) as first
    from flows f
    cross join lateral (
        select count(*) as due, min(w.due_at) filter (where w.lane < 2) as oldest from (
            select j.lane, j.due_at from jobs j
            where j.state = 'waiting' and j.direction = f.direction and j.flow = f.flow and j.due_at <= now()
              and j.store not in (
                  select s.name from stores s where s.paused_at is not null
                  union all
                  select o.store from store_flows o
                  where o.direction = f.direction and o.flow = f.flow and (not o.enabled or o.stopped_reason is not null)
                  union all
                  select h.store from store_health h where h.retry_at > now()
              )
            order by j.due_at limit 10000
        ) w
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
