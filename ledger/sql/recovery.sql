-- name: require_recovery
update stores set needs_recovery_before = %(before)s returning name;

-- name: forget_recovered
-- An order that recovered after an earlier restore is in doubt again.
update orders set recovered = false where recovered;

-- name: mark_recovered
update orders set recovered = true where store = %(store)s and id = %(order_id)s and not recovered returning id;

-- name: undecided
-- Orders whose import is parked until a person decides.
select j.id, j.store, j.subject as order_id, o.number, o.created_at, j.message, j.resolution
from jobs j left join orders o on o.store = j.store and o.id = j.subject
where j.direction = 'import' and j.flow = 'orders' and j.state = 'parked' and j.reason = 'restored'
  and (%(store)s::text is null or j.store = %(store)s)
order by j.store, o.created_at, j.subject;
