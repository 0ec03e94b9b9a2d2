"""A company's identity provider, and a console that knows it."""

from collections.abc import Iterator

import pytest

from ledger.people.users import Role
from local.servers.services import Services
from tests.support.console.company_sign_in import MAIL
from tests.support.console.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, identity_provider
from tests.support.console.people import Desk, open_desk


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as started:
        yield started


@pytest.fixture
def desk(fresh_services: Services, provider: IdentityProvider) -> Iterator[Desk]:
    """Yield a console that knows the provider, and Ada, who has no password."""
    oidc = {"OIDC_ISSUER": provider.address, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    with open_desk(fresh_services, settings=oidc) as opened:
        opened.ledger.users.add(MAIL, Role.VIEWER, None)
        yield opened
