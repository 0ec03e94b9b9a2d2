-- name: hold
update stores set held_until = %(until)s returning name;

-- name: unsettle
-- What was settled after an earlier restore is in doubt again.
update orders set settled = false where settled;

-- name: settle
update orders set settled = true where store = %(store)s and id = %(order_id)s and not settled returning id;

-- name: held
-- Orders whose import waits for a person.
select j.id, j.store, j.subject as order_id, o.number, o.created_at, j.message, j.resolution
from jobs j left join orders o on o.store = j.store and o.id = j.subject
where j.direction = 'import' and j.flow = 'orders' and j.state = 'parked' and j.reason = 'restored'
  and (%(store)s::text is null or j.store = %(store)s)
order by j.store, o.created_at, j.subject;
