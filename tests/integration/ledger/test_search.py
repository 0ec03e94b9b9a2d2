"""Whatever a person has in hand is found in the stores that the person may see, and in no other."""

from collections.abc import Iterator
from typing import LiteralString

import pytest

from ledger.jobs.jobs import JobFilter
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.search import FoundBy
from tests.support.ledger.rows import store_values

ROWS: LiteralString = """
    insert into orders (store, id, number) select s, 'o-' || s, '10001' from unnest(array['one', 'two']) as s;
    insert into links (store, kind, order_key, epages_id, afosto_id, written_by, facts)
    select s, 'order', 'o-' || s, 'o-' || s, 'a-' || s, 'epages', jsonb_build_object('number', 'AF-' || s)
    from unnest(array['one', 'two']) as s;
    insert into links (store, kind, order_key, epages_id, afosto_id, written_by, facts) values
    ('one', 'parcel', 'o-one', 'p-1', 'q-1', 'afosto', '{"tracking_code": "3SKABA1"}'),
    ('one', 'parcel', 'o-one', 'p-2', 'q-2', 'afosto', '{"shop_code": "HERE", "afosto_code": "THERE"}');
    insert into stock (store, sku, published) values ('one', 'MUG-1', 3), ('two', 'MUG-1', 4);
"""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    for name in ("one", "two"):
        opened.stores.add(store_values(name), {"orders.import": True}, 60.0)
    _execute(opened, ROWS)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        ("o-one", FoundBy.SHOP_ID),
        ("AF-one", FoundBy.AFOSTO_NUMBER),
        ("a-one", FoundBy.AFOSTO_ID),
        ("3SKABA1", FoundBy.TRACKING_CODE),
        ("HERE", FoundBy.TRACKING_CODE),
        (" THERE\n", FoundBy.TRACKING_CODE),
    ],
)
def test_an_order_is_found_by_whatever_names_it(ledger: Ledger, text: str, found_by: FoundBy) -> None:
    (order,) = ledger.search.find(text, None).orders
    assert (order.store, order.order_id, order.number, order.found_by) == ("one", "o-one", "10001", found_by)
    assert not ledger.search.find(text, {"two"})
    assert not ledger.search.find(text, set())


def test_a_number_is_found_in_each_store_that_may_be_seen(ledger: Ledger) -> None:
    assert [order.store for order in ledger.search.find("10001", None).orders] == ["one", "two"]
    assert [order.store for order in ledger.search.find("10001", {"two"}).orders] == ["two"]


def test_a_sku_and_a_job_are_found(ledger: Ledger) -> None:
    job = ledger.jobs.request_run("one", "import", "orders", "o-one")
    found = ledger.search.find("MUG-1", {"two"})
    assert [(sku.store, sku.published) for sku in found.skus] == [("two", 4)]
    (of_id,) = ledger.search.find(str(job), None).jobs
    assert (of_id.id, of_id.store, of_id.flow) == (job, "one", "orders.import")
    assert not ledger.search.find(str(job), {"two"})


def test_more_than_the_limit_is_said(ledger: Ledger) -> None:
    found = ledger.search.find("10001", None, limit=1)
    assert (len(found.orders), found.more) == (1, True)


@pytest.mark.parametrize("text", ["", "  ", "nothing", "' or 1=1 --", "%", "\0", "\ud800", "9" * 40, "x" * 5_000, "٣"])
def test_any_other_text_finds_nothing(ledger: Ledger, text: str) -> None:
    assert not ledger.search.find(text, None)


def test_jobs_are_filtered_by_order_text_and_store(ledger: Ledger) -> None:
    for store in ("one", "two"):
        ledger.jobs.request_run(store, "import", "orders", f"o-{store}")
        ledger.jobs.request_run(store, "import", "orders", "other")
    _execute(ledger, "update jobs set message = 'No Country %' where store = 'one' and subject = 'o-one'")

    def subjects(wanted: JobFilter) -> list[tuple[str, str]]:
        return sorted((row["store"], row["subject"]) for row in ledger.jobs.select(wanted))

    assert subjects(JobFilter(order="AF-two")) == [("two", "o-two")]
    assert subjects(JobFilter(order="10001", stores={"one"})) == [("one", "o-one")]
    assert subjects(JobFilter(order="other", stores={"one"})) == [("one", "other")]
    assert subjects(JobFilter(text="country %")) == [("one", "o-one")]
    assert subjects(JobFilter(text="%%")) == []
    newest, *_ = ledger.jobs.select(JobFilter())
    assert newest["id"] not in [row["id"] for row in ledger.jobs.select(JobFilter(), before=newest["id"])]


def test_nobody_retries_or_drops_a_job_of_a_store_that_he_may_not_see(ledger: Ledger) -> None:
    job = ledger.jobs.request_run("one", "import", "orders", "o-one")
    assert job is not None
    _execute(ledger, "update jobs set state = 'parked', reason = 'drift'")
    assert ledger.jobs.retry(ids=[job], stores={"two"}) == []
    assert ledger.jobs.drop(reason="drift", stores={"two"}) == ([], 0)
    assert ledger.jobs.drop(store="one", reason="drift", stores=set()) == ([], 0)
    assert ledger.jobs.retry(ids=[job], stores={"one"}) == [job]


def test_parked_jobs_are_grouped_by_reason_with_what_failed_again(ledger: Ledger) -> None:
    for store in ("one", "two"):
        for subject in ("o-1", "o-2"):
            ledger.jobs.request_run(store, "import", "orders", subject)
    park: LiteralString = "update jobs set state = 'parked', reason = 'drift', resolution = 'look', settled_at = now()"
    _execute(ledger, park)
    ledger.jobs.retry(store="one", reason="drift")
    _execute(ledger, park)
    (group,) = ledger.parked.groups(None)
    assert (group.reason, group.flow, group.jobs, group.store_count) == ("drift", "orders.import", 4, 2)
    assert (list(group.stores), group.failed_again, group.resolution) == (["one", "two"], 2, "look")
    by_store = ledger.parked.groups(None, by_store=True)
    assert [(each.stores, each.jobs, each.failed_again) for each in by_store] == [(["one"], 2, 2), (["two"], 2, 0)]
    assert [each.jobs for each in ledger.parked.groups({"two"})] == [2]
    assert ledger.parked.groups(set()) == []


def _execute(ledger: Ledger, statement: LiteralString) -> None:
    ledger.database.transaction(lambda session: session.execute(statement))
