"""Helpers for tests of `connector reconcile`: trade on both sides, losses in the ledger, and the differences found."""

import json
from typing import Any, LiteralString

from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT

Document = dict[str, Any]

KINDS = {
    "cancel": "canceled",
    "ship": "shipped",
    "deliver": "delivered",
    "return": "returned",
    "return_": "returned",
}


def found(connector: Commands, *options: str, code: int | None = None) -> list[Document]:
    """Reconcile and return the differences. The exit code must be 1 if one of them is not on its way, otherwise 0."""
    result = connector("reconcile", connector.store, "--json", *options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    rows: list[Document] = json.loads(result.stdout)["differences"]
    expected = int(any(row["state"] != "on its way" for row in rows))
    assert result.exit_code == (expected if code is None else code), rows
    return rows


def repaired(driver: Driver, connector: Commands) -> None:
    """Repair, run the jobs, and expect no differences any more."""
    found(connector, "--repair")
    driver.hurry()
    driver.settle()
    assert found(connector) == []


def placed(driver: Driver) -> Document:
    """Place an order in a shop that has been polled before."""
    driver.poll()
    return driver.place()


def trade(driver: Driver) -> None:
    """Create orders with everything that can happen to them, on either side, and carry it over."""
    act, afosto = driver.world.epages.act, driver.world.afosto
    orders = [driver.place(lines=lines(driver, 3)) for _ in range(7)]
    pickup = driver.place(pickup=True, lines=lines(driver, 3))
    driver.place(test=True)
    act(driver.store, orders[0]["id"], "cancel")
    act(driver.store, orders[1]["id"], "cancel", lines={orders[1]["lines"][0]["id"]: 1})
    driver.poll()
    driver.settle()
    act(driver.store, orders[2]["id"], "ship", lines={orders[2]["lines"][0]["id"]: 2})
    act(driver.store, orders[2]["id"], "deliver")
    act(driver.store, orders[2]["id"], "return", lines={orders[2]["lines"][0]["id"]: 1}, status="BROKEN")
    act(driver.store, orders[3]["id"], "cancel", lines={orders[3]["lines"][0]["id"]: 1})
    copies = [driver.afosto(order) for order in orders[4:]]
    units = [[unit["id"] for unit in copy["units"]] for copy in copies]
    afosto.cancel(TENANT, copies[0]["id"], units[0][:1])
    afosto.ship(TENANT, copies[0]["id"])
    afosto.ship(TENANT, copies[1]["id"], units[1][:2])
    afosto.return_(TENANT, copies[1]["id"], units[1][:1], "rejected")
    afosto.cancel(TENANT, copies[2]["id"])
    afosto.ready(TENANT, driver.afosto(pickup)["id"])
    for _ in range(3):
        driver.both()
        driver.settle()
    assert driver.parked() == []


def act_in_afosto(driver: Driver, copy: Document, act: str) -> None:
    units = [unit["id"] for unit in copy["units"]]
    details = (units, "restocked") if act == "return_" else ()
    getattr(driver.world.afosto, act)(TENANT, copy["id"], *details)


def lines(driver: Driver, quantity: int) -> list[Document]:
    return [{"sku": driver.world.epages.stock(driver.store)[0]["sku"], "quantity": quantity}]


def copies(driver: Driver, order: Document) -> list[Document]:
    name = f"{driver.store}/{order['id']}"
    return [copy for copy in driver.world.afosto.orders(TENANT) if copy["reference"] == name]


def forget(driver: Driver, table: str, flow: str | None = None) -> None:
    """Delete rows from the ledger, as if an older backup had been restored."""
    statements: dict[str, LiteralString] = {
        "jobs": "delete from jobs where store = %s and flow = %s",
        "links": "delete from links where store = %s",
        "watched": "delete from watched where store = %s",
    }
    values = (driver.store, flow) if flow else (driver.store,)
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statements[table], values))


def pass_by(driver: Driver) -> None:
    """Move the cursor past all changes so far, as if they had been read but not stored."""
    execute(
        driver,
        "update cursors set position = now() + interval '1 h', next_poll_at = null where store = %s",
    )


def execute(driver: Driver, statement: LiteralString) -> None:
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statement, (driver.store,)))
