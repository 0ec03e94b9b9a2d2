-- name: keep
-- Only while the store imports orders: otherwise nobody would use the documents.
insert into order_documents (store, order_id, document, updated_at, read_at)
select %(store)s, n.id, n.document, n.updated_at, now() - %(age)s * interval '1 second'
from unnest(%(ids)s::text[], %(documents)s::bytea[], %(updated)s::timestamptz[]) as n (id, document, updated_at)
where exists (select 1 from store_flows f where f.store = %(store)s and f.direction = 'import' and f.flow = 'orders'
              and f.enabled and f.stopped_reason is null)
order by n.id
on conflict (store, order_id) do update set
    document = excluded.document, updated_at = excluded.updated_at, read_at = excluded.read_at
where (excluded.updated_at, excluded.read_at) >= (order_documents.updated_at, order_documents.read_at);

-- name: waiting
select count(*)::int as orders from (select 1 from order_documents d where d.store = %(store)s limit %(limit)s) as few
where exists (select 1 from store_flows f where f.store = %(store)s and f.direction = 'import' and f.flow = 'orders'
              and f.enabled and f.stopped_reason is null);
