"""How often the simulated vendors were called, by their own counts."""

from dataclasses import dataclass
from typing import Self

from tests.support.connector.world import TENANT, World

TOKENS = "/oauth/token"


@dataclass(frozen=True, slots=True)
class VendorCalls:
    """Calls to a shop, without requests for tokens, and calls to Afosto. Refused calls count too."""

    shop: int = 0
    afosto: int = 0

    def __add__(self, other: Self) -> "VendorCalls":
        return VendorCalls(self.shop + other.shop, self.afosto + other.afosto)

    def __sub__(self, other: Self) -> "VendorCalls":
        return VendorCalls(self.shop - other.shop, self.afosto - other.afosto)


def vendor_calls(world: World, shop: str) -> VendorCalls:
    """Return how often a shop and Afosto were called until now."""
    rows = world.epages.stats(shop)["requests"]
    asked = sum(row["count"] for row in rows if not row["path"].endswith(TOKENS))
    return VendorCalls(asked, world.afosto.stats(TENANT)["total"])


def refused_by_afosto(world: World) -> int:
    """Return how many calls Afosto refused because its budget was used up."""
    return int(world.afosto.stats(TENANT)["faults"].get("budget", 0))


class Meter:
    """Counts the calls to both vendors that are made while it is entered, however often that is."""

    def __init__(self, world: World, shop: str) -> None:
        self._world = world
        self._shop = shop
        self._before = VendorCalls()
        self.counted = VendorCalls()

    def __enter__(self) -> None:
        self._before = vendor_calls(self._world, self._shop)

    def __exit__(self, *_: object) -> None:
        self.counted += vendor_calls(self._world, self._shop) - self._before
