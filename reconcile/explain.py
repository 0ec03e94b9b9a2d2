"""A dry run of every flow of one order: what each would do today, and why it does not. It only reads both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clients.scopes import missing_scopes, require_granted
from clients.status_errors import NotFound
from jobs.blocking_calls import ReportPause, retry_blocking
from jobs.runtime import Runtime
from ledger.orders.comparison import OrderNotes
from ledger.records import Store
from reconcile.compare_orders import Comparison
from reconcile.differences import Diagnosis, Finding
from reconcile.store import READING
from schemas import afosto, epages
from schemas.advice import FIND_ORDER, OPEN_UNPAID, RESUME_STORE, TICK_AND_SWITCH_ON
from schemas.errors import NeedsPerson
from schemas.flows import SWITCHES
from schemas.mapping.differences import Difference
from schemas.mapping.orders.payments import Opening
from schemas.reasons import Reason
from schemas.states import JobState, LinkStage
from schemas.wording.phrases import phrase
from sync.imports.orders import opening_of

_IMPORT = "orders.import"
# The stock is no flow of one order, and broken.export is a part of returns.export.
FLOWS = tuple(name for name in SWITCHES if name not in ("inventory.publish", "broken.export"))


class Outlook(StrEnum):
    """What a flow would do with the order today."""

    NOTHING = "nothing"  # There is nothing to carry over.
    ACTS = "acts"  # It carries over what differs, in its next run.
    WAITS = "waits"  # It goes on by itself later: a payment or the end of a doubt is awaited.
    UNASKED = "unasked"  # It would carry over what differs, but nothing has asked it to run.
    PERSON = "person"  # A person must decide first.
    OFF = "off"
    STOPPED = "stopped"
    PAUSED = "paused"  # The whole store is.
    NOT_PERMITTED = "not-permitted"  # The shop has not granted `missing`.


@dataclass(frozen=True, slots=True)
class FlowOutlook:
    """What one flow would do: `changes` are what it would carry over. `cause` and `advice` are sentences, or empty."""

    flow: str
    outlook: Outlook
    changes: Sequence[Difference] = ()
    cause: str = ""
    advice: str = ""
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All flows of an order. `others` differs as well, but no flow carries it over.

    `in_shop` and `in_afosto`: whether the order is there now.
    """

    store: str
    order_key: str
    number: str | None
    in_shop: bool
    in_afosto: bool
    flows: Sequence[FlowOutlook]
    others: Sequence[Finding]


def explain(runtime: Runtime, name: str, order_key: str, tell: ReportPause) -> Explanation:
    """Explain the order of a store with this id in the shop; `tell` is called with each pause.

    Its clients refuse every call that changes something, and the ledger is only read; but for a new access token,
    which is kept. Raises NeedsPerson if the store is not connected, its orders may not be read, its credentials fail or
    a document does not load; RetryLater if a vendor does not answer.
    """
    store = runtime.ledger.stores.get(name)
    require_granted(name, store.scopes, READING, "the explanation")
    notes = runtime.ledger.comparing.orders(name, [order_key])[order_key]
    comparison = Comparison(runtime, store, tell)
    try:
        shop = retry_blocking(lambda: comparison.shop.order(order_key), tell)
    except NotFound:
        return _without_shop(store, notes, comparison, tell)
    link = notes.link
    order = retry_blocking(lambda: comparison.afosto.order(link.afosto_id), tell) if link else None
    ignored = _why_ignored(store, shop)
    findings = [] if ignored else list(comparison.compare(shop, notes, {order.id: order} if order else {}))
    flows = [_outlook(flow, store, comparison, shop, order, notes, findings) for flow in FLOWS]
    others = [each for each in findings if each.difference.flow is None and each.difference.kind != "missing"]
    return Explanation(
        name, order_key, shop.number, in_shop=True, in_afosto=order is not None, flows=flows, others=others
    )


def _without_shop(store: Store, notes: OrderNotes, comparison: Comparison, tell: ReportPause) -> Explanation:
    """Explain an order that the shop does not have: no flow does anything."""
    link = notes.link
    order = retry_blocking(lambda: comparison.afosto.order(link.afosto_id), tell) if link else None
    if order is None and notes.number is None and not notes.jobs:
        raise NeedsPerson(
            phrase("%(store)s has no order with the id %(order)s", store=store.name, order=notes.order_id),
            reason=Reason.UNKNOWN_ORDER,
            resolution=FIND_ORDER(store=store.name),
        )
    gone = phrase("the shop does not have the order any more")
    flows = [FlowOutlook(flow, Outlook.NOTHING, cause=gone) for flow in FLOWS]
    others = list(comparison.without_shop(notes, order))
    return Explanation(
        store.name, notes.order_id, notes.number, in_shop=False, in_afosto=order is not None, flows=flows, others=others
    )


def _outlook(
    flow: str,
    store: Store,
    comparison: Comparison,
    shop: epages.Order,
    order: afosto.Order | None,
    notes: OrderNotes,
    findings: Sequence[Finding],
) -> FlowOutlook:
    mine = [each for each in findings if _flow_of(each.difference) == flow]
    if not mine:
        return _idle(flow, store, shop, order, notes)
    changes = tuple(each.difference for each in mine)
    diagnosis = mine[0].diagnosis
    missing = missing_scopes(flow, store.scopes)
    if store.paused_at:
        advice = RESUME_STORE(store=store.name)
        return FlowOutlook(flow, Outlook.PAUSED, changes, phrase("the store is paused"), advice)
    if missing:
        advice = TICK_AND_SWITCH_ON(store=store.name, flow=flow)
        cause = phrase("the shop does not permit it")
        return FlowOutlook(flow, Outlook.NOT_PERMITTED, changes, cause, advice, missing)
    if flow in comparison.flow_status.off:
        stopped = flow in comparison.flow_status.stopped
        return FlowOutlook(
            flow, Outlook.STOPPED if stopped else Outlook.OFF, changes, diagnosis.cause, diagnosis.advice
        )
    return FlowOutlook(flow, _by_diagnosis(diagnosis, notes), changes, diagnosis.cause, diagnosis.advice)


def _by_diagnosis(diagnosis: Diagnosis, notes: OrderNotes) -> Outlook:
    if diagnosis.on_its_way:
        return Outlook.WAITS if notes.unsure else Outlook.ACTS
    return Outlook.UNASKED if diagnosis.repair else Outlook.PERSON


def _flow_of(difference: Difference) -> str | None:
    """Return the name of the flow that carries a difference over."""
    if difference.kind == "missing":
        return _IMPORT
    if difference.flow is None:
        return None
    return f"{difference.flow}.{'import' if difference.ahead == 'shop' else 'export'}"


def _why_ignored(store: Store, shop: epages.Order) -> str:
    """Say why an order is never imported; empty if it is."""
    if shop.test_order:
        return phrase("test orders are counted, never imported")
    if shop.created_at < store.import_since:
        day = store.import_since.date().isoformat()
        return phrase("it was placed before %(day)s, where the import begins", day=day)
    return ""


def _idle(flow: str, store: Store, shop: epages.Order, order: afosto.Order | None, notes: OrderNotes) -> FlowOutlook:
    """Return the outlook of a flow that finds no difference: its job may still be parked."""
    job, cause = notes.job(*SWITCHES[flow]), _why_ignored(store, shop)
    if job and job.state == JobState.PARKED:
        return FlowOutlook(flow, Outlook.PERSON, (), job.message or str(job.reason), job.resolution or "")
    if flow == _IMPORT and not cause:
        return _imported(store, shop, order, notes)
    return FlowOutlook(flow, Outlook.NOTHING, cause=cause)


def _imported(store: Store, shop: epages.Order, order: afosto.Order | None, notes: OrderNotes) -> FlowOutlook:
    """Return the outlook of the import of an order that is imported, or waits for its payment."""
    if notes.link and notes.link.stage == LinkStage.OPENED:
        return FlowOutlook(_IMPORT, Outlook.NOTHING, cause=phrase("the order is imported"))
    if shop.canceled:
        return FlowOutlook(_IMPORT, Outlook.NOTHING, cause=phrase("it was canceled before it was imported"))
    return _unpaid(store, shop, order)


def _unpaid(store: Store, shop: epages.Order, order: afosto.Order | None) -> FlowOutlook:
    """Return the outlook of an import whose draft is not opened because of the payment."""
    place = phrase("the draft %(number)s", number=order.number or order.id) if order else phrase("the draft")
    values = {"draft": place, "status": shop.payment_status}
    if opening_of(shop, store) is Opening.WAITS:
        choice = "open_partly_paid" if shop.payment_status == "PARTIALLY_PAID" else "open_unpaid"
        cause = phrase("%(draft)s waits for payment; the shop says %(status)s", **values)
        advice = OPEN_UNPAID(store=store.name, choice=choice)
        return FlowOutlook(_IMPORT, Outlook.WAITS, cause=cause, advice=advice)
    cause = phrase("%(draft)s is not opened; the shop says %(status)s", **values)
    return FlowOutlook(_IMPORT, Outlook.NOTHING, cause=cause)
