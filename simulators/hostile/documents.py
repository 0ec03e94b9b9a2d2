"""Puts an oddity into a JSON document, in place of a random number or text."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulators.hostile.values import NUMBERS, TEXTS, Oddity

# A placeholder until the oddity is written: Python's JSON cannot write 1e9999999.
_MARK = "\N{PILE OF POO} here goes the oddity \N{PILE OF POO}"
_WRITTEN = json.dumps(_MARK, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Place:
    """A value inside a document: the list or object that holds it, and its key there; `path` is dotted."""

    path: str
    holder: Any
    key: str | int

    @property
    def value(self) -> Any:
        """The value at this place."""
        return self.holder[self.key]


def odd_document(body: bytes, oddity: Oddity, draw: random.Random, at: str | None = None) -> tuple[bytes, str] | None:
    """The body with the oddity in place of a random number or text, and the dotted path of that place.

    `at` is a regular expression searched in the path. None when the body has no such place.
    """
    document = json.loads(body)
    places = [place for place in _places(document) if _fits(oddity, place.value) and re.search(at or "", place.path)]
    if not places:
        return None
    place = draw.choice(places)
    return with_oddity(document, place, oddity, draw), place.path


def with_oddity(document: Any, place: Place, oddity: Oddity, draw: random.Random) -> bytes:
    """The document's JSON with the oddity at a place of it; this changes the document."""
    literal = oddity.write(place.value, draw)
    place.holder[place.key] = _MARK
    return as_json(document).replace(_WRITTEN, literal.encode())


def as_json(document: Any) -> bytes:
    """The document in the form of both vendors: compact, UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def place_at(document: Any, path: str) -> Place:
    """The place of a dotted path; raises ValueError if there is no single value."""
    found = next((place for place in _places(document) if place.path == path), None)
    if found is None:
        raise ValueError(f"no value at {path}")
    return found


def oddity_named(name: str) -> Oddity:
    """The odd number or text of this name; raises ValueError."""
    found = NUMBERS.get(name) or TEXTS.get(name)
    if found is None:
        raise ValueError(f"no such oddity: {name}; known are {', '.join([*NUMBERS, *TEXTS])}")
    return found


def _fits(oddity: Oddity, value: Any) -> bool:
    if oddity.name in TEXTS:
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _places(value: Any, path: str = "") -> Iterator[Place]:
    """Every place in a document whose value is neither a list nor an object."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        inside = f"{path}.{key}".lstrip(".")
        if isinstance(inner, dict | list):
            yield from _places(inner, inside)
        else:
            yield Place(inside, value, key)
