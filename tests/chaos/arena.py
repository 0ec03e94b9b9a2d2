"""One world under chaos: servers that can die, both simulated vendors, the connector's processes, and people."""

import random
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from tests.chaos.crew import Crew
from tests.chaos.lives import People
from tests.chaos.pace import Pace
from tests.chaos.points import FOLDER, Points
from tests.chaos.servers import Servers
from tests.hosts.host import ROOT
from tests.world import TENANT, World, wait_for
from workers.local.processes import Processes
from workers.local.proof import Difference
from workers.local.server import free_port

_START = 60.0
# Acts before the first fault, so that it finds orders of every age.
_CALM = 2
# Of the worlds, those with a pooler before PostgreSQL.
_POOLED = 0.5
# Seconds between two sweeps.
_NIGHT = 3.0


class Arena:
    """Start it with `with`; `draw` decides what nobody knows of the vendors, and all that people do."""

    def __init__(self, folder: Path, pace: Pace, draw: random.Random, crew: type[Crew] = Crew) -> None:
        self._folder = folder
        self._draw = draw
        self._crew = crew
        self._stack = ExitStack()
        self.pace = pace
        self.shops = ("north", "south")
        # What a fault itself found wrong while it lasted.
        self.complaints: list[Difference] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        with ExitStack() as stack:
            self.servers = stack.enter_context(Servers(self._folder, pooled=self._draw.random() < _POOLED))
            self.world = stack.enter_context(World(self.servers.services, self._folder, **self.pace.settings))
            self.points = Points(self._folder / "points")
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, stack: ExitStack) -> None:
        # People connect stores in calm times: that may take as long as it likes.
        self.world.settings = replace(self.world.settings, call_deadline=_START)
        switches = unknowns(self._draw)
        self._sweeps, self._next_sweep = bool(switches["no_bump"]), 0.0
        for shop in self.shops:
            seed, token_seconds = self._draw.randrange(10**6), self._draw.choice((43199, 60, 2))
            self.world.shop(shop, seed=seed, token_seconds=token_seconds, switches=switches)
        self.world.afosto.set_switches(TENANT, orders_list=self._draw.random() < 0.1, webhook_shuffle=0.2)
        port = free_port()
        for shop in self.shops[:1]:
            endpoint = self.world.ledger.webhooks.add(shop, "secret-of-webhooks")
            url = f"http://127.0.0.1:{port}/webhooks/afosto/{endpoint}"
            self.world.afosto.listen(TENANT, url, "secret-of-webhooks")
        processes = stack.enter_context(Processes(self._folder / "logs"))
        environment = {**self.world.env, **self.pace.environment, FOLDER: str(self._folder / "points")}
        self.crew = self._crew(processes, ROOT, environment, port)
        self.crew.start()
        self.people = People(self.world, self.shops, self._draw)
        for _ in range(_CALM):
            self.people.act()
            wait_for(self._is_right, _START, "a calm world to settle", self.open_work)

    def _is_right(self) -> bool:
        return self.swept_and_at_rest() and not self.differences()

    def swept_and_at_rest(self) -> bool:
        """Whether no job is open, after a sweep where one is due. Raises RetryLater without the database."""
        self._sweep()
        return self._rests()

    def _rests(self) -> bool:
        row = self.world.ledger.database.transaction(
            lambda session: session.execute(
                "select 1 from jobs where state not in ('done', 'parked') limit 1"
            ).fetchone()
        )
        return row is None

    def has_arrived(self, shop: str) -> bool:
        """Whether nothing is open of one shop, and the proof finds nothing wrong with its orders.

        A sweep is begun where one is due: without it, what leaves no trace in the shop's list would never arrive.
        """
        self._sweep()
        jobs = self.world.ledger.jobs.search(store=shop, limit=100_000)
        if any(job["state"] not in ("done", "parked") for job in jobs):
            return False
        return not any(found.order.startswith(f"{shop}/") for found in self.differences())

    def differences(self) -> list[Difference]:
        """What the proof finds wrong with any order of this world so far; both sides must be at rest."""
        return self.world.prove().differences

    def open_work(self) -> str:
        """The jobs that are not done, and those that are parked, for a person."""
        parked = [(job["flow"], job["order_key"], job["message"]) for job in self.world.parked()]
        return f"open: {self.world.open_jobs()} parked: {parked}"

    def _sweep(self) -> None:
        """Where some of the shop's acts leave no trace in its list, begin what finds them each night.

        That night comes every few seconds here: an act whose row is visible late is found in the next.
        """
        if self._sweeps and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + _NIGHT
            self.world.sweep()


def unknowns(draw: random.Random) -> dict[str, Any]:
    """Draw how the shops behave where their vendor's documentation is silent."""
    return {
        "list_order": draw.choice(("created-asc", "created-desc", "random")),
        "equal_timestamps": draw.random() < 0.5,
        "bounds": draw.choice(("exclusive", "inclusive")),
        "late_rows": draw.choice((0.0, 0.0, 1.0)),
        "no_bump": draw.choice(([], [], [], ["shippings", "returns", "cancelations"])),
        "returned_leaves_delivered": draw.random() < 0.5,
        "restock_canceled": draw.random() < 0.5,
        "whole_cancel_makes_process": draw.random() < 0.5,
    }
