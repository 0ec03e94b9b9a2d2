-- name: add
insert into api_tokens (name, token_hash, tasks, stores, rights, tenant)
values (%(name)s, %(token_hash)s, %(tasks)s, %(stores)s, %(rights)s, %(tenant)s)
returning id;

-- name: list
-- old_until and old_used_at: of the token of before a rotation, while it is accepted.
select name, rights, tasks, stores, tenant, created_at, rotated_at, last_used_at, revoked_at,
       case when old_valid then old_until end as old_until, case when old_valid then old_used_at end as old_used_at
from (select *, revoked_at is null and old_until > now() as old_valid from api_tokens) as t order by revoked_at nulls first, name;

-- name: rotate
-- While two tokens are accepted only with no time for the old ones: the older, which may be the one in use, would be refused.
with found as (
    select id, coalesce(old_until > now(), false) as rotating
    from api_tokens where name = %(name)s and revoked_at is null for update
), rotated as (
    update api_tokens t
    set token_hash = %(token_hash)s, rotated_at = now(), last_used_at = null,
        old_token_hash = case when %(overlap)s > 0 then t.token_hash end,
        old_until = case when %(overlap)s > 0 then now() + %(overlap)s * interval '1 second' end,
        old_used_at = t.last_used_at
    from found where t.id = found.id and (not found.rotating or %(overlap)s = 0)
    returning t.id
)
select exists (select from rotated) as rotated from found;

-- name: finish_rotation
update api_tokens set old_token_hash = null, old_until = null where name = %(name)s and revoked_at is null returning id;

-- name: revoke
-- What waits for the token's subscriptions is dropped; a run that sends ends after the event that is on its way.
with revoked as (
    update api_tokens set revoked_at = now() where name = %(name)s and revoked_at is null returning id
), silenced as (
    update subscriptions s set fence = fence + 1, sending_until = null from revoked r where s.token_id = r.id returning s.id
), dropped as (
    delete from deliveries d using silenced s where d.subscription_id = s.id
)
select id from revoked;

-- name: find
-- With the stores that it may see, null for all: of a tenant those that belong to it now. listed: it is limited to the stores that
-- it names. old: by the token of before a rotation.
select id, name, tasks, rights, tenant, stores <> '{}' as listed, token_hash <> %(token_hash)s as old,
       case when tenant is not null then array(select s.name from stores s where s.afosto_bucket = t.tenant
                                               and (t.stores = '{}' or s.name = any(t.stores)))
            when stores <> '{}' then stores end as stores
from api_tokens t
where revoked_at is null and (token_hash = %(token_hash)s or (old_token_hash = %(token_hash)s and old_until > now()));

-- name: used
-- At most once a minute, like `seen` of an endpoint.
update api_tokens set last_used_at = now()
where id = %(id)s and (last_used_at is null or last_used_at < now() - interval '1 minute');

-- name: old_used
update api_tokens set old_used_at = now()
where id = %(id)s and (old_used_at is null or old_used_at < now() - interval '1 minute');

-- name: claim_key
-- The first request with a key takes the key, and so does one that comes a day later. Any other gets the row that is there.
with taken as (
    insert into idempotency_keys (token_id, key, body_hash) values (%(token_id)s, %(key)s, %(body_hash)s)
    on conflict (token_id, key) do update
        set body_hash = excluded.body_hash, job_id = null, outcomes = null, answered_at = null, created_at = now()
        where idempotency_keys.created_at < now() - %(age)s * interval '1 second'
    returning body_hash, job_id, outcomes, answered_at
)
select * from taken
union all
select body_hash, job_id, outcomes, answered_at from idempotency_keys
where token_id = %(token_id)s and key = %(key)s and not exists (select 1 from taken);

-- name: answer_key
update idempotency_keys set job_id = %(job_id)s, outcomes = %(outcomes)s, answered_at = now()
where token_id = %(token_id)s and key = %(key)s;

-- name: release_key
delete from idempotency_keys where token_id = %(token_id)s and key = %(key)s and answered_at is null;
