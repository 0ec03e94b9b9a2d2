"""A shop and a tenant beside those of a test, which nothing in the test may disturb."""

from uuid import uuid4

from jobs.runtime import Runtime
from tests.support.connector.driver import Driver
from tests.support.connector.world import World

COUNTED = {"counted_ids": True}


class NeighborStore:
    """Another store with its own Afosto tenant. All its ids are counted from 1 on."""

    def __init__(self, world: World, runtime: Runtime) -> None:
        tenant = f"beside-{uuid4().hex[:8]}"
        self._driver = Driver(world, runtime, tenant=tenant, key=world.tenant(tenant, **COUNTED), switches=COUNTED)

    def assert_undisturbed(self) -> None:
        """Place an order; it must be in Afosto after the first run."""
        order = self._driver.place()
        self._driver.poll()
        self._driver.run()
        assert self._driver.afosto(order)["status"] == "OPEN"
        assert {(job["state"], job["failures"], job["claims"]) for job in self._driver.jobs()} == {("done", 0, 1)}
        assert self._driver.differences() == []
