"""A worker is frozen for longer than its leases, just before it sends every kind of effect: what is doubled?"""

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen

import psutil
import pytest

from local.servers.services import Services
from tests.hosts.support.host import Host
from tests.hosts.support.sample_actions import Effect, SampleActions
from tests.hosts.support.work_done import ended
from tests.support.connector.world import JOB_QUEUES, TENANT, World, wait_for

pytestmark = pytest.mark.faults

WAITS = {"LONGEST_JOB": "60", "WALK_INTERVAL": "1", "INVENTORY_INTERVAL": "1", "POLL_INTERVAL": "1"}
# Not repeated by a second request: Afosto's mutations name units by their ids, and a state is reached only once.
NEVER = {
    "order created",
    "order filled",
    "order opened",
    "units canceled",
    "units taken back",
    "parcel made",
    "parcel shipped in the shop",
}
# Repeated by a second request, because these requests name quantities.
ONCE_MORE = {"pieces canceled in the shop", "pieces taken back in the shop", "parcel made in the shop", "stock moved"}


def test_a_frozen_worker_doubles_only_what_it_was_just_sending(services: Services, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    frozen = Host(env={"FREEZE_RULES": str(rules)}, app="tests.hosts.support.frozen_app")
    with World(services, tmp_path, **WAITS) as world:
        world.worker("poll,dispatch,reconcile", 3)
        world.beat()
        holder = world.worker(JOB_QUEUES, 32, frozen)
        world.afosto.set_switches(TENANT, orders_list=True)
        points = {point: SampleActions(world, point) for point in ("checked", "sending")}
        for actions in points.values():
            actions.prepare()
        wait_for(
            lambda: all(actions.is_prepared() for actions in points.values()),
            40,
            "all orders to be prepared",
        )
        effects = {point: actions.sell() for point, actions in points.items()}
        draft = rules.with_suffix(".new")
        draft.write_text(json.dumps([asdict(effect.rule) for found in effects.values() for effect in found]))
        draft.rename(rules)
        for actions in points.values():
            actions.perform()
        wait_for(lambda: _is_frozen(holder), 30, "the holder to freeze", lambda: str(world.open_jobs()))
        world.worker(JOB_QUEUES, 16)
        wait_for(lambda: not world.open_jobs(), 40, "the others to do its work", lambda: str(world.open_jobs()))
        os.kill(holder.pid, signal.SIGCONT)
        wait_for(lambda: ended(world, holder, "lease lost") >= 2 * len(ONCE_MORE), 20, "the holder to end its runs")
        world.settle(40)
        doubled = {point: _doubled(found) for point, found in effects.items()}
        _show(doubled)
        assert doubled["checked"] == dict.fromkeys(doubled["checked"], 0)
        # Which of them are doubled depends on how far each request was; only these may be.
        assert {kind for kind, more in doubled["sending"].items() if more} <= ONCE_MORE
        assert doubled["sending"].keys() == NEVER | ONCE_MORE


def _doubled(effects: list[Effect]) -> dict[str, int]:
    return {effect.kind: effect.seen() - 1 for effect in effects}


def _is_frozen(process: Popen[bytes]) -> bool:
    return bool(psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)


def _show(doubled: Mapping[str, Mapping[str, int]]) -> None:
    for kind in doubled["checked"]:
        print(f"{kind:32} {doubled['checked'][kind]:3} {doubled['sending'][kind]:3}")
