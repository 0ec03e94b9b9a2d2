"""The command that erases an order has words for each part that is deleted."""

from cli.orders.erase import NAMES
from ledger.orders.erasing import PARTS


def test_each_part_has_a_name() -> None:
    assert tuple(NAMES) == PARTS
