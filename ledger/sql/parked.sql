-- name: groups
-- Documents that do not load are grouped by the field at fault, which stands in the resolution. A job that is parked again keeps
-- the decision of the person who retried it.
select coalesce(reason, '') as reason, direction, flow, count(*)::int as jobs, count(distinct store)::int as store_count,
       (array_agg(distinct store))[1:3] as stores, min(settled_at) as oldest,
       (count(*) filter (where decision = 'retried'))::int as failed_again,
       min(message) as message, min(resolution) as resolution
from jobs
where state = 'parked' and (%(stores)s::text[] is null or store = any(%(stores)s))
group by reason, direction, flow, case when reason = 'malformed-document' then resolution end,
         case when %(by_store)s then store end
order by jobs desc, 1, 2, 3, 6;
