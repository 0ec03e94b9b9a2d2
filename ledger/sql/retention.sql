-- Each statement deletes one batch of old rows, so that it never locks many, and returns how many it deleted.

-- name: attempts
with gone as (
    delete from attempts where id in (
        select id from attempts where at < now() - %(days)s * interval '1 day' order by at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: intents
-- Resolved intents delay nothing. Only people read them, together with the attempts.
with gone as (
    delete from intents where id in (
        select id from intents where settled_at < now() - %(days)s * interval '1 day' order by settled_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: inbox
with gone as (
    delete from inbox where (endpoint, message_id) in (
        select endpoint, message_id from inbox where received_at < now() - %(days)s * interval '1 day'
        order by received_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: set_aside
with gone as (
    delete from set_aside where id in (
        select id from set_aside where last_at < now() - %(days)s * interval '1 day' limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: idempotency_keys
with gone as (
    delete from idempotency_keys where (token_id, key) in (
        select token_id, key from idempotency_keys where created_at < now() - %(days)s * interval '1 day'
        order by created_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: order_documents
with gone as (
    delete from order_documents where (store, order_id) in (
        select store, order_id from order_documents where read_at < now() - %(days)s * interval '1 day'
        order by read_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: deliveries
-- Events that were given up. Those that still wait stay.
with gone as (
    delete from deliveries where id in (
        select id from deliveries where given_up_at < now() - %(days)s * interval '1 day' order by given_up_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: missed_windows
with gone as (
    delete from missed_windows where (store, day) in (
        select store, day from missed_windows where day <= current_date - %(days)s::int limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: user_sessions
with gone as (
    delete from user_sessions where id in (
        select id from user_sessions where seen_at < now() - %(days)s * interval '1 day' order by seen_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: sign_in_attempts
with gone as (
    delete from sign_in_attempts where id in (
        select id from sign_in_attempts where at < now() - %(days)s * interval '1 day' order by at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: connection_drafts
with gone as (
    delete from connection_drafts where id in (
        select id from connection_drafts where changed_at < now() - %(days)s * interval '1 day' order by changed_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: invitations
with gone as (
    delete from invitations where id in (
        select id from invitations where expires_at < now() - %(days)s * interval '1 day' order by expires_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: audit
with gone as (
    delete from audit where id in (
        select id from audit where at < now() - %(days)s * interval '1 day' order by at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: comparisons
with gone as (
    delete from comparisons where id in (
        select id from comparisons where asked_at < now() - %(days)s * interval '1 day' order by asked_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;

-- name: sweeps
with gone as (
    delete from sweeps where (store, began_at) in (
        select store, began_at from sweeps where began_at < now() - %(days)s * interval '1 day' order by began_at limit %(batch)s)
    returning 1
)
select count(*)::int as rows from gone;
