"""What a person is told of an order and its jobs."""

import json
from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.jobs import only_job
from tests.support.ledger.reconcile_cases import lines


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.mark.parametrize("flow", ["looks", "shipments"])
def test_a_job_for_an_order_s_number_is_parked_and_names_the_id(driver: Driver, connector: Commands, flow: str) -> None:
    order, _ = driver.imported()
    driver.runtime.ledger.jobs.request_run(driver.store, "export", flow, order["number"], lane=0)
    driver.run()
    assert driver.parked() == ["unknown-order"]
    told = connector("jobs", "list", "--store", driver.store, "--state", "parked").stdout
    assert f"{driver.store} has no order with the id {order['number']}" in told
    assert order["id"] in told


def test_a_look_at_an_order_that_nobody_has_read_says_so(driver: Driver) -> None:
    driver.look({"id": "nobody-knows-it"})
    assert driver.run() == [
        f"no order of {driver.store} with the id nobody-knows-it was read yet; orders.import asks the shop for it"
    ]


def test_an_order_is_told_with_its_afosto_number_and_what_was_carried_over(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship")
    driver.both()
    for _ in range(3):
        driver.look(order)
        driver.run()
    told = connector("order", driver.store, order["number"]).stdout
    assert f"It is open in Afosto as order {there['number']} (id {there['id']})." in told
    assert "Carried over: 1 parcel (1 " in told
    assert "Nothing is left to do." in told
    assert told.count("orders.look done: no news") == 2
    assert "orders.look done: no news, 3 times until" in told
    assert "tried" not in told.partition("What happened")[0]


def test_an_unpaid_order_says_what_it_waits_for(driver: Driver, connector: Commands) -> None:
    order = driver.place(payment="Rechnung", paid=False, coupon=False)
    driver.both()
    told = connector("order", driver.store, order["number"]).stdout
    assert "Nothing is left" not in told
    assert "It is not open yet: waits for payment as CONCEPT" in told
    advice = f"connector store switch {driver.store} open_unpaid on"
    assert advice in told
    assert connector(*advice.split()[1:]).exit_code == 0
    driver.run()
    assert "Nothing is left to do." in connector("order", driver.store, order["number"]).stdout


def test_a_parcel_is_told_by_its_tracking_code_whichever_side_made_it(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported(lines=lines(driver, 2))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="CODE-OF-AFOSTO")
    driver.both()
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="CODE-OF-THE-SHOP")
    driver.both()
    told = connector("order", driver.store, order["number"]).stdout
    assert "Parcel: tracking code CODE-OF-AFOSTO (1 piece)" in told
    assert "Parcel: tracking code CODE-OF-THE-SHOP (1 piece)" in told


def test_the_number_that_afosto_gave_finds_the_order_too(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported()
    for number in (there["number"], there["id"]):
        told = connector("order", driver.store, number).stdout
        assert f"Order {order['number']} of {driver.store}" in told


def test_a_number_that_nobody_knows_may_be_afosto_s(driver: Driver, connector: Commands) -> None:
    result = connector("order", driver.store, "2099-1")
    assert result.exit_code == 1
    assert "is known by its number in the shop or in Afosto" in result.stderr
    assert "What to do: If the number is Afosto's, the order came from elsewhere" in result.stderr


def test_every_parcel_of_a_pickup_is_told_with_its_pieces(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported(pickup=True, lines=lines(driver, 3))
    driver.world.afosto.ready(TENANT, there["id"], [unit["id"] for unit in there["units"][:2]])
    driver.world.afosto.ready(TENANT, there["id"])
    driver.both()
    (process,) = driver.shop(order)["processes"]
    told = connector("order", driver.store, order["number"]).stdout
    first, second = (parcel["id"] for parcel in driver.afosto(order)["parcels"])
    assert "Carried over: 2 parcels (2 ready to collect)." in told
    assert f"Parcel: {process['id']}, in Afosto {first} (2 pieces)" in told
    assert f"Parcel: in the order's one pickup, in Afosto {second} (1 piece)" in told


def test_an_order_is_found_in_all_stores_by_whatever_a_person_has_in_hand(driver: Driver, connector: Commands) -> None:
    order, there = driver.imported(lines=lines(driver, 1))
    driver.world.afosto.ship(TENANT, there["id"], [there["units"][0]["id"]], code="3SKABA0123456789")
    driver.both()
    for text in (order["id"], there["number"], there["id"], "3SKABA0123456789"):
        told = connector("order", text)
        assert f"Order {order['number']} of {driver.store} (id {order['id']})" in told.stdout, (text, told.output)


def test_a_number_that_several_stores_have_asks_for_the_store(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    neighbor = Driver(driver.world, driver.runtime)
    driver.runtime.ledger.database.transaction(
        lambda session: session.execute(
            "insert into orders (store, id, number) values (%s, 'twin', %s)", [neighbor.store, order["number"]]
        )
    )
    result = connector("order", order["number"])
    assert result.exit_code == 2
    assert f"Several stores have an order {order['number']}" in result.stderr
    assert connector("order", driver.store, order["number"]).exit_code == 0


def test_a_number_of_no_store_says_where_to_look(driver: Driver, connector: Commands) -> None:
    result = connector("order", "2099-1")
    assert result.exit_code == 1
    assert "No order '2099-1' of any store is known" in result.stderr
    assert "connector order STORE NUMBER" in result.stderr


def test_the_store_alone_is_answered_with_what_is_missing(driver: Driver, connector: Commands) -> None:
    result = connector("order", driver.store)
    assert result.exit_code == 2
    assert f"The number of the order is missing; for example: connector order {driver.store} 10001" in result.stderr


def test_a_job_is_told_in_words_with_its_attempts(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "looks", order["number"], lane=0)
    driver.run()
    (job,) = [job for job in driver.jobs() if job["state"] == "parked"]
    told = connector("jobs", "show", str(job["id"])).stdout
    assert f"orders.look of order {order['number']} of {driver.store}, is parked" in told
    assert "What to do: Send the id instead" in told
    assert "orders.look parked: " in told
    assert f"connector order {driver.store} {order['number']}" in told
    listed = connector("jobs", "list", "--flow", "orders.look", "--store", driver.store, "--state", "parked").stdout
    assert str(job["id"]) in listed


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("stock", "{store}", "ZZZ"), "{store} has no SKU ZZZ"),
        (("locations", "unmap", "{store}", "nosuch"), "{store} has no mapped location nosuch"),
    ],
)
def test_what_a_store_does_not_have_is_said_with_what_to_do(
    driver: Driver, connector: Commands, command: tuple[str, ...], said: str
) -> None:
    result = connector(*(word.format(store=driver.store) for word in command))
    assert result.exit_code == 1
    assert said.format(store=driver.store) in result.stderr
    assert "What to do: See " in result.stderr


def test_a_job_that_nobody_decided_about_names_nobody(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    told = connector("order", driver.store, order["number"]).stdout
    assert "orders.import (job" in told
    assert "dropped" not in told
    assert "retried" not in told


def test_nothing_is_uncertain_of_an_order_that_was_imported(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    assert "not certain" not in connector("order", driver.store, order["number"]).stdout
    settled = driver.runtime.ledger.database.transaction(
        lambda s: s.execute("select outcome from intents where store = %s", (driver.store,)).fetchall()
    )
    assert settled == [{"outcome": "done"}]


def test_an_order_tells_what_is_uncertain_only_while_it_is(driver: Driver, connector: Commands) -> None:
    order, _ = driver.imported()
    job, ledger = only_job(driver, "orders"), driver.runtime.ledger
    intent = {"store": driver.store, "order_key": order["id"], "job_id": job["id"], "kind": "parcel", "body": Jsonb({})}
    row = ledger.database.row("links.open_intent", {**intent, "wait": 60})
    assert row
    assert "An answer to 'parcel' is not certain yet" in connector("order", driver.store, order["number"]).stdout
    ledger.links.renew_intent(row["id"], 0)
    assert "not certain" not in connector("order", driver.store, order["number"]).stdout


def test_an_order_that_does_not_load_is_found_by_its_number(driver: Driver, connector: Commands) -> None:
    order = driver.world.epages.place_malformed(driver.store, "text-amount")
    driver.poll()
    told = connector("order", driver.store, order["number"]).stdout
    assert f"Order {order['number']} of {driver.store}" in told
    assert "It could not be read in full." in told
    assert "is parked: a person must decide" in told
    assert "What to do: The shop's API sends an amount that is not valid" in told
    assert "(field 'grandTotal.amount')" in told
    driver.world.epages.act(driver.store, order["id"], "mend")
    driver.poll()
    assert "placed 20" in connector("order", driver.store, order["number"]).stdout


def test_status_has_advice_for_each_field_that_does_not_load(driver: Driver, connector: Commands) -> None:
    for kind in ("text-amount", "half-quantity", "half-quantity"):
        driver.world.epages.place_malformed(driver.store, kind)
    driver.poll()
    mine = [row for row in json.loads(connector("status", "--json").stdout)["parked"] if row["store"] == driver.store]
    advice = {row["resolution"].partition("field '")[2].partition("'")[0]: row["jobs"] for row in mine}
    assert advice == {"productLineItems.0.quantity": 2, "grandTotal.amount": 1}
