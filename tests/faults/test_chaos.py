"""A few rounds of chaos, always the same; `make chaos` runs any number of rounds."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import tests.support.connector.world
from benchmarks.setup.rabbitmq import PROGRAMS
from schemas.settings import load_settings
from tests.chaos.faults.all_faults import all_faults
from tests.chaos.processes.kill_points import Points, pass_point
from tests.chaos.results_table import differences
from tests.chaos.rounds import _draw_faults, run_rounds
from tests.chaos.servers import Broker
from tests.chaos.timing import DEFAULT, SHRUNK

pytestmark = pytest.mark.faults

SEED = 20
ROUNDS = 3


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: if we are root, PostgreSQL runs as another account, which may not enter that one.
    with tempfile.TemporaryDirectory(prefix="connector-") as name:
        yield Path(name)


@pytest.mark.parametrize("broker", Broker)
def test_some_rounds_of_chaos_lose_nothing_and_double_nothing(broker: Broker, folder: Path) -> None:
    if broker is Broker.RABBITMQ and not (PROGRAMS / "rabbitmq-server").exists():
        pytest.skip("rabbitmq-server is not installed")
    outcomes = list(run_rounds(folder, SHRUNK, SEED, ROUNDS, broker))
    assert differences(outcomes) == []
    assert len(outcomes) == ROUNDS
    assert all(outcome.actions and outcome.struck for outcome in outcomes)


def test_a_point_strikes_at_the_passage_it_was_armed_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setenv("CHAOS_POINTS", str(tmp_path / "points"))
    monkeypatch.setattr("os.kill", lambda process, number: killed.append(process))
    points = Points(tmp_path / "points")
    points.arm("settle-after", 2)
    pass_point("settle-after")
    pass_point("settle-before")
    assert (killed, points.struck("settle-after")) == ([], False)
    pass_point("settle-after")
    assert (len(killed), points.struck("settle-after")) == (1, True)
    pass_point("settle-after")
    assert len(killed) == 1


def test_the_default_timing_keeps_the_leases_and_waits_of_the_product() -> None:
    needed = {"DATABASE_URL": "postgresql://", "BROKER_URL": "redis://", "KEYS": Fernet.generate_key().decode()}
    paced = {**tests.support.connector.world.SHRUNK, **DEFAULT.settings}
    ours = load_settings({f"CONNECTOR_{name}": value for name, value in (needed | paced).items()})
    defaults = load_settings({f"CONNECTOR_{name}": value for name, value in needed.items()})
    for name in ("lease", "lease_renewal", "call_deadline", "ambiguity_wait", "longest_job", "resend_after"):
        assert getattr(ours, name) == getattr(defaults, name), name
    assert DEFAULT.pause_divisor == 1


@pytest.mark.parametrize("broker", Broker)
def test_every_fault_has_a_name_of_its_own(broker: Broker) -> None:
    names = [fault.name for fault in all_faults(SHRUNK, broker)]
    assert len(names) == len(set(names))


def test_a_fault_that_must_be_alone_is_chosen_alone() -> None:
    faults = all_faults(SHRUNK)
    assert [fault.name for fault in faults if fault.alone] == [
        "hostile shop beside a good one",
        "poison on every queue",
        "database refuses orders",
    ]
    drawn = [_draw_faults(random.Random(seed), faults) for seed in range(500)]
    assert {len(round_) for round_ in drawn} == {1, 2}
    assert not any(fault.alone for round_ in drawn if len(round_) == 2 for fault in round_)
