"""What a person can do about a shop order that cannot be read: in the shop, not in the connector's code."""

from schemas.wording.phrases import Phrase, phrase

_SKU = phrase(
    "The product of that line has no SKU: give it one in the shop. Orders placed before that still have none: for this "
    "one, enter the order in Afosto by hand and drop this job."
)
_COUNTRY = phrase(
    "That address has no country: choose one in the order's address in the shop, or enter the order in Afosto by hand "
    "and drop this job."
)
_ADDRESS = phrase(
    "The order has no address: enter its billing address in the shop, or enter the order in Afosto by hand and drop "
    "this job."
)
_AMOUNT = phrase(
    "The shop's API sends an amount that is not valid: compare the order's amounts in the shop's cockpit, report its "
    "number to the support of ePages, and enter the order in Afosto by hand and drop this job."
)
# Chosen by the end of the wrong field's path.
_REMEDIES = (
    ("product.sku", _SKU),
    ("Address.country", _COUNTRY),
    ("billingAddress", _ADDRESS),
    (".amount", _AMOUNT),
    (".taxRate", _AMOUNT),
)


def remedy(field: str) -> Phrase:
    """Return what to do about a document whose field at this dotted path is wrong."""
    for ending, what in _REMEDIES:
        if field.endswith(ending):
            return phrase(
                "%(what)s It is read again automatically, with growing pauses (field '%(field)s').",
                what=what,
                field=field,
            )
    return phrase(
        "Look at the field '%(field)s' of the document and ask the vendor to correct it; it is "
        "read again automatically with growing pauses. If the vendor has changed the document's "
        "shape, update the schema.",
        field=field,
    )
