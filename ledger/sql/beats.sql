-- name: sent
insert into beats (id, host) values (%(id)s, %(host)s)
on conflict (id) do update set sent_at = now();

-- name: of_host
select id, extract(epoch from now() - sent_at)::float8 as sent_before from beats where host = %(host)s order by id;

-- name: age
select extract(epoch from now() - sent_at)::float8 as age from beats order by sent_at desc limit 1;

-- name: forget
-- Also forgets those that were not seen for a day: their host is gone.
delete from beats where id = %(id)s or sent_at < now() - interval '1 day';
