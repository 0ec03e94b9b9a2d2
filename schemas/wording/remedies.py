"""What a person can do about a shop order that cannot be read: in the shop, not in the connector's code."""

_BY_HAND = "enter the order in Afosto by hand and drop this job"
_SKU = (
    "The product of that line has no SKU: give it one in the shop. Orders placed before that still have none: for this "
    f"one, {_BY_HAND}."
)
_COUNTRY = f"That address has no country: choose one in the order's address in the shop, or {_BY_HAND}."
_ADDRESS = f"The order has no address: enter its billing address in the shop, or {_BY_HAND}."
_AMOUNT = (
    "The shop's API sends an amount that is not valid: compare the order's amounts in the shop's cockpit, report its "
    f"number to the support of ePages, and {_BY_HAND}."
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
            return f"{what} It is read again automatically, with growing pauses (field {field!r})."
    return (
        f"Look at the field {field!r} of the document and ask the vendor to correct it; it is read again automatically "
        "with growing pauses. If the vendor has changed the document's shape, update the schema."
    )
