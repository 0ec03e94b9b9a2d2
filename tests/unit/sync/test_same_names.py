"""Locations of one name on both sides are mapped to each other, as far as the name tells which is meant."""

from types import SimpleNamespace
from typing import Any

import pytest

from schemas import afosto, epages
from sync.connecting.connect_store import same_names


def side(kind: type[Any], **names: str) -> Any:
    return SimpleNamespace(locations=lambda: tuple(kind(id=key, name=name) for key, name in names.items()))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"here": "Hamburg"}, {"a": "Hamburg", "b": "Hamburg"}),
        ({"here": "Hamburg", "there": "Hamburg"}, {"a": "Hamburg"}),
    ],
)
def test_a_name_that_two_locations_of_a_side_bear_maps_none(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert same_names(side(epages.Location, **ours), side(afosto.Location, **theirs)) == {}


def test_a_name_that_each_side_has_once_is_mapped() -> None:
    shop = side(epages.Location, here="Hamburg", there="Utrecht")
    assert same_names(shop, side(afosto.Location, a="Hamburg", b="Berlin")) == {"here": "a"}
