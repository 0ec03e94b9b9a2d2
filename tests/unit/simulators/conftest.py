"""An Afosto tenant whose clock stands still until a test moves it."""

import pytest

from simulators.afosto.tenant.tenant import Tenant
from tests.support.simulators.afosto_tenant import SETUP, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tenant(clock: Clock) -> Tenant:
    return Tenant(SETUP, clock)
