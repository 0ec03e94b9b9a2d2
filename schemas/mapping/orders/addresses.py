"""Maps a shop address to Afosto's form: street and house number separate, plus the whole line."""

import re

from schemas import afosto, epages
from schemas.mapping.orders.streets import Split, number_first, split_line

# The content of a house number field, with what follows the number: "12a", "40-42 B", "10 bus 3".
_NUMBER = r"(?P<number>\d{1,5}(?: ?[-–/] ?\d{1,5})?)"
_FIELD = re.compile(rf"^{_NUMBER}(?: ?[-/]? ?(?P<suffix>[^\d\s].*|\d/\d))?$")

NO_NUMBER = "-"


def address_draft(address: epages.Address) -> afosto.AddressDraft:
    """Map an address. Without a house number, `premise_number` is "-", because Afosto requires one."""
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
    """Return (street, house number, suffix): from the house number field, else from the street if that is certain."""
    street, written = _tidy(address.street), _tidy(address.house_number)
    found = split_line(street or written, address.country)
    if not (street and written):
        return (found.street, found.number, found.suffix) if found else (street, written or None, None)
    number, suffix = _field(written)
    if found and _is_doubled(found, written):
        return found.street, number, suffix or found.suffix
    return street, number, suffix


def _field(written: str) -> tuple[str, str | None]:
    """Split the house number field into (number, suffix); all of it is the number if it has an unknown form."""
    found = _FIELD.search(written)
    return (found["number"], found["suffix"]) if found else (written, None)


def _is_doubled(found: Split, written: str) -> bool:
    """Whether street and house number field hold the same number, and their suffixes do not contradict."""
    number, suffix = _field(written)
    one, other = _plain(suffix), _plain(found.suffix)
    return _plain(number) == _plain(found.number) and (not one or not other or one == other)


def _first_line(address: epages.Address) -> str:
    street, written = _tidy(address.street), _tidy(address.house_number)
    found = split_line(street, address.country)
    if found and written and _is_doubled(found, written):
        says_more = bool(_field(written)[1]) and not found.suffix
        street, written = (found.street, written) if says_more else (street, "")
    parts = [written, street] if number_first(address.country) else [street, written]
    return " ".join(filter(None, parts)) or "-"


def _plain(text: str | None) -> str:
    """Normalize a number for comparison: remove spaces and punctuation, ignore case."""
    return re.sub(r"[\s.,-]", "", text or "").casefold()


def _tidy(text: str | None) -> str:
    return " ".join((text or "").split())
