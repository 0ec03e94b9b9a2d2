"""A restore drill with real workers: the database is restored from a dump, without what they did since the dump."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from local.servers.services import Services
from tests.support.connector.world import TENANT, World, wait_for
from tests.support.ledger.dumps import dump, restore

pytestmark = pytest.mark.faults

# One store names the Afosto order in the note of each order, the other does not.
MARKED, PLAIN = "marked", "plain"
STORES = (MARKED, PLAIN)
ORDER = {"paid": True, "pickup": False, "test": False, "payment": "PayPal"}

Document = dict[str, Any]


def test_workers_double_nothing_after_a_restore_and_create_nothing_that_a_person_must_decide(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "hourly.dump"
    with World(services, tmp_path, AMBIGUITY_WAIT="1.5", WALK_INTERVAL="1", WALK_PERIOD="2") as world:
        for store in STORES:
            world.shop(store)
        world.ledger.stores.set_marking(MARKED, True)
        world.start()
        known = {store: _imported(world, store) for store in STORES}
        dump(world.settings.database_url, file)
        sold = {store: _trade(world, store, known[store]) for store in STORES}
        _stop(world)
        unread = world.epages.place(PLAIN, **ORDER)
        done, copies = _effects(world), _copies(world)

        restore(world.settings.database_url, file)
        _connector(world, "restore", "hold")
        world.start()
        wait_for(lambda: len(world.parked()) == 2, 20, "the orders that a person must decide", lambda: _jobs(world))
        wait_for(lambda: _only_decisions_left(world, sold), 20, "all other jobs to be done", lambda: _jobs(world))
        assert _effects(world) == done
        assert _copies(world) == copies
        assert {(job["store"], job["order_key"], job["reason"]) for job in world.parked()} == {
            (PLAIN, order["id"], "restored") for order in (sold[PLAIN], unread)
        }

        _connector(world, "restore", "link", PLAIN, sold[PLAIN]["number"], copies[f"{PLAIN}/{sold[PLAIN]['id']}"][0])
        _connector(world, "restore", "release", PLAIN, unread["number"])
        wait_for(lambda: len(_copies(world)) == 5 and not world.open_jobs(), 20, "both to follow", lambda: _jobs(world))
        assert [len(found) for found in _copies(world).values()] == [1] * 5
        assert world.prove().differences == []


def _imported(world: World, store: str) -> Document:
    """Place and import an order that the dump will contain."""
    order = world.epages.place(store, **ORDER)
    wait_for(lambda: f"{store}/{order['id']}" in _copies(world), 20, "an order to be imported")
    return order


def _trade(world: World, store: str, known: Document) -> Document:
    """Make changes that the dump does not contain: a parcel of a known order, and a new order with a canceled piece."""
    (copy,) = _copies(world)[f"{store}/{known['id']}"]
    world.afosto.ship(TENANT, copy)
    order = _imported(world, store)
    world.epages.act(store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    wait_for(lambda: world.prove().differences == [], 20, "both to be carried over", lambda: str(world.prove()))
    return order


def _stop(world: World) -> None:
    for process in world.workers:
        process.terminate()
    for process in world.workers:
        process.wait(30)
    world.workers.clear()


def _connector(world: World, *arguments: str) -> None:
    result = CliRunner().invoke(main, list(arguments), env=world.env)
    assert result.exit_code == 0, result.output


def _copies(world: World) -> dict[str, list[str]]:
    """Return the ids of the Afosto orders of each reference that are more than drafts."""
    found: dict[str, list[str]] = {}
    for order in world.afosto.orders(TENANT):
        if order["status"] != "CONCEPT":
            found.setdefault(str(order["reference"]), []).append(str(order["id"]))
    return found


def _effects(world: World) -> list[str]:
    """Return what the connector has done on both sides."""
    causes = [*world.afosto.causes(TENANT), *(cause for store in STORES for cause in world.epages.causes(store))]
    return [str(cause["action"]) for cause in causes if cause["by"] == "connector"]


def _only_decisions_left(world: World, sold: dict[str, Document]) -> bool:
    """Return whether the marked store has found its new order again, and only jobs are open that wait for a person."""
    known = {job["order_key"] for job in world.ledger.jobs.search(store=MARKED, state="done")}
    return sold[MARKED]["id"] in known and {order for _, order, *_ in world.open_jobs()} <= {sold[PLAIN]["id"]}


def _jobs(world: World) -> str:
    return str([(job["store"], job["flow"], job["state"]) for job in world.ledger.jobs.search(limit=100)])
