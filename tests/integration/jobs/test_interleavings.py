"""Any order of events, repeats, losses and deaths leads to the same: effects equal causes on both sides.

Both simulated vendors and the ledger are real; the handlers run in this process, so that they can be killed between any
two of their steps. What nobody knows of the vendors is drawn as well.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import ledger.orders.cursors
from jobs.runtime import Runtime
from local.servers.services import Services
from simulators.afosto.control.client import ControlRefused
from simulators.epages.control.client import ControlError
from tests.support.connector import model_draws as draws
from tests.support.connector.driver import Driver
from tests.support.connector.kill_between_steps import StepKiller, killable_steps, out_of_budget
from tests.support.connector.neighbor_store import NeighborStore
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


class Trade(RuleBasedStateMachine):
    """One shop and its tenant. An order is handed over and taken back on one side only, and canceled on either.

    A neighbor has nothing to do with either.

    Neither side does what the other has done to the same pieces: that would be for a person to mend. But both may send
    the same pieces by themselves, which is one shipment, with a tracking code or two.
    """

    def __init__(self, world: World, runtime: Runtime, killer: StepKiller, neighbor: NeighborStore) -> None:
        super().__init__()
        self.world, self.runtime, self.killer, self.neighbor = world, runtime, killer, neighbor
        self.orders: dict[str, Document] = {}
        self.of_afosto: set[str] = set()

    @initialize(switches=draws.SHOP_SWITCHES, money=draws.MONEY, tokens=draws.TOKENS, tenant=draws.AFOSTO_SWITCHES)
    def connect(self, switches: Document, money: Document, tokens: int, tenant: Document) -> None:
        self.driver = Driver(self.world, self.runtime, switches=switches, token_seconds=tokens, **money)
        self.world.afosto.set_switches(TENANT, **tenant, counted_ids=switches["counted_ids"])
        self.begun = len(self.world.afosto.causes(TENANT))
        stock = self.world.epages.stock(self.driver.store)
        self.skus = [item["sku"] for item in stock if (item["stock"] or 0) > 20]

    @precondition(lambda self: len(self.orders) < draws.MOST_ORDERS)
    @rule(
        counts=st.lists(st.integers(1, 3), min_size=1, max_size=2),
        pickup=st.booleans(),
        afosto=st.booleans(),
        price=draws.PRICES,
        wishes=st.fixed_dictionaries(
            {
                "coupon": draws.COUPONS,
                "paid": draws.PAID,
                "taxable": st.sampled_from([True, True, False]),
                "gift_card": st.sampled_from([False, False, False, True]),
            }
        ),
    )
    def an_order_is_placed(
        self, counts: list[int], pickup: bool, afosto: bool, price: str | None, wishes: Document
    ) -> None:
        priced = {"price": price} if price else {}
        lines = [{"sku": sku, "quantity": count, **priced} for sku, count in zip(self.skus, counts, strict=False)]
        order = self.driver.place(lines=lines, pickup=pickup and not wishes["gift_card"], **wishes)
        self.orders[order["id"]] = order
        if afosto:
            self.of_afosto.add(order["id"])

    @precondition(lambda self: self.orders)
    @rule(seed=draws.SEEDS, act=st.sampled_from(draws.SHOP_ACTS))
    def the_shop_acts(self, seed: int, act: str) -> None:
        draw = random.Random(seed)
        order = self._draw_order(draw)
        if act in draws.HANDS_OVER and order["id"] in self.of_afosto:
            return
        details: Document = {}
        if act in ("ship", "cancel"):
            details["lines"] = self._draw_pieces(draw, order)
            if not details["lines"]:
                return
        if act == "ship":
            details["tracking"] = draws.tracking_code(draw)
        if act == "return":
            line = draw.choice(order["lines"])
            details = {"lines": {line["id"]: 1}, "status": draw.choice(["RETURNED", "BROKEN"])}
        with suppress(ControlError):
            self.world.epages.act(self.driver.store, order["id"], act, **details)

    @precondition(lambda self: self.orders)
    @rule(seed=draws.SEEDS, act=st.sampled_from(["ship", "deliver", "ready", "cancel", "return"]))
    def afosto_acts(self, seed: int, act: str) -> None:
        draw = random.Random(seed)
        order = self._draw_order(draw)
        copy = self._copy(order)
        if copy is None or (act != "cancel" and order["id"] not in self.of_afosto):
            return
        with suppress(ControlRefused):
            getattr(self, f"_afosto_{act}s")(draw, order, copy)

    def _afosto_ships(self, draw: random.Random, order: Document, copy: Document) -> None:
        units = self._draw_units(draw, order, copy)
        if units and not order["pickup"]:
            self.world.afosto.ship(TENANT, copy["id"], units, code=draws.tracking_code(draw))

    def _afosto_readys(self, draw: random.Random, order: Document, copy: Document) -> None:
        units = self._draw_units(draw, order, copy)
        if units and order["pickup"]:
            self.world.afosto.ready(TENANT, copy["id"], units)

    def _afosto_delivers(self, draw: random.Random, order: Document, copy: Document) -> None:
        self.world.afosto.deliver(TENANT, copy["id"])

    def _afosto_cancels(self, draw: random.Random, order: Document, copy: Document) -> None:
        if units := self._draw_units(draw, order, copy):
            self.world.afosto.cancel(TENANT, copy["id"], units)

    def _afosto_returns(self, draw: random.Random, order: Document, copy: Document) -> None:
        out = [unit["id"] for unit in copy["units"] if unit["progress"] == "OPEN" and unit["parcel"]]
        if out:
            outcome = draw.choice(["restocked", "broken", "rejected"])
            self.world.afosto.return_(TENANT, copy["id"], [draw.choice(out)], outcome)

    @rule(seed=draws.SEEDS, shop=st.sampled_from(["ship", "pack"]), codes=draws.CODES)
    def both_send_the_same_pieces(self, seed: int, shop: str, codes: tuple[str | None, str | None]) -> None:
        """All that is left of some lines: of a part, nobody could tell whether both mean the same."""
        draw = random.Random(seed)
        order = self._order_to_send(draw)
        copy = self._copy(order) if order else None
        if order is None or copy is None:
            return
        whole = self._free(order)
        lines = {line: whole[line] for line in draw.sample(sorted(whole), draw.randint(1, len(whole)))}
        here, there = (code and f"{code}{draw.randrange(10**9)}" for code in codes)
        with suppress(ControlError, ControlRefused):
            self.world.epages.act(self.driver.store, order["id"], shop, lines=lines, tracking=here)
            self.world.afosto.ship(
                TENANT, copy["id"], draws.units_of(lines, copy), here if codes == draws.ONE_CODE else there
            )

    def _order_to_send(self, draw: random.Random) -> Document | None:
        """An order that both sides have, with lines for `both_send_the_same_pieces`; placed now if there is none."""
        fit = [order for order in self.orders.values() if not order["pickup"] and self._free(order)]
        if not fit and len(self.orders) < draws.MOST_ORDERS:
            self.an_order_is_placed([draw.randint(1, 3)], False, draw.random() < 0.5, None, {"gift_card": False})
            return self._order_to_send(draw)
        order = draw.choice(fit) if fit else None
        if order and self._copy(order) is None:
            self.a_poll_runs()
            self.the_workers_work(None)
        return order

    @rule()
    def a_poll_runs(self) -> None:
        self.driver.survive(self.driver.poll)

    @rule(seed=draws.SEEDS)
    def news_is_told_while_older_news_waits(self, seed: int) -> None:
        """The import that asks the shop now is ahead of what the last poll has kept for the others."""
        if order := self._order_to_send(random.Random(seed)):
            for work in (self.a_poll_runs, partial(self.driver.survive, partial(self.driver.tell, order))):
                for line in list(self._free(order))[:1]:
                    self.world.epages.act(self.driver.store, order["id"], "cancel", lines={line: 1})
                    work()

    @rule()
    def a_walk_runs(self) -> None:
        self.driver.survive(self.driver.walk)

    @precondition(lambda self: self.orders)
    @rule(seed=draws.SEEDS, times=st.integers(1, 2))
    def an_event_arrives(self, seed: int, times: int) -> None:
        order = self._draw_order(random.Random(seed))
        for _ in range(times):
            self.driver.look(order)

    @rule(dies_after=st.none() | st.integers(1, 40))
    def the_workers_work(self, dies_after: int | None) -> None:
        if dies_after:
            self.killer.arm(dies_after)
        self.driver.survive(self.driver.run)
        self.killer.disarm()

    @rule(calls=st.integers(0, 12))
    def the_budget_runs_out(self, calls: int) -> None:
        """What is not sent then was asked of nobody, so nothing is in doubt by it."""
        for vendor in ("afosto", "epages"):
            self._set_faults(vendor)
        before, lost = self.driver.doubts(), self.driver.lost_answers()
        with out_of_budget(calls):
            self.driver.survive(self.driver.run)
        assert self.driver.doubts() <= before or self.driver.lost_answers() > lost
        self.driver.survive(self.driver.hurry)

    @rule(loss=draws.LOSSES, vendor=st.sampled_from(["epages", "afosto"]), writes=st.booleans())
    def an_answer_will_be_lost(self, loss: Document, vendor: str, writes: bool) -> None:
        self._set_faults(vendor, {**loss, "count": 1, "writes": writes})

    @rule(
        hostile=draws.HOSTILE, vendor=st.sampled_from(["epages", "afosto"]), count=st.integers(1, 8), seed=draws.SEEDS
    )
    def a_vendor_turns_hostile_for_a_while(self, hostile: Document, vendor: str, count: int, seed: int) -> None:
        self._set_faults(vendor, {**hostile, "count": count}, seed=seed)

    @rule()
    def the_neighbor_notices_nothing(self) -> None:
        self.neighbor.assert_undisturbed()

    def _set_faults(self, vendor: str, *faults: Document, **seed: int) -> None:
        if vendor == "afosto":
            self.world.afosto.set_faults(TENANT, *faults, **seed)
        else:
            self.world.epages.set_faults(self.driver.store, faults=list(faults), **seed)

    def teardown(self) -> None:
        """Let all that was lost be told again, and compare both sides with what was done to them."""
        if not hasattr(self, "driver"):
            return
        self.neighbor.assert_undisturbed()
        for vendor in ("afosto", "epages"):
            self._set_faults(vendor)
        self.world.redis.flushdb()
        self.driver.poll()
        self.driver.hurry()
        for _ in range(3):
            self.driver.sweep()
            self.driver.both()
            self.driver.hurry()  # a job that ran ahead of its order looks again a minute later
            self.driver.settle()
        assert self.driver.parked() == []
        assert self.driver.differences() == []

    def _draw_order(self, draw: random.Random) -> Document:
        return draw.choice(list(self.orders.values()))

    def _draw_pieces(self, draw: random.Random, order: Document) -> dict[str, int]:
        pieces = {line: draw.randint(0, count) for line, count in self._free(order).items()}
        return {line: count for line, count in pieces.items() if count}

    def _draw_units(self, draw: random.Random, order: Document, copy: Document) -> list[str]:
        return draws.units_of(self._draw_pieces(draw, order), copy)

    def _free(self, order: Document) -> Counter[str]:
        """Pieces per line that neither side has taken yet, heard of or not."""
        free = Counter({line["id"]: line["ordered"] for line in order["lines"]})
        for cause in self.world.epages.causes(self.driver.store):
            if cause["by"] == "shop" and cause["action"] in draws.SHOP_TAKES and cause["order"] == order["id"]:
                free.subtract({part["line"]: part["quantity"] for part in cause["lines"]})
        copy = self._copy(order)
        lines = {unit["id"]: unit["line_ref"] for unit in copy["units"]} if copy else {}
        for cause in self.world.afosto.causes(TENANT, self.begun):
            if cause["by"] == "afosto" and cause["action"] in draws.AFOSTO_TAKES:
                free.subtract(lines[unit] for unit in cause["units"] if unit in lines)
        return +free

    def _copy(self, order: Document) -> Document | None:
        with suppress(ValueError):
            return self.driver.afosto(order)
        return None


@pytest.mark.faults
def test_effects_equal_causes_whatever_the_order_of_events_and_wherever_a_worker_dies(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An order that a hostile vendor made unreadable is read again with the next poll.
    monkeypatch.setattr(ledger.orders.cursors, "READ_AGAIN", 0.0)
    monkeypatch.setattr(ledger.orders.cursors, "READ_AGAIN_LONGEST", 0.0)
    neighbor = NeighborStore(world, runtime)
    with killable_steps() as killer:
        run_state_machine_as_test(
            cast("type[Trade]", lambda: Trade(world, runtime, killer, neighbor)),
            settings=settings(
                max_examples=8,
                stateful_step_count=30,
                deadline=None,
                # An example takes seconds, as answers are waited for: shrinking one would take minutes.
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
        print(f"{killer.kills} kills")
