"""A shop and a tenant beside those of a test: whatever happens there, these must not notice."""

from uuid import uuid4

from tasks.runtime import Runtime
from tests.driver import Driver
from tests.world import World

COUNTED = {"counted_ids": True}


class Neighbour:
    """Another store, with an account of its own at Afosto. All ids there are counted, from 1 on."""

    def __init__(self, world: World, runtime: Runtime) -> None:
        tenant = f"beside-{uuid4().hex[:8]}"
        self._driver = Driver(world, runtime, tenant=tenant, key=world.tenant(tenant, **COUNTED), switches=COUNTED)

    def trades_undisturbed(self) -> None:
        """An order is placed, and is in Afosto at the first try."""
        order = self._driver.place()
        self._driver.poll()
        self._driver.run()
        assert self._driver.afosto(order)["status"] == "OPEN"
        assert {(job["state"], job["failures"], job["claims"]) for job in self._driver.jobs()} == {("done", 0, 1)}
        assert self._driver.differences() == []
