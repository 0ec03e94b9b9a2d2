"""Each `connector` command of the pages is run as printed, on a store with a parked order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from ledger.inbound.set_aside_messages import SetAsideMessage
from local.servers.services import Services
from schemas.reasons import Reason
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Document, Driver
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World
from tests.support.docs.connector_commands import ELSEWHERE, Printed, printed_commands

RUN = [printed for printed in printed_commands() if printed.path not in ELSEWHERE]
# These end with 1 when what they report on is not well, or lacks something that is not needed.
REPORTS = {
    *("health worker", "health beat", "health gateway", "health exporter"),
    *("afosto check-schema", "doctor", "reconcile", "status"),
}
EXAMPLES = {"corner", "berlin"}
NUMBERS = {"10001", "ORDER", "NUMBER"}
SECRETS = {"CONNECTOR_CLIENT_SECRET": CLIENT_SECRET, "CONNECTOR_AFOSTO_KEY": KEY}
PASSWORD = "a long password for a test"


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@dataclass
class Scene:
    """A store, its connector, and the job of an order that waits for a person."""

    driver: Driver
    connector: Commands
    job: Document

    @property
    def number(self) -> str:
        return str(self.driver.world.epages.order(self.driver.store, self.job["order_key"])["number"])

    def execute(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.driver.world.settings.database_url) as connection:
            connection.execute(statement.encode(), values)


@pytest.fixture
def scene(driver: Driver, connector: Commands) -> Scene:
    for location in driver.runtime.ledger.stores.locations(driver.store):
        driver.runtime.ledger.stores.unmap_location(driver.store, location)
    driver.runtime.ledger.stores.map_location(driver.store, "here", "location-0")
    stocked = driver.world.epages.stock(driver.store)[0]
    driver.runtime.ledger.stock.remember(driver.store, {stocked["sku"]: ("a product", None)})
    driver.place(pickup=True)
    driver.poll()
    driver.run()
    return Scene(driver, connector, next(job for job in driver.jobs() if job["state"] == "parked"))


@pytest.mark.parametrize("printed", RUN, ids=str)
def test_a_command_of_a_page_is_taken_as_it_is_printed(scene: Scene, printed: Printed) -> None:
    known = _usual(scene) | SCENES.get(printed.path, _no_more)(scene, printed)
    words = [known.get(word, word) for word in printed.words]
    given = known.get("given", "y\n")
    result = scene.connector(*printed.path.split(), *words, given=given, **SECRETS)
    assert result.exit_code in ((0, 1) if printed.path in REPORTS else (0,)), (words, result.output)
    assert "Error" not in result.stderr


def _usual(scene: Scene) -> dict[str, str]:
    """What a reader puts in place of the placeholders of most commands."""
    place = str(scene.job["resolution"]).split(f"map {scene.driver.store} ")[1].split()[0]
    return {
        **dict.fromkeys({"STORE", "NAME", "OTHER", *EXAMPLES}, scene.driver.store),
        **dict.fromkeys(NUMBERS, scene.number),
        **dict.fromkeys({"JOB_ID", "ID", "4711"}, str(scene.job["id"])),
        "SKU": scene.driver.world.epages.stock(scene.driver.store)[0]["sku"],
        "EPAGES_ID": place,
        "AFOSTO_ID": "location-0",
        "FLOW": "orders.import",
        "TASK": "orders.import",
        "3SKABA0123456789": str(scene.job["order_key"]),  # an id, as no other store has it
    }


def _no_more(scene: Scene, printed: Printed) -> dict[str, str]:
    return {}


def _parked_for(scene: Scene, printed: Printed) -> dict[str, str]:
    if "--reason" in printed.words:
        reason = Reason(printed.words[printed.words.index("--reason") + 1])
        scene.execute("update jobs set reason = %s where id = %s", reason, scene.job["id"])
    return {}


def _unconnected(scene: Scene, printed: Printed) -> dict[str, str]:
    """Another shop, which no store connects yet."""
    name = f"{scene.driver.store}-new"
    scene.driver.world.epages.open_shop(name, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    client = dict.fromkeys(("ID", "client"), CLIENT_ID)
    return {"NAME": name, "corner": name, **client, **dict.fromkeys(("CHANNEL", "webshops"), CHANNEL)}


def _token(scene: Scene, printed: Printed) -> dict[str, str]:
    name = f"token of {scene.driver.store}"
    if printed.path in ("tokens revoke", "tokens rotate"):
        scene.connector("tokens", "add", name, "--task", "orders.import", "--store", scene.driver.store)
        return {"NAME": name}
    return dict.fromkeys((printed.words[0],), name)


def _user(scene: Scene, printed: Printed) -> dict[str, str]:
    name = f"anna-{scene.driver.store}@example.com"
    if printed.path == "user password":
        added = scene.connector("user", "add", name, "--role", "viewer", "--password-stdin", given=f"{PASSWORD}\n")
        assert added.exit_code == 0, added.output
    return {printed.words[0]: name, "given": f"{PASSWORD}\n{PASSWORD}\n"}


def _endpoint(scene: Scene, printed: Printed) -> dict[str, str]:
    endpoint = scene.driver.runtime.ledger.webhooks.add(scene.driver.store, "first secret")
    if "--finish" in printed.words:
        scene.connector("webhooks", "rotate", endpoint, given="second secret\n")
    return {"ENDPOINT": endpoint, "given": "second secret\n"}


def _invitation(scene: Scene, printed: Printed) -> dict[str, str]:
    made = scene.connector("invite", scene.driver.store)
    assert made.exit_code == 0, made.output
    return {"INVITATION": str(scene.driver.runtime.ledger.invitations.known()[0].id)}


def _message(scene: Scene, printed: Printed) -> dict[str, str]:
    kept = scene.driver.runtime.ledger.set_aside
    kept.keep(SetAsideMessage("orders", "an id", "orders.improt", "no such task", 1, "{}"))
    return {"ID": str(kept.kept()[0]["id"])}


def _queue(scene: Scene, printed: Printed) -> dict[str, str]:
    scene.driver.world.redis.lpush("odrers", "{}")
    return {"QUEUE": "odrers", "FROM": "odrers", "TO": "orders"}


def _dead_worker(scene: Scene, printed: Printed) -> dict[str, str]:
    scene.driver.runtime.ledger.dispatch_window.heartbeat("gone@host", "host", ["orders"], 4)
    scene.execute("update workers set seen_at = now() - interval '1 hour' where id = 'gone@host'")
    return {"WORKER": "gone@host"}


def _subscription(scene: Scene, printed: Printed) -> dict[str, str]:
    added = scene.connector("subscription", "add", "https://erp.example/x", "--event", "job.parked")
    assert added.exit_code == 0, added.output
    return {"ID": str(scene.driver.runtime.ledger.subscriptions.known()[-1]["id"])}


SCENES: dict[str, Callable[[Scene, Printed], dict[str, str]]] = {
    "invitations revoke": _invitation,
    "jobs retry": _parked_for,
    "messages forget": _message,
    "messages show": _message,
    "queues drop": _queue,
    "queues move": _queue,
    "store add": _unconnected,
    "subscription new-secret": _subscription,
    "tokens add": _token,
    "tokens revoke": _token,
    "tokens rotate": _token,
    "user add": _user,
    "user password": _user,
    "webhooks add": lambda scene, printed: {"given": "a secret\n"},
    "webhooks rotate": _endpoint,
    "workers forget": _dead_worker,
}
