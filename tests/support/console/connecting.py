"""The console on the simulated vendors, and people who connect a shop there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from console.app import Access, create_app
from console.runtime import build_runtime
from ledger.people.users import Role
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World
from tests.support.console.people import PASSWORD, Desk, Person

# The guide's eight boxes.
EIGHT = ["prod:r", "prda:r", "prda:u", "ordr:r", "ordr:u", "shpr:c", "shpr:r", "shpr:u"]
FLOWS = ["orders.import", "cancellations.import", "shipments.import", "returns.import", "inventory.publish"]


@contextmanager
def open_console(world: World) -> Iterator[Desk]:
    """Yield the console of a world, with a user of every role."""
    runtime = build_runtime(world.settings)
    known = {user.name for user in runtime.ledger.users.all()}
    for role in set(Role) - known:
        runtime.ledger.users.add(role, role, PASSWORD)
    yield Desk(create_app(runtime, Access(plain_http=True)), runtime.ledger)
    runtime.close()


def begin(person: Person) -> str:
    """Begin a connection; return the address of its pages."""
    return str(person.post("/connect/").location).removesuffix("/shop")


def form(person: Person, path: str) -> dict[str, str]:
    """Return the version that the form of a page holds."""
    found = re.search(r'name="version" value="([^"]+)"', person.get(path).text)
    assert found, path
    return {"version": found[1]}


def fill_shop(person: Person, draft: str, store: str, **changes: str) -> str:
    """Send the first step; return what the page says then."""
    typed = {"name": store, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **changes}
    path = f"{draft}/shop"
    return person.post(path, {**form(person, path), **typed}, follow_redirects=True).text


def fill_key(person: Person, draft: str, key: str = KEY) -> str:
    """Send Afosto's key; return what the page says then."""
    path = f"{draft}/afosto"
    return person.post(path, {**form(person, path), "afosto_key": key}, follow_redirects=True).text


def fill_places(person: Person, draft: str, **changes: str) -> str:
    """Send channel and locations; return what the page says then."""
    path = f"{draft}/afosto"
    chosen = {"part": "places", "channel": CHANNEL, "sells_from": "location-0", **changes}
    return person.post(path, {**form(person, path), **chosen}, follow_redirects=True).text


def fill_switches(person: Person, draft: str, **changes: object) -> str:
    """Send the switches; return what the page says then."""
    path = f"{draft}/synchronize"
    since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    chosen = {"flows": FLOWS, "since": since, "totals": "tolerate", "notify_buyers": "on", **changes}
    return person.post(path, {**form(person, path), **chosen}, follow_redirects=True).text  # type: ignore[dict-item]


def up_to_the_preview(person: Person, store: str) -> str:
    """Fill in all steps; return the address of the draft."""
    draft = begin(person)
    fill_shop(person, draft, store)
    fill_key(person, draft)
    fill_places(person, draft)
    fill_switches(person, draft)
    return draft
