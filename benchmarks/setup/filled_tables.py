"""Fills the tables as years of trade would, fast: without indexes and foreign keys, which are added at the end."""

import psycopg

# The jobs of an order. Every fifth order belongs to the first store; the others are spread over all stores.
FLOWS = ("orders", "shipments", "cancellations", "returns")
TABLES = ("orders", "jobs", "links", "attempts", "inbox")

_STORE = "'idle-' || lpad((case when mod(o, 5) = 0 then 0 else mod(o, 1000) end)::text, 5, '0')"
# Two years of orders; the newest is from now.
_AT = "now() - (1 - o::float8 / %(orders)s) * interval '730 days'"
_FILL = {
    "orders": """
        insert into orders (store, id, number, created_at, updated_at, is_final, first_seen_at)
        select {store}, 'order-' || o, o::text, {at}, {at}, mod(o, 50) <> 0, {at}
        from generate_series(%(first)s::int, %(orders)s) as o""",
    "jobs": """
        insert into jobs (store, direction, flow, subject, order_key, lane, wanted, done, content_hash, document_at,
                          state, due_at, fence, claims, reason, message, resolution, created_at, settled_at)
        select {store}, 'import', f.flow, 'order-' || o, 'order-' || o, 1, 1,
               case when state = 'done' then 1 else 0 end, md5(o::text), {at}, state,
               case when state = 'waiting' and mod(o, 3) = 0 then now() + interval '1 hour' else {at} end, 1, 1,
               case when state = 'parked' then 'drift' end, 'imported as Afosto order ' || o,
               case when state = 'parked' then 'compare the line on both sides' end, {at}, {at}
        from generate_series(%(first)s::int, %(orders)s) as o
        cross join unnest(%(flows)s::text[]) with ordinality as f (flow, n)
        cross join lateral (
            select case when f.n = 1 and mod(o, 49) = 3 then 'waiting'
                        when f.n = 2 and mod(o, 249) = 5 then 'parked' else 'done' end as state
        ) as s""",
    "links": """
        insert into links (store, kind, order_key, epages_id, afosto_id, written_by, stage, created_at)
        select {store}, k.kind, 'order-' || o, k.kind || o, 'afosto-' || k.kind || o, 'epages', k.stage, {at}
        from generate_series(%(first)s::int, %(orders)s) as o
        cross join (values ('order', 'opened'), ('parcel', 'DELIVERED')) as k (kind, stage)""",
    "attempts": """
        insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps,
                              seconds, requests, at)
        select o, {store}, 'order-' || o, 'import', 'orders', 1, 'host/1/abcdefgh', 'done',
               'imported as Afosto order ' || o, '["created", "3 units on it"]', 0.2, 4, {at}
        from generate_series(%(first)s::int, %(orders)s) as o""",
    "inbox": """
        insert into inbox (endpoint, message_id, event, entity_type, entity_id, store, order_key, received_at)
        select 'endpoint', 'message-' || o, 'ORDER_UPDATED', 'order', 'afosto-order' || o, {store}, 'order-' || o,
               now() - (1 - o::float8 / %(orders)s) * interval '40 days'
        from generate_series(%(first)s::int, %(orders)s) as o""",
}
_INDEXES = """
    select coalesce(c.conname, i.indexrelid::regclass::text) as name, pg_get_indexdef(i.indexrelid) as made,
           pg_get_constraintdef(c.oid) as constraint
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
    where i.indrelid = %s::regclass
      and not exists (select 1 from pg_constraint r where r.confrelid = i.indrelid and r.conindid = i.indexrelid)
"""


# The foreign keys of a table that it is filled without: the rows belong to stores that exist, so each check would pass.
_FOREIGN_KEYS = """
    select conname as name, pg_get_constraintdef(oid) as made from pg_constraint
    where conrelid = %s::regclass and contype = 'f'
"""


def fill(url: str, jobs: int) -> float:
    """Fill the tables up to this number of jobs, four per order; return the database's size in GB."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute("set max_parallel_maintenance_workers = 2")
        row = connection.execute("select coalesce(max(substr(id, 7)::int), 0) from orders").fetchone()
        assert row is not None
        values = {"first": row[0] + 1, "orders": jobs // len(FLOWS), "flows": list(FLOWS)}
        for table in TABLES:
            _fill(connection, table, values)
        connection.execute("vacuum analyze")
        size = connection.execute("select pg_database_size(current_database())").fetchone()
        assert size is not None
        return float(size[0]) / 2**30


def _fill(connection: psycopg.Connection[tuple[object, ...]], table: str, values: dict[str, object]) -> None:
    indexes = connection.execute(_INDEXES, (table,)).fetchall()
    foreign_keys = connection.execute(_FOREIGN_KEYS, (table,)).fetchall()
    for name, _ in foreign_keys:
        connection.execute(f"alter table {table} drop constraint {name}".encode())
    for name, _, constraint in indexes:
        drop = f"alter table {table} drop constraint {name}" if constraint else f"drop index {name}"
        connection.execute(drop.encode())
    connection.execute(_FILL[table].format(store=_STORE, at=_AT).encode(), values)
    for name, made, constraint in indexes:
        build = f"alter table {table} add constraint {name} {constraint}" if constraint else str(made)
        connection.execute(build.encode())
    for name, made in foreign_keys:
        connection.execute(f"alter table {table} add constraint {name} {made}".encode())
