"""Any JSON value at any place of an order loads, or is refused with the field's name, and never blocks the process."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import afosto, epages
from schemas.errors import MalformedDocument
from schemas.values.numbers import read_constant, read_decimal, read_int

pytestmark = pytest.mark.slow

LITERALS = [
    "1e9999999",
    "-1e99999999999999999999",
    "0e-99999999",
    "NaN",
    "-Infinity",
    "9" * 3000,
    "-0.0",
    "1e30",
    "2147483648",
]
TEXTS = st.sampled_from(
    ["\0", "\ud800", "x" * 20_000, "\x1b[31m", "\u202e", "", " ", "null", "0001-01-01T00:00:00+14:00"]
)
ANYTHING = st.one_of(
    st.sampled_from(LITERALS),
    TEXTS.map(json.dumps),
    st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3)).map(
        json.dumps
    ),
)


def _places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def _with(document: Any, place: tuple[Any, ...], literal: str) -> Any:
    """Write the literal at the place, and read the whole as the clients do."""
    holder = {"document": copy.deepcopy(document)}
    target: Any = holder
    *above, last = ("document", *place)
    for key in above:
        target = target[key]
    target[last] = "@here@"
    text = json.dumps(holder, default=float).replace('"@here@"', literal)
    return json.loads(text, parse_float=read_decimal, parse_int=read_int, parse_constant=read_constant)["document"]


@pytest.mark.parametrize(("name", "load"), [("epages_order", epages.load_order), ("afosto_order", afosto.load_order)])
def test_anything_anywhere_in_an_order_loads_or_is_refused_by_name(name: str, load: Any, read: Any) -> None:
    document = read(name)
    places = st.sampled_from(_places(document))

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(place=places, literal=ANYTHING)
    def check(place: tuple[Any, ...], literal: str) -> None:
        with suppress(MalformedDocument):
            load(_with(document, place, literal))

    check()
