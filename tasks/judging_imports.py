"""Why an order is on one side only, or twice on one, and what helps."""

from ledger.comparing import OrderNotes
from schemas import afosto, epages
from schemas.flows import SWITCHES
from schemas.mapping.content import facets
from schemas.mapping.differences import Difference
from schemas.states import JobState, LinkStage
from tasks.findings import Finding, Verdict, for_a_person, on_its_way, repairable
from tasks.judging import Standing, by_intent, by_job


def judge_missing(standing: Standing, shop: epages.Order, notes: OrderNotes, copy: afosto.Order | None) -> Verdict:
    """Tell why an order of the shop has no opened Afosto order; `copy` is one that no link knows."""
    if copy is not None:
        return for_a_person(
            f"Afosto order {copy.number} ({copy.id}) bears its reference, and no link knows it",
            f"cancel {copy.number} in Afosto; then this order is imported by --repair",
        )
    if unfinished := by_intent(notes):
        return unfinished
    held = by_job(standing, "import", "orders", notes)
    if held:
        return held
    if standing.will_be_read(shop, notes):
        return on_its_way("the shop's news is read at the next poll")
    names = {flow: name for name, (direction, flow) in SWITCHES.items() if direction == "import"}
    flows = [flow for flow in sorted(facets(shop)) if names[flow] not in standing.off]
    return repairable(_why(notes), *(("import", flow) for flow in flows))


def _why(notes: OrderNotes) -> str:
    if notes.job("import", "orders") is None:
        return "no job was ever made for it"
    if notes.link is None:
        return "its job is done, and no Afosto order came of it"
    return "its draft was not opened, or has expired"


def deleted_in_afosto(store: str, shop: epages.Order) -> Verdict:
    """The verdict on a linked order that Afosto no longer shows: nothing is made twice on a guess."""
    return for_a_person(
        "somebody deleted it in Afosto, or the key may no longer read it",
        f"let the key read it, or have it restored there; if it was meant, cancel {shop.number} in the shop {store}",
    )


def deleted_in_shop(order: afosto.Order) -> Verdict:
    """The verdict on an order that the shop no longer has."""
    return for_a_person(
        "somebody deleted it in the shop", f"cancel {order.number} in Afosto if that was meant, else keep it there"
    )


def unlinked(order: afosto.Order, notes: OrderNotes) -> tuple[Difference, Verdict]:
    """A double of an order that is linked, or an orphan that no link knows."""
    link, figure = notes.link, f"order {order.number} is {order.status}"
    if link and link.stage == LinkStage.OPENED:
        cause = f"it bears the reference of the order that is linked as {link.afosto_id}: somebody copied it"
        return Difference("doubled", "once", figure), for_a_person(cause, f"cancel {order.number} in Afosto")
    cause = "it bears a reference of this store, and no link knows it"
    advice = f"find out who made it; cancel {order.number} in Afosto unless it is wanted there"
    return Difference("orphan", "not known" if link is None else "not open", figure), for_a_person(cause, advice)


def unreadable(order_id: str, number: str | None, message: str | None, notes: OrderNotes) -> Finding:
    """An order whose document in the shop does not load."""
    job = notes.job("import", "orders")
    advice = job.resolution if job and job.state == JobState.PARKED and job.resolution else "have the document mended"
    verdict = for_a_person(f"the shop's document does not load: {message or 'no reason is known'}", advice)
    return Finding(order_id, number or order_id, Difference("unreadable", "does not load", "-"), verdict)
