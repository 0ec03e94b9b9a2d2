"""An update host by host: older workers on the newer tables, and messages from either to the other."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from ledger.ledger import Ledger
from ledger.postgres.database import Database, Row
from ledger.postgres.encryption import KeySet, new_key
from ledger.postgres.session import Session
from ledger.records import Settlement
from local.servers.services import Services
from tests.hosts.support.host import THIS_HOST, Host
from tests.hosts.support.older_version import older_host, statements_before, why_not
from tests.hosts.support.work_done import done
from tests.support.connector.world import JOB_QUEUES, TENANT, World, wait_for
from tests.support.ledger.rows import store_values

ORDER = "order"
_ORDER = "insert into orders (store, id, number, created_at) values ('shop', 'order', '10001', now())"
_WHY_NOT = why_not()
pytestmark = [pytest.mark.faults, pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT)]


def test_workers_of_before_and_after_an_update_do_each_others_work(services: Services, tmp_path: Path) -> None:
    older = older_host(tmp_path / "older")
    with World(services, tmp_path, POLL_INTERVAL="1") as world:
        world.shop("updated")
        world.beat(older)
        front = world.worker("poll,dispatch,reconcile", 3, older)
        workers = [_takes_part(world, older), _takes_part(world, THIS_HOST)]
        _replace(front, world, THIS_HOST)
        for worker in workers:
            _serves(world, worker)
        wait_for(lambda: not world.open_jobs(), 30, "all jobs to settle", lambda: str(world.open_jobs()))
        world.settle(30)
        # On a busy machine the last orders may not have been polled yet.
        wait_for(
            lambda: not world.prove().differences, 60, "both sides to agree", lambda: str(world.prove().differences)
        )
        report = world.prove()
        print(f"{report.counts['opened']} orders, done by older and newer: {[done(world, each) for each in workers]}")
        assert report.differences == []
        assert world.parked() == []


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A migrated ledger with one store that has one order."""
    opened = Ledger(Database(database_url), KeySet([new_key()]))
    opened.stores.add(store_values("shop"), {"orders.import": True}, 60.0)
    opened.database.transaction(lambda session: session.execute(_ORDER))
    opened.jobs.request_run("shop", "import", "orders", ORDER)
    yield opened
    opened.close()


def test_lines_are_the_same_to_workers_of_before_and_after_their_columns_were_renamed(ledger: Ledger) -> None:
    older, now = partial(_older, ledger, "order_lines"), datetime.now(UTC)
    line = {"store": "shop", "orders": [ORDER], "lines": ["line"], "skus": ["cup"], "documents": [now]}
    asked = {"stores": ["shop"], "skus": ["cup"], "snapshot": now + timedelta(hours=1)}

    def unbooked() -> tuple[int, int]:
        (row,) = older("promised", **asked)
        return row["promised"], ledger.sold_units.unbooked_stock(*asked.values())["cup"]  # type: ignore[arg-type]

    assert [row["is_new"] for row in older("note_held", **line, held=[5])] == [True]
    assert unbooked() == (5, 5)
    assert older("news", **line, held=[4]) == [{"found": True}]
    assert [row["is_new"] for row in older("note_held", **line, held=[4])] == [False]
    assert unbooked() == (4, 4)
    ledger.sold_units.note_afosto("shop", ORDER, {"line": 3})
    assert unbooked() == (3, 3)
    assert older("note_waiting", store="shop", order_id=ORDER, lines=["line"], counts=[2]) == []
    assert unbooked() == (2, 2)
    assert older("waiting_skus", store="shop") == [{"sku": "cup"}]
    assert older("promised", **{**asked, "snapshot": now - timedelta(hours=1)}) == [{"sku": "cup", "promised": 4}]
    ledger.database.transaction(lambda session: session.execute("delete from order_lines where store = 'shop'"))
    assert unbooked() == (0, 0)


def test_an_order_needs_recovery_to_workers_of_before_and_after_its_columns_were_renamed(ledger: Ledger) -> None:
    older, soon = partial(_older, ledger, "restores"), datetime.now(UTC) + timedelta(hours=1)

    def needed() -> tuple[bool, bool]:
        (row,) = _older(ledger, "jobs", "context", store="shop", order_key=ORDER)
        asked = {"store": "shop", "direction": "export", "flow": "looks", "subject": ORDER, "newest": 0}
        return row["held"], ledger.database.rows("jobs.context", asked)[0]["needs_recovery"]

    assert needed() == (False, False)
    assert older("hold", until=soon) == [{"name": "shop"}]
    assert needed() == (True, True)
    assert older("settle", store="shop", order_id=ORDER) == [{"id": ORDER}]
    assert needed() == (False, False)
    ledger.restores.require_recovery(soon + timedelta(hours=1))
    assert needed() == (True, True)
    ledger.restores.mark_recovered("shop", ORDER)
    assert needed() == (False, False)
    older("unsettle")
    assert needed() == (True, True)
    ledger.restores.require_recovery(soon - timedelta(days=1))
    assert needed() == (False, False)


def test_a_job_was_warned_of_to_workers_of_before_and_after_its_column_was_renamed(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    def older_run(reason: str) -> str | None:
        """Let a worker of before claim the job and park it; returns what it knows of an earlier warning."""
        key = {"store": "shop", "direction": "import", "flow": "orders", "subject": ORDER}
        (job,) = _older(ledger, "jobs", "claim", **key, holder="older", lease=60)
        end = {**asdict(Settlement("parked", "parked", reason=reason)), "holder": "older", "steps": Jsonb([])}
        _older(ledger, "jobs", "settle", **{**job, **end}, seconds=0, requests=0)
        ledger.jobs.request_run("shop", "import", "orders", ORDER)
        return str(job["told"])

    def run(reason: str) -> str | None:
        """The same as a worker of today."""
        claimed = ledger.jobs.claim("shop", "import", "orders", ORDER, holder="me", lease=60)
        assert claimed
        end = Settlement("parked", "parked", reason=reason)
        ledger.jobs.settle(claimed[0], "me", end, steps=[], seconds=0, requests=0)
        ledger.jobs.request_run("shop", "import", "orders", ORDER)
        return claimed[0].warned_reason

    assert older_run("drift") == "None"
    assert run("drift") == "drift"
    assert caplog.records == []
    assert run("totals-differ") == "drift"
    assert older_run("totals-differ") == "totals-differ"
    assert len(caplog.records) == 1
    ledger.jobs.retry(store="shop")
    assert older_run("drift") == "None"
    assert [row["id"] for row in _older(ledger, "jobs", "retry", ids=None, store="shop", reason=None, by="me")] != []
    assert run("drift") is None


def _takes_part(world: World, host: Host) -> Popen[bytes]:
    """Start a worker for all jobs, and wait until it serves what the world's dispatch sends."""
    worker = world.worker(JOB_QUEUES, 4, host)
    _serves(world, worker)
    return worker


def _serves(world: World, worker: Popen[bytes]) -> None:
    """Let orders come and go on both sides until a worker has done some more jobs."""
    before = done(world, worker)

    def trade() -> bool:
        sku = max(world.epages.stock("updated"), key=lambda item: item["stock"] or 0)["sku"]
        wanted = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
        order = world.epages.place("updated", lines=[{"sku": sku, "quantity": 2}], **wanted)
        world.epages.act("updated", order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
        _ship_some(world)
        return done(world, worker) > before + 5

    wait_for(trade, 40, "a worker to take part")


def _ship_some(world: World) -> None:
    """Let Afosto send the piece that the shop leaves of one order, when it knows that the other piece is canceled."""
    for order in world.afosto.orders(TENANT):
        if order["status"] == "OPEN" and not order["parcels"]:
            if sum(unit["progress"] == "OPEN" for unit in order["units"]) == 1:
                world.afosto.ship(TENANT, order["id"], code=f"code-{order['number']}")
                order_id = order["reference"].partition("/")[2]
                world.ledger.jobs.request_run("updated", "export", "looks", order_id, lane=0)
            return


def _replace(front: Popen[bytes], world: World, host: Host) -> None:
    """Update the worker that polls and dispatches."""
    front.terminate()
    front.wait(30)
    world.worker("poll,dispatch,reconcile", 3, host)


def _older(ledger: Ledger, stem: str, name: str, **values: Any) -> list[Row]:
    """Run a statement of the version before the columns were renamed."""

    def work(session: Session) -> list[Row]:
        cursor = session.execute(statements_before("0024_names", stem)[name], values)
        return cursor.fetchall() if cursor.description else []

    return ledger.database.transaction(work)
