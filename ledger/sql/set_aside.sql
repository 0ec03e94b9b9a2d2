-- name: keep
insert into set_aside (queue, fingerprint, message_id, task, why, size, content)
values (%(queue)s, %(fingerprint)s, %(message_id)s, %(task)s, %(why)s, %(size)s, %(content)s)
on conflict (queue, fingerprint)
do update set times = set_aside.times + 1, last_at = now(), message_id = excluded.message_id;

-- name: trim
delete from set_aside where id in (
    select id from set_aside where queue = %(queue)s order by last_at desc, id desc offset %(kept)s
    for update skip locked);

-- name: kept
select id, queue, message_id, task, why, size, times, first_at, last_at from set_aside
order by last_at desc, id desc;

-- name: find
select id, queue, message_id, task, why, size, times, first_at, last_at, content from set_aside where id = %(id)s;

-- name: counts
select queue, count(*)::int as messages, sum(times)::bigint as times, max(last_at) as last_at from set_aside
group by queue order by queue;

-- name: forget
delete from set_aside where %(id)s::bigint is null or id = %(id)s returning id;
