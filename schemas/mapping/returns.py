"""Which Afosto units an order's returns in the shop concern."""

from collections.abc import Mapping

from schemas import afosto, epages
from schemas.mapping.counts import UnitPool, gone_out, remainder

RETURNED = "RETURNED"
BROKEN = "BROKEN"


def units_to_return(
    order: epages.Order,
    afosto_order: afosto.Order,
    imported: Mapping[tuple[str, str], int],
    exported: Mapping[tuple[str, str], int],
) -> tuple[list[str], list[str]]:
    """Give the ids of the units still to take back: those to restock (returned), those not to (broken).

    Per (line id, RETURNED or BROKEN): `imported` returns were carried over by us, `exported` ones began in Afosto.
    Raises Drift when these exceed what the shop says, NeedsPerson (return-conflict) when too few units lie in parcels.
    """
    pool = UnitPool(afosto_order, gone_out)
    units: dict[str, list[str]] = {RETURNED: [], BROKEN: []}
    for line in order.lines:
        for status, count in ((RETURNED, line.returned), (BROKEN, line.broken)):
            figures = {
                f"{status} in the shop": count,
                "begun in Afosto": exported.get((line.id, status), 0),
                "carried over": imported.get((line.id, status), 0),
            }
            need = remainder(figures, order.id, line.id, "to return")
            units[status] += pool.take(line.id, need, reason="return-conflict", purpose="taken back")
    return units[RETURNED], units[BROKEN]
