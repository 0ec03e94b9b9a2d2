"""How long a change takes from Afosto to the shop: each action in Afosto is paired with the connector's effect.

Both simulators record each cause with its time. The first piece canceled on a line in Afosto is paired with the first
piece that the connector canceled on that line in the shop, and so on; parcels are paired by code and content. If the
two sides have different numbers of something, as in contested orders, it is left out: the proof reports what is
missing.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.proof.actions import by_order, content_of
from local.proof.duplicate_parcels import Content
from local.proof.report import Document
from schemas.mapping.orders.drafts import reference
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl

Key = tuple[str, str | None, str | Content]

_LEFT, _ARRIVED = "parcel left", "parcel arrived"
_PARCEL_IN_AFOSTO = {"in_transit": _LEFT, "ready_to_collect": _LEFT, "delivered": _ARRIVED}
_PARCEL_IN_SHOP = {"ship": _LEFT, "ready-for-pickup": _LEFT, "deliver": _ARRIVED, "pick-up": _ARRIVED}
_RETURN_IN_SHOP = {"RESTOCKED": "RETURNED", "RETURNED": "RETURNED", "REJECTED": "BROKEN"}


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from an action of Afosto's people (cause number `cause`) on an order to its last effect in the shop.

    `kind` is canceled, returned, parcel left or parcel arrived. `by_webhook`: the gateway accepted the action's
    webhook.
    """

    kind: str
    order: str
    cause: int
    seconds: float
    by_webhook: bool


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of `count` latencies, in seconds."""

    count: int
    p50: float
    p95: float
    p99: float


def latencies(
    shop_orders: Mapping[str, Sequence[Document]],
    afosto_orders: Iterable[Document],
    shop_causes: Mapping[str, Iterable[Document]],
    afosto_causes: Iterable[Document],
    deliveries: Iterable[Document],
) -> Iterator[Latency]:
    """Pair causes with effects. Arguments as for `local.proof.compare.compare`, and the webhooks that Afosto sent."""
    by_webhook = {row["cause"] for row in deliveries if any(200 <= answer < 300 for answer in row["answers"])}
    opened = {order["reference"]: order for order in afosto_orders if order["status"] != "CONCEPT"}
    afosto_causes_of = by_order(afosto_causes)
    for shop, orders in shop_orders.items():
        shop_causes_of = by_order(shop_causes[shop])
        for order in orders:
            name = reference(shop, order["id"])
            if name in opened:
                afosto_order = opened[name]
                causes = _in_afosto(afosto_order, order["pickup"], afosto_causes_of.get(afosto_order["id"], []))
                yield from _paired(name, causes, _in_shop(order, shop_causes_of.get(order["id"], [])), by_webhook)


def measure(
    epages: EpagesControl, afosto: AfostoControl, shops: Sequence[str], tenant: str, after: int = 0
) -> dict[str, Percentiles]:
    """Read both simulators; return the percentiles of `by_source` for the causes in Afosto numbered above `after`."""
    return by_source(row for row in read_latencies(epages, afosto, shops, tenant) if row.cause > after)


def read_latencies(
    epages: EpagesControl, afosto: AfostoControl, shops: Sequence[str], tenant: str
) -> Iterator[Latency]:
    """Read both simulators and pair the causes of a tenant with the effects in its shops."""
    shop_orders, causes = ({shop: read(shop) for shop in shops} for read in (epages.orders, epages.causes))
    return latencies(shop_orders, afosto.orders(tenant), causes, afosto.causes(tenant), afosto.deliveries(tenant))


def percentiles(seconds: Iterable[float]) -> Percentiles:
    """Return the percentiles by nearest rank; NaN if there are no values."""
    ranked = sorted(seconds)

    def at(share: float) -> float:
        return ranked[math.ceil(share * len(ranked)) - 1] if ranked else math.nan

    return Percentiles(len(ranked), at(0.5), at(0.95), at(0.99))


def by_source(found: Iterable[Latency]) -> dict[str, Percentiles]:
    """Return the percentiles of all latencies, of those reported by a webhook, and of those that a scan had to find."""
    rows = list(found)
    return {
        "all": percentiles(row.seconds for row in rows),
        "reported by a webhook": percentiles(row.seconds for row in rows if row.by_webhook),
        "found by a scan": percentiles(row.seconds for row in rows if not row.by_webhook),
    }


def _paired(
    name: str, causes: Mapping[Key, list[tuple[float, int]]], effects: Mapping[Key, list[float]], by_webhook: set[int]
) -> Iterator[Latency]:
    longest: dict[tuple[str, int], float] = {}
    for key, actions in causes.items():
        seen = sorted(effects.get(key, ()))
        if len(seen) != len(actions):
            continue
        for (at, cause), effect in zip(sorted(actions), seen, strict=True):
            longest[key[0], cause] = max(longest.get((key[0], cause), effect - at), effect - at)
    for (kind, cause), seconds in longest.items():
        yield Latency(kind, name, cause, seconds, cause in by_webhook)


def _in_afosto(order: Document, pickup: bool, causes: Iterable[Document]) -> dict[Key, list[tuple[float, int]]]:
    units = {unit["id"]: unit for unit in order["units"]}
    parcels = {parcel["id"]: parcel for parcel in order["parcels"]}
    found: defaultdict[Key, list[tuple[float, int]]] = defaultdict(list)
    for cause in causes:
        if cause["by"] != "afosto":
            continue
        moment = (cause["at"] / 1000, cause["seq"])
        if cause["action"] in ("finish", "reject"):
            for unit in (units[id_] for id_ in cause["units"]):
                found[_cancellation_or_return(unit)].append(moment)
        elif cause["action"] in _PARCEL_IN_AFOSTO:
            parcel = parcels[cause["parcel"]]
            content = frozenset() if pickup else content_of((units[u]["line_ref"], 1) for u in parcel["units"])
            found[_PARCEL_IN_AFOSTO[cause["action"]], parcel["track_trace_code"], content].append(moment)
    return found


def _cancellation_or_return(unit: Document) -> Key:
    if unit["progress"] == "CANCELLED":
        return "canceled", unit["line_ref"], ""
    return "returned", unit["line_ref"], _RETURN_IN_SHOP.get(unit["progress"], "")


def _in_shop(order: Document, causes: Iterable[Document]) -> dict[Key, list[float]]:
    processes = {process["id"]: process for process in order["processes"]}
    found: defaultdict[Key, list[float]] = defaultdict(list)
    for cause in causes:
        if cause["by"] != "connector":
            continue
        at, action = datetime.fromisoformat(cause["at"]).timestamp(), cause["action"]
        for part in cause["lines"] if action in ("cancel", "return") else ():
            kind = "canceled" if action == "cancel" else "returned"
            found[kind, part["line"], part.get("status") or ""] += [at] * part["quantity"]
        if action in _PARCEL_IN_SHOP and cause["process"] in processes:
            process = processes[cause["process"]]
            parts = ((part["line"], part["quantity"]) for part in process["lines"])
            content = frozenset() if order["pickup"] else content_of(parts)
            found[_PARCEL_IN_SHOP[action], process["tracking_code"], content].append(at)
    return found
