-- name: add
insert into stores (name, base_url, client_id, client_secret, afosto_key, afosto_bucket, channel_id, import_since, totals,
                    open_unpaid, open_partly_paid, notify_buyers, mark_orders, scopes)
values (%(name)s, %(base_url)s, %(client_id)s, %(client_secret)s, %(afosto_key)s, %(afosto_bucket)s, %(channel_id)s,
        %(import_since)s, %(totals)s, %(open_unpaid)s, %(open_partly_paid)s, %(notify_buyers)s, %(mark_orders)s, %(scopes)s)
returning connected_at;

-- name: connect_alone
-- When two connect one shop at the same time, the second sees the store of the first.
select pg_advisory_xact_lock(hashtext('connecting a store'));

-- name: addresses
select name, base_url from stores order by name;

-- name: add_flow
insert into store_flows (store, direction, flow, enabled) values (%(store)s, %(direction)s, %(flow)s, %(enabled)s)
on conflict (store, direction, flow) do update set enabled = excluded.enabled;

-- name: get
select to_jsonb(s) - 'client_secret' - 'afosto_key' - 'access_token' as store, s.client_secret, s.afosto_key, s.access_token
from stores s where s.name = %(name)s;

-- name: exists
select true as found from stores where name = %(name)s;

-- name: names
select name from stores order by name;

-- name: count
select count(*)::int as stores from stores;

-- name: set_token
-- Not that of an app which was replaced meanwhile: the store would go on with it, and with what it permits.
update stores set access_token = %(access_token)s, token_issued_at = %(issued_at)s,
       token_expires_at = %(expires_at)s, scopes = %(scopes)s
where name = %(name)s and client_id = %(client_id)s;

-- name: set_credentials
-- The old token is removed with the old secret. The tenant stays: the new key belongs to the same merchant.
update stores set client_id = %(client_id)s, client_secret = %(client_secret)s, afosto_key = %(afosto_key)s,
       access_token = null, token_expires_at = null
where name = %(name)s returning name;

-- name: pause
update stores set paused_at = coalesce(paused_at, now()) where name = %(name)s returning name;

-- name: resume
-- Cursors that came due during the pause were put off: they are due now.
with due as (
    update cursors set next_poll_at = now(), running_until = null
    where store = %(name)s and next_poll_at > now() and not prepaid
)
update stores set resumed_at = case when paused_at is null then resumed_at else now() end, paused_at = null
where name = %(name)s returning name;

-- name: resume_flow
-- Stock that stopped for a person starts again only when that person has confirmed it.
update store_flows set stopped_reason = null, stopped_message = null
where store = %(store)s and (%(flow)s::text is null or (flow = %(flow)s and direction = %(direction)s))
  and stopped_reason <> all(%(besides)s)
returning flow;

-- name: set_totals
update stores set totals = %(totals)s where name = %(name)s returning name;

-- name: set_marking
update stores set mark_orders = %(enabled)s where name = %(name)s returning name;

-- name: set_mailing
update stores set notify_buyers = %(enabled)s where name = %(name)s returning name;

-- name: set_channel
update stores set channel_id = %(channel_id)s where name = %(name)s returning name;

-- name: sold_alone
select afosto_id from locations where store = %(store)s and epages_id = '';

-- name: set_open_unpaid
update stores set open_unpaid = %(enabled)s where name = %(name)s returning name;

-- name: set_open_partly_paid
update stores set open_partly_paid = %(enabled)s where name = %(name)s returning name;

-- name: drafts
-- Orders that are in Afosto and not opened there. Most wait for their payment.
select epages_id from links where store = %(store)s and kind = 'order' and stage = 'filled' order by epages_id;

-- name: hand_over_endpoints
-- Afosto has one address for all stores of a tenant: it goes on for the others.
update webhook_endpoints e set store = o.name
from stores s cross join lateral (
    select name from stores where afosto_bucket = s.afosto_bucket and name <> s.name order by name limit 1
) as o
where s.name = %(name)s and e.store = s.name;

-- name: remove
-- Deletes the store with everything that belongs to it; most of that by cascade. Another merchant may connect a shop of this name
-- later: no token and no subscription that names the store may be good for that one. One that names no other store ends: an
-- empty list would mean all stores.
with gone as (
    delete from stores where name = %(name)s returning name
), ended as (
    update api_tokens t set revoked_at = now() from gone g
    where g.name = any(t.stores) and t.stores <@ array[g.name] and t.revoked_at is null
), narrowed as (
    update api_tokens t set stores = array_remove(t.stores, g.name) from gone g
    where g.name = any(t.stores) and not t.stores <@ array[g.name]
), unsubscribed as (
    delete from subscriptions s using gone g where g.name = any(s.stores) and s.stores <@ array[g.name]
), limited as (
    update subscriptions s set stores = array_remove(s.stores, g.name) from gone g
    where g.name = any(s.stores) and not s.stores <@ array[g.name]
), tried as (
    delete from attempts where store in (select name from gone)
), heard as (
    delete from inbox where store in (select name from gone)
       or endpoint in (select id from webhook_endpoints where store in (select name from gone))
)
select name from gone;

-- name: flows
select direction, flow, enabled, stopped_reason, stopped_message from store_flows
where store = %(store)s order by direction desc, flow;

-- name: stop_flow
-- The first imports are all parked for one reason: stop the flow with one message instead of parking thousands of jobs.
update store_flows set stopped_reason = %(reason)s, stopped_message = %(message)s
where store = %(store)s and direction = %(direction)s and flow = %(flow)s and stopped_reason is null
  and (select count(*) from jobs where store = %(store)s and direction = %(direction)s and flow = %(flow)s
       and state = 'parked' and reason = %(reason)s) >= %(limit)s
  and not exists (select 1 from links where store = %(store)s and kind = 'order' and stage = 'opened')
returning flow;

-- name: halt_flow
-- The flow stays stopped until a person decides.
update store_flows set stopped_reason = %(reason)s, stopped_message = %(message)s
where store = %(store)s and direction = %(direction)s and flow = %(flow)s;

-- name: confirm_stock
update store_flows set stopped_reason = null, stopped_message = null
where store = %(store)s and direction = 'export' and flow = 'inventory' and stopped_reason = any(%(reasons)s)
returning flow;

-- name: blame
-- Many jobs find the same trouble, so the row is written once per pause. `since` begins again with another reason.
insert into store_health (store, vendor, reason, message, retry_at)
values (%(store)s, %(vendor)s, %(reason)s, %(message)s, now() + %(pause)s * interval '1 second')
on conflict (store, vendor) do update set
    since = case when store_health.reason = excluded.reason then store_health.since else now() end,
    reason = excluded.reason, message = excluded.message, retry_at = excluded.retry_at
where store_health.reason <> excluded.reason or store_health.message <> excluded.message or store_health.retry_at <= now()
returning since = now() as begins;

-- name: heal
delete from store_health where store = %(store)s and vendor = any(%(vendors)s);

-- name: heal_run
-- A run over the store succeeded, and so did its calls.
with run as (
    delete from store_faults where store = %(store)s and run = %(run)s
)
delete from store_health where store = %(store)s and vendor = any(%(vendors)s);

-- name: fault
insert into store_faults (store, run, message) values (%(store)s, %(run)s, %(message)s)
on conflict (store, run) do update set message = excluded.message
returning since = now() as begins;

-- name: forget_faults
delete from store_faults where store = %(store)s;

-- name: health
select vendor, reason, message, since, retry_at from store_health where store = %(store)s
union all
select 'connector', %(unforeseen)s::text, message, since, null from store_faults where store = %(store)s
order by vendor, message;

-- name: cursors
select kind, position, origin, upper_end, polled_at, next_poll_at, requests, documents, lateness,
       extract(epoch from now() - polled_at) as age
from cursors where store = %(store)s order by kind;

-- name: order_counts
select (select count(*) from orders where store = %(store)s) as seen,
       (select count(*) from orders where store = %(store)s and is_test) as tests;

-- name: unmap_location
delete from locations where store = %(store)s and epages_id = %(epages_id)s returning afosto_id;

-- name: forget_location
-- A location of the shop, or a location of Afosto of which only the stock is sold.
delete from locations where store = %(store)s and case epages_id when '' then afosto_id else epages_id end = %(place)s
returning afosto_id;

-- name: locations
select epages_id, afosto_id from locations where store = %(store)s and epages_id <> '' order by epages_id;

-- name: map_location
insert into locations (store, epages_id, afosto_id) values (%(store)s, %(epages_id)s, %(afosto_id)s) on conflict do nothing;

-- name: secrets
select name, client_secret, afosto_key, access_token from stores order by name for update;

-- name: reencrypt
update stores set client_secret = %(client_secret)s, afosto_key = %(afosto_key)s, access_token = %(access_token)s
where name = %(name)s;

-- name: find_order
-- By its id, otherwise by its number.
select id, number, created_at, updated_at, is_test, is_final, first_seen_at from orders
where store = %(store)s and (number = %(order)s or id = %(order)s)
order by id = %(order)s desc;

-- name: find_afosto
-- By the number or the id that Afosto gave the order.
select o.id, o.number, o.created_at, o.updated_at, o.is_test, o.is_final, o.first_seen_at
from links l join orders o on o.store = l.store and o.id = l.order_key
where l.store = %(store)s and l.kind = 'order' and (l.afosto_id = %(order)s or l.facts ->> 'number' = %(order)s);

-- name: orders_named
-- The orders that each of these ids or numbers names in the shop, or, if it names none there, in Afosto.
with given as (
    select unnest(%(orders)s::text[]) as named
), shop as (
    select g.named, o.id from given g join orders o on o.store = %(store)s and o.id = g.named
    union
    select g.named, o.id from given g join orders o on o.store = %(store)s and o.number = g.named
), afosto as (
    select g.named, l.order_key from given g join links l on l.store = %(store)s and l.kind = 'order' and l.afosto_id = g.named
    union
    select g.named, l.order_key from given g
    join links l on l.store = %(store)s and l.kind = 'order' and l.facts ->> 'number' = g.named
)
select named, id from shop
union all
select a.named, o.id from afosto a join orders o on o.store = %(store)s and o.id = a.order_key
where a.named not in (select named from shop)
order by named, id;

-- name: history
select at, direction, flow, outcome, message, steps, seconds, requests, worker from attempts
where store = %(store)s and order_key = %(order_key)s order by id;

-- name: sealed
select name, client_secret, afosto_key, access_token from stores order by name;
