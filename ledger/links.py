"""Links and intents of one order: what corresponds to what, and what was announced before it was done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from ledger.database import Database, Row, Session, fetch, fetch_one


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to write: see ledger.records.Link."""

    kind: str
    afosto_id: str
    epages_id: str | None = None
    line_id: str | None = None
    quantity: int = 1
    written_by: str = "epages"
    stage: str = "done"


class Links:
    """Writes commit at once and are not guarded by a fence: what was seen to have happened is always recorded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind_order(self, store: str, order_key: str, afosto_id: str, job_id: int, facts: Mapping[str, Any]) -> bool:
        """Bind an order to its first draft and announce the items; False when another draft was bound before."""
        return self._database.transaction(lambda s: self._bind_order(s, store, order_key, afosto_id, job_id, facts))

    def _bind_order(
        self, session: Session, store: str, order_key: str, afosto_id: str, job_id: int, facts: Mapping[str, Any]
    ) -> bool:
        values = {"store": store, "order_key": order_key, "afosto_id": afosto_id, "facts": Jsonb(dict(facts))}
        if fetch_one(session, "links.bind_order", values) is None:
            return False
        self._announce_items(session, store, order_key, job_id, afosto_id)
        return True

    def replace_draft(
        self,
        store: str,
        order_key: str,
        old: str,
        new: str,
        job_id: int,
        facts: Mapping[str, Any],
    ) -> bool:
        """Give up a draft whose content is in doubt for a new one; False when somebody else was first."""

        def work(session: Session) -> bool:
            values = {"store": store, "order_key": order_key, "old": old, "new": new, "facts": Jsonb(dict(facts))}
            if fetch_one(session, "links.replace_draft", values) is None:
                return False
            fetch(session, "links.settle_items", {"store": store, "order_key": order_key, "outcome": "abandoned"})
            self._announce_items(session, store, order_key, job_id, new)
            return True

        return self._database.transaction(work)

    @staticmethod
    def _announce_items(session: Session, store: str, order_key: str, job_id: int, afosto_id: str) -> None:
        body = Jsonb({"afosto_id": afosto_id})
        values = {"store": store, "order_key": order_key, "job_id": job_id, "kind": "items", "body": body, "wait": 0}
        fetch(session, "links.open_intent", values)

    def stage_order(
        self,
        store: str,
        order_key: str,
        afosto_id: str,
        stage: str,
        *,
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Note how far the bound order has come and settle what announced its items; False when it is not bound."""

        def work(session: Session) -> Row | None:
            if stage == "opened":
                fetch(session, "jobs.hold_orders", {"store": store, "subjects": [order_key]})
            outcome = "abandoned" if stage == "expired" else "done"
            fetch(session, "links.settle_items", {"store": store, "order_key": order_key, "outcome": outcome})
            key = {"store": store, "order_key": order_key, "afosto_id": afosto_id}
            row = fetch_one(session, "links.stage_order", {**key, "stage": stage, "facts": Jsonb(dict(facts or {}))})
            if stage == "opened":
                fetch(session, "jobs.wake_order", {"store": store, "order_key": order_key})
            return row

        return self._database.transaction(work) is not None

    def note_parcels(self, store: str, statuses: Mapping[str, str]) -> None:
        """Note per parcel of Afosto the status that both sides have now."""
        for afosto_id, status in statuses.items():
            self._database.rows("links.note_parcel", {"store": store, "afosto_id": afosto_id, "stage": status})

    def announce(
        self, store: str, order_key: str, job_id: int, kind: str, body: Mapping[str, Any], ambiguity_wait: float
    ) -> int:
        """Write an intent before the call; until `ambiguity_wait` seconds have passed, absence proves nothing."""
        values = {"store": store, "order_key": order_key, "job_id": job_id, "kind": kind, "wait": ambiguity_wait}
        row = self._database.row("links.open_intent", {**values, "body": Jsonb(dict(body))})
        assert row is not None
        return int(row["id"])

    def announce_again(self, intent_id: int, ambiguity_wait: float) -> None:
        """The call of an open intent is repeated: its ambiguity begins anew."""
        self._database.rows("links.extend_intent", {"id": intent_id, "wait": ambiguity_wait})

    def conclude(
        self, store: str, order_key: str, intent_id: int | None, links: Iterable[NewLink], outcome: str
    ) -> None:
        """Write the links of an effect that was seen to have happened, and settle its intent if it had one."""

        def work(session: Session) -> None:
            for link in sorted(links, key=lambda new: new.afosto_id):
                values = {name: getattr(link, name) for name in NewLink.__slots__}
                fetch(session, "links.bind", {"store": store, "order_key": order_key, **values})
            if intent_id is not None:
                fetch(session, "links.settle_intent", {"id": intent_id, "outcome": outcome})

        self._database.transaction(work)
