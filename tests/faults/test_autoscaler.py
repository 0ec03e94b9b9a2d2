"""Workers start and stop by the autoscaler's own figures while orders flow: nothing is lost, nothing doubled."""

from pathlib import Path

import pytest

from local.servers.services import Services
from tests.support.connector.world import World
from tests.support.deploy.autoscaler import faster
from tests.support.deploy.kubernetes import scaling
from tests.support.deploy.scaled_pool import POOL, UNHURRIED, ScaledPool

pytestmark = pytest.mark.faults

# A quarter of a minute between two decisions is half a second here.
SPEED = 30.0
SLOTS = 3
# Orders, and how many of them in a second: more than one worker can do, then fewer.
RATES = [(150, 40.0), (100, 6.0)]


@pytest.mark.timeout(400)
def test_a_pool_that_grows_and_shrinks_loses_nothing_and_doubles_nothing(services: Services, tmp_path: Path) -> None:
    orders = sum(number for number, _ in RATES)
    with World(services, tmp_path, **UNHURRIED) as world:
        world.shop("scaled")
        pool = ScaledPool(world, faster(scaling(POOL), SPEED), SLOTS)
        pool.run(RATES, 240)
        assert max(sample.workers for sample in pool.samples) > pool.scaling.least
        # They were asked to end, and none was killed.
        assert set(pool.fleet.exit_codes(60)) == {0}
        world.settle(120)
        report = world.prove()
        assert report.differences == []
        assert report.counts["opened"] == orders
