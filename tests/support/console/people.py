"""The console in this process, with users of every role, and people who click through it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from werkzeug.test import TestResponse

from console.access.questions import ANSWER, YES
from console.app import Access, create_app
from console.runtime import build_runtime
from ledger.ledger import Ledger
from ledger.people.users import Role
from local.servers.services import Services, environment
from schemas.settings import load_settings
from tests.support.console.sample_orders import add_sample_orders
from tests.support.ledger.rows import store_values

PASSWORD = "four words without connection"
OWN_STORE, OTHER_STORE = "corner", "other"
FLOWS = {"orders.import": True, "shipments.export": True, "inventory.publish": False}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser. `post` sends the token of the form as a page of the console holds it."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, buffered=True, **options)

    def post(self, path: str, fields: Mapping[str, str | list[str]] | None = None, **options: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data={"csrf_token": self.token(), **(fields or {})}, **options)

    def confirm(self, path: str, fields: Mapping[str, str | list[str]] | None = None, **options: Any) -> TestResponse:
        """Send a form of a change that cannot be undone, as it is sent by the question before it."""
        return self.post(path, {ANSWER: YES, **(fields or {})}, **options)

    def token(self) -> str:
        """Return the token of the forms in this browser; every page has one."""
        page = self.client.get("/account/", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fill in the form of the sign-in."""
        return self.post("/sign-in", {"name": name, "password": password, **fields})


@dataclass(frozen=True, slots=True)
class Desk:
    """The console's application and the ledger behind it. Each role has a user of its own, named like the role."""

    app: Flask
    ledger: Ledger

    def person(self) -> Person:
        """Return somebody who is not signed in."""
        return Person(self.app.test_client())

    def user(self, role: str) -> Person:
        """Return somebody who is signed in with a role."""
        person = self.person()
        assert person.sign_in(role).status_code == 303
        return person

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return a whole table."""
        whole = sql.SQL("select * from {}").format(sql.Identifier(table))
        return self.ledger.database.transaction(lambda session: session.execute(whole).fetchall())

    def execute(self, statement: str, *values: object) -> None:
        """Change the database as time or somebody else would."""
        self.ledger.database.transaction(lambda session: session.execute(statement.encode(), values))


def without_fields(page: str) -> str:
    """Return a page without its fields, which hold what the user typed, exactly as it was."""
    return re.sub(r"<input[^>]*>", "", page)


@contextmanager
def open_desk(
    services: Services,
    access: Access = Access(plain_http=True),  # noqa: B008 - frozen
    settings: Mapping[str, str] | None = None,
) -> Iterator[Desk]:
    """Yield a console with two stores and a user of every role; the merchant has the first store and connects one."""
    given = {f"CONNECTOR_{name}": value for name, value in (settings or {}).items()}
    runtime = build_runtime(load_settings({**environment(services), **given}))
    for store in (OWN_STORE, OTHER_STORE):
        runtime.ledger.stores.add(store_values(store, f"tenant-of-{store}"), FLOWS, 60.0)
    add_sample_orders(runtime.ledger, OWN_STORE)
    for role in Role:
        runtime.ledger.users.add(role, role, PASSWORD, [OWN_STORE] if role is Role.MERCHANT else [])
    runtime.ledger.connection_drafts.begin(Role.MERCHANT)
    runtime.ledger.invitations.add("fresh", "operator")
    yield Desk(create_app(runtime, access), runtime.ledger)
    runtime.close()


@pytest.fixture
def desk(fresh_services: Services) -> Iterator[Desk]:
    """Yield a console as it runs on one machine."""
    with open_desk(fresh_services) as opened:
        yield opened
