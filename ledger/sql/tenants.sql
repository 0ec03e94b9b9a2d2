-- name: keys
select name, afosto_key from stores order by name;

-- name: of
select afosto_bucket as tenant from stores where name = %(store)s;

-- name: members
select name from stores where afosto_bucket = %(tenant)s order by name;

-- name: move
update stores set afosto_bucket = %(tenant)s where name = any(%(stores)s) and afosto_bucket <> %(tenant)s returning name;

-- name: strangers
-- Stores of other tenants that send their orders to one of these channels.
select name from stores where channel_id = any(%(channels)s) and afosto_bucket <> %(tenant)s order by name;
