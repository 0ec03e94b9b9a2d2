"""The two vendors, and which of them caused an error: the vendor's client marks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from schemas.errors import NeedsPerson


class Vendor(StrEnum):
    """The vendors' names, as the ledger stores the health of each."""

    EPAGES = "epages"
    AFOSTO = "afosto"


@contextmanager
def attribute_errors_to(vendor: Vendor) -> Iterator[None]:
    """Set `vendor` on each NeedsPerson error raised in the block, unless it is set already."""
    try:
        yield
    except NeedsPerson as error:
        error.vendor = error.vendor or vendor
        raise
