"""What a person can do about a shop order that cannot be read: in the shop, not in the connector's code."""

_BY_HAND = "enter the order in Afosto by hand and drop this job"
_SKU = (
    "The product of that line has no SKU: give it one in the shop. Orders that were placed before keep none: for this "
    f"one, {_BY_HAND}."
)
_COUNTRY = f"That address has no country: choose one in the order's address in the shop, or {_BY_HAND}."
_ADDRESS = f"The order has no address: enter its billing address in the shop, or {_BY_HAND}."
_AMOUNT = (
    "The shop's API writes that amount in a way that is no amount: compare the order's amounts in the shop's cockpit, "
    f"tell the support of ePages its number, and {_BY_HAND}."
)
# Chosen by the end of the wrong field's path.
_REMEDIES = (
    ("product.sku", _SKU),
    ("Address.country", _COUNTRY),
    ("billingAddress", _ADDRESS),
    (".amount", _AMOUNT),
    (".taxRate", _AMOUNT),
)


def remedy(field: str) -> str:
    """Return what to do about a document whose field at this dotted path is wrong."""
    for ending, what in _REMEDIES:
        if field.endswith(ending):
            return f"{what} It is read again by itself, with growing pauses (field {field!r})."
    return (
        f"Look at the field {field!r} of the document and let the vendor mend it; it is read again by itself, with "
        "growing pauses. When the vendor's shape has changed, update the schema."
    )
