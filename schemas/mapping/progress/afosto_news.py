"""News of an Afosto order: changes that began in Afosto, so no link and no open intent explains them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schemas.afosto import Order, Parcel, Unit
from schemas.mapping.progress.shipments import GONE, RANK

# Afosto's status of a returned unit → the shop's. An accepted return is RETURNED, whether it was restocked or not.
RETURN_STATUS = {"RESTOCKED": "RETURNED", "RETURNED": "RETURNED", "REJECTED": "BROKEN"}
_APPROVAL = "HANDLE_APPROVAL"


@dataclass(frozen=True, slots=True)
class Known:
    """What links explain: contra ids of cancellations, ids of returned units, parcel id → status carried over."""

    canceled: Collection[str]
    returned: Collection[str]
    parcels: Mapping[str, str]


def canceled_units(order: Order, known: Known) -> list[Unit]:
    """Return the units that were canceled in Afosto itself, once the cancellation is approved."""
    asked = _asked(order, _APPROVAL)
    return [
        unit
        for unit in order.units
        if unit.progress == "CANCELLED" and unit.contra_id and unit.contra_id not in {*known.canceled, *asked}
    ]


def returned_units(order: Order, known: Known, *, broken: bool) -> list[Unit]:
    """Return the units with a finished return that began in Afosto; rejected ones only with `broken`."""
    asked = _asked(order)
    statuses = RETURN_STATUS if broken else {name: s for name, s in RETURN_STATUS.items() if s != "BROKEN"}
    return [u for u in order.units if u.progress in statuses and u.id not in known.returned and u.id not in asked]


def parcels_ahead(order: Order, known: Known) -> list[Parcel]:
    """Return the parcels that are further in Afosto than was carried over, and those with an unknown status."""
    return [parcel for parcel in order.parcels if _is_ahead(parcel, known.parcels.get(parcel.id))]


def news(order: Order, known: Known, *, broken: bool) -> dict[str, list[str]]:
    """Return export flow → what it must carry over, as sorted texts; a flow without news is absent."""
    ahead = [f"{parcel.id} {parcel.status}" for parcel in parcels_ahead(order, known)]
    if ahead:
        # A pickup order becomes ready as a whole: when the rest is canceled, it may be ready.
        ahead.append(f"{sum(unit.progress == 'OPEN' for unit in order.units)} open")
    found: dict[str, Iterable[str]] = {
        "cancellations": (str(unit.contra_id) for unit in canceled_units(order, known)),
        "returns": (f"{unit.id} {unit.progress}" for unit in returned_units(order, known, broken=broken)),
        "shipments": ahead,
    }
    listed = {flow: sorted(texts) for flow, texts in found.items()}
    return {flow: texts for flow, texts in listed.items() if texts}


def _is_ahead(parcel: Parcel, carried_over: str | None) -> bool:
    if parcel.status not in RANK:
        return parcel.status != carried_over
    return RANK[parcel.status] >= GONE and RANK[parcel.status] > RANK.get(carried_over or "", 0)


def _asked(order: Order, step: str | None = None) -> set[str]:
    return {item for action in order.actions if step in (None, action.action) for item in action.item_ids}
