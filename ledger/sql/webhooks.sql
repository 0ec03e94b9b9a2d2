-- name: add
insert into webhook_endpoints (id, store, secret)
select %(id)s, s.name, %(secret)s from stores s where s.name = %(store)s
returning id;

-- name: list
select id, store, created_at, seen_at, previous_secret is not null as rotating from webhook_endpoints order by store, created_at;

-- name: rotate
-- Not while two secrets are accepted: the older one, with which the other side may still sign, would be refused from then on.
with found as (
    select id, previous_secret is not null as rotating from webhook_endpoints where id = %(id)s for update
), rotated as (
    update webhook_endpoints e set previous_secret = e.secret, secret = %(secret)s
    from found f where e.id = f.id and not f.rotating
)
select rotating from found;

-- name: finish_rotation
update webhook_endpoints set previous_secret = null where id = %(id)s returning id;

-- name: remove
delete from webhook_endpoints where id = %(id)s returning id;

-- name: find
select e.id, e.store, e.secret, e.previous_secret, s.afosto_bucket as bucket
from webhook_endpoints e join stores s on s.name = e.store where e.id = %(id)s;

-- name: take
-- A repeat finds its row and changes nothing. The order may belong to any store of the same tenant. It is found by its own id or
-- by that of one of its parcels, whichever is named first: an order and a parcel may have equal ids. Ignored events name nothing.
insert into inbox (endpoint, message_id, event, entity_type, entity_id, triggered_at, store, order_key)
select %(endpoint)s, %(message_id)s, %(event)s, %(entity_type)s, %(entity_id)s, %(triggered_at)s, f.store, f.order_key
from (select 1) as one left join lateral (
    select l.store, l.order_key from stores s
    cross join unnest(%(kinds)s::text[], %(ids)s::text[]) with ordinality as n (kind, id, rank)
    join links l on l.store = s.name and l.kind = n.kind and l.afosto_id = n.id
    where s.afosto_bucket = %(bucket)s order by n.rank limit 1
) as f on true
on conflict (endpoint, message_id) do nothing
returning store, order_key;

-- name: seen
-- At most once a minute, so that processes do not wait for each other's lock on the row.
update webhook_endpoints set seen_at = now() where id = %(id)s and (seen_at is null or seen_at < now() - interval '1 minute');

-- name: sealed
select secret, previous_secret from webhook_endpoints;

-- name: secrets
select id, secret, previous_secret from webhook_endpoints order by id for update;

-- name: reencrypt
update webhook_endpoints set secret = %(secret)s, previous_secret = %(previous_secret)s where id = %(id)s;
