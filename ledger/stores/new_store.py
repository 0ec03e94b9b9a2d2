"""Connects a store: writes its rows at once, and only if neither its name nor its shop is connected already."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger.postgres.database import fetch, fetch_one
from ledger.postgres.session import Session
from schemas.advice import STORE_EXISTS, USE_OTHER_STORE
from schemas.errors import NeedsPerson
from schemas.flows import STOCK_TO_CONFIRM, SWITCHES
from schemas.reasons import Reason
from schemas.states import CursorKind
from schemas.wording.phrases import phrase

_NOT_CONFIRMED = phrase("nobody has confirmed yet what its stock becomes")
_PORTS = {"http": ":80", "https": ":443"}


def require_new(session: Session, name: str, base_url: str) -> None:
    """Raise NeedsPerson: store-exists when the name is taken, shop-connected-already when another has the address.

    Nobody else can connect a store until the transaction ends.
    """
    fetch(session, "stores.connect_alone")
    addresses = {row["name"]: _shop(row["base_url"]) for row in fetch(session, "stores.addresses")}
    if name in addresses:
        raise NeedsPerson(
            phrase("the store '%(name)s' is connected already", name=name),
            reason=Reason.STORE_EXISTS,
            resolution=STORE_EXISTS(name=name),
        )
    for other, shop in addresses.items():
        if shop == _shop(base_url):
            raise NeedsPerson(
                phrase(
                    "the shop at %(address)s is connected already, as the store '%(other)s'; if it were "
                    "connected twice, each of its orders would be imported twice",
                    address=base_url,
                    other=other,
                ),
                reason=Reason.SHOP_CONNECTED_ALREADY,
                resolution=USE_OTHER_STORE(other=other),
            )


def _shop(base_url: str) -> tuple[str, str]:
    """Return what all spellings of a shop's address share: its host, with a port that is not the default, and path."""
    scheme, _, rest = base_url.partition("://")
    host, _, path = rest.partition("/")
    return host.lower().removesuffix(_PORTS.get(scheme, "")), path.rstrip("/")


def insert(session: Session, values: Mapping[str, Any], flows: Mapping[str, bool], width: float) -> None:
    """Write a store, its switches and cursors; `values` holds the columns, with sealed secrets. Raises NeedsPerson."""
    name = values["name"]
    require_new(session, name, values["base_url"])
    added = fetch_one(session, "stores.add", values)
    assert added is not None
    for flow, enabled in flows.items():
        fetch(session, "stores.add_flow", switch_values(name, flow, enabled))
    if not values.get("publish_stock"):
        halt(session, name, "inventory.publish", STOCK_TO_CONFIRM, _NOT_CONFIRMED)
    looks = {"store": name, "direction": "export", "flow": "looks", "enabled": True}
    fetch(session, "stores.add_flow", looks)
    fetch(session, "scans.open", {"store": name})
    fetch(session, "stock.open_cursor", {"store": name})
    connected_at = added["connected_at"]
    _open_cursor(session, name, CursorKind.LIVE, connected_at, None, connected_at, width)
    if values["import_since"] < connected_at:
        _open_cursor(session, name, CursorKind.HISTORY, values["import_since"], connected_at, connected_at, width)


def _open_cursor(
    session: Session, store: str, kind: str, position: datetime, end: datetime | None, due: datetime, width: float
) -> None:
    parameters = {"store": store, "kind": kind, "position": position, "upper_end": end, "next_poll_at": due}
    fetch(session, "cursors.open", {**parameters, "width": width})


def halt(session: Session, store: str, flow: str, reason: str, message: str) -> None:
    """Within a transaction: stop a flow, named as in `schemas.flows`, until a person decides."""
    values = switch_values(store, flow, enabled=True)
    fetch(session, "stores.halt_flow", {**values, "reason": reason, "message": message})


def switch_values(store: str, flow: str, enabled: bool) -> dict[str, Any]:
    """Return the columns of a flow's switch."""
    direction, name = SWITCHES[flow]
    return {"store": store, "direction": direction, "flow": name, "enabled": enabled}
