"""Links and intents of one order: what corresponds to what, and what was announced before it was done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from ledger.batches import keep_rows, require_all
from ledger.database import Database, Statement, fetch, fetch_one
from ledger.held import note_undeducted
from ledger.records import Job
from ledger.session import Session
from schemas.errors import LeaseLost
from schemas.mapping.shipments import TwoCodes


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
    """Writes commit at once. What was seen to have happened is always recorded; what is announced is fenced."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind_order(self, store: str, order_key: str, afosto_id: str, job_id: int, facts: Mapping[str, Any]) -> bool:
        """Bind an order to its first draft and announce the items; False when another draft was bound before."""
        values = {"store": store, "order_key": order_key, "afosto_id": afosto_id, "job_id": job_id}
        return self._database.row("links.bind_order", {**values, "facts": Jsonb(dict(facts))}) is not None

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
            items = {"store": store, "order_key": order_key}
            fetch(session, "links.settle_items", {**items, "kinds": ["items"], "outcome": "abandoned"})
            body = Jsonb({"afosto_id": new})
            fetch(session, "links.open_intent", {**items, "job_id": job_id, "kind": "items", "body": body, "wait": 0})
            return True

        return self._database.transaction(work)

    def end_items(self, store: str, order_key: str, outcome: str) -> None:
        """The run that has announced an order's items ends, and asked nobody to open its draft."""
        key = {"store": store, "order_key": order_key, "kinds": ["items"], "outcome": outcome}
        self._database.rows("links.settle_items", key)

    def stage_order(
        self,
        store: str,
        order_key: str,
        afosto_id: str,
        stage: str,
        *,
        facts: Mapping[str, Any] | None = None,
        undeducted: Mapping[str, int] | None = None,
    ) -> bool:
        """Note how far the bound order has come and settle what announced its items; False when it is not bound.

        `undeducted` is how many units of an opened order's lines (ePages ids) Afosto has not deducted.
        """
        key = {"store": store, "order_key": order_key}
        hold: Statement = ("jobs.lock_orders", {"store": store, "subjects": [order_key]})
        outcome = "abandoned" if stage == "expired" else "done"
        # From its opening on, no call can open it any more.
        kinds = ["items", "open"] if stage == "opened" else ["items"]
        settle: Statement = ("links.settle_items", {**key, "kinds": kinds, "outcome": outcome})
        values = {**key, "afosto_id": afosto_id, "stage": stage, "facts": Jsonb(dict(facts or {}))}
        note: Statement = ("links.stage_order", values)
        wake: Statement = ("jobs.wake_order", {**key, "opened": True})
        statements = [hold, settle, note, wake] if stage == "opened" else [settle, note]
        if undeducted is not None:
            # Lines first, the order's job after them: a poll that keeps news takes them in this order too.
            statements = [*note_undeducted(store, order_key, undeducted), *statements]
        rows = self._database.batch(*statements)
        return bool(rows[statements.index(note)])

    def note_parcels(
        self, store: str, statuses: Mapping[str, str], codes: Mapping[str, str | None] | None = None
    ) -> None:
        """Note per parcel of Afosto the status that both sides have now, and its tracking code where it has one.

        Raises NeedsPerson (not-written-down), once the others are noted, when the database refuses some.
        """
        parcels = [(afosto_id, status, (codes or {}).get(afosto_id)) for afosto_id, status in statuses.items()]
        _, refused = keep_rows(self._database, parcels, lambda part: _noted(store, part))
        require_all(refused, "the status of parcel", lambda parcel: parcel[0])

    def note_codes(self, store: str, afosto_id: str, codes: TwoCodes | None) -> None:
        """Note that the two sides of a parcel's link have different tracking codes; None when they have not."""
        facts = {"shop_code": codes.shop, "afosto_code": codes.afosto} if codes else {}
        self._database.rows("links.note_codes", {"store": store, "afosto_id": afosto_id, "codes": Jsonb(facts)})

    def announce(self, job: Job, kind: str, body: Mapping[str, Any], ambiguity_wait: float) -> int:
        """Write an intent before the call; until `ambiguity_wait` seconds have passed, absence proves nothing.

        Raises LeaseLost when the job is no longer this run's.
        """
        values = {"store": job.store, "order_key": job.order_key, "job_id": job.id, "fence": job.fence}
        intent = {"kind": kind, "body": Jsonb(dict(body)), "wait": ambiguity_wait}
        row = self._database.row("links.announce", {**values, **intent})
        if row is None:
            raise LeaseLost(f"the job is somebody else's by now; nothing was announced of {kind}")
        return int(row["id"])

    def announce_again(self, intent_id: int, ambiguity_wait: float) -> None:
        """The call of an open intent is repeated: its ambiguity begins anew."""
        self._database.rows("links.extend_intent", {"id": intent_id, "wait": ambiguity_wait})

    def withdraw(self, job: Job, intent_id: int) -> None:
        """The call of an intent was not sent, or was refused: settle it, as nothing of it can land."""
        self._database.rows("links.withdraw_intent", {"id": intent_id, "job_id": job.id, "fence": job.fence})

    def end_doubt(self, job: Job, intent_id: int) -> None:
        """No call of an intent is without an answer: what is still to be done of it may be done at once."""
        self._database.rows("links.end_doubt", {"id": intent_id, "job_id": job.id, "fence": job.fence})

    def conclude(
        self, store: str, order_key: str, intent_id: int | None, links: Iterable[NewLink], outcome: str
    ) -> None:
        """Write the links of an effect that was seen to have happened, and settle its intent if it had one.

        Raises NeedsPerson (not-written-down), once the others are written, when the database refuses some; the intent
        stays open then.
        """
        ordered = sorted(links, key=lambda new: new.afosto_id)
        key = {"store": store, "order_key": order_key}
        settle: list[Statement] = []
        if intent_id is not None:
            settle = [("links.settle_intent", {"id": intent_id, "outcome": outcome})]
        if not ordered:
            self._database.batch(*settle)
            return

        def statements(part: Sequence[NewLink]) -> list[Statement]:
            bind: Statement = ("links.bind", {**key, **_columns(part)})
            return [bind, *settle] if len(part) == len(ordered) else [bind]

        _, refused = keep_rows(self._database, ordered, statements)
        require_all(refused, f"what order {order_key} has in Afosto as", lambda link: link.afosto_id)


def _noted(store: str, parcels: Sequence[tuple[str, str, str | None]]) -> list[Statement]:
    ids, stages, codes = map(list, zip(*parcels, strict=True))
    return [("links.note_parcels", {"store": store, "afosto_ids": ids, "stages": stages, "tracking_codes": codes})]


def _columns(links: Sequence[NewLink]) -> dict[str, list[Any]]:
    return {name: [getattr(link, name) for link in links] for name in NewLink.__slots__}
