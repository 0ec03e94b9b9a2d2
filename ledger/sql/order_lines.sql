-- name: note_held
-- Lines as the shop last said. What a line holds only ever shrinks, so of two documents of one moment the smaller figure is
-- the later one, and an older document can change nothing.
insert into order_lines (store, order_id, line_id, sku, held, document_at)
select %(store)s, n.order_id, n.line_id, n.sku, n.held, n.document_at
from unnest(%(orders)s::text[], %(lines)s::text[], %(skus)s::text[], %(held)s::int[], %(documents)s::timestamptz[])
     as n (order_id, line_id, sku, held, document_at)
order by n.order_id, n.line_id
on conflict (store, order_id, line_id) do update set
    sku = excluded.sku,
    held = case when excluded.document_at > order_lines.document_at then excluded.held
                else least(order_lines.held, excluded.held) end,
    document_at = greatest(order_lines.document_at, excluded.document_at)
where order_lines.held > excluded.held
   or (excluded.document_at > order_lines.document_at
       and (order_lines.held, order_lines.sku) is distinct from (excluded.held, excluded.sku))
returning sku, order_id, line_id, (xmax = 0) as is_new;

-- name: news
-- Whether any of these lines would change what is kept; the same rule as note_held has.
select exists (
    select 1 from unnest(%(orders)s::text[], %(lines)s::text[], %(skus)s::text[], %(held)s::int[], %(documents)s::timestamptz[])
                  as n (order_id, line_id, sku, held, document_at)
    left join order_lines l on l.store = %(store)s and l.order_id = n.order_id and l.line_id = n.line_id
    where l.line_id is null or l.held > n.held
       or (n.document_at > l.document_at and (l.held, l.sku) is distinct from (n.held, n.sku))
) as found;

-- name: note_waiting
-- What Afosto was seen to hold of one opened order. A line that is not named has no unit waiting.
update order_lines l set waiting = n.waiting, waiting_at = now()
from (select o.line_id, coalesce(c.waiting, 0) as waiting
      from order_lines o
      left join unnest(%(lines)s::text[], %(counts)s::int[]) as c (line_id, waiting) on c.line_id = o.line_id
      where o.store = %(store)s and o.order_id = %(order_id)s
      order by o.line_id for update of o) n
where l.store = %(store)s and l.order_id = %(order_id)s and l.line_id = n.line_id and l.waiting is distinct from n.waiting;

-- name: promised
-- U of each SKU over these stores: what the shops have sold and Afosto had not booked at the snapshot. What was noted of
-- Afosto later than that may already be missing from the inventory read after it, so the whole line counts.
select k.sku, least(coalesce(sum(u.pieces), 0), 2147483647)::int as promised
from unnest(%(skus)s::text[]) as k (sku)
left join lateral (
    select case when l.waiting is null or l.waiting_at > %(snapshot)s then l.held else least(l.held, l.waiting) end as pieces
    from order_lines l
    where l.sku = k.sku and l.store = any(%(stores)s) and l.held > 0 and (l.waiting is null or l.waiting > 0)
    union all
    select l.held from order_lines l
    where l.sku = k.sku and l.store = any(%(stores)s) and l.held > 0 and l.waiting = 0 and l.waiting_at > %(snapshot)s
) u on true
group by k.sku;

-- name: waiting_orders
-- Orders that are opened in Afosto and of which something was not deducted when they were last looked at.
select l.store, l.order_id, k.afosto_id
from order_lines l
join links k on k.store = l.store and k.kind = 'order' and k.epages_id = l.order_id and k.stage = 'opened'
where l.sku = any(%(skus)s) and l.store = any(%(stores)s) and l.held > 0 and (l.waiting is null or l.waiting > 0)
group by l.store, l.order_id, k.afosto_id
order by random() limit %(limit)s;

-- name: waiting_skus
select distinct l.sku from order_lines l where l.store = %(store)s and l.held > 0 and (l.waiting is null or l.waiting > 0);
