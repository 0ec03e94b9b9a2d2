"""A batch never fails for one row: the row at fault is named with the reason, and all others are kept."""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import pytest

from ledger.ledger import Ledger
from ledger.orders.cursors import Slice
from ledger.orders.links import NewLink
from ledger.postgres.database import Database, Row
from ledger.postgres.encryption import KeySet, new_key
from ledger.records import JobRequest, SeenOrder
from ledger.stock.records import StockOutcome
from schemas.errors import NeedsPerson
from schemas.intents import ParcelIntent
from schemas.mapping.stock import SoldLine
from schemas.wording.phrases import phrase
from tests.support.ledger.rows import store_values

NOW = datetime.now(UTC)
GOOD = ("a", "b", "c", "d", "e")
BAD = "poison"
# Twice what an index takes; random, as a repeated character would be compressed.
LONG = secrets.token_hex(10_000)
FOREIGN = StockOutcome("unknown-sku", phrase("not the shop's"), phrase("nothing"))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    switched = dict.fromkeys(("orders.import", "inventory.publish"), True)
    opened.stores.add(store_values("shop"), switched, 60.0)
    yield opened
    opened.close()


def refuse(ledger: Ledger, table: LiteralString, column: LiteralString) -> None:
    """From now on the database refuses a row that holds the poison."""
    statement: LiteralString = f"alter table {table} add constraint poisoned check ({column} <> 'poison') not valid"
    ledger.database.transaction(lambda session: session.execute(statement))


COUNT_STATEMENTS = """
    create table written (at timestamptz);
    create function count_it() returns trigger language plpgsql as
        $$ begin insert into written values (now()); return null; end $$;
    create trigger counted after insert or update on links for each statement execute function count_it()"""


def count_statements(ledger: Ledger) -> LiteralString:
    """From now on count the statements that write links; returns the query for their number."""
    ledger.database.transaction(lambda session: session.execute(COUNT_STATEMENTS))
    return "select count(*) as statements from written"


def seen(order: str, number: str | None = None) -> SeenOrder:
    return SeenOrder(order, number or f"number-{order}", NOW, NOW, is_test=False, is_final=False)


def line(order: str, sku: str = "cup") -> SoldLine:
    return SoldLine(order, f"line-{order}", sku, 1, NOW, f"product-{sku}", None)


def advance(ledger: Ledger, found: Slice) -> list[str]:
    """Keep a slice; returns the orders that are news."""
    ledger.cursors.take("shop", "live", 300.0)
    cursor = ledger.cursors.get("shop", "live")
    assert cursor is not None
    news = ledger.cursors.advance(cursor, found)
    assert news is not None
    return sorted(row["subject"] for row in news)


def sliced(orders: list[SeenOrder], lines: list[SoldLine] | None = None, content: str = "hash") -> Slice:
    wishes = [JobRequest("orders", order.id, BAD if order.id == content else "hash", NOW) for order in orders]
    return Slice(
        orders,
        wishes,
        [],
        NOW,
        60.0,
        1,
        len(orders),
        finished=False,
        over=True,
        pause=300,
        promise=330.0,
        sold_lines=lines or [],
    )


def parked(ledger: Ledger) -> list[tuple[str, str]]:
    return [(job["subject"], job["reason"]) for job in ledger.jobs.search(state="parked")]


def rows(ledger: Ledger, query: LiteralString) -> list[Row]:
    return ledger.database.transaction(lambda session: session.execute(query).fetchall())


def test_an_order_that_no_index_takes_is_parked_and_the_others_of_its_slice_are_kept(ledger: Ledger) -> None:
    orders = [seen(each) for each in GOOD] + [seen("odd", number=LONG)]
    assert advance(ledger, sliced(orders)) == list(GOOD)
    assert parked(ledger) == [("odd", "not-written-down")]
    (cursor,) = [row for row in ledger.stores.overview("shop")["cursors"] if row["kind"] == "live"]
    assert cursor["documents"] == len(orders)
    assert {row["id"] for row in rows(ledger, "select id from orders")} == set(GOOD)


@dataclass(frozen=True)
class Place:
    """Where the database refuses something of an order."""

    table: LiteralString
    column: LiteralString


@pytest.mark.parametrize(
    "place",
    [
        Place("orders", "number"),
        Place("sold_lines", "sku"),
        Place("stock", "product_id"),
        Place("jobs", "content_hash"),
    ],
    ids=lambda place: place.table,
)
def test_whatever_of_an_order_is_refused_parks_that_order_alone(ledger: Ledger, place: Place) -> None:
    refuse(ledger, place.table, place.column)
    number, content = (
        (BAD, "hash") if place.table == "orders" else ("10001", "odd" if place.table == "jobs" else "hash")
    )
    lines = [line(each) for each in GOOD] + [line("odd", BAD)] if place.column == "sku" else [line(e) for e in GOOD]
    if place.table == "stock":
        lines.append(SoldLine("odd", "line-odd", "plate", 1, NOW, BAD, None))
    found = sliced([*(seen(each) for each in GOOD), seen("odd", number)], lines, content)
    assert advance(ledger, found) == list(GOOD)
    assert parked(ledger) == [("odd", "not-written-down")]
    assert {row["order_id"] for row in rows(ledger, "select order_id from sold_lines")} == set(GOOD)


def test_an_order_that_stays_refused_is_parked_once_and_its_log_has_one_line(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    found = sliced([seen("a"), seen("odd", number=LONG)])
    with caplog.at_level(logging.WARNING, "ledger"):
        for _ in range(3):
            advance(ledger, found)
    assert [(told.msg, vars(told)["order"]) for told in caplog.records] == [("a job is parked", "odd")]
    assert parked(ledger) == [("odd", "not-written-down")]


def test_an_order_that_is_taken_later_is_imported_by_itself(ledger: Ledger) -> None:
    advance(ledger, sliced([seen("odd", number=LONG)]))
    assert advance(ledger, sliced([seen("odd", number="10001")])) == ["odd"]
    assert parked(ledger) == []


def test_an_order_whose_job_cannot_be_parked_either_is_in_the_log(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    refuse(ledger, "jobs", "subject")
    with caplog.at_level(logging.WARNING, "ledger"):
        assert advance(ledger, sliced([seen("a"), seen(BAD)])) == ["a"]
    (told,) = caplog.records
    assert (told.msg, vars(told)["what"]) == ("a row is left out", f"order {BAD}")


def test_a_sku_whose_place_is_refused_is_set_aside_with_the_reason(ledger: Ledger) -> None:
    refuse(ledger, "stock", "product_id")
    ledger.stock.found("shop", {**{sku: (f"product-{sku}", None) for sku in GOOD}, "odd": (BAD, None)}, 6)
    found = {row["sku"]: row["outcome"] for row in ledger.stock.list("shop")}
    assert found == {**dict.fromkeys(GOOD), "odd": "not-written-down"}
    places = rows(ledger, "select sku from stock where product_id is not null order by sku")
    assert [row["sku"] for row in places] == list(GOOD)
    (odd,) = ledger.stock.list("shop", "odd")
    assert "violates check constraint" in odd["message"]


def test_a_sku_that_cannot_be_named_leaves_the_others_wanted(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    refuse(ledger, "stock", "sku")
    with caplog.at_level(logging.WARNING, "ledger"):
        ledger.stock.request_publishing("shop", [*GOOD, BAD])
        assert ledger.stock.request_changed("shop", dict.fromkeys([*GOOD, BAD], NOW), FOREIGN) == len(GOOD)
    assert [each.sku for each in ledger.stock.due("shop", 10, [])] == list(GOOD)
    assert [vars(told)["what"] for told in caplog.records] == [f"SKU {BAD}"] * 2


def test_an_order_for_which_no_run_can_be_requested_leaves_the_others_due(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    refuse(ledger, "jobs", "subject")
    with caplog.at_level(logging.WARNING, "ledger"):
        requested = ledger.jobs.request_runs("shop", "export", "looks", [*GOOD, BAD], lane=2)
    assert [row["subject"] for row in requested] == list(GOOD)
    assert len(caplog.records) == 1


def test_news_that_are_refused_leave_the_others_due_and_are_named(ledger: Ledger) -> None:
    refuse(ledger, "jobs", "content_hash")
    wishes = [JobRequest("shipments", "a", BAD, None), JobRequest("returns", "a", "hash", None)]
    with pytest.raises(NeedsPerson, match=r"the news for shipments\.export of a cannot be kept") as refused:
        ledger.jobs.request_jobs("shop", "export", 0, wishes)
    assert refused.value.reason == "not-written-down"
    assert [job["flow"] for job in ledger.jobs.search(state="waiting")] == ["returns"]


def test_links_that_are_refused_leave_the_others_bound_and_the_intent_open(ledger: Ledger) -> None:
    refuse(ledger, "links", "afosto_id")
    ledger.jobs.request_run("shop", "import", "orders", "a")
    claimed = ledger.jobs.claim("shop", "import", "orders", "a", holder="me", lease=60)
    assert claimed is not None
    intent = ledger.links.record_intent(claimed[0], ParcelIntent("process", (), None, None), 0)
    new = [NewLink("parcel", each) for each in (*GOOD, BAD)]
    with pytest.raises(NeedsPerson, match=f"in Afosto as {BAD} cannot be kept"):
        ledger.links.resolve_intent("shop", "a", intent, new, "done")
    assert [row["afosto_id"] for row in rows(ledger, "select afosto_id from links order by 1")] == list(GOOD)
    assert rows(ledger, "select id from intents where settled_at is null") == [{"id": intent}]


def many(count: int) -> list[NewLink]:
    return [NewLink("cancellation", f"contra-{number}", line_id="line") for number in range(count)]


def test_the_links_of_a_large_order_are_bound_by_one_statement(ledger: Ledger) -> None:
    written = count_statements(ledger)
    ledger.links.bind("shop", "a", many(10_000))
    assert rows(ledger, written) == [{"statements": 1}]
    assert rows(ledger, "select count(*) as bound from links") == [{"bound": 10_000}]


def test_of_the_links_of_a_large_order_only_the_one_that_is_refused_is_left_out(ledger: Ledger) -> None:
    refuse(ledger, "links", "afosto_id")
    with pytest.raises(NeedsPerson, match=f"in Afosto as {BAD} cannot be kept"):
        ledger.links.bind("shop", "a", [*many(10_000), NewLink("cancellation", BAD)])
    assert rows(ledger, "select count(*) as bound from links") == [{"bound": 10_000}]


def test_a_link_that_is_bound_already_stays_as_it_is(ledger: Ledger) -> None:
    ledger.links.bind("shop", "a", [NewLink("parcel", each, stage="sent") for each in GOOD[:2]])
    ledger.links.bind("shop", "a", [NewLink("parcel", each) for each in (*GOOD, *GOOD)])
    bound = rows(ledger, "select afosto_id, stage from links order by afosto_id")
    assert [row["stage"] for row in bound] == ["sent", "sent", "done", "done", "done"]


def test_the_statuses_of_many_parcels_are_noted_by_one_statement(ledger: Ledger) -> None:
    ledger.links.bind("shop", "a", [NewLink("parcel", each) for each in GOOD])
    written = count_statements(ledger)
    ledger.links.note_parcels("shop", dict.fromkeys(GOOD, "sent"), {"a": "code"})
    assert rows(ledger, written) == [{"statements": 1}]
    noted = rows(ledger, "select stage, facts ->> 'tracking_code' as code from links order by afosto_id")
    assert [(row["stage"], row["code"]) for row in noted] == [("sent", "code"), *[("sent", None)] * 4]


def test_a_parcel_whose_status_is_refused_leaves_the_others_noted(ledger: Ledger) -> None:
    ledger.links.bind("shop", "a", [NewLink("parcel", each) for each in GOOD])
    refuse(ledger, "links", "stage")
    with pytest.raises(NeedsPerson, match="the status of parcel a cannot be kept"):
        ledger.links.note_parcels("shop", {**dict.fromkeys(GOOD, "sent"), "a": BAD})
    noted = rows(ledger, "select afosto_id from links where stage = 'sent' order by 1")
    assert [row["afosto_id"] for row in noted] == list(GOOD[1:])


def test_what_afosto_has_not_deducted_is_refused_by_name(ledger: Ledger) -> None:
    with pytest.raises(NeedsPerson, match="of order a cannot be kept") as refused:
        ledger.sold_units.note_afosto("shop", "a", {"line-a": 2**40})
    assert refused.value.reason == "not-written-down"


def test_the_sum_of_what_is_promised_fits_the_answer(ledger: Ledger) -> None:
    most = 2**31 - 1
    lines = [SoldLine(each, "line", "cup", most, NOW, "product", None) for each in GOOD]
    advance(ledger, sliced([seen(each) for each in GOOD], lines))
    assert ledger.sold_units.unbooked_stock(["shop"], ["cup"], NOW) == {"cup": most}
