-- name: bind_order
-- The first writer wins; a second draft of the same order is not taken. Its items are announced with it.
with bound as (
    insert into links (store, kind, order_key, epages_id, afosto_id, written_by, stage, facts)
    values (%(store)s, 'order', %(order_key)s, %(order_key)s, %(afosto_id)s, 'epages', 'created', %(facts)s)
    on conflict (store, kind, epages_id) do nothing
    returning id
), announced as (
    insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
    select %(store)s, %(order_key)s, %(job_id)s, 'items', jsonb_build_object('afosto_id', %(afosto_id)s::text), now() from bound
)
select id from bound;

-- name: replace_draft
-- A draft that may have been filled twice is given up for a new one.
with given_up as (
    insert into orphans (store, afosto_id, order_key) values (%(store)s, %(old)s, %(order_key)s) on conflict do nothing
)
update links set afosto_id = %(new)s, facts = %(facts)s, stage = 'created'
where store = %(store)s and kind = 'order' and epages_id = %(order_key)s and afosto_id = %(old)s
  and stage in ('created', 'filled')
returning id;

-- name: stage_order
-- From its opening on, an order is watched; a draft is so as well, as seldom as a closed order: a person may open it in Afosto.
-- Nobody who was slow makes a draft again of what was opened meanwhile.
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
-- All of an order's at once: it may have ten thousand pieces.
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
-- Where both sides have another tracking code for one shipment; gone when they agree.
update links set facts = facts - array['shop_code', 'afosto_code'] || %(codes)s
where store = %(store)s and kind = 'parcel' and afosto_id = %(afosto_id)s
  and facts is distinct from facts - array['shop_code', 'afosto_code'] || %(codes)s;

-- name: open_intent
insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
values (%(store)s, %(order_key)s, %(job_id)s, %(kind)s, %(body)s, now() + %(wait)s * interval '1 second')
returning id;

-- name: announce
-- By who holds the job only: somebody else may have done it meanwhile, and nobody would settle this.
insert into intents (store, order_key, job_id, kind, body, ambiguous_until)
select %(store)s, %(order_key)s, j.id, %(kind)s, %(body)s, now() + %(wait)s * interval '1 second'
from jobs j where j.id = %(job_id)s and j.fence = %(fence)s and j.state = 'running' for share
returning id;

-- name: extend_intent
update intents set ambiguous_until = now() + %(wait)s * interval '1 second' where id = %(id)s and settled_at is null;

-- name: withdraw_intent
-- By who has the job only: another run may have repeated the call by now.
update intents i set settled_at = now(), outcome = 'not done'
from jobs j where i.id = %(id)s and i.settled_at is null and j.id = %(job_id)s and j.fence = %(fence)s;

-- name: end_doubt
-- By who has the job only, as above.
update intents i set ambiguous_until = now()
from jobs j where i.id = %(id)s and i.settled_at is null and j.id = %(job_id)s and j.fence = %(fence)s;

-- name: settle_items
-- Whatever run announced them: a run does not know the intent that it opened itself.
update intents set settled_at = now(), outcome = %(outcome)s
where store = %(store)s and order_key = %(order_key)s and kind = any(%(kinds)s) and settled_at is null;

-- name: settle_intent
update intents set settled_at = now(), outcome = %(outcome)s where id = %(id)s and settled_at is null returning id;
