"""An address of the shop as Afosto takes it: street and house number apart."""

import re

from schemas import afosto, epages

# Where the house number is written before the street.
_NUMBER_FIRST = frozenset({"AU", "CA", "FR", "GB", "IE", "NZ", "US"})
_NUMBER = r"(?P<number>\d{1,5}(?: ?[-–/] ?\d{1,5})?)"
# No longer words: "Straße des 17. Juni" has no house number.
_SUFFIX = r"(?: ?[-/]? ?(?P<suffix>[A-Za-z]{1,2}|bis|ter|[IVX]{1,4}))?"
_AT_END = re.compile(rf"(?<=[ .,]){_NUMBER}{_SUFFIX}$")
# "5th Avenue" has no house number, "12a High Street" has.
_AT_START = re.compile(rf"^{_NUMBER}(?P<suffix>[A-Za-z])?,? (?=[^\d]*$)")
_ALONE = re.compile(rf"^{_NUMBER}(?: ?[-/]? ?(?P<suffix>[^\d\s].*|\d/\d))?$")

NO_NUMBER = "-"


def address_draft(address: epages.Address) -> afosto.AddressDraft:
    """Map an address. Where it has no house number, `premise_number` is "-": Afosto demands one."""
    street, number, suffix = split_street(address)
    return afosto.AddressDraft(
        given_name=address.first_name,
        additional_name=address.middle_name,
        family_name=address.last_name,
        organisation=address.company,
        country_code=address.country,
        administrative_area=address.state,
        locality=address.city or "-",
        postal_code=address.postal_code,
        thoroughfare=street or "-",
        premise_number=number or NO_NUMBER,
        premise_number_suffix=suffix,
        address_line_1=_first_line(address),
        address_line_2=address.street_details,
    )


def split_street(address: epages.Address) -> tuple[str, str | None, str | None]:
    """Give (street, house number, suffix): from the field of its own, else from the street where that is plain."""
    street = _tidy(address.street)
    if address.house_number:
        written = _tidy(address.house_number)
        found = _ALONE.search(written)
        return (street, found["number"], found["suffix"]) if found else (street, written, None)
    found = (_AT_START if address.country in _NUMBER_FIRST else _AT_END).search(street)
    rest = (street[: found.start()] + street[found.end() :]).strip(" ,") if found else ""
    # A street of digits alone is no street with a number.
    return (rest, found["number"], found["suffix"]) if found and rest else (street, None, None)


def _first_line(address: epages.Address) -> str:
    parts = [_tidy(address.street), _tidy(address.house_number)]
    if address.country in _NUMBER_FIRST:
        parts.reverse()
    return " ".join(filter(None, parts)) or "-"


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())
