"""A store with stock: the connector's handlers run in this process, and both simulators tell their state."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import product
from string import ascii_lowercase
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from clients.http import Http
from clients.status_errors import Answer
from jobs.putting_off import FailedForNow
from jobs.runner import Flow, execute
from jobs.runtime import Runtime
from ledger.records import Job
from schemas.errors import NeedsPerson
from schemas.messages import OrderMessage, PollMessage, StockMessage
from sync.discovery.poll_shop import poll
from sync.stock.watch_inventory import watch
from tasks.flows import FLOWS
from tasks.inventory import PUBLISH
from tests.support.connector.world import TENANT, World

HERE, THERE = "location-0", "location-1"
# A simulated shop's SKUs begin with the first two letters of its name, so no two tests share SKUs.
PREFIXES = map("".join, product(ascii_lowercase, repeat=2))
IMPORTS = {flow.name: flow for flow in FLOWS if flow.direction == "import"}


def before_each_move(act: Callable[[], object]) -> AbstractContextManager[None]:
    """Call `act` whenever stock was read and is about to be moved."""
    return before_each("/adjust-available-stock", act)


@contextmanager
def before_each(path: str, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` before each request whose URL contains `path`."""
    send = Http.send

    def between(http: Http, method: str, url: str, **options: Any) -> Answer:
        if path in url:
            act()
        return send(http, method, url, **options)

    with patch.object(Http, "send", autospec=True, side_effect=between):
        yield


def close_all(world: World) -> None:
    """Close all shops: those with the same locations count each other's orders, so each test starts without any."""
    for name in world.ledger.stores.names():
        world.ledger.stores.remove(name)
        world.epages.close_shop(name)


@dataclass
class StockWorld:
    """A shop of a world with stock in Afosto, and the connector's tasks as methods."""

    world: World
    runtime: Runtime
    store: str
    tenant: str = TENANT

    @classmethod
    def open(
        cls,
        world: World,
        runtime: Runtime,
        *,
        pieces: int | None = 10,
        prefix: str | None = None,
        managed: bool = True,
        tenant: str = TENANT,
        **settings: Any,
    ) -> "StockWorld":
        """Open and connect a shop; its tenant has `pieces` of each of its SKUs (None: it knows none of them).

        The SKUs begin with `prefix`.
        """
        store = f"{prefix or next(PREFIXES)}-{uuid4().hex[:8]}"
        stock = 50 if managed else None
        world.shop(store, tenant=tenant, publishes=True, **{"products": 3, "stock": stock, **settings})
        opened = cls(world, runtime, store, tenant)
        if pieces is not None:
            for sku in opened.figures():
                world.afosto.recount(tenant, HERE, sku, pieces)
        return opened

    def figures(self) -> dict[str, int | None]:
        """Return the shop's stock by SKU."""
        return {row["sku"]: row["stock"] for row in self.world.epages.stock(self.store)}

    def sku(self, number: int = 0) -> str:
        """Return one of the shop's SKUs."""
        return sorted(self.figures())[number]

    def sell(self, sku: str, quantity: int = 1, **details: Any) -> dict[str, Any]:
        """Place an order for pieces: by default paid and to be shipped."""
        lines = [{"sku": sku, "quantity": quantity}]
        wanted = {"lines": lines, "paid": True, "pickup": False, "payment": "PayPal", "coupon": False, **details}
        return self.world.epages.place(self.store, **wanted)

    def poll(self) -> str:
        """Poll the live cursor, and the history cursor if the history is not read yet."""
        mine = (
            seller for seller in self.world.ledger.stock.sharing_stores(self.store, []) if seller.store == self.store
        )
        if not all(seller.read for seller in mine):
            poll(self.runtime, PollMessage(self.store, "history"))
        return poll(self.runtime, PollMessage(self.store))

    def imports(self) -> None:
        """Run the store's open imports now, orders first."""
        self._make_due()
        jobs = [job for job in self.world.ledger.jobs.search(store=self.store) if job["direction"] == "import"]
        for name, flow in IMPORTS.items():
            for job in jobs:
                if job["flow"] == name and job["state"] == "waiting":
                    self._execute(flow, job["subject"])

    def watch(self) -> str:
        """Read what changed in Afosto."""
        return watch(self.runtime, self.store)

    def publish(self) -> str:
        """Run the store's stock job now and return its outcome."""
        self._make_due()
        return self._execute(PUBLISH, "stock")

    def request(self, sku: str | None = None) -> None:
        """Request the publication of a SKU (None: of all) as the task's message does."""
        stock = self.world.ledger.stock
        message = StockMessage(self.store, sku)
        job = stock.request_publishing(self.store, [sku]) if message.sku and sku else stock.request_all(self.store)
        assert job is not None

    def claim(self) -> Job:
        """Claim the store's stock job for a worker that has died and whose lease has ended."""
        self._make_due()
        jobs = self.world.ledger.jobs
        claimed = jobs.claim(self.store, "export", "inventory", "stock", holder="frozen", lease=0.0)
        assert claimed is not None
        jobs.reclaim_expired(1000)
        return claimed[0]

    def settle(self, rounds: int = 12) -> None:
        """Poll, import, read Afosto's changes and publish until no SKU has to be published."""
        for _ in range(rounds):
            self.poll()
            self.imports()
            self.watch()
            self.publish()
            left = self.world.ledger.stock.next_due(self.store)
            if left is None and not self._open_imports():
                return
            time.sleep(min(left or 0.05, 3.2))
        wanted = [row for row in self.rows().values() if row["open"]]
        jobs = [job for job in self.world.ledger.jobs.search(store=self.store) if job["state"] != "done"]
        raise AssertionError(f"{self.store} still has open work: {wanted} {jobs}")

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the ledger's row of each SKU."""
        return {row["sku"]: row for row in self.world.ledger.stock.list(self.store)}

    def place(self, sku: str) -> tuple[str, str | None]:
        """Return where the ledger says that the shop keeps a SKU: product id, and variation id if it is one."""
        sql = "select product_id, variation_id from stock where store = %s and sku = %s"
        row = self.world.ledger.database.transaction(lambda s: s.execute(sql, (self.store, sku)).fetchone())
        assert row is not None
        return row["product_id"], row["variation_id"]

    def afosto_order(self, order_id: str) -> dict[str, Any]:
        """Return the opened Afosto order of a shop's order."""
        name = f"{self.store}/{order_id}"
        found = [
            o for o in self.world.afosto.orders(self.tenant) if o["reference"] == name and o["status"] != "CONCEPT"
        ]
        return found[0]

    def violations(self) -> list[dict[str, Any]]:
        """Return the violations of its rules that the shop recorded."""
        return self.world.epages.violations(self.store)

    def writes(self) -> list[dict[str, Any]]:
        """Return the stock moves that the connector made."""
        causes = self.world.epages.causes(self.store)
        return [c for c in causes if c["by"] == "connector" and c["action"] == "adjust-stock"]

    def _make_due(self) -> None:
        """Make all waiting jobs due now: the tests check what happens, not when."""
        sql = "update jobs set due_at = now() where state = 'waiting' and store = %s"
        self.world.ledger.database.transaction(lambda session: session.execute(sql, (self.store,)))

    def _open_imports(self) -> bool:
        jobs = self.world.ledger.jobs.search(store=self.store)
        return any(job["state"] == "waiting" for job in jobs if job["direction"] == "import")

    def _execute(self, flow: Flow, subject: str) -> str:
        try:
            return execute(self.runtime, flow, OrderMessage(self.store, subject, 0), _no_top_up)
        except (FailedForNow, NeedsPerson) as error:
            return str(error)


def _no_top_up(runtime: Runtime, flow: Flow) -> None:
    """Do nothing: there is no dispatch here."""
