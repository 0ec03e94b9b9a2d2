"""Which Afosto units an order's cancellations in the shop concern."""

from collections.abc import Mapping

from schemas import afosto, epages
from schemas.mapping.counts import UnitPool, remainder, waiting


def units_to_cancel(
    order: epages.Order,
    afosto_order: afosto.Order,
    imported: Mapping[str, int],
    exported: Mapping[str, int],
    canceled_before: Mapping[str, int],
) -> list[str]:
    """Give the ids of the units still to cancel.

    Per line id: `imported` cancellations were carried over by us, `exported` ones began in Afosto,
    `canceled_before` ones were left out when the order was imported. Raises Drift when these exceed what the shop
    says, NeedsPerson (cancel-conflict) when units to cancel already lie in a parcel.
    """
    pool = UnitPool(afosto_order, waiting)
    units: list[str] = []
    for line in order.lines:
        figures = {
            "canceled in the shop": line.canceled,
            "left out at import": canceled_before.get(line.id, 0),
            "begun in Afosto": exported.get(line.id, 0),
            "carried over": imported.get(line.id, 0),
        }
        need = remainder(figures, order.id, line.id, "to cancel")
        units += pool.take(line.id, need, reason="cancel-conflict", purpose="canceled")
    return units
