"""The two vendors, and whose an error is: the client that met it says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from schemas.errors import NeedsPerson


class Vendor(StrEnum):
    """Under these names the ledger keeps the health of a store's vendors."""

    EPAGES = "epages"
    AFOSTO = "afosto"


@contextmanager
def met_at(vendor: Vendor) -> Iterator[None]:
    """Let every error that needs a person and leaves the block say that it is this vendor's."""
    try:
        yield
    except NeedsPerson as error:
        error.vendor = error.vendor or vendor
        raise
