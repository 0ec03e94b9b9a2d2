"""What polls have kept of a store's orders, and how often the shop is asked for them all the same."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString
from unittest.mock import patch

from clients.http import Http
from clients.status_errors import Answer
from ledger.postgres.session import Session
from tests.support.connector.driver import Document, Driver


@contextmanager
def reads(order: Document) -> Iterator[Counter[str]]:
    """Count how often the shop is asked for this one order ("order") and for anything else ("other")."""
    counts, send = Counter[str](), Http.send

    def counting(http: Http, method: str, url: str, **options: Any) -> Answer:
        if "/api/" in url:
            counts["order" if url.endswith(f"/orders/{order['id']}") else "other"] += 1
        return send(http, method, url, **options)

    with patch.object(Http, "send", autospec=True, side_effect=counting):
        yield counts


def kept(driver: Driver) -> list[Document]:
    """The documents that are kept of the shop's orders."""
    return rows(driver, "select * from order_documents where store = %s")


def rows(driver: Driver, statement: LiteralString) -> list[Document]:
    database = driver.runtime.ledger.database
    return database.transaction(lambda session: list(session.execute(statement, (driver.store,))))


def age(driver: Driver, seconds: float, *, polls_too: bool = True) -> None:
    """Let some time pass since the documents were read, and since the last poll."""
    later: list[LiteralString] = ["update order_documents set read_at = read_at - %s * interval '1 s' where store = %s"]
    if polls_too:
        later.append("update cursors set caught_up_at = caught_up_at - %s * interval '1 s' where store = %s")

    def pass_by(session: Session) -> None:
        for statement in later:
            session.execute(statement, (seconds, driver.store))

    driver.runtime.ledger.database.transaction(pass_by)
