-- name: bind_order
-- The first writer wins; a second draft of the same order is not bound. The intent to fill the draft is recorded with it.
with bound as (
    insert into links (store, kind, order_key, epages_id, afosto_id, written_by, stage, facts)
    values (%(store)s, 'order', %(order_key)s, %(order_key)s, %(afosto_id)s, 'epages', 'created', %(facts)s)
    on conflict (store, kind, epages_id) do nothing
    returning id
), recorded as (
    insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
    select %(store)s, %(order_key)s, %(job_id)s, %(kind)s, %(body)s, now() from bound
)
select id from bound;

-- name: replace_draft
-- A new draft is bound in place of one that may have been filled twice.
with given_up as (
    insert into orphans (store, afosto_id, order_key) values (%(store)s, %(old)s, %(order_key)s) on conflict do nothing
)
update links set afosto_id = %(new)s, facts = %(facts)s, stage = 'created'
where store = %(store)s and kind = 'order' and epages_id = %(order_key)s and afosto_id = %(old)s
  and stage in ('created', 'filled')
returning id;

-- name: stage_order
-- An order is watched once it is open. A draft is watched too, as seldom as a closed order: a person may open it in Afosto.
-- A slow run does not turn an order that was opened meanwhile into a draft again.
with staged as (
    update links set stage = %(stage)s, facts = facts || %(facts)s
    where store = %(store)s and kind = 'order' and epages_id = %(order_key)s and afosto_id = %(afosto_id)s
      and (%(stage)s <> 'filled' or stage in ('created', 'filled'))
    returning id
), watched as (
    insert into watched (store, order_id, closed) select %(store)s, %(order_key)s, %(stage)s = 'filled'
    from staged where %(stage)s in ('filled', 'opened')
    on conflict (store, order_id) do update set closed = false, opened_at = now(), looked_at = now()
    where watched.closed and not excluded.closed
), ended as (
    delete from watched where store = %(store)s and order_id = %(order_key)s and %(stage)s = 'expired'
                          and exists (select 1 from staged)
)
select id from staged;

-- name: bind
-- All links of an order in one statement: it may have ten thousand pieces.
insert into links (store, order_key, kind, line_id, epages_id, afosto_id, quantity, written_by, stage)
select %(store)s, %(order_key)s, n.*
from unnest(%(kind)s::text[], %(line_id)s::text[], %(epages_id)s::text[], %(afosto_id)s::text[], %(quantity)s::int[],
            %(written_by)s::text[], %(stage)s::text[])
     as n (kind, line_id, epages_id, afosto_id, quantity, written_by, stage)
order by n.kind, n.afosto_id
on conflict do nothing;

-- name: note_parcels
update links l set stage = n.stage,
       facts = l.facts || jsonb_strip_nulls(jsonb_build_object('tracking_code', n.tracking_code))
from unnest(%(afosto_ids)s::text[], %(stages)s::text[], %(tracking_codes)s::text[]) as n (afosto_id, stage, tracking_code)
where l.store = %(store)s and l.kind = 'parcel' and l.afosto_id = n.afosto_id;

-- name: note_codes
-- The two tracking codes of a shipment where the sides differ; removed when they agree.
update links set facts = facts - array['shop_code', 'afosto_code'] || %(codes)s
where store = %(store)s and kind = 'parcel' and afosto_id = %(afosto_id)s
  and facts is distinct from facts - array['shop_code', 'afosto_code'] || %(codes)s;

-- name: open_intent
insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
values (%(store)s, %(order_key)s, %(job_id)s, %(kind)s, %(body)s, now() + %(wait)s * interval '1 second')
returning id;

-- name: record_intent
-- Only for the run that holds the job: another run may have made the call meanwhile, and nobody would resolve this intent.
insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
select %(store)s, %(order_key)s, j.id, %(kind)s, %(body)s, now() + %(wait)s * interval '1 second'
from jobs j where j.id = %(job_id)s and j.fence = %(fence)s and j.state = 'running' for share
returning id;

-- name: renew_intent
update intents set ambiguous_until = now() + %(wait)s * interval '1 second' where id = %(id)s and settled_at is null;

-- name: withdraw_intent
-- Only for the run that holds the job: another run may have repeated the call by now.
update intents i set settled_at = now(), outcome = 'not done'
from jobs j where i.id = %(id)s and i.settled_at is null and j.id = %(job_id)s and j.fence = %(fence)s;

-- name: end_doubt
-- Only for the run that holds the job, as above.
update intents i set ambiguous_until = now()
from jobs j where i.id = %(id)s and i.settled_at is null and j.id = %(job_id)s and j.fence = %(fence)s;

-- name: resolve_items
-- Any run may have recorded the intent: a run does not know the id of an intent that it recorded itself.
update intents set settled_at = now(), outcome = %(outcome)s
where store = %(store)s and order_key = %(order_key)s and kind = any(%(kinds)s) and settled_at is null;

-- name: resolve_intent
update intents set settled_at = now(), outcome = %(outcome)s where id = %(id)s and settled_at is null returning id;
