-- name: documents
delete from order_documents where store = %(store)s and order_id = %(order_key)s returning 1;

-- name: attempts
delete from attempts where store = %(store)s and order_key = %(order_key)s returning 1;

-- name: webhooks
delete from inbox where store = %(store)s and order_key = %(order_key)s returning 1;

-- name: intents
-- An open intent keeps an effect from being made twice.
delete from intents where store = %(store)s and order_key = %(order_key)s and settled_at is not null returning 1;

-- name: messages
-- A parked job keeps its message: a person must read it.
update jobs set message = null, resolution = null
where store = %(store)s and order_key = %(order_key)s and state <> 'parked' and message is not null
returning 1;

-- name: events
-- Events of the order that no subscriber has confirmed yet.
delete from deliveries where store = %(store)s and order_key = %(order_key)s returning 1;

-- name: differences
delete from differences d using comparisons c
where c.id = d.comparison_id and c.store = %(store)s and d.key = %(order_key)s returning 1;
