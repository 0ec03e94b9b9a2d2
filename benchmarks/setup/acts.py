"""Acts of people in the shop and in Afosto, each with the least calls that carry it over.

An act prepares an order without counting, and counts what the connector does from the moment at which it has heard of
the act.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.measure.vendor_calls import Meter
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.world import TENANT

UNPAID: dict[str, Any] = {"payment": "Rechnung", "paid": False}
# Does something to an order, given as both sides have it.
Deed = Callable[[Driver, Document, Document], object]


@dataclass(frozen=True, slots=True)
class Act:
    """`run` does it once; `least` are the least calls to the shop and to Afosto; `why` there are more."""

    name: str
    run: Callable[[Driver, Meter], None]
    least: tuple[int, int]
    why: str

    def __str__(self) -> str:
        return self.name


def _imports(driver: Driver, meter: Meter, **details: Any) -> None:
    driver.place(lines=driver.lines(2, 1), **details)
    _carry_from_shop(driver, meter)


def _opens(driver: Driver, meter: Meter) -> None:
    order = driver.place(lines=driver.lines(2, 1), **UNPAID)
    driver.poll()
    driver.settle()
    driver.world.epages.act(driver.store, order["id"], "pay")
    _carry_from_shop(driver, meter)


def _in_shop(driver: Driver, meter: Meter, name: str, before: Sequence[str] = ()) -> None:
    """Carry over an act in the shop; `before` are acts that were carried over already."""
    order = _order(driver)[0]
    for each in before:
        driver.world.epages.act(driver.store, order["id"], each)
        driver.poll()
        driver.settle()
    driver.world.epages.act(driver.store, order["id"], name)
    _carry_from_shop(driver, meter)


def _in_afosto(driver: Driver, meter: Meter, deed: Deed, before: Sequence[Deed] = ()) -> None:
    """Carry over an act in Afosto; `before` are acts that were carried over already."""
    order, copy = _order(driver)
    for each in before:
        each(driver, order, copy)
        driver.look(order)
        driver.settle()
        driver.poll()
        driver.settle()
    deed(driver, order, copy)
    with meter:
        driver.look(order)
        driver.settle()
    _see_again(driver, meter)


def _looks(driver: Driver, meter: Meter) -> None:
    order, _ = _order(driver)
    with meter:
        driver.look(order)
        driver.settle()


def _polls(driver: Driver, meter: Meter) -> None:
    driver.poll()
    driver.settle()
    with meter:
        driver.poll()
        driver.settle()


def _scans(driver: Driver, meter: Meter) -> None:
    with meter:
        driver.walk()
        driver.settle()


def _order(driver: Driver) -> tuple[Document, Document]:
    order = driver.place(lines=driver.lines(2, 1))
    driver.poll()
    driver.settle()
    return order, driver.afosto(order)


def _carry_from_shop(driver: Driver, meter: Meter) -> None:
    driver.poll()
    with meter:
        driver.settle()
    _see_again(driver, meter)


def _see_again(driver: Driver, meter: Meter) -> None:
    """Count what the connector does when the next poll shows what it wrote itself."""
    driver.poll()
    with meter:
        driver.settle()


def _ship(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ship(TENANT, copy["id"], code=f"T{order['id'][:8]}")


def _deliver(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.deliver(TENANT, copy["id"])


def _cancel(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy))


def _returns(driver: Driver, meter: Meter, outcome: str) -> None:
    def come_back(driver: Driver, order: Document, copy: Document) -> None:
        driver.world.afosto.return_(TENANT, copy["id"], units(copy), outcome)

    _in_afosto(driver, meter, come_back, before=(_ship, _deliver))


FRESH = "both sides are read again just before the write, and Afosto once more when the poll shows it"
FRESH_PARCEL = "both sides are read again just before the write, and once more when the poll shows it"
ONE_BY_ONE = "each step is a request of its own, and the order is read before: people may have changed it"

ACTS = (
    Act("scan of Afosto without news", _scans, (0, 1), "nothing: one list tells of all orders"),
    Act("poll of the shop without news", _polls, (1, 0), "nothing: one list tells of all orders"),
    Act("comparison without news", _looks, (0, 1), "nothing: an event does not say what changed"),
    Act(
        "paid order imported", _imports, (0, 2), "items and opening are two requests: a lost answer leaves one in doubt"
    ),
    Act("unpaid order imported", partial(_imports, **UNPAID), (0, 2), "nothing: items need the id of the draft"),
    Act("unpaid order opened when paid", _opens, (0, 1), "the draft is read first: people may have changed it"),
    Act("canceled in the shop", partial(_in_shop, name="cancel"), (0, 1), ONE_BY_ONE),
    Act(
        "shipped in the shop",
        partial(_in_shop, name="ship"),
        (1, 2),
        "the order in Afosto is read before: people may have changed it",
    ),
    Act("returned in the shop", partial(_in_shop, name="return", before=("ship",)), (0, 1), ONE_BY_ONE),
    Act("parcel created in Afosto", partial(_in_afosto, deed=_ship), (2, 1), FRESH_PARCEL),
    Act("parcel delivered in Afosto", partial(_in_afosto, deed=_deliver, before=(_ship,)), (1, 1), FRESH_PARCEL),
    Act("canceled in Afosto", partial(_in_afosto, deed=_cancel), (1, 1), FRESH),
    Act("return accepted in Afosto", partial(_returns, outcome="restocked"), (1, 1), FRESH),
    Act("return rejected in Afosto", partial(_returns, outcome="rejected"), (1, 1), FRESH),
)
