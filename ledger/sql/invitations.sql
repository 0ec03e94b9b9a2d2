-- name: add
insert into invitations (secret_hash, store_name, made_by, expires_at)
values (%(secret_hash)s, %(store_name)s, %(made_by)s, now() + %(days)s * interval '1 day')
returning id, store_name, made_by, created_at, expires_at, used_at, used_by, revoked_at, false as expired;

-- name: known
select id, store_name, made_by, created_at, expires_at, used_at, used_by, revoked_at, expires_at <= now() as expired
from invitations order by id desc;

-- name: find
select id, store_name, made_by, created_at, expires_at, used_at, used_by, revoked_at, expires_at <= now() as expired
from invitations where secret_hash = %(secret_hash)s;

-- name: use
-- Once: of two who send it at the same moment the second finds it used.
update invitations set used_at = now(), used_by = %(used_by)s
where id = %(id)s and used_at is null and revoked_at is null and expires_at > now()
returning id, store_name;

-- name: revoke
update invitations set revoked_at = now() where id = %(id)s and used_at is null and revoked_at is null returning id;
