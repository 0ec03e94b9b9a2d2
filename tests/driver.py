"""Drives the connector's own handlers in one process against the simulated vendors, step by step."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import uuid4

from celery.exceptions import Retry

from schemas.errors import NeedsPerson
from schemas.messages import OrderMessage, PollMessage, StoreMessage
from tasks.engine import Flow, execute
from tasks.flows import FLOWS
from tasks.polling import poll
from tasks.putting_off import WAITS
from tasks.reconcile import SWEEP_WIDTH
from tasks.runtime import Runtime, build_runtime
from tasks.walking import walk
from tests.sabotage import Killed
from tests.told import untold
from tests.world import KEY, TENANT, World, wait_for
from workers.local.proof import Report, broken, compare

Document = dict[str, Any]
# Paid, to be sent, real, and with a payment method that pays back parts.
PLAIN = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}
# Runs after which work that makes itself due again and again counts as endless.
MOST_RUNS = 400


class Driver:
    """One store of a world and a runtime that sends nothing: what is due is run here, in turn."""

    def __init__(self, world: World, runtime: Runtime, *, tenant: str = TENANT, key: str = KEY, **shop: Any) -> None:
        self.world = world
        self.runtime = runtime
        self.tenant = tenant
        self.store = f"shop-{uuid4().hex[:8]}"
        world.shop(self.store, tenant=tenant, key=key, **shop)

    def lines(self, *quantities: int) -> list[Document]:
        """Wish for a line of so many pieces each, of different SKUs that the shop has enough of."""
        stocked = [item["sku"] for item in self.world.epages.stock(self.store) if (item["stock"] or 0) > 9]
        return [{"sku": sku, "quantity": count} for sku, count in zip(stocked, quantities, strict=False)]

    def place(self, **wishes: Any) -> Document:
        """Place an order in the shop: paid, to be shipped, no test order."""
        return self.world.epages.place(self.store, **{**PLAIN, **wishes})

    def imported(self, **wishes: Any) -> tuple[Document, Document]:
        """Place an order and import it; returns it as the shop and as Afosto know it."""
        order = self.place(**wishes)
        self.poll()
        self.run()
        return order, self.afosto(order)

    def poll(self) -> None:
        """Read the shop's news."""
        poll(self.runtime, PollMessage(self.store))

    def look(self, order: Document) -> None:
        """Hear that something happened to an order in Afosto, long after the last look at it."""
        self.runtime.ledger.jobs.hint(self.store, "export", "looks", order["id"], lane=0)
        self._execute("update jobs set due_at = now() where store = %s and flow = 'looks' and state = 'waiting'")

    def run(self) -> list[str]:
        """Run what is due until nothing is, as dispatch and workers would; returns the outcomes of what was done."""
        outcomes: list[str] = []
        for _ in range(MOST_RUNS):
            due = self._due()
            if not due:
                return outcomes
            flow, subject = due[0]
            with suppress(Retry, NeedsPerson):
                outcome = execute(self.runtime, flow, OrderMessage(self.store, subject, 0), no_refill)
                outcomes += [] if outcome.startswith(WAITS) else [outcome]
        raise AssertionError(f"after {MOST_RUNS} runs there is still work: {self._due()}")

    def hurry(self) -> list[str]:
        """Run what waits as if it were due."""
        self._execute("update jobs set due_at = now() where store = %s and state = 'waiting'")
        return self.run()

    def both(self) -> None:
        """Let the news of both sides arrive and be carried over."""
        self.poll()
        for order_id in self.runtime.ledger.walks.all_opened(self.store):
            self.look({"id": order_id})
        self.run()

    def survive(self, work: Callable[[], object]) -> None:
        """Do some work; if its worker dies in it, let its leases end, as they do some seconds after a death."""
        try:
            with suppress(Retry, NeedsPerson):
                work()
        except Killed:
            self.lose_leases()

    def lose_leases(self) -> None:
        """Let the leases of all running jobs end, and the jobs be taken back; polls that ran count as dead."""
        self._execute("update jobs set lease_until = now() - interval '1 s' where store = %s and state = 'running'")
        self._execute("update cursors set running_until = null where store = %s")
        self.runtime.ledger.jobs.take_back(self.runtime.settings.failures_to_park)

    def sweep(self) -> None:
        """Read all orders once more by their creation, as every night."""
        if self.runtime.ledger.cursors.start_sweep(self.store, datetime.now(UTC), SWEEP_WIDTH):
            poll(self.runtime, PollMessage(self.store, "sweep"))

    def settle(self, timeout: float = 20) -> None:
        """Run what is due, and what becomes due by waiting, until nothing is open."""

        def nothing_open() -> bool:
            self.run()
            return all(job["state"] in ("done", "parked") for job in self.jobs())

        wait_for(nothing_open, timeout, "all jobs to settle", lambda: str(self.jobs()))

    def walk(self) -> None:
        """Walk over the store's orders as if nobody had looked at them for long."""
        self.runtime.ledger.database.transaction(
            lambda s: s.execute(
                "update watched set looked_at = now() - interval '1 day' where store = %s", (self.store,)
            )
        )
        walk(self.runtime, StoreMessage(self.store))

    def shop(self, order: Document) -> Document:
        """Return an order as the shop knows it now."""
        return self.world.epages.order(self.store, order["id"])

    def afosto(self, order: Document) -> Document:
        """Return the opened counterpart of an order."""
        (found,) = self._copies(order)
        return found

    def writes(self) -> list[str]:
        """Return what the connector did in the shop, in words."""
        return [cause["action"] for cause in self.world.epages.causes(self.store) if cause["by"] == "connector"]

    def differences(self) -> list[str]:
        """Return where effects and causes of the two sides do not agree, and what is excused for a person to decide."""
        report, afosto = Report(), self.world.afosto
        held = [order for order in afosto.orders(self.tenant) if str(order["reference"]).startswith(f"{self.store}/")]
        ids = {order["id"] for order in held}
        theirs = [cause for cause in afosto.causes(self.tenant) if cause["order"] in ids]
        ours = self.world.epages.causes(self.store)
        compare(report, {self.store: self.world.epages.orders(self.store)}, held, {self.store: ours}, theirs)
        report.differences += broken(self.store, self.world.epages.violations(self.store))
        report.differences += untold(self.runtime.ledger, [self.store], report)
        return [str(row) for row in (*report.differences, *report.totals, *report.excused)]

    def _copies(self, order: Document) -> list[Document]:
        reference = f"{self.store}/{order['id']}"
        return [
            o for o in self.world.afosto.orders(self.tenant) if o["reference"] == reference and o["status"] != "CONCEPT"
        ]

    def parked(self) -> list[str | None]:
        """Return the reasons of the parked jobs."""
        return [job["reason"] for job in self.jobs() if job["state"] == "parked"]

    def open_intents(self) -> int:
        """Return how many announced effects are not settled."""
        statement = "select count(*) as open from intents where store = %s and settled_at is null"
        row = self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)).fetchone())
        assert row is not None
        return int(row["open"])

    def doubts(self) -> set[tuple[str, str]]:
        """Return order and kind of the intents whose effects may still land.

        The last call of a dead run may open the draft that it left, until the next run has waited that out.
        """
        statement = """
            select order_key, case kind when 'items' then 'open' else kind end as kind from intents
            where store = %s and settled_at is null and (ambiguous_until > now() or kind = 'items')
        """
        rows = self.runtime.ledger.database.transaction(lambda s: s.execute(statement, (self.store,)).fetchall())
        return {(row["order_key"], row["kind"]) for row in rows}

    def lost_answers(self) -> int:
        """Return how many runs have ended with an answer that was lost."""
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
        # What keeps to another job's order is found not due by the claim, and comes again.
        return [(flows[row["direction"], row["flow"]], row["subject"]) for row in rows]


def units(copy: Document) -> list[str]:
    """Return the ids of the units of an Afosto order."""
    return [unit["id"] for unit in copy["units"]]


def quiet_runtime(world: World) -> Iterator[Runtime]:
    """A runtime that publishes nothing."""
    built = build_runtime(world.settings, lambda *_: None, lambda _: 0)
    yield built
    built.close()


def no_refill(_runtime: Runtime, _flow: Flow) -> None:
    """There is no broker whose front could be short."""
