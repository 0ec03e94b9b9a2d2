"""Diagnoses why an order exists only on one side, or twice on one side, and what helps."""

from ledger.orders.comparison import OrderNotes
from reconcile.diagnosis import READ_AT_NEXT_POLL, FlowStatus, diagnose_intent, diagnose_job
from reconcile.differences import Diagnosis, Finding, for_a_person, on_its_way, repairable
from schemas import afosto, epages
from schemas.advice import CANCEL_COPY
from schemas.flows import SWITCHES
from schemas.mapping.differences import Difference
from schemas.mapping.orders.content_hashes import hashes_by_flow
from schemas.states import JobState, LinkStage
from schemas.wording.phrases import phrase


def diagnose_missing(
    flow_status: FlowStatus, shop: epages.Order, notes: OrderNotes, copy: afosto.Order | None
) -> Diagnosis:
    """Return why a shop order has no opened Afosto order; `copy` is an opened one without a link, if any."""
    if copy is not None:
        return for_a_person(
            phrase(
                "Afosto order %(number)s (%(id)s) has its reference, but is not linked", number=copy.number, id=copy.id
            ),
            CANCEL_COPY(number=copy.number),
        )
    if unfinished := diagnose_intent(notes):
        return unfinished
    if by_its_job := diagnose_job(flow_status, "import", "orders", notes):
        return by_its_job
    if flow_status.will_be_read(shop, notes):
        return on_its_way(READ_AT_NEXT_POLL)
    names = {flow: name for name, (direction, flow) in SWITCHES.items() if direction == "import"}
    flows = [flow for flow in sorted(hashes_by_flow(shop)) if names[flow] not in flow_status.off]
    return repairable(_why(notes), *(("import", flow) for flow in flows))


def _why(notes: OrderNotes) -> str:
    if notes.job("import", "orders") is None:
        return phrase("no job was ever created for it")
    if notes.link is None:
        return phrase("its job is done, but it created no Afosto order")
    return phrase("its draft was not opened, or has expired")


def deleted_in_afosto(store: str, shop: epages.Order) -> Diagnosis:
    """Return the diagnosis for a linked order that Afosto no longer shows: we do not create it again on a guess."""
    return for_a_person(
        phrase("somebody deleted it in Afosto, or the key may no longer read it"),
        phrase(
            "let the key read it, or have it restored there; if it was intended, cancel %(number)s in the shop "
            "%(store)s",
            number=shop.number,
            store=store,
        ),
    )


def deleted_in_shop(order: afosto.Order) -> Diagnosis:
    """Return the diagnosis for an order that the shop no longer has."""
    return for_a_person(
        phrase("somebody deleted it in the shop"),
        phrase("cancel %(number)s in Afosto if that was intended, otherwise keep it there", number=order.number),
    )


def unlinked(order: afosto.Order, notes: OrderNotes) -> tuple[Difference, Diagnosis]:
    """Return the difference and diagnosis of an order without a link: a double of a linked order, or an orphan."""
    link, figure = notes.link, phrase("order %(number)s is %(status)s", number=order.number, status=order.status)
    if link and link.stage == LinkStage.OPENED:
        cause = phrase(
            "it has the reference of the order that is linked as %(id)s: somebody copied it", id=link.afosto_id
        )
        advice = phrase("cancel %(number)s in Afosto", number=order.number)
        return Difference("doubled", phrase("once"), figure), for_a_person(cause, advice)
    cause = phrase("it has a reference of this store, but is not linked")
    advice = phrase(
        "find out who created it; cancel %(number)s in Afosto unless it is wanted there", number=order.number
    )
    return Difference("orphan", phrase("not known") if link is None else phrase("not open"), figure), for_a_person(
        cause, advice
    )


def unreadable(order_id: str, number: str | None, message: str | None, notes: OrderNotes) -> Finding:
    """Return the finding for an order whose document in the shop does not load."""
    job = notes.job("import", "orders")
    advice: str = phrase("have the document corrected")
    if job and job.state == JobState.PARKED and job.resolution:
        advice = job.resolution
    why = message or phrase("no reason is known")
    diagnosis = for_a_person(phrase("the shop's document does not load: %(why)s", why=why), advice)
    return Finding(order_id, number or order_id, Difference("unreadable", phrase("does not load"), "-"), diagnosis)
