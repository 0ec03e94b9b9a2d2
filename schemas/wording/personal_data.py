"""Masks what tells who bought, in a vendor's document that is shown to people."""

from collections.abc import Mapping
from typing import Any

MASK = "•••"
# Everything below a key with one of these in its name is about a person, but for what `_HARMLESS` names.
_ABOUT_PEOPLE = ("address", "contact", "customer", "recipient", "billing", "buyer", "consumer")
_HARMLESS = frozenset({"country", "countrycode", "country_code", "currency", "_id", "id", "salutation"})
# A key with one of these in its name holds personal data wherever it stands.
_PERSONAL = (
    *("email", "mail", "phone", "mobile", "fax", "street", "housenumber", "house_number", "postal", "zip", "city"),
    *("firstname", "first_name", "middlename", "lastname", "last_name", "fullname", "given_name", "family_name"),
    *("company", "comment", "note", "birth", "vatid", "vat_number", "doorcode", "customtext", "iban", "locality"),
)


def masked(document: Any) -> Any:
    """Return a JSON document without names, addresses, mail addresses, phone numbers, and what people wrote.

    Empty values stay empty, so that one sees what is missing. Numbers, codes of countries, and ids stay.
    """
    return _masked(document, about_a_person=False)


def _masked(value: Any, *, about_a_person: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _entry(str(key).lower(), each, about_a_person) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, about_a_person=about_a_person) for each in value]
    return MASK if about_a_person and isinstance(value, str) and value.strip() else value


def _entry(key: str, value: Any, about_a_person: bool) -> Any:
    if key in _HARMLESS and not isinstance(value, Mapping | list):
        return value
    personal = about_a_person or any(word in key for word in (*_ABOUT_PEOPLE, *_PERSONAL))
    return _masked(value, about_a_person=personal)
