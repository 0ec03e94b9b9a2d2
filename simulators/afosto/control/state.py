"""The state of a tenant in plain JSON, for tests and proofs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from simulators.afosto.tenant.causes import Cause, Violation
from simulators.afosto.tenant.inventory import Level
from simulators.afosto.tenant.model import Order, Parcel, Unit
from simulators.afosto.tenant.tenant import Tenant


def order_state(order: Order) -> dict[str, Any]:
    """An order with every unit and parcel; `returns` maps the ids of returned units to their progress."""
    return {
        "seq": order.seq,
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "reference": order.reference,
        "customer_reference": order.customer["reference"],
        "channel_id": order.channel.id,
        "location_id": order.location.id if order.location else None,
        "total": order.total,
        "meta_data": order.meta_data,
        "units": [_unit(unit) for unit in order.units],
        "parcels": [_parcel(parcel) for parcel in order.parcels],
        "returns": {unit.id: unit.progress for unit in order.units if _came_back(unit)},
    }


def cause_documents(rows: Iterable[Cause | Violation]) -> list[dict[str, Any]]:
    """Causes or violations as JSON documents."""
    return [asdict(row) for row in rows]


def level_documents(levels: Iterable[Level]) -> list[dict[str, Any]]:
    """Stock levels as JSON documents, with what is available."""
    return [asdict(level) | {"available": level.available} for level in levels]


def stock_state(
    tenant: Tenant, sku: str, locations: Sequence[str], references: Iterable[str], before: int = 0, readings: int = 1
) -> dict[str, Any]:
    """What is available of a SKU, which units wait for it, and which of the referenced orders are opened.

    `known` is whether the SKU has a level at all. `lost` counts the pieces that were sold elsewhere or missing, and
    `reserved` the reservations by order and line, since the reads before `before` (see `Inventory.read_time`).
    `since` is the time of those reads in Unix milliseconds.
    """
    since = tenant.inventory.read_time(sku, before, readings)
    levels = tenant.inventory.select([sku], locations)
    return {
        "known": bool(levels),
        "since": since,
        "available": sum(level.available for level in levels),
        "lost": tenant.inventory.lost(sku, locations, since),
        "reserved": _by_line(tenant, tenant.inventory.reserved(sku, since)),
        "opened": [name for name in references if _is_opened(tenant, name)],
        "waiting": _by_line(tenant, tenant.inventory.waiting(sku)),
    }


def _by_line(tenant: Tenant, units: Iterable[Unit]) -> dict[str, Counter[str]]:
    """Reference of the order → line → number of these units."""
    counts: dict[str, Counter[str]] = {}
    for unit in units:
        order, _ = tenant.units[unit.id]
        if order.reference is not None:
            counts.setdefault(order.reference, Counter())[str(unit.line.meta_data.get("line_ref"))] += 1
    return counts


def _is_opened(tenant: Tenant, reference: str) -> bool:
    return any(order.status != "CONCEPT" for order in tenant.by_reference.get(reference, ()))


def _unit(unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.id,
        "sku": unit.line.sku,
        "line_ref": unit.line.meta_data.get("line_ref"),
        "progress": unit.progress,
        "step": unit.step,
        "parcel": unit.parcel_id,
        "contra": unit.contra_item_id,
        "price": unit.price,
        "is_deducted": unit.is_deducted,
    }


def _parcel(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.id,
        "status": parcel.status,
        "track_trace_code": parcel.track_trace_code,
        "track_trace_url": parcel.track_trace_url,
        "units": parcel.item_ids,
    }


def _came_back(unit: Unit) -> bool:
    return unit.progress in ("RETURNED", "RESTOCKED", "REJECTED") or bool(unit.step and unit.contra_item_id is None)
