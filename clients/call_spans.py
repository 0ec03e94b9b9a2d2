"""One span for each call to a vendor."""

from contextlib import AbstractContextManager

from schemas.vendors import Vendor
from tracing.spans import Kind, span


def call_span(vendor: Vendor, operation: str, path: str | None = None, *, effect: bool) -> AbstractContextManager[None]:
    """Record a call as a span. `operation`: its method at ePages, the name of its document at Afosto.

    `path` is the path below the shop's address, with ids and without parameters. `effect`: the call changes something.
    """
    return span(f"{vendor} {operation}", Kind.CLIENT, vendor=vendor.value, path=path, effect=effect)
