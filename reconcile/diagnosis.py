"""Diagnoses why an order differs, from the ledger: its work may be open, parked, dropped, switched off or lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.orders.comparison import JobNote, OrderNotes
from reconcile.differences import Diagnosis, for_a_person, on_its_way, repairable
from schemas import afosto, epages
from schemas.advice import LET_FLOW_RUN, RESUME_FLOW, RETRY_DROPPED
from schemas.flows import flow_name
from schemas.mapping.differences import FLOWS, Difference, left_out
from schemas.mapping.progress.afosto_news import Known, news
from schemas.reasons import Reason
from schemas.states import JobState
from schemas.wording.phrases import Phrase, joined, phrase

# The flows about what happened to an order's pieces.
PIECES = frozenset(FLOWS.values())
BY_HAND = phrase("compare the order on both sides and correct it by hand on the side that is wrong")
_SWITCHED_OFF = phrase("it is switched off")
READ_AT_NEXT_POLL = phrase("the shop's news is read at the next poll")


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """The state of a store's flows: `off` is flow → why it does not run; the rest says what the polls will still read.

    `stopped` are those of them that were stopped automatically. `live_from`: the next poll reads what changed since
    then. `history_to`: orders from then up to `connected_at` are still to be read (None: all are read).
    """

    store: str
    off: Mapping[str, str]
    stopped: frozenset[str]
    live_from: datetime
    history_to: datetime | None
    connected_at: datetime

    def will_be_read(self, shop: epages.Order, notes: OrderNotes) -> bool:
        """Whether no poll has seen the order's current version, but a coming one will."""
        if notes.read_to is not None and notes.read_to >= shop.updated_at:
            return False
        past = self.history_to is not None and self.history_to <= shop.updated_at <= self.connected_at
        return past or shop.updated_at >= self.live_from


def diagnose(
    flow_status: FlowStatus, difference: Difference, shop: epages.Order, order: afosto.Order | None, notes: OrderNotes
) -> Diagnosis:
    """Return why both sides differ and what helps."""
    if unfinished := diagnose_intent(notes):
        return unfinished
    if difference.flow is None:
        return diagnose_content(difference, notes)
    direction = "import" if difference.ahead == "shop" else "export"
    if by_its_job := diagnose_job(flow_status, direction, difference.flow, notes):
        return by_its_job
    if difference.ahead == "shop":
        found = _shop_ahead(flow_status, difference, shop, order, notes)
    else:
        found = _afosto_ahead(flow_status, difference, order, notes)
    contested = _contested(direction, difference.flow, notes) if found.repair else None
    return contested or found


def diagnose_intent(notes: OrderNotes) -> Diagnosis | None:
    """Return the diagnosis if a job has an intent that is unfinished, or whose result is unknown; else None."""
    if notes.unsure:
        return on_its_way(phrase("the answer to a call was lost; its job waits until it is sure what landed"))
    job = next((job for job in notes.jobs if job.id == notes.unfinished), None)
    if job is None:
        return None
    cause = phrase("%(job)s has started and is not finished; it continues by itself", job=_named(job))
    return on_its_way(_with_message(cause, job))


def diagnose_job(flow_status: FlowStatus, direction: str, flow: str, notes: OrderNotes) -> Diagnosis | None:
    """Return the diagnosis that follows from the state of a flow and of its job; None if none does."""
    name, job = flow_name(direction, flow), notes.job(direction, flow)
    decision = _decision(job) if job else None
    if decision:
        return decision
    if name in flow_status.off:
        cause = phrase("%(flow)s does not run: %(why)s", flow=name, why=flow_status.off[name])
        return for_a_person(cause, _switch_on(flow_status, name))
    if job and job.reason == Reason.BLOCKED and (decision := _blocked(job, notes)):
        return decision
    if job and job.is_open:
        return on_its_way(_with_message(phrase("%(job)s is open", job=_named(job)), job))
    return None


def _decision(job: JobNote) -> Diagnosis | None:
    """The diagnosis if a person must decide about a job, or has decided."""
    if job.state == JobState.PARKED:
        return _parked(job)
    if job.was_dropped:
        cause = phrase("%(job)s was dropped by a person", job=_named(job))
        advice = RETRY_DROPPED(id=job.id)
        return for_a_person(cause, advice)
    return None


def _blocked(job: JobNote, notes: OrderNotes) -> Diagnosis | None:
    """The diagnosis if a job waits for another one that is parked: a person decides about both at once."""
    parked = next((other for other in notes.jobs if other.state == JobState.PARKED), None)
    if parked is None:
        return None
    cause = phrase(
        "%(job)s waits for %(other)s, which is parked: %(reason)s",
        job=_named(job),
        other=_named(parked),
        reason=parked.reason,
    )
    return for_a_person(cause, parked.resolution or BY_HAND)


def _contested(direction: str, flow: str, notes: OrderNotes) -> Diagnosis | None:
    """The diagnosis if another job about the order's pieces is left to a person, and the flow's own job has run.

    That job would only do the same again: both sides did different things to the same pieces.
    """
    if notes.job(direction, flow) is None:
        return None
    return next(filter(None, (_decision(job) for job in notes.jobs if job.flow in PIECES)), None)


def diagnose_content(difference: Difference, notes: OrderNotes) -> Diagnosis:
    """Return the diagnosis for lines, addresses and money: no flow carries them over once an order is open."""
    job = notes.job("import", "orders")
    if job and job.state == JobState.PARKED:
        return _parked(job)
    if difference.kind == "address":
        cause = phrase("somebody changed the address in the shop after the import")
        return for_a_person(cause, phrase("make the change in Afosto by hand, if it was not made yet"))
    if difference.kind == "contradiction":
        return for_a_person(phrase("the shop's own figures contradict each other"), BY_HAND)
    if difference.kind == "total":
        return for_a_person(phrase("somebody edited prices, fees or taxes on one side after the import"), BY_HAND)
    return for_a_person(phrase("somebody edited the lines on one side after the import"), BY_HAND)


def _shop_ahead(
    flow_status: FlowStatus, difference: Difference, shop: epages.Order, order: afosto.Order | None, notes: OrderNotes
) -> Diagnosis:
    if flow_status.will_be_read(shop, notes):
        return on_its_way(READ_AT_NEXT_POLL)
    assert difference.flow is not None
    line = next(line for line in shop.lines if line.id == difference.line_id)
    if difference.flow == "shipments":
        parcels = {parcel.id for parcel in order.parcels} if order else set()
        gone = [link.afosto_id for link in notes.linked("parcel") if link.afosto_id not in parcels]
        if gone:
            return for_a_person(
                phrase("Afosto no longer has the parcel %(parcel)s that was made for it", parcel=gone[0]),
                phrase("find out who removed it in Afosto, and pack it there by hand"),
            )
    elif _carried_over(notes, difference) >= _begun(difference, line, order):
        return for_a_person(phrase("it was carried over, and undone in Afosto later"), BY_HAND)
    cause = phrase("the shop's news was never carried over")
    if notes.read_to is None or notes.read_to < shop.updated_at:
        cause = phrase("the shop's news was never read")
    return repairable(cause, ("import", difference.flow))


def _begun(difference: Difference, line: epages.LineItem, order: afosto.Order | None) -> int:
    if difference.flow == "returns":
        return line.returned + line.broken
    return line.canceled - (left_out(line, order) if order else 0)


def _carried_over(notes: OrderNotes, difference: Difference) -> int:
    kind = "return" if difference.flow == "returns" else "cancellation"
    return sum(link.quantity for link in notes.linked(kind) if link.line_id == difference.line_id)


def _afosto_ahead(
    flow_status: FlowStatus, difference: Difference, order: afosto.Order | None, notes: OrderNotes
) -> Diagnosis:
    look = diagnose_job(flow_status, "export", "looks", notes)
    if look:
        return look
    assert order is not None
    assert difference.flow is not None
    unseen = notes.looked_at is not None and order.updated_at is not None and order.updated_at > notes.looked_at
    if unseen:
        return on_its_way(phrase("Afosto's news is found at the next look at the order"))
    broken = "broken.export" not in flow_status.off
    if difference.flow in news(order, known(notes), broken=broken):
        return repairable(phrase("Afosto's news was never carried over"), ("export", difference.flow))
    return for_a_person(phrase("it was carried over, and undone in the shop later"), BY_HAND)


def known(notes: OrderNotes) -> Known:
    """Return what the links explain."""
    canceled, returned = ({link.afosto_id for link in notes.linked(kind)} for kind in ("cancellation", "return"))
    return Known(canceled, returned, {link.afosto_id: link.stage for link in notes.linked("parcel")})


def _switch_on(flow_status: FlowStatus, name: str) -> str:
    values = {"store": flow_status.store, "flow": name}
    if flow_status.off[name] == _SWITCHED_OFF:
        return LET_FLOW_RUN(**values)
    return RESUME_FLOW(**values)


def named_job(flow: str, job_id: int) -> Phrase:
    """Name the job of a flow."""
    return phrase("%(flow)s (job %(id)s)", flow=flow, id=job_id)


def parked_for(flow: str, job_id: int, reason: str | None) -> Phrase:
    """Say that the job of a flow is parked."""
    return phrase("%(job)s is parked: %(reason)s", job=named_job(flow, job_id), reason=reason)


def _named(job: JobNote) -> Phrase:
    return named_job(flow_name(job.direction, job.flow), job.id)


def _parked(job: JobNote) -> Diagnosis:
    cause = parked_for(flow_name(job.direction, job.flow), job.id, job.reason)
    return for_a_person(cause, job.resolution or BY_HAND)


def _with_message(cause: Phrase, job: JobNote) -> Phrase:
    return joined([cause, phrase("it says: %(cause)s", cause=job.message)]) if job.message else cause


def flow_status_of(
    store: str,
    flows: list[dict[str, object]],
    cursors: tuple[datetime, datetime | None, datetime],
    overlap: timedelta,
) -> FlowStatus:
    """Build the status from a store's flow switches and its cursors: live position, unread history, connected at."""
    off = {
        str(flow["name"]): phrase("it was stopped automatically (%(reason)s)", reason=flow["stopped_reason"])
        if flow["stopped_reason"]
        else _SWITCHED_OFF
        for flow in flows
        if not flow["enabled"] or flow["stopped_reason"]
    }
    stopped = frozenset(str(flow["name"]) for flow in flows if flow["enabled"] and flow["stopped_reason"])
    live, history, connected_at = cursors
    return FlowStatus(store, off, stopped, live - overlap, history, connected_at)
