"""What an order is known to hold has changed: its SKUs are wanted wherever their stock is sold, and nowhere else."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.stock.publish_requests import Publishing
from ledger.stock.sold_units import note_sold_lines
from schemas.mapping.stock import SoldLine
from tests.support.ledger.rows import store_values

# Two sell what lies at one location; the third has a location of its own.
STORES = {"shop": "here", "twin": "here", "stranger": "there"}
SKUS = ("cup", "plate")
ORDER = "order"
SOLD = {"line-cup": 3, "line-plate": 3}


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """Three stores that sell both SKUs and have read their past; one order of the first, of which all is noted."""
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    for name, location in STORES.items():
        opened.stores.add(store_values(name), {"orders.import": True, "inventory.publish": True}, 60.0)
        opened.stores.map_location(name, f"place-of-{name}", location)
        opened.stock.remember(name, {sku: (f"product-{sku}", None) for sku in SKUS})
    opened.database.transaction(lambda s: s.execute("update cursors set next_poll_at = null where kind = 'history'"))
    _sell(opened)
    opened.sold_units.note_afosto("shop", ORDER, SOLD)
    _publish_all(opened)
    yield opened
    opened.close()


def test_what_the_shop_sells_is_wanted_at_every_store_of_the_location(ledger: Ledger) -> None:
    _sell(ledger, cups=2)
    assert _wanted(ledger) == {("shop", "cup"), ("twin", "cup")}
    assert _asked(ledger) == ["shop", "twin"]


def test_what_afosto_is_seen_to_deduct_is_wanted_at_every_store_of_the_location(ledger: Ledger) -> None:
    ledger.sold_units.note_afosto("shop", ORDER, {**SOLD, "line-plate": 1})
    assert _wanted(ledger) == {("shop", "plate"), ("twin", "plate")}
    assert _asked(ledger) == ["shop", "twin"]


def test_what_an_opened_order_holds_is_wanted_as_it_is_opened(ledger: Ledger) -> None:
    job = ledger.jobs.request_run("shop", "import", "orders", ORDER)
    assert job is not None
    assert ledger.links.bind_order("shop", ORDER, "afosto-order", job, {})
    assert ledger.links.stage_order("shop", ORDER, "afosto-order", "opened", undeducted={"line-cup": 3})
    assert _wanted(ledger) == {("shop", "plate"), ("twin", "plate")}


def test_what_is_seen_again_as_it_was_is_no_news(ledger: Ledger) -> None:
    ledger.sold_units.note_afosto("shop", ORDER, SOLD)
    _sell(ledger)
    assert (_wanted(ledger), _asked(ledger)) == (set(), [])


def test_what_a_run_is_about_to_publish_is_news_to_the_other_stores_only(ledger: Ledger) -> None:
    ledger.sold_units.note_afosto("shop", ORDER, {}, Publishing("shop", frozenset({"cup"})))
    assert _wanted(ledger) == {("shop", "plate"), ("twin", "cup"), ("twin", "plate")}


def test_a_shop_that_does_not_sell_a_sku_is_not_bothered_with_it(ledger: Ledger) -> None:
    _execute(ledger, "update stock set outcome = 'unknown-sku' where store = 'twin' and sku = 'cup'")
    _execute(ledger, "delete from stock where store = 'twin' and sku = 'plate'")
    ledger.sold_units.note_afosto("shop", ORDER, {})
    assert _wanted(ledger) == {("shop", "cup"), ("shop", "plate")}
    assert _asked(ledger) == ["shop"]


def test_a_store_that_does_not_publish_stock_is_not_asked(ledger: Ledger) -> None:
    _execute(ledger, "update store_flows set enabled = false where store = 'twin' and flow = 'inventory'")
    ledger.sold_units.note_afosto("shop", ORDER, {})
    assert _asked(ledger) == ["shop"]


def test_a_store_that_still_reads_its_past_is_asked_when_a_person_wishes_it(ledger: Ledger) -> None:
    _execute(ledger, "update cursors set next_poll_at = now() where store = 'shop' and kind = 'history'")
    ledger.sold_units.note_afosto("shop", ORDER, {})
    assert _wanted(ledger) >= {("shop", "cup"), ("shop", "plate")}
    assert _asked(ledger) == ["twin"]
    ledger.stock.request_publishing("shop", ["cup"])
    assert _asked(ledger) == ["shop", "twin"]


def _sell(ledger: Ledger, cups: int = 3) -> None:
    """The shop says what the order holds: at first, or after pieces were canceled."""
    counts = {"cup": cups, "plate": 3}
    lines = [
        SoldLine(ORDER, f"line-{sku}", sku, held, datetime.now(UTC), f"product-{sku}", None)
        for sku, held in counts.items()
    ]
    ledger.database.transaction(lambda session: note_sold_lines(session, "shop", lines))


def _publish_all(ledger: Ledger) -> None:
    _execute(ledger, "update stock set done = wanted")
    _execute(ledger, "delete from jobs where flow = 'inventory'")


def _wanted(ledger: Ledger) -> set[tuple[str, str]]:
    return {(name, row["sku"]) for name in STORES for row in ledger.stock.list(name) if row["open"]}


def _asked(ledger: Ledger) -> list[str]:
    return sorted(row["store"] for row in ledger.jobs.search(flow="inventory.publish"))


def _execute(ledger: Ledger, statement: str) -> None:
    ledger.database.transaction(lambda session: session.execute(statement.encode()))
