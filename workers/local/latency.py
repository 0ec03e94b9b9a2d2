"""How long Afosto's news takes to the shop: each act of Afosto's people paired with the connector's effect.

Both ledgers of causes carry times. The first piece canceled on a line in Afosto is paired with the first piece the
connector canceled on it in the shop, and so on; parcels are paired by code and content. Where the two sides have not
equally many of something, as in contested orders, it is left out: the proof says what is missing.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.mapping.orders import reference
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.local.proofs.deeds import by_order, content_of
from workers.local.proofs.report import Document
from workers.local.proofs.shipments import Content

Key = tuple[str, str | None, str | Content]

_LEFT, _ARRIVED = "parcel left", "parcel arrived"
_PARCEL_IN_AFOSTO = {"in_transit": _LEFT, "ready_to_collect": _LEFT, "delivered": _ARRIVED}
_PARCEL_IN_SHOP = {"ship": _LEFT, "ready-for-pickup": _LEFT, "deliver": _ARRIVED, "pick-up": _ARRIVED}
_RETURN_IN_SHOP = {"RESTOCKED": "RETURNED", "RETURNED": "RETURNED", "REJECTED": "BROKEN"}


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from an act of Afosto's people (cause number `cause`) on an order to its last effect in the shop.

    `kind` is canceled, returned, parcel left or parcel arrived; `told` says whether the act's own webhook was taken.
    """

    kind: str
    order: str
    cause: int
    seconds: float
    told: bool


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of so many (`count`) latencies: seconds within which 50, 95 and 99 in a hundred have passed."""

    count: int
    p50: float
    p95: float
    p99: float


def latencies(
    sold: Mapping[str, Sequence[Document]],
    held: Iterable[Document],
    shop_causes: Mapping[str, Iterable[Document]],
    afosto_causes: Iterable[Document],
    deliveries: Iterable[Document],
) -> Iterator[Latency]:
    """Pair causes with effects; arguments as for `workers.local.proof.compare`, and the webhooks Afosto sent."""
    told = {row["cause"] for row in deliveries if any(200 <= answer < 300 for answer in row["answers"])}
    opened = {order["reference"]: order for order in held if order["status"] != "CONCEPT"}
    there = by_order(afosto_causes)
    for shop, orders in sold.items():
        here = by_order(shop_causes[shop])
        for order in orders:
            name = reference(shop, order["id"])
            if name in opened:
                counterpart = opened[name]
                causes = _in_afosto(counterpart, order["pickup"], there.get(counterpart["id"], []))
                yield from _paired(name, causes, _in_shop(order, here.get(order["id"], [])), told)


def measure(
    epages: EpagesControl, afosto: AfostoControl, shops: Sequence[str], tenant: str, after: int = 0
) -> dict[str, Percentiles]:
    """Read both simulators and give the percentiles of `by_source`, of the causes in Afosto numbered above `after`."""
    return by_source(row for row in read_latencies(epages, afosto, shops, tenant) if row.cause > after)


def read_latencies(
    epages: EpagesControl, afosto: AfostoControl, shops: Sequence[str], tenant: str
) -> Iterator[Latency]:
    """Read both simulators and pair the causes of a tenant with the effects in its shops."""
    sold, causes = ({shop: read(shop) for shop in shops} for read in (epages.orders, epages.causes))
    return latencies(sold, afosto.orders(tenant), causes, afosto.causes(tenant), afosto.deliveries(tenant))


def percentiles(seconds: Iterable[float]) -> Percentiles:
    """The percentiles by nearest rank; NaN where there is nothing."""
    ranked = sorted(seconds)

    def at(share: float) -> float:
        return ranked[math.ceil(share * len(ranked)) - 1] if ranked else math.nan

    return Percentiles(len(ranked), at(0.5), at(0.95), at(0.99))


def by_source(found: Iterable[Latency]) -> dict[str, Percentiles]:
    """The percentiles of all latencies, of those a webhook told of, and of those a walk had to find."""
    rows = list(found)
    return {
        "all": percentiles(row.seconds for row in rows),
        "told by a webhook": percentiles(row.seconds for row in rows if row.told),
        "found by a walk": percentiles(row.seconds for row in rows if not row.told),
    }


def _paired(
    name: str, causes: Mapping[Key, list[tuple[float, int]]], effects: Mapping[Key, list[float]], told: set[int]
) -> Iterator[Latency]:
    longest: dict[tuple[str, int], float] = {}
    for key, acts in causes.items():
        seen = sorted(effects.get(key, ()))
        if len(seen) != len(acts):
            continue
        for (at, cause), effect in zip(sorted(acts), seen, strict=True):
            longest[key[0], cause] = max(longest.get((key[0], cause), effect - at), effect - at)
    for (kind, cause), seconds in longest.items():
        yield Latency(kind, name, cause, seconds, cause in told)


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
                found[_undone(unit)].append(moment)
        elif cause["action"] in _PARCEL_IN_AFOSTO:
            parcel = parcels[cause["parcel"]]
            content = frozenset() if pickup else content_of((units[u]["line_ref"], 1) for u in parcel["units"])
            found[_PARCEL_IN_AFOSTO[cause["action"]], parcel["track_trace_code"], content].append(moment)
    return found


def _undone(unit: Document) -> Key:
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
