"""Every store-wide error names the vendor whose client raised it, whatever its reason is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import responses

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from schemas.epages import Token
from schemas.errors import NeedsPerson
from schemas.vendors import Vendor

SHOP, AFOSTO = "https://shop.example.com/api", "https://afosto.example.com/graphql"
TOKEN = Token("token", frozenset(), datetime.now(UTC) + timedelta(hours=1))


def _read_shop(address: str = SHOP) -> object:
    return EpagesClient(address, Http(), lambda fresh: TOKEN).order("order-1")


def _fetch_token(address: str = SHOP) -> object:
    return fetch_token(Http(), address, "client", "secret", datetime.now(UTC))


def _read_afosto(address: str = AFOSTO) -> object:
    return AfostoClient(address, Http(), "key").order("order-1")


GRAPHQL = {"errors": [{"message": "no", "extensions": {"code": "UNAUTHORIZED"}}]}
REVOKED = {"error": "invalid_client", "error_description": "The client was revoked"}


@pytest.mark.parametrize(
    ("call", "vendor", "status", "body", "reason"),
    [
        (_read_shop, Vendor.EPAGES, 401, {}, "wrong-credentials"),
        (_read_shop, Vendor.EPAGES, 302, {}, "redirected"),
        (_fetch_token, Vendor.EPAGES, 401, {}, "wrong-credentials"),
        (_fetch_token, Vendor.EPAGES, 401, REVOKED, "revoked-client"),
        (_fetch_token, Vendor.EPAGES, 302, {}, "redirected"),
        (_fetch_token, Vendor.EPAGES, 404, {}, "unknown-store"),
        (_read_afosto, Vendor.AFOSTO, 401, {}, "wrong-credentials"),
        (_read_afosto, Vendor.AFOSTO, 302, {}, "redirected"),
        (_read_afosto, Vendor.AFOSTO, 200, GRAPHQL, "wrong-afosto-key"),
        (_read_afosto, Vendor.AFOSTO, 200, {"no": "graphql"}, "bad-address"),
    ],
)
@responses.activate
def test_an_answer_that_concerns_the_whole_store_names_its_vendor(
    call: Callable[[], object], vendor: Vendor, status: int, body: dict[str, object], reason: str
) -> None:
    for method in ("GET", "POST"):
        for address in (f"{SHOP}/orders/order-1", f"{SHOP}/oauth/token", AFOSTO):
            responses.add(method, address, json=body, status=status)
    with pytest.raises(NeedsPerson) as refused:
        call()
    assert (refused.value.reason, refused.value.store_wide, refused.value.vendor) == (reason, True, vendor)


@pytest.mark.parametrize(
    ("call", "vendor"),
    [(_read_shop, Vendor.EPAGES), (_fetch_token, Vendor.EPAGES), (_read_afosto, Vendor.AFOSTO)],
)
def test_an_address_that_cannot_be_called_names_its_vendor(call: Callable[[str], object], vendor: Vendor) -> None:
    with pytest.raises(NeedsPerson) as refused:
        call("no.address")
    assert (refused.value.reason, refused.value.store_wide, refused.value.vendor) == ("bad-address", True, vendor)
