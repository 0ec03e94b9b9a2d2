"""The rule for U, which stands once in the database, against its reference in Python."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.queries import query
from schemas.mapping.stock import unbooked_stock
from tests.support.ledger.rows import store_values

SNAPSHOT = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENTS = [SNAPSHOT + timedelta(seconds=seconds) for seconds in (-1, 0, 1)]
STORES, SKUS = ("here", "there", "elsewhere"), ("cup", "plate", "bowl")
COUNTED = STORES[:2]
INSERT = """
insert into sold_lines (store, order_id, line_id, sku, sold_units, document_at, undeducted, undeducted_at)
values (%(store)s, %(order)s, 'line', %(sku)s, %(sold_units)s, now(), %(undeducted)s, %(noted)s)
"""
LINK = """
insert into links (store, kind, order_key, epages_id, afosto_id, written_by, stage)
values (%(store)s, 'order', %(order_key)s, %(order_key)s, %(afosto_id)s, 'epages', 'opened')
"""
# Of ten thousand lines one in a thousand is open.
FILL = """
insert into sold_lines (store, order_id, line_id, sku, sold_units, document_at, undeducted, undeducted_at)
select 'here', n::text, 'line', 'sku-' || n % 1000, 1, now(),
       case when n % 1000 = 7 then 1 else 0 end, now() - interval '1 day'
from generate_series(1, 10000) as n
"""


class Line(NamedTuple):
    """A row of the table; an order that is not opened in Afosto was never noted."""

    store: str
    sku: str
    sold_units: int
    undeducted: int | None
    noted: datetime | None

    @property
    def unbooked(self) -> int:
        """What the rule says of it at the snapshot."""
        is_known = self.noted is not None and self.noted <= SNAPSHOT
        return unbooked_stock(self.sold_units, self.undeducted if is_known else None)


NOT_OPENED = st.tuples(st.none(), st.none())
OPENED = st.tuples(st.integers(0, 4), st.sampled_from(MOMENTS))
LINES = st.builds(
    lambda store, sku, sold, noted: Line(store, sku, sold, *noted),
    *(st.sampled_from(STORES), st.sampled_from(SKUS), st.integers(-1, 4), NOT_OPENED | OPENED),
)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    for name in STORES:
        opened.stores.add(store_values(name), {}, 60.0)
    yield opened
    opened.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=12))
def test_the_database_counts_what_the_reference_says(ledger: Ledger, lines: list[Line]) -> None:
    _keep(ledger, lines)
    expected = {sku: sum(line.unbooked for line in lines if line.store in COUNTED and line.sku == sku) for sku in SKUS}
    assert ledger.sold_units.unbooked_stock(COUNTED, SKUS, SNAPSHOT) == expected


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=12))
def test_the_lines_that_are_looked_at_again_are_those_of_which_something_is_unbooked(
    ledger: Ledger, lines: list[Line]
) -> None:
    _keep(ledger, lines)
    opened = {number for number, line in enumerate(lines) if line.undeducted is not None}
    open_now = {n for n, line in enumerate(lines) if unbooked_stock(line.sold_units, line.undeducted) > 0}
    found = {int(row["order_id"]) for row in ledger.sold_units.unbooked_orders(COUNTED, SKUS, 100)}
    assert found == {n for n in opened & open_now if lines[n].store in COUNTED}
    here = {lines[n].sku for n in open_now if lines[n].store == "here"}
    assert set(ledger.sold_units.unbooked_skus("here")) == here


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("unbooked_stock", {"skus": ["sku-7"], "stores": ["here"], "snapshot": SNAPSHOT}),
        ("unbooked_orders", {"skus": ["sku-7"], "stores": ["here"], "limit": 10}),
        ("unbooked_skus", {"store": "here"}),
    ],
)
def test_what_is_unbooked_is_found_by_its_index_among_many_lines(
    ledger: Ledger, name: str, values: dict[str, Any]
) -> None:
    def plan(session: Any) -> str:
        session.execute(FILL)
        session.execute("analyze sold_lines")
        rows = session.execute(f"explain {query(f'sold_lines.{name}')}", values).fetchall()
        return "\n".join(row["QUERY PLAN"] for row in rows)

    found = ledger.database.transaction(plan)
    assert "sold_lines_unbooked" in found, found
    assert "Seq Scan on sold_lines" not in found, found


def _keep(ledger: Ledger, lines: list[Line]) -> None:
    """Let the tables hold these lines alone, each of an order of its own; those that were noted are opened."""

    def work(session: Any) -> None:
        session.execute("delete from sold_lines")
        session.execute("delete from links")
        for number, line in enumerate(lines):
            session.execute(INSERT, {**line._asdict(), "order": str(number)})
            if line.undeducted is not None:
                link = {"store": line.store, "order_key": str(number), "afosto_id": f"afosto-{number}"}
                session.execute(LINK, link)

    ledger.database.transaction(work)
