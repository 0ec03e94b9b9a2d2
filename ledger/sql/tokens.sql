-- name: add
insert into api_tokens (name, token_hash, tasks, stores, rights, tenant)
values (%(name)s, %(token_hash)s, %(tasks)s, %(stores)s, %(rights)s, %(tenant)s)
returning id;

-- name: list
select name, rights, tasks, stores, tenant, created_at, last_used_at, revoked_at from api_tokens order by revoked_at nulls first, name;

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
-- With the stores that it may see, null for all: of a tenant those that belong to it now.
-- listed: it is limited to the stores that it names.
select id, name, tasks, rights, tenant, stores <> '{}' as listed,
       case when tenant is not null then array(select s.name from stores s where s.afosto_bucket = t.tenant
                                               and (t.stores = '{}' or s.name = any(t.stores)))
            when stores <> '{}' then stores end as stores
from api_tokens t where token_hash = %(token_hash)s and revoked_at is null;

-- name: used
-- At most once a minute, like `seen` of an endpoint.
update api_tokens set last_used_at = now()
where id = %(id)s and (last_used_at is null or last_used_at < now() - interval '1 minute');

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
