"""The gateway in this process, with real servers behind it, and helpers to fill its ledger and send it messages."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from psycopg import sql
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.runtime import build_runtime
from ledger.ledger import Ledger
from local.servers.services import Services, environment
from schemas.settings import load_settings
from tests.support.ledger.rows import store_values

WEBHOOK_SECRET = "webhook-secret-for-tests"


@dataclass(frozen=True, slots=True)
class Doors:
    """The gateway's application and the ledger behind it."""

    app: Flask
    ledger: Ledger

    def store(self, name: str, tenant: str = "tenant-1") -> None:
        """Connect a store of an Afosto tenant, without asking either vendor."""
        self.ledger.stores.add(store_values(name, tenant), {"orders.import": True}, 60.0)

    def order(self, store: str, order: str, afosto_id: str) -> None:
        """Link an order of a store to an Afosto order."""
        job = self.ledger.jobs.request_run(store, "import", "orders", order)
        assert job is not None
        self.ledger.links.bind_order(store, order, afosto_id, job, {})

    def looks(self) -> list[tuple[str, str, int]]:
        """Return (store, order, wanted version) of every requested comparison."""
        rows = self.ledger.jobs.search(limit=1000)
        return sorted((row["store"], row["subject"], row["wanted"]) for row in rows if row["flow"] == "looks")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return a whole table."""
        whole = sql.SQL("select * from {}").format(sql.Identifier(table))
        return self.ledger.database.transaction(lambda session: session.execute(whole).fetchall())

    def post(self, path: str, body: bytes, **headers: str) -> TestResponse:
        """Post raw bytes with the content type JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().post(path, data=body, headers={"Content-Type": "application/json", **named})

    def ask(self, token: str, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request as the system that has this token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def deliver(self, endpoint: str, message: dict[str, Any], secret: str = WEBHOOK_SECRET) -> TestResponse:
        """Post a message as Afosto does."""
        body = json.dumps(message).encode()
        return self.post(f"/webhooks/afosto/{endpoint}", body, X_Afosto_Hmac_Sha256=sign(body, secret))


@contextmanager
def open_doors(services: Services, **settings: str) -> Iterator[Doors]:
    """Yield a gateway with an empty ledger; `settings` are named as the variables, without the prefix."""
    others = {f"CONNECTOR_{name}": value for name, value in settings.items()}
    runtime = build_runtime(load_settings(environment(services) | others))
    yield Doors(create_app(runtime), runtime.ledger)
    runtime.close()


@pytest.fixture
def doors(fresh_services: Services) -> Iterator[Doors]:
    """Yield a gateway with an empty ledger and default settings."""
    with open_doors(fresh_services) as opened:
        yield opened


def sign(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    """Return the signature as Afosto computes it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message(entity: str = "afosto-1", **changes: Any) -> dict[str, Any]:
    """Return a message as documented, by default about an order."""
    return {
        "event": "ORDER_UPDATED",
        "entity_type": "order",
        "entity_id": entity,
        "message_id": f"message-{entity}",
        "triggered_at": 1714000000000,
        "data": {"id": entity, "customer": {"contact": {"email": "buyer@example.com"}}},
        **changes,
    }
