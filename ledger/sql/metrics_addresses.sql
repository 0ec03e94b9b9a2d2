-- name: note
with gone as (
    delete from metrics_addresses where seen_at < now() - interval '1 day' and address <> %(address)s
)
insert into metrics_addresses (address, process) values (%(address)s, %(process)s)
on conflict (address) do update set process = excluded.process, seen_at = now();

-- name: forget
delete from metrics_addresses where address = %(address)s;

-- name: alive
select address, process from metrics_addresses where seen_at > now() - %(alive)s * interval '1 second' order by address;
