"""Who fulfills an order, the shop or Afosto: both compute it from the order's id, so they agree without messages."""

import hashlib

_RANGE = 2**48


def fraction_of(order_id: str) -> float:
    """A number from 0 up to 1, always the same for an ePages order id and evenly spread."""
    return int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:6], "big") / _RANGE


def shop_serves(order_id: str, share: float) -> bool:
    """Whether the order is in the shop's share (0..1), which is the lower end of the numbers."""
    return fraction_of(order_id) < share


def afosto_serves(reference: str | None, share: float) -> bool:
    """Whether the order is in Afosto's share (0..1), the upper end of the numbers; `reference` ends in `/ORDER ID`.

    Both serve an order only where the two shares add up to more than 1. Nobody serves an order without a reference.
    """
    return reference is not None and fraction_of(reference.rpartition("/")[2]) >= 1 - share
