"""Who serves an order: a lot that the shop and Afosto both draw from its id, so that they agree without talking."""

import hashlib

_DRAWN_FROM = 2**48


def fraction_of(order_id: str) -> float:
    """The number in 0 ≤ lot < 1 that belongs to an ePages order for good."""
    return int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:6], "big") / _DRAWN_FROM


def shop_serves(order_id: str, share: float) -> bool:
    """Whether the order is in the shop's share (0..1), which is taken from the lower end."""
    return fraction_of(order_id) < share


def afosto_serves(reference: str | None, share: float) -> bool:
    """Whether the order is in Afosto's share (0..1), taken from the upper end; `reference` ends in `/ORDER ID`.

    Both serve an order only where the two shares come to more than 1. An order without reference is nobody's.
    """
    return reference is not None and fraction_of(reference.rpartition("/")[2]) >= 1 - share
