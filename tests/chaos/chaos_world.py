"""One world under chaos: servers that can be killed, both simulated vendors, the connector's processes, and people."""

import random
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from local.proof.compare import Difference
from local.servers.processes import Processes
from local.servers.startup import free_port
from tests.chaos.people import People
from tests.chaos.processes.connector_processes import ConnectorProcesses
from tests.chaos.processes.kill_points import FOLDER, Points
from tests.chaos.servers import Broker, Servers
from tests.chaos.timing import Timing
from tests.hosts.support.host import ROOT
from tests.support.connector.world import TENANT, World, wait_for

_START_TIMEOUT = 240.0
# Rounds of actions before the first fault, so that there are orders in every state.
_ACTIONS_BEFORE_FAULTS = 2
# Part of the worlds that have a pooler before PostgreSQL.
_POOLER_SHARE = 0.5
# Seconds between two sweeps.
_SWEEP_SECONDS = 3.0


class ChaosWorld:
    """Use it in a `with` block. `rng` chooses the undocumented behavior of the vendors, and all actions of people."""

    def __init__(
        self,
        folder: Path,
        timing: Timing,
        rng: random.Random,
        connector: type[ConnectorProcesses] = ConnectorProcesses,
        broker: Broker = Broker.REDIS,
    ) -> None:
        self._folder = folder
        self._rng = rng
        self._connector_class = connector
        self._broker = broker
        self._stack = ExitStack()
        self.timing = timing
        self.shops = ("north", "south")
        # Differences that a fault itself found while it lasted.
        self.differences_during_faults: list[Difference] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        with ExitStack() as stack:
            pooled = self._rng.random() < _POOLER_SHARE
            self.servers = stack.enter_context(Servers(self._folder, pooled=pooled, broker=self._broker))
            self.world = stack.enter_context(World(self.servers.services, self._folder, **self.timing.settings))
            self.points = Points(self._folder / "points")
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, stack: ExitStack) -> None:
        # Connecting the stores is no part of the test: it may take as long as it needs.
        self.world.settings = replace(self.world.settings, call_deadline=_START_TIMEOUT)
        switches = undocumented_behavior(self._rng)
        self._sweeps, self._next_sweep = bool(switches["no_bump"]), 0.0
        for shop in self.shops:
            seed, token_seconds = self._rng.randrange(10**6), self._rng.choice((43199, 60, 2))
            self.world.shop(shop, seed=seed, token_seconds=token_seconds, switches=switches)
        self.world.afosto.set_switches(TENANT, orders_list=self._rng.random() < 0.1, webhook_shuffle=0.2)
        port = free_port()
        for shop in self.shops[:1]:
            endpoint = self.world.ledger.webhooks.add(shop, "secret-of-webhooks")
            url = f"http://127.0.0.1:{port}/webhooks/afosto/{endpoint}"
            self.world.afosto.listen(TENANT, url, "secret-of-webhooks")
        processes = stack.enter_context(Processes(self._folder / "logs"))
        environment = {**self.world.env, **self.timing.environment, FOLDER: str(self._folder / "points")}
        self.connector = self._connector_class(processes, ROOT, environment, port)
        self.connector.start()
        self.people = People(self.world, self.shops, self._rng)
        for _ in range(_ACTIONS_BEFORE_FAULTS):
            self.people.act()
            wait_for(self._is_equal, _START_TIMEOUT, "both sides to be equal before the first fault", self.open_work)

    def _is_equal(self) -> bool:
        return self.sweep_and_check_jobs() and not self.differences()

    def sweep_and_check_jobs(self) -> bool:
        """Return whether no job is open, after a sweep if one is due. Raises RetryLater without the database."""
        self._sweep()
        return self._no_job_is_open()

    def _no_job_is_open(self) -> bool:
        row = self.world.ledger.database.transaction(
            lambda session: session.execute(
                "select 1 from jobs where state not in ('done', 'parked') limit 1"
            ).fetchone()
        )
        return row is None

    def has_arrived(self, shop: str) -> bool:
        """Return whether no job of one shop is open, and the proof finds no difference in its orders.

        Starts a sweep if one is due: without it, changes that leave no trace in the shop's list would never arrive.
        """
        self._sweep()
        jobs = self.world.ledger.jobs.search(store=shop, limit=100_000)
        if any(job["state"] not in ("done", "parked") for job in jobs):
            return False
        return not any(found.order.startswith(f"{shop}/") for found in self.differences())

    def differences(self) -> list[Difference]:
        """Return the differences that the proof finds in all orders of this world. No job may be open."""
        return self.world.prove().differences

    def open_work(self) -> str:
        """Return the open and the parked jobs as a text for people."""
        parked = [(job["flow"], job["order_key"], job["message"]) for job in self.world.parked()]
        return f"open: {self.world.open_jobs()} parked: {parked}"

    def _sweep(self) -> None:
        """Start the nightly sweep, if some of the shop's actions leave no trace in its list.

        Here it runs every few seconds. An action whose row becomes visible late is found by the next sweep.
        """
        if self._sweeps and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + _SWEEP_SECONDS
            self.world.sweep()


def undocumented_behavior(rng: random.Random) -> dict[str, Any]:
    """Choose how the shops behave where the vendor's documentation says nothing."""
    return {
        "list_order": rng.choice(("created-asc", "created-desc", "random")),
        "equal_timestamps": rng.random() < 0.5,
        "bounds": rng.choice(("exclusive", "inclusive")),
        "late_rows": rng.choice((0.0, 0.0, 1.0)),
        "no_bump": rng.choice(([], [], [], ["shippings", "returns", "cancelations"])),
        "returned_leaves_delivered": rng.random() < 0.5,
        "restock_canceled": rng.random() < 0.5,
        "whole_cancel_makes_process": rng.random() < 0.5,
    }
