"""Thousands of connected stores in which nothing changes, and the stub vendors that answer them."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

from benchmarks.setup.stub_vendors import SCOPES
from ledger.postgres.session import Session
from local.servers.processes import Command, Processes
from local.servers.startup import free_port
from schemas.epages import Token
from schemas.flows import SWITCHES
from tests.support.connector.world import World, wait_for
from tests.support.ledger.rows import store_values

# Tables with rows for each store, and the column with the store's name.
STORE_TABLES = {
    "stores": "name",
    "store_flows": "store",
    "cursors": "store",
    "walks": "store",
    "stock_cursors": "store",
    "locations": "store",
}
_COPY = """
    insert into {table}
    select (jsonb_populate_record(t, jsonb_build_object('{column}', 'idle-' || lpad(n::text, 5, '0')))).*
    from {table} t cross join generate_series(1, %(count)s) as n where t.{column} = %(first)s
"""
_SPREAD = """
    update {table} set {column} = now() + right(store, 5)::int * %(interval)s::float8 / %(count)s * interval '1 second'
"""


class StubVendors:
    """The process of `stub_vendors.py`: both vendors, in which nothing changes."""

    def __init__(self, processes: Processes) -> None:
        port = free_port()
        argv = [sys.executable, str(Path(__file__).with_name("stub_vendors.py")), str(port)]
        processes.start(Command("stub-vendors", argv))
        self.base_url = f"http://127.0.0.1:{port}"
        wait_for(self._answers, 20, "the stub vendors to answer")

    def counts(self) -> dict[str, int]:
        """Return kind of request (orders, token, afosto) → number of requests."""
        with urlopen(f"{self.base_url}/_count", timeout=10) as answer:  # noqa: S310 - an address of our own
            return dict(json.load(answer))

    def _answers(self) -> bool:
        try:
            self.counts()
        except OSError:
            return False
        return True


def connect_idle(world: World, count: int, base_url: str, interval: float) -> None:
    """Write `count` connected stores with valid tokens and imported past orders, their polls spread over the interval.

    Nothing has changed in them for a day. The first is written as any store is; the others are copies of it, each with
    a tenant of its own.
    """
    ledger, first = world.ledger, "idle-00000"
    values = {**store_values(first), "base_url": f"{base_url}/idle/api", "import_since": datetime.now(UTC)}
    # Without it, publishing waits for a person's confirmation, and nobody reads the inventory.
    values["publish_stock"] = True
    ledger.stores.add(values, dict.fromkeys(SWITCHES, True), 86_400.0)
    ledger.stores.map_location(first, "here", "location-0")
    ledger.stores.set_token(first, ledger.stores.facts(first).client_id, _token())

    def copy(session: Session) -> None:
        session.execute("delete from cursors where kind <> 'live'")
        session.execute("update stock_cursors set position = now(), news_at = now() - interval '1 day'")
        session.execute("update walks set lists = true, news_at = now() - interval '1 day'")
        for name, column in STORE_TABLES.items():
            session.execute(_COPY.format(table=name, column=column).encode(), {"first": first, "count": count - 1})
        session.execute("update stores set afosto_bucket = 'afosto:' || name")
        for name, column in {"cursors": "next_poll_at", "walks": "next_at", "stock_cursors": "next_poll_at"}.items():
            session.execute(_SPREAD.format(table=name, column=column).encode(), {"interval": interval, "count": count})

        for name in STORE_TABLES:
            session.execute(f"analyze {name}".encode())

    ledger.database.transaction(copy)


def _token() -> Token:
    return Token("token-of-the-benchmark", frozenset(SCOPES.split()), datetime.now(UTC) + timedelta(hours=12))
