-- name: order
select id, number, created_at, updated_at, is_test, is_final, first_seen_at from orders
where store = %(store)s and id = %(order_key)s;

-- name: jobs
select j.id, j.direction, j.flow, j.subject, j.state, j.due_at, j.failures, j.claims, j.reason, j.message, j.resolution,
       j.created_at, j.settled_at, j.decision, j.decided_by, j.decided_at, j.content_hash is not null as has_content,
       case when f.enabled = false then 'off' when f.stopped_reason is not null then 'stopped'
            when s.paused_at is not null then 'paused' end as halted
from jobs j join stores s on s.name = j.store
left join store_flows f on f.store = j.store and f.direction = j.direction and f.flow = j.flow
where j.store = %(store)s and j.order_key = %(order_key)s order by j.id;

-- name: links
select kind, line_id, epages_id, afosto_id, facts ->> 'number' as afosto_number,
       facts ->> 'tracking_code' as tracking_code, facts ->> 'shop_code' as shop_code,
       facts ->> 'afosto_code' as afosto_code, quantity, written_by, stage, created_at
from links where store = %(store)s and order_key = %(order_key)s order by id;

-- name: calls
select i.id, i.kind, i.created_at, i.ambiguous_until, i.settled_at, i.outcome, j.direction, j.flow, i.job_id,
       i.settled_at is null and i.ambiguous_until > now() as uncertain
from intents i join jobs j on j.id = i.job_id
where i.store = %(store)s and i.order_key = %(order_key)s order by i.id;

-- name: events
select event, received_at from inbox
where store = %(store)s and order_key = %(order_key)s order by received_at;

-- name: attempts
select at, job_id, direction, flow, outcome, message, steps, seconds, requests, worker from attempts
where store = %(store)s and order_key = %(order_key)s order by id;
