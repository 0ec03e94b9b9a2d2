"""Links and intents of one order: what corresponds to what, and what was recorded before each call."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from ledger.postgres.batches import keep_rows, require_all
from ledger.postgres.database import Database, Statement, fetch, fetch_one
from ledger.postgres.session import Session
from ledger.records import Job
from ledger.stock.sold_units import note_undeducted
from schemas.errors import LeaseLost
from schemas.intents import IntentBody, IntentKind, ItemsIntent
from schemas.mapping.progress.shipments import TwoCodes
from schemas.wording.phrases import phrase


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
    """Writes commit at once.

    An effect that was seen is always written. An intent is recorded only while the run still holds its job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind_order(self, store: str, order_key: str, afosto_id: str, job_id: int, facts: Mapping[str, Any]) -> bool:
        """Bind an order to its first draft and record the intent to fill it; False when another draft is bound."""
        values = {"store": store, "order_key": order_key, "afosto_id": afosto_id, "job_id": job_id}
        intent = _columns_of(ItemsIntent(afosto_id))
        return self._database.row("links.bind_order", {**values, **intent, "facts": Jsonb(dict(facts))}) is not None

    def replace_draft(
        self,
        store: str,
        order_key: str,
        old: str,
        new: str,
        job_id: int,
        facts: Mapping[str, Any],
    ) -> bool:
        """Bind a new draft in place of one whose content is in doubt; False when another run was first."""

        def work(session: Session) -> bool:
            values = {"store": store, "order_key": order_key, "old": old, "new": new, "facts": Jsonb(dict(facts))}
            if fetch_one(session, "links.replace_draft", values) is None:
                return False
            order = {"store": store, "order_key": order_key}
            fetch(session, "links.resolve_items", {**order, "kinds": [IntentKind.ITEMS], "outcome": "abandoned"})
            intent = {**order, "job_id": job_id, **_columns_of(ItemsIntent(new)), "wait": 0}
            fetch(session, "links.open_intent", intent)
            return True

        return self._database.transaction(work)

    def resolve_items(self, store: str, order_key: str, outcome: str) -> None:
        """Resolve the intent to fill an order's draft: the run that recorded it ends, and did not open the draft."""
        key = {"store": store, "order_key": order_key, "kinds": [IntentKind.ITEMS], "outcome": outcome}
        self._database.rows("links.resolve_items", key)

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
        """Note the stage of the bound order and resolve the intent to fill it; False when it is not bound.

        `undeducted` is how many units of each line (ePages id) of an opened order Afosto has not deducted from stock.
        """
        key = {"store": store, "order_key": order_key}
        lock: Statement = ("jobs.lock_orders", {"store": store, "subjects": [order_key]})
        outcome = "abandoned" if stage == "expired" else "done"
        # Once it is open, no call can open it any more.
        kinds = [IntentKind.ITEMS, IntentKind.OPEN] if stage == "opened" else [IntentKind.ITEMS]
        resolve: Statement = ("links.resolve_items", {**key, "kinds": kinds, "outcome": outcome})
        values = {**key, "afosto_id": afosto_id, "stage": stage, "facts": Jsonb(dict(facts or {}))}
        note: Statement = ("links.stage_order", values)
        wake: Statement = ("jobs.wake_order", {**key, "opened": True})
        statements = [lock, resolve, note, wake] if stage == "opened" else [resolve, note]
        if undeducted is not None:
            # First the lines, then the order's job: a poll that writes news locks them in this order too.
            statements = [*note_undeducted(store, order_key, undeducted), *statements]
        rows = self._database.batch(*statements)
        return bool(rows[statements.index(note)])

    def note_parcels(
        self, store: str, statuses: Mapping[str, str], codes: Mapping[str, str | None] | None = None
    ) -> None:
        """Note for each parcel of Afosto the status that both sides have now, and its tracking code if it has one.

        When the database refuses some, the others are noted, and then NeedsPerson (not-written-down) is raised.
        """
        parcels = [(afosto_id, status, (codes or {}).get(afosto_id)) for afosto_id, status in statuses.items()]
        _, refused = keep_rows(self._database, parcels, lambda part: _noted(store, part))
        require_all(refused, phrase("the status of parcel"), lambda parcel: parcel[0])

    def note_codes(self, store: str, afosto_id: str, codes: TwoCodes | None) -> None:
        """Note the different tracking codes that the two sides have for a parcel; None when they have the same."""
        facts = {"shop_code": codes.shop, "afosto_code": codes.afosto} if codes else {}
        self._database.rows("links.note_codes", {"store": store, "afosto_id": afosto_id, "codes": Jsonb(facts)})

    def record_intent(self, job: Job, body: IntentBody, ambiguity_wait: float) -> int:
        """Record an intent before its call and return its id.

        For `ambiguity_wait` seconds from now the effect may still land, so its absence proves nothing. Raises LeaseLost
        when another run holds the job.
        """
        values = {"store": job.store, "order_key": job.order_key, "job_id": job.id, "fence": job.fence}
        row = self._database.row("links.record_intent", {**values, **_columns_of(body), "wait": ambiguity_wait})
        if row is None:
            raise LeaseLost(
                phrase("another run holds the job by now; no intent was recorded for %(kind)s", kind=body.kind)
            )
        return int(row["id"])

    def renew_intent(self, intent_id: int, ambiguity_wait: float) -> None:
        """Record that the call of an open intent is repeated: its effect may land for `ambiguity_wait` more seconds."""
        self._database.rows("links.renew_intent", {"id": intent_id, "wait": ambiguity_wait})

    def withdraw(self, job: Job, intent_id: int) -> None:
        """Resolve an intent whose call was not sent or was refused: nothing of it can land."""
        self._database.rows("links.withdraw_intent", {"id": intent_id, "job_id": job.id, "fence": job.fence})

    def end_doubt(self, job: Job, intent_id: int) -> None:
        """Record that each call of an intent was answered: the next run may do the rest of it at once."""
        self._database.rows("links.end_doubt", {"id": intent_id, "job_id": job.id, "fence": job.fence})

    def resolve_intent(
        self, store: str, order_key: str, intent_id: int, links: Iterable[NewLink], outcome: str
    ) -> None:
        """Write the links of an effect that was seen, and resolve its intent.

        When the database refuses some links, the others are written, the intent stays open, and NeedsPerson
        (not-written-down) is raised.
        """
        resolve: Statement = ("links.resolve_intent", {"id": intent_id, "outcome": outcome})
        self._write(store, order_key, links, [resolve])

    def bind(self, store: str, order_key: str, links: Iterable[NewLink]) -> None:
        """Write links of what exists on both sides without a call of ours.

        When the database refuses some, the others are written, and then NeedsPerson (not-written-down) is raised.
        """
        self._write(store, order_key, links, [])

    def _write(self, store: str, order_key: str, links: Iterable[NewLink], after: Sequence[Statement]) -> None:
        """Write links, and run `after` in the same transaction once all of them are written."""
        ordered = sorted(links, key=lambda new: new.afosto_id)
        if not ordered:
            self._database.batch(*after)
            return

        def statements(part: Sequence[NewLink]) -> list[Statement]:
            bind: Statement = ("links.bind", {"store": store, "order_key": order_key, **_columns(part)})
            return [bind, *after] if len(part) == len(ordered) else [bind]

        _, refused = keep_rows(self._database, ordered, statements)
        require_all(
            refused, phrase("what order %(order)s has in Afosto as", order=order_key), lambda link: link.afosto_id
        )


def _columns_of(body: IntentBody) -> dict[str, Any]:
    return {"kind": body.kind, "body": Jsonb(body.to_json())}


def _noted(store: str, parcels: Sequence[tuple[str, str, str | None]]) -> list[Statement]:
    ids, stages, codes = map(list, zip(*parcels, strict=True))
    return [("links.note_parcels", {"store": store, "afosto_ids": ids, "stages": stages, "tracking_codes": codes})]


def _columns(links: Sequence[NewLink]) -> dict[str, list[Any]]:
    return {name: [getattr(link, name) for link in links] for name in NewLink.__slots__}
