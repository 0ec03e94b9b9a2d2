"""What the model test of orders draws: the shop, its tenant, what people do, and what goes wrong."""

import random
from collections import Counter
from typing import Any

from hypothesis import strategies as st

from tests.chaos.faults.hostile_vendors import hostile_plans

SHOP_SWITCHES = st.fixed_dictionaries(
    {
        "list_order": st.sampled_from(["created-asc", "created-desc", "random"]),
        "equal_timestamps": st.booleans(),
        "bounds": st.sampled_from(["exclusive", "inclusive"]),
        "no_bump": st.sampled_from([[], ["shippings"], ["returns", "cancelations"]]),
        "returned_leaves_delivered": st.booleans(),
        "restock_canceled": st.booleans(),
        "restock_returned": st.booleans(),
        "whole_cancel_makes_process": st.booleans(),
        "tax_discounted": st.booleans(),
        "rounds_each": st.booleans(),
        "unit_price_rounded": st.booleans(),
        "untaxed_less_tax": st.booleans(),
        "fee_tax_split": st.booleans(),
        "free_is_paid": st.booleans(),
        # The neighbor's ids are counted, too: its orders, parcels and units have the same ones.
        "counted_ids": st.booleans(),
    }
)
# In what the shop's prices are, and how an order is priced: None is the catalog's price of a piece.
MONEY = st.fixed_dictionaries(
    {"tax_model": st.sampled_from(["GROSS", "NET"]), "currency": st.sampled_from(["EUR", "EUR", "JPY", "BHD"])}
)
PRICES = st.sampled_from([None, None, "3.333333", "0.0249", "0"])
COUPONS = st.sampled_from([False, False, "10%", "5", "100%"])
# Of half a day, as the vendor's examples have them, or so short that they end between two calls.
TOKENS = st.sampled_from([43199, 60, 1])
PAID = st.sampled_from([True, True, True, False])
# How a shipment's tracking codes begin in the shop and in Afosto, where both send it; None: it has none there.
ONE_CODE = ("T", "T")
CODES = st.sampled_from([("S", "A"), ("S", "A"), (None, "A"), ("S", None), ONE_CODE])
LOSSES = st.sampled_from(
    [
        {"kind": "reset"},
        {"kind": "503", "after_effect": True},
        {"kind": "503"},
        {"kind": "truncate"},
        {"kind": "late", "seconds": 0.7, "hold": 0.05},
        {"kind": "429", "retry_after": 0.1},
    ]
)
# What no reader may believe: what is done in good faith does not heal.
HOSTILE = st.sampled_from([fault for plan in hostile_plans().values() for fault in plan])
AFOSTO_SWITCHES = st.fixed_dictionaries(
    {name: st.booleans() for name in ("orders_list", "merge_items", "expired_opens", "other_case", "names_twice")}
)
# Choices among what exists by then: Hypothesis itself must draw the same whatever the vendors' ids are.
SEEDS = st.integers(0, 2**32)
# Few orders, so that much happens to each of them.
MOST_ORDERS = 3
# What takes pieces of an order away for good, by the side that does it.
SHOP_TAKES = ("cancel", "create-shipping", "ready-for-pickup")
AFOSTO_TAKES = ("cancel", "ship")
# What hands pieces over or takes them back; the shop alone is paid, or not.
HANDS_OVER = ("ship", "deliver", "ready", "pick-up", "return")
SHOP_ACTS = [*HANDS_OVER, "cancel", "pay", "pay-part", "void"]


def units_of(lines: dict[str, int], copy: dict[str, Any]) -> list[str]:
    """Return the ids of units that nobody has taken: for each line as many as `lines` has pieces of it."""
    pieces, chosen = Counter(lines), []
    for unit in copy["units"]:
        if pieces[unit["line_ref"]] > 0 and unit["progress"] == "OPEN" and not unit["parcel"]:
            pieces[unit["line_ref"]] -= 1
            chosen.append(unit["id"])
    return chosen


def tracking_code(draw: random.Random) -> str:
    """Return a new tracking code."""
    return f"T{draw.randrange(10**9)}"
