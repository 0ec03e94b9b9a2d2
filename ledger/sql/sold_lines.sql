-- name: note_sold_lines
-- Lines as the shop last said. The sold units of a line only ever shrink. So of two documents of one moment the smaller figure
-- is the later one, and an older document can change nothing.
insert into sold_lines (store, order_id, line_id, sku, sold_units, document_at)
select %(store)s, n.order_id, n.line_id, n.sku, n.sold_units, n.document_at
from unnest(%(orders)s::text[], %(lines)s::text[], %(skus)s::text[], %(sold_units)s::int[], %(documents)s::timestamptz[])
     as n (order_id, line_id, sku, sold_units, document_at)
order by n.order_id, n.line_id
on conflict (store, order_id, line_id) do update set
    sku = excluded.sku,
    sold_units = case when excluded.document_at > sold_lines.document_at then excluded.sold_units
                      else least(sold_lines.sold_units, excluded.sold_units) end,
    document_at = greatest(sold_lines.document_at, excluded.document_at)
where sold_lines.sold_units > excluded.sold_units
   or (excluded.document_at > sold_lines.document_at
       and (sold_lines.sold_units, sold_lines.sku) is distinct from (excluded.sold_units, excluded.sku))
returning sku, order_id, line_id, (xmax = 0) as is_new;

-- name: news
-- Whether any of these lines would change what is kept, by the same rule as in note_sold_lines.
select exists (
    select 1 from unnest(%(orders)s::text[], %(lines)s::text[], %(skus)s::text[], %(sold_units)s::int[],
                         %(documents)s::timestamptz[]) as n (order_id, line_id, sku, sold_units, document_at)
    left join sold_lines l on l.store = %(store)s and l.order_id = n.order_id and l.line_id = n.line_id
    where l.line_id is null or l.sold_units > n.sold_units
       or (n.document_at > l.document_at and (l.sold_units, l.sku) is distinct from (n.sold_units, n.sku))
) as found;

-- name: note_undeducted
-- What Afosto had not deducted of one opened order when it was read. A line that is not named has no such unit.
update sold_lines l set undeducted = n.undeducted, undeducted_at = now()
from (select o.line_id, coalesce(c.undeducted, 0) as undeducted
      from sold_lines o
      left join unnest(%(lines)s::text[], %(counts)s::int[]) as c (line_id, undeducted) on c.line_id = o.line_id
      where o.store = %(store)s and o.order_id = %(order_id)s
      order by o.line_id for update of o) n
where l.store = %(store)s and l.order_id = %(order_id)s and l.line_id = n.line_id and l.undeducted is distinct from n.undeducted;

-- name: unbooked_stock
-- U of each SKU over these stores: what the shops have sold and Afosto had not booked at the snapshot. What Afosto said later
-- than that counts as not known: those pieces may already be missing from the inventory that was read after it. The second half
-- finds the lines that the view leaves out because their last unit was deducted after the snapshot.
select k.sku, least(coalesce(sum(u.pieces), 0), 2147483647)::int as unbooked
from unnest(%(skus)s::text[]) as k (sku)
left join lateral (
    select case when l.undeducted_at > %(snapshot)s then l.sold_units else l.unbooked end as pieces
    from unbooked_lines l
    where l.sku = k.sku and l.store = any(%(stores)s)
    union all
    select l.sold_units from sold_lines l
    where l.sku = k.sku and l.store = any(%(stores)s) and l.sold_units > 0 and l.undeducted = 0 and l.undeducted_at > %(snapshot)s
) u on true
group by k.sku;

-- name: unbooked_orders
-- Orders that are opened in Afosto and of which something was not deducted when they were last read there.
select l.store, l.order_id, k.afosto_id
from unbooked_lines l
join links k on k.store = l.store and k.kind = 'order' and k.epages_id = l.order_id and k.stage = 'opened'
where l.sku = any(%(skus)s) and l.store = any(%(stores)s)
group by l.store, l.order_id, k.afosto_id
order by random() limit %(limit)s;

-- name: unbooked_skus
select distinct l.sku from unbooked_lines l where l.store = %(store)s;

-- name: of_sku
-- The orders of a store that hold units of a SKU, because Afosto has not booked them; with the most units first.
select l.order_id, o.number, sum(l.sold_units)::int as sold, sum(l.unbooked)::int as unbooked
from unbooked_lines l left join orders o on o.store = l.store and o.id = l.order_id
where l.store = %(store)s and l.sku = %(sku)s
group by l.order_id, o.number order by unbooked desc, l.order_id limit %(limit)s;
