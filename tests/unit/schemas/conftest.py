"""Small realistic documents of both vendors, and what they load into."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas import afosto, epages

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def read() -> Callable[[str], Any]:
    """Read a document of the data folder, as the clients do."""
    return lambda name: json.loads((DATA / f"{name}.json").read_text(), parse_float=Decimal)


@pytest.fixture
def order_doc(read: Callable[[str], Any]) -> Any:
    """The JSON of a shipped order with two lines and one of four units canceled; tests may change it."""
    return copy.deepcopy(read("epages_order"))


@pytest.fixture(scope="session")
def order(read: Callable[[str], Any]) -> epages.Order:
    return epages.load_order(read("epages_order"))


@pytest.fixture(scope="session")
def pickup_order(read: Callable[[str], Any]) -> epages.Order:
    return epages.load_order(read("epages_pickup_order"))


@pytest.fixture(scope="session")
def afosto_order(read: Callable[[str], Any]) -> afosto.Order:
    """The same order in Afosto: one unit of tea packed, two unpacked, the pot canceled."""
    return afosto.load_order(read("afosto_order"))
