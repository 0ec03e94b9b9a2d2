"""Runs the connector's own handlers in this process against the simulated vendors, step by step."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import uuid4

from jobs.putting_off import WAITS, FailedForNow
from jobs.runner import Flow, execute
from jobs.runtime import Runtime, build_runtime
from local.proof.compare import Report, compare, violation_differences
from schemas.errors import NeedsPerson
from schemas.messages import OrderMessage, PollMessage, StoreMessage
from sync.discovery.poll_shop import poll
from sync.discovery.scan_afosto import scan
from tasks.flows import FLOWS
from tasks.reconcile import SWEEP_WIDTH
from tests.support.connector.kill_between_steps import Killed
from tests.support.connector.two_code_warnings import missing_two_code_warnings
from tests.support.connector.world import KEY, TENANT, World, wait_for

Document = dict[str, Any]
# Paid, to be shipped, no test, and with a payment method that allows partial refunds.
PLAIN = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
# After this many runs, work that becomes due again and again counts as endless.
MOST_RUNS = 400


class Driver:
    """One store of a world, and a runtime that sends nothing: the driver runs the due jobs one by one."""

    def __init__(self, world: World, runtime: Runtime, *, tenant: str = TENANT, key: str = KEY, **shop: Any) -> None:
        self.world = world
        self.runtime = runtime
        self.tenant = tenant
        self.store = f"shop-{uuid4().hex[:8]}"
        world.shop(self.store, tenant=tenant, key=key, **shop)

    def lines(self, *quantities: int) -> list[Document]:
        """Return order lines with these quantities, of different SKUs that the shop has enough of."""
        stocked = [item["sku"] for item in self.world.epages.stock(self.store) if (item["stock"] or 0) > 9]
        return [{"sku": sku, "quantity": count} for sku, count in zip(stocked, quantities, strict=False)]

    def place(self, **details: Any) -> Document:
        """Place an order in the shop: by default paid, to be shipped, no test order."""
        return self.world.epages.place(self.store, **{**PLAIN, **details})

    def imported(self, **details: Any) -> tuple[Document, Document]:
        """Place an order and import it; return the shop's order and Afosto's order."""
        order = self.place(**details)
        self.poll()
        self.run()
        return order, self.afosto(order)

    def poll(self) -> None:
        """Poll the shop once."""
        poll(self.runtime, PollMessage(self.store))

    def forget_documents(self) -> None:
        """Delete the documents that polls have kept, so that the imports ask the shop."""
        self._execute("delete from order_documents where store = %s")

    def tell(self, order: Document) -> None:
        """Say that there is news of an order in the shop, as another system may; its import runs at once if it can."""
        flow = next(flow for flow in FLOWS if flow.task == "orders.import")
        with suppress(FailedForNow, NeedsPerson):
            execute(self.runtime, flow, OrderMessage(self.store, order["id"], None), no_top_up)

    def look(self, order: Document) -> None:
        """Request a comparison of an order, as after a change in Afosto, and make it due."""
        self.runtime.ledger.jobs.request_run(self.store, "export", "looks", order["id"], lane=0)
        self._execute("update jobs set due_at = now() where store = %s and flow = 'looks' and state = 'waiting'")

    def run(self) -> list[str]:
        """Run due jobs until none is due, as dispatch and workers would; return the outcomes of the completed runs."""
        outcomes: list[str] = []
        for _ in range(MOST_RUNS):
            due = self._due()
            if not due:
                return outcomes
            flow, subject = due[0]
            with suppress(FailedForNow, NeedsPerson):
                outcome = execute(self.runtime, flow, OrderMessage(self.store, subject, 0), no_top_up)
                outcomes += [] if outcome.startswith(WAITS) else [outcome]
        raise AssertionError(f"after {MOST_RUNS} runs there is still work: {self._due()}")

    def hurry(self) -> list[str]:
        """Run all waiting jobs as if they were due."""
        self._execute("update jobs set due_at = now() where store = %s and state = 'waiting'")
        return self.run()

    def both(self) -> None:
        """Read the changes of both sides and carry them over."""
        self.poll()
        for order_id in self.runtime.ledger.scans.all_opened(self.store):
            self.look({"id": order_id})
        self.run()

    def survive(self, work: Callable[[], object]) -> None:
        """Run some work. If its worker is killed meanwhile, end its leases, as happens some seconds after a kill."""
        try:
            with suppress(FailedForNow, NeedsPerson):
                work()
        except Killed:
            self.lose_leases()

    def lose_leases(self) -> None:
        """End the leases of all running jobs and reclaim the jobs; running polls count as dead."""
        self._execute("update jobs set lease_until = now() - interval '1 s' where store = %s and state = 'running'")
        self._execute("update cursors set running_until = null where store = %s")
        self.runtime.ledger.jobs.reclaim_expired(self.runtime.settings.failures_to_park)

    def sweep(self) -> None:
        """Read all orders once more by their creation time, as the nightly sweep does."""
        if self.runtime.ledger.cursors.start_sweep(self.store, datetime.now(UTC), SWEEP_WIDTH):
            poll(self.runtime, PollMessage(self.store, "sweep"))

    def settle(self, timeout: float = 20) -> None:
        """Run jobs as they become due until no job is open."""

        def nothing_open() -> bool:
            self.run()
            return all(job["state"] in ("done", "parked") for job in self.jobs())

        wait_for(nothing_open, timeout, "all jobs to settle", lambda: str(self.jobs()))

    def walk(self) -> None:
        """Scan the store's orders as if they had not been compared for a day."""
        self.runtime.ledger.database.transaction(
            lambda s: s.execute(
                "update watched set looked_at = now() - interval '1 day' where store = %s", (self.store,)
            )
        )
        scan(self.runtime, StoreMessage(self.store))

    def shop(self, order: Document) -> Document:
        """Return the shop's current state of an order."""
        return self.world.epages.order(self.store, order["id"])

    def afosto(self, order: Document) -> Document:
        """Return the opened Afosto order of a shop's order."""
        (found,) = self._copies(order)
        return found

    def writes(self) -> list[str]:
        """Return the names of the connector's actions in the shop."""
        return [cause["action"] for cause in self.world.epages.causes(self.store) if cause["by"] == "connector"]

    def differences(self) -> list[str]:
        """Return the differences between causes and effects of the two sides, and what is left to a person."""
        report, afosto = Report(), self.world.afosto
        copies = [order for order in afosto.orders(self.tenant) if str(order["reference"]).startswith(f"{self.store}/")]
        ids = {order["id"] for order in copies}
        theirs = [cause for cause in afosto.causes(self.tenant) if cause["order"] in ids]
        ours = self.world.epages.causes(self.store)
        compare(report, {self.store: self.world.epages.orders(self.store)}, copies, {self.store: ours}, theirs)
        report.differences += violation_differences(self.store, self.world.epages.violations(self.store))
        report.differences += missing_two_code_warnings(self.runtime.ledger, [self.store], report)
        return [str(row) for row in (*report.differences, *report.totals, *report.left_to_person)]

    def _copies(self, order: Document) -> list[Document]:
        reference = f"{self.store}/{order['id']}"
        return [
            o for o in self.world.afosto.orders(self.tenant) if o["reference"] == reference and o["status"] != "CONCEPT"
        ]

    def parked(self) -> list[str | None]:
        """Return the reasons of the parked jobs."""
        return [job["reason"] for job in self.jobs() if job["state"] == "parked"]

    def open_intents(self) -> int:
        """Return how many intents are not resolved."""
        statement = "select count(*) as open from intents where store = %s and settled_at is null"
        row = self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)).fetchone())
        assert row is not None
        return int(row["open"])

    def doubts(self) -> set[tuple[str, str]]:
        """Return order and kind of the intents whose request may still take effect.

        The last call of a killed run may open the draft that it left, until the next run has waited that out.
        """
        statement = """
            select order_key, case kind when 'items' then 'open' else kind end as kind from intents
            where store = %s and settled_at is null and (ambiguous_until > now() or kind = 'items')
        """
        rows = self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)).fetchall())
        return {(row["order_key"], row["kind"]) for row in rows}

    def lost_answers(self) -> int:
        """Return how many runs have ended because an answer was lost."""
        statement = "select count(*) as lost from attempts where store = %s and message like '%%no usable answer%%'"
        row = self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)).fetchone())
        assert row is not None
        return int(row["lost"])

    def jobs(self) -> list[Document]:
        """Return the store's jobs, newest first."""
        return self.runtime.ledger.jobs.search(store=self.store, limit=10_000)

    def _execute(self, statement: LiteralString) -> None:
        self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)))

    def _due(self) -> Sequence[tuple[Flow, str]]:
        rows = self.runtime.ledger.database.transaction(
            lambda s: s.execute(
                "select direction, flow, subject from jobs join store_flows using (store, direction, flow) "
                "where store = %s and state in ('waiting', 'queued') and due_at <= now() and enabled "
                "order by lane, due_at",
                (self.store,),
            ).fetchall()
        )
        flows = {(flow.direction, flow.name): flow for flow in FLOWS}
        # The claim refuses a job whose order is locked by another job; it is run again later.
        return [(flows[row["direction"], row["flow"]], row["subject"]) for row in rows]


def units(copy: Document) -> list[str]:
    """Return the ids of the units of an Afosto order."""
    return [unit["id"] for unit in copy["units"]]


def quiet_runtime(world: World) -> Iterator[Runtime]:
    """Yield a runtime that publishes nothing."""
    built = build_runtime(world.settings, lambda *_: None, lambda _: 0)
    yield built
    built.close()


def no_top_up(_runtime: Runtime, _flow: Flow) -> None:
    """Do nothing: there is no broker that needs more jobs."""
