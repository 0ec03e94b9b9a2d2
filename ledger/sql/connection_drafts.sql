-- name: begin
-- One that its owner has not begun to fill in is used again, so that a double click does not make two.
with empty as (
    select id from connection_drafts
    where owner = %(owner)s and version = 1 and invited_name is not distinct from %(invited_name)s
    order by id limit 1
), added as (
    insert into connection_drafts (owner, invited_name, name)
    select %(owner)s, %(invited_name)s, coalesce(%(invited_name)s, '') where not exists (select 1 from empty)
    returning id
)
select id from empty union all select id from added;

-- name: find
select id, owner, invited_name, name, client_id, client_secret, afosto_key, scopes, choices, version, created_at, changed_at,
       connected_at,
       coalesce(connecting_until > now(), false) as connecting
from connection_drafts where id = %(id)s;

-- name: known
-- Those that are not connected yet, of one owner or of all.
select id, owner, invited_name, name, client_id, client_secret, afosto_key, scopes, choices, version, created_at, changed_at,
       connected_at,
       coalesce(connecting_until > now(), false) as connecting
from connection_drafts where connected_at is null and (%(owner)s::text is null or owner = %(owner)s)
order by changed_at desc, id desc limit %(limit)s;

-- name: save
update connection_drafts set name = %(name)s, client_id = %(client_id)s, client_secret = %(client_secret)s,
       afosto_key = %(afosto_key)s, scopes = %(scopes)s, choices = %(choices)s, version = version + 1,
       changed_by = %(by)s, changed_at = now()
where id = %(id)s and (version = %(version)s or changed_by = %(by)s) and connected_at is null
  and (connecting_until is null or connecting_until <= now())
returning version;

-- name: claim
update connection_drafts set connecting_until = now() + %(seconds)s * interval '1 second', changed_at = now()
where id = %(id)s and (version = %(version)s or changed_by = %(by)s) and connected_at is null
  and (connecting_until is null or connecting_until <= now())
returning id;

-- name: release
update connection_drafts set connecting_until = null where id = %(id)s;

-- name: connected
-- Its secrets are in the store now. A merchant gets what he has connected.
with done as (
    update connection_drafts set connected_at = now(), changed_at = now(), connecting_until = null, client_secret = null,
           afosto_key = null, version = version + 1
    where id = %(id)s returning owner, name
)
insert into user_stores (user_name, store)
select u.name, s.name from done join users u on u.name = done.owner and u.role = 'merchant' join stores s on s.name = done.name
on conflict do nothing;

-- name: remove
delete from connection_drafts where id = %(id)s and connected_at is null and (connecting_until is null or connecting_until <= now())
returning id;

-- name: secrets
select id, client_secret, afosto_key from connection_drafts
where client_secret is not null or afosto_key is not null order by id for update;

-- name: reencrypt
update connection_drafts set client_secret = %(client_secret)s, afosto_key = %(afosto_key)s where id = %(id)s;
