-- name: add
insert into subscriptions (url, secret, events, stores, tenant, token_id, trusted)
values (%(url)s, %(secret)s, %(events)s, %(stores)s, %(tenant)s, %(token_id)s, %(trusted)s)
returning id;

-- name: list
-- Those that the token made (null: all), each with how many events wait, and how many were given up.
select s.id, s.url, s.events, s.stores, s.tenant, t.name as token, s.created_at, s.delivered, s.delivered_at, s.failing_since,
       s.failure, case when s.failures > 0 then s.next_at end as next_at,
       case when t.revoked_at is not null then 'token-revoked' when s.failures > 0 then 'failing' else 'works' end as state,
       (select count(*)::int from deliveries d where d.subscription_id = s.id and d.given_up_at is null) as waiting,
       (select count(*)::int from deliveries d where d.subscription_id = s.id and d.given_up_at is not null) as given_up
from subscriptions s left join api_tokens t on t.id = s.token_id
where (%(token_id)s::bigint is null or s.token_id = %(token_id)s) and (%(id)s::bigint is null or s.id = %(id)s)
order by s.id;

-- name: remove
delete from subscriptions where id = %(id)s and (%(token_id)s::bigint is null or token_id = %(token_id)s) returning id;

-- name: set_secret
-- A run that has the old secret ends after the event that is on its way; the next one may begin at once.
update subscriptions set secret = %(secret)s, fence = fence + 1, sending_until = null, next_at = least(next_at, now())
where id = %(id)s and (%(token_id)s::bigint is null or token_id = %(token_id)s) returning id;

-- name: take_due
-- Subscriptions with something to send, for one run each. A run that has not ended in time counts as dead. An event may have been
-- noted in the moment in which the token was revoked.
update subscriptions s set sending_until = now() + %(lease)s * interval '1 second', fence = fence + 1
where s.id in (
    select n.id from subscriptions n
    where n.next_at <= now() and (n.sending_until is null or n.sending_until < now())
      and not exists (select from api_tokens t where t.id = n.token_id and t.revoked_at is not null)
      and exists (select from deliveries d where d.subscription_id = n.id and d.given_up_at is null and d.due_at <= now())
    order by n.next_at limit %(limit)s for update skip locked)
returning s.id, s.fence;

-- name: give_back
update subscriptions s set sending_until = null
from unnest(%(ids)s::bigint[], %(fences)s::bigint[]) as g (id, fence) where s.id = g.id and s.fence = g.fence;

-- name: begin
update subscriptions set sending_until = now() + %(lease)s * interval '1 second' where id = %(id)s and fence = %(fence)s
returning id, url, secret, trusted, failures;

-- name: due
select id, event_id::text as event_id, event, store, facts, at, failures from deliveries
where subscription_id = %(id)s and given_up_at is null and due_at <= now() order by due_at, id limit %(limit)s;

-- name: confirm
with gone as (
    delete from deliveries where id = %(delivery)s returning subscription_id
), counted as (
    update subscriptions s
    set failures = 0, failing_since = null, failure = null, delivered = delivered + 1, delivered_at = now()
    from gone where s.id = gone.subscription_id
)
select 1 as goes_on from subscriptions where id = %(id)s and fence = %(fence)s;

-- name: fail
-- The event is sent again later than the others, so that one that the subscriber does not take holds up no other. What nobody has
-- confirmed for days is given up.
with later as (
    update deliveries set failures = failures + 1, due_at = now() + %(event_pause)s * interval '1 second'
    where id = %(delivery)s and at >= now() - %(days)s * interval '1 day'
), given_up as (
    update deliveries set given_up_at = now()
    where subscription_id = %(id)s and given_up_at is null and at < now() - %(days)s * interval '1 day'
)
update subscriptions set failures = failures + 1, failing_since = coalesce(failing_since, now()), failure = %(why)s,
       next_at = now() + %(pause)s * interval '1 second'
where id = %(id)s;

-- name: finish
-- Who has just been served comes after the others.
update subscriptions set sending_until = null, next_at = greatest(next_at, now()) where id = %(id)s and fence = %(fence)s;

-- name: secrets
select id, secret from subscriptions order by id for update;

-- name: reencrypt
update subscriptions set secret = %(secret)s where id = %(id)s;
