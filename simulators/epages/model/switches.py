"""Vendor behavior that is not documented, as switches of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from simulators.epages.model.orders import Accounting

LIST_ORDERS = ("created-asc", "created-desc", "random")
BOUNDS = ("exclusive", "inclusive")


@dataclass(frozen=True, slots=True)
class Switches:
    """How this shop behaves where the vendor documents nothing.

    list_order: created-asc, created-desc, or random (another order for each request).
    equal_timestamps: `updatedAt` is cut to the second.
    bounds: whether `…After` and `…Before` are exclusive or inclusive.
    late_rows: seconds until a write shows in lists; its `updatedAt` is still the time of the write.
    no_bump: process kinds (shippings, pickups, returns, cancellations) whose writes do not change `updatedAt`.
    returned_leaves_delivered: returned pieces no longer count as delivered or picked up.
    restock_canceled, restock_returned: such pieces go back into the shop's stock (BROKEN pieces never do).
    whole_cancel_makes_process: `POST …/cancel` creates a cancellation process as well.
    tax_discounted: a line's tax is that of its price less its share of the coupon.
    rounds_each: each tax is rounded to whole minor units, instead of the sum.
    unit_price_rounded: a unit price with fractions of a cent is shown rounded.
    untaxed_less_tax: the total of an order that is not taxable is its gross prices less their taxes, not these prices.
    fee_tax_split: a fee is taxed at the rates of the goods, in proportion.
    free_is_paid: an order that costs nothing is PAID, not PENDING.
    variation_finds_product: find-by-sku answers a variation's SKU with the product it belongs to, not with 404.
    accept_excess: the API accepts more pieces than are left of a line; that is then a violation.
    counted_ids: ids are counted, so two shops give equal ids.
    """

    list_order: str = "created-asc"
    equal_timestamps: bool = False
    bounds: str = "exclusive"
    late_rows: float = 0.0
    no_bump: tuple[str, ...] = ()
    returned_leaves_delivered: bool = False
    restock_canceled: bool = True
    restock_returned: bool = False
    whole_cancel_makes_process: bool = True
    tax_discounted: bool = False
    rounds_each: bool = False
    unit_price_rounded: bool = False
    untaxed_less_tax: bool = False
    fee_tax_split: bool = False
    free_is_paid: bool = False
    variation_finds_product: bool = False
    accept_excess: bool = False
    counted_ids: bool = False

    def __post_init__(self) -> None:
        if self.list_order not in LIST_ORDERS:
            raise ValueError(f"list_order is one of {', '.join(LIST_ORDERS)}, not {self.list_order}")
        if self.bounds not in BOUNDS:
            raise ValueError(f"bounds is one of {', '.join(BOUNDS)}, not {self.bounds}")

    def accounting(self, taxable: bool) -> Accounting:
        """How to add up an order that is placed now."""
        names = [field.name for field in fields(Accounting) if field.name != "taxable"]
        return Accounting(taxable, **{name: getattr(self, name) for name in names})

    def changed(self, values: Mapping[str, Any]) -> "Switches":
        """A copy with `values` set; raises ValueError for a switch or value that does not exist."""
        unknown = values.keys() - {f.name for f in fields(self)}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        settings: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return replace(self, **settings)
