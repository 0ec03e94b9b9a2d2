-- name: ask
-- Nothing while another comparison of the store goes on.
insert into comparisons (store, asked_by) values (%(store)s, %(by)s) on conflict do nothing returning id, fence;

-- name: sent
update comparisons set due_at = now() + %(silence)s * interval '1 second'
where id = %(id)s and fence = %(fence)s and ended_at is null
returning id, store, asked_at, orders_to, orders_done, sku_to, orders, skus;

-- name: take_due
-- Comparisons that nobody goes on with: for one run each.
update comparisons set fence = fence + 1, due_at = now() + %(silence)s * interval '1 second'
where id in (select id from comparisons where ended_at is null and due_at <= now()
             order by due_at limit %(limit)s for update skip locked)
returning id, store, fence;

-- name: give_back
update comparisons c set due_at = now()
from unnest(%(ids)s::bigint[], %(fences)s::bigint[]) as g (id, fence) where c.id = g.id and c.fence = g.fence;

-- name: move
-- The fence guards this: an older run finds no row and ends.
update comparisons set
    orders_to = %(orders_to)s, orders_done = %(orders_done)s, sku_to = %(sku_to)s,
    orders = orders + %(orders)s, skus = skus + %(skus)s, waiting_for_payment = waiting_for_payment + %(waiting)s,
    due_at = now() + %(silence)s * interval '1 second'
where id = %(id)s and fence = %(fence)s and ended_at is null
returning (select count(*)::int from differences where comparison_id = %(id)s) as differences;

-- name: keep
-- A document that does not load has no time, so two parts may contain it.
insert into differences (comparison_id, key, subject, kind, sku, shop, afosto, state, cause, advice, repair)
select %(id)s, f.key, f.subject, f.kind, f.sku, f.shop, f.afosto, f.state, f.cause, f.advice, f.repair
from jsonb_to_recordset(%(found)s) as f (key text, subject text, kind text, sku text, shop text, afosto text, state text,
                                         cause text, advice text, repair jsonb)
where f.kind <> 'unreadable' or not exists (
    select from differences d where d.comparison_id = %(id)s and d.key = f.key and d.kind = f.kind);

-- name: end
update comparisons set ended_at = now(), error = %(error)s, left_out = %(left_out)s
where id = %(id)s and fence = %(fence)s and ended_at is null returning id;

-- name: of_store
select c.id, c.asked_by, c.asked_at, c.ended_at, c.orders, c.skus, c.waiting_for_payment, c.left_out, c.error,
       extract(epoch from c.orders_to - s.import_since)::float8
           / greatest(1, extract(epoch from c.asked_at - s.import_since)::float8) as share,
       coalesce(d.states, '{}') as states, coalesce(d.repaired, 0) as repaired
from comparisons c join stores s on s.name = c.store
left join lateral (
    select jsonb_object_agg(state, n) as states, sum(repaired)::int as repaired
    from (select state, count(*)::int as n, count(repaired_at)::int as repaired
          from differences where comparison_id = c.id group by state) as counted) d on true
where c.store = %(store)s order by c.id desc limit %(limit)s;

-- name: differences
select id, key, subject, kind, sku, shop, afosto, state, cause, advice, repair, repaired_at, repaired_by from differences
where comparison_id = %(id)s and (%(state)s::text is null or state = %(state)s)
order by id limit %(limit)s offset %(offset)s;

-- name: to_repair
-- With the store's name, so that nobody repairs what belongs to another one.
select d.id, d.key, d.repair from differences d join comparisons c on c.id = d.comparison_id
where c.id = %(id)s and c.store = %(store)s and d.state = 'repairable' and d.repaired_at is null
  and (%(difference)s::bigint is null or d.id = %(difference)s)
order by d.id;

-- name: repaired
update differences set repaired_at = now(), repaired_by = %(by)s where id = any(%(ids)s) returning id;

-- name: sweeps
select began_at, documents, jobs, ended_at from sweeps where store = %(store)s order by began_at desc limit %(limit)s;
