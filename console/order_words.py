"""The words of pages about orders, stock and parked jobs for what the ledger knows by a short name."""

from collections.abc import Callable, Collection, Mapping

from flask_babel import gettext, lazy_gettext

from ledger.orders.life import Cause, Event, EventKind, Halt, Standing
from ledger.search import FoundBy
from reconcile.explain import Outlook
from schemas.intents import IntentKind
from schemas.reasons import Reason
from schemas.states import JobState, LinkStage

FOUND_BY: Mapping[str, str] = {
    FoundBy.ORDER_NUMBER: lazy_gettext("Its number in the shop"),
    FoundBy.SHOP_ID: lazy_gettext("Its id in the shop"),
    FoundBy.AFOSTO_NUMBER: lazy_gettext("Its number in Afosto"),
    FoundBy.AFOSTO_ID: lazy_gettext("Its id in Afosto"),
    FoundBy.TRACKING_CODE: lazy_gettext("The tracking code of a parcel"),
}
EVENTS: Mapping[str, str] = {
    EventKind.PLACED: lazy_gettext("Placed"),
    EventKind.SEEN: lazy_gettext("Seen"),
    EventKind.NOTIFIED: lazy_gettext("Notified"),
    EventKind.REQUESTED: lazy_gettext("Requested"),
    EventKind.SENT: lazy_gettext("Sent"),
    EventKind.ANSWERED: lazy_gettext("Answered"),
    EventKind.LINKED: lazy_gettext("Linked"),
    EventKind.WAITED: lazy_gettext("Waits"),
    EventKind.FAILED: lazy_gettext("Failed"),
    EventKind.PARKED: lazy_gettext("Parked"),
    EventKind.DONE: lazy_gettext("Done"),
    EventKind.DECIDED: lazy_gettext("Decided"),
}
CAUSES: Mapping[str, str] = {
    Cause.SHOP: lazy_gettext("the shop had news"),
    Cause.AFOSTO: lazy_gettext("Afosto had news"),
    Cause.ASKED: lazy_gettext("an event, another system, another job or a person asked for it"),
}
STANDINGS: Mapping[str, str] = {
    Standing.DONE: lazy_gettext("Done"),
    Standing.DROPPED: lazy_gettext("Dropped"),
    Standing.PERSON: lazy_gettext("Waits for a person"),
    Standing.GOES_ON: lazy_gettext("Goes on by itself"),
    Standing.HELD_BACK: lazy_gettext("Held back"),
}
JOB_STATES: Mapping[str, str] = {
    JobState.WAITING: lazy_gettext("Waits for its turn"),
    JobState.QUEUED: lazy_gettext("On its way to a worker"),
    JobState.RUNNING: lazy_gettext("Runs now"),
    JobState.DONE: lazy_gettext("Done"),
    JobState.PARKED: lazy_gettext("Parked"),
}
HALTS: Mapping[str, str] = {
    Halt.OFF: lazy_gettext("Its flow is off. Switch it on at the store to let it go on."),
    Halt.STOPPED: lazy_gettext("Its flow was stopped. Resume it at the store to let it go on."),
    Halt.PAUSED: lazy_gettext("The store is paused. Resume the store to let it go on."),
}
CALLS: Mapping[str, str] = {
    IntentKind.ITEMS: lazy_gettext("add the items to the draft"),
    IntentKind.OPEN: lazy_gettext("open the order in Afosto"),
    IntentKind.NOTE: lazy_gettext("mark the order's note in the shop"),
    IntentKind.CANCEL: lazy_gettext("cancel pieces in Afosto"),
    IntentKind.RETURN: lazy_gettext("return pieces in Afosto"),
    IntentKind.PARCEL: lazy_gettext("make a parcel in Afosto"),
    IntentKind.SHOP_CANCELLATION: lazy_gettext("cancel pieces in the shop"),
    IntentKind.SHOP_RETURN: lazy_gettext("return pieces in the shop"),
    IntentKind.SHOP_PARCEL: lazy_gettext("make a shipment in the shop"),
    IntentKind.SHOP_PICKUP: lazy_gettext("make a pickup in the shop"),
    IntentKind.SHOP_MAIL: lazy_gettext("send the buyer a mail from the shop"),
}
# What became of a call, as the column `intents.outcome` has it.
ANSWERS: Mapping[str, str] = {
    "done": lazy_gettext("It was done."),
    "adopted": lazy_gettext("Its answer was lost, but it was done."),
    "did not land": lazy_gettext("Its answer was lost, and it was not done."),
    "not done": lazy_gettext("It was not done."),
    "not opened": lazy_gettext("The order was not opened."),
    "looked": lazy_gettext("Its answer was lost, so both sides were read again."),
    "refused": lazy_gettext("It was refused."),
    "abandoned": lazy_gettext("It was given up with its draft."),
}
PARCELS: Mapping[str, str] = {
    "CREATED": lazy_gettext("Created"),
    "OPEN": lazy_gettext("Not announced"),
    "ANNOUNCED": lazy_gettext("Announced"),
    "READY_TO_COLLECT": lazy_gettext("Ready to collect"),
    "READY_FOR_PICKUP": lazy_gettext("Ready to collect"),
    "SHIPPED": lazy_gettext("On its way"),
    "IN_TRANSIT": lazy_gettext("On its way"),
    "DELIVERED": lazy_gettext("Delivered"),
    "PICKED_UP": lazy_gettext("Picked up"),
}
LINKS: Mapping[str, str] = {
    "order": lazy_gettext("Order"),
    "parcel": lazy_gettext("Parcel"),
    "cancellation": lazy_gettext("Cancellation"),
    "return": lazy_gettext("Return"),
}
SIDES: Mapping[str, str] = {
    "epages": lazy_gettext("The shop had it first."),
    "afosto": lazy_gettext("Afosto had it first."),
}
PLACES: Mapping[str, str] = {
    LinkStage.CREATED: lazy_gettext("Draft in Afosto, without its items"),
    LinkStage.FILLED: lazy_gettext("Draft in Afosto, not open yet"),
    LinkStage.OPENED: lazy_gettext("Open in Afosto"),
    LinkStage.EXPIRED: lazy_gettext("Its draft in Afosto was given up"),
}
OUTLOOKS: Mapping[str, str] = {
    Outlook.NOTHING: lazy_gettext("Nothing to do"),
    Outlook.ACTS: lazy_gettext("Carries this over in its next run"),
    Outlook.WAITS: lazy_gettext("Waits, and goes on by itself"),
    Outlook.UNASKED: lazy_gettext("Would carry this over, but nothing has asked it to run"),
    Outlook.PERSON: lazy_gettext("Waits for a person"),
    Outlook.OFF: lazy_gettext("Off"),
    Outlook.STOPPED: lazy_gettext("Stopped"),
    Outlook.PAUSED: lazy_gettext("The store is paused"),
    Outlook.NOT_PERMITTED: lazy_gettext("Not permitted by the shop"),
}
STOCK_OUTCOMES: Mapping[str, str] = {
    "published": lazy_gettext("Published"),
    "oversold": lazy_gettext("Oversold"),
    "unknown-sku": lazy_gettext("Not in the shop"),
    "unsettled": lazy_gettext("Waits for the end of an earlier change"),
    "looked-for": lazy_gettext("Looked for in the shop"),
    "not-kept": lazy_gettext("No stock management in the shop"),
    "variation-product": lazy_gettext("Product with variations"),
    "not-in-afosto": lazy_gettext("Not in Afosto"),
    "unclear-in-afosto": lazy_gettext("Unclear in Afosto"),
    "not-raised": lazy_gettext("Not raised for now"),
    "not-purchasable": lazy_gettext("Not for sale in the shop"),
}
# What differs between both sides.
DIFFERENCES: Mapping[str, str] = {
    "missing": lazy_gettext("Not in Afosto"),
    "units": lazy_gettext("Lines"),
    "canceled": lazy_gettext("Canceled"),
    "shipped": lazy_gettext("Shipped"),
    "delivered": lazy_gettext("Delivered"),
    "returned": lazy_gettext("Returned"),
    "address": lazy_gettext("Address"),
    "total": lazy_gettext("Total"),
    "contradiction": lazy_gettext("Contradiction in the shop"),
    "deleted": lazy_gettext("Deleted"),
    "unreadable": lazy_gettext("Cannot be read"),
}
# How a badge looks; its text says the same.
TONES: Mapping[str, str] = {
    EventKind.FAILED: "bad",
    EventKind.PARKED: "bad",
    EventKind.WAITED: "warn",
    EventKind.DONE: "good",
    EventKind.LINKED: "good",
    Standing.PERSON: "bad",
    Standing.HELD_BACK: "warn",
    Outlook.ACTS: "good",
    Outlook.WAITS: "warn",
    Outlook.UNASKED: "warn",
    Outlook.STOPPED: "bad",
    Outlook.NOT_PERMITTED: "warn",
    LinkStage.OPENED: "good",
    LinkStage.CREATED: "warn",
    LinkStage.FILLED: "warn",
    "published": "good",
    "oversold": "bad",
}
# Why a job is parked, and what to do. The message of the job says more.
PARKED: Mapping[str, str] = {
    Reason.MISSING_SCOPE: lazy_gettext("The app lacks a permission in the shop. Tick its box in the cockpit."),
    Reason.MISSING_AFOSTO_SCOPE: lazy_gettext("The Afosto key lacks a permission. Add it in Afosto, then retry."),
    Reason.MALFORMED_DOCUMENT: lazy_gettext(
        "A document has a shape that is not known. If its field can be corrected in the shop, correct it; it is read "
        "again by itself."
    ),
    Reason.DRIFT: lazy_gettext("The counts of a line contradict each other. Compare both sides, correct one, retry."),
    Reason.REFUSED_BY_AFOSTO: lazy_gettext(
        "Afosto does not accept a value. The message names it. Correct the order or the catalog, then retry."
    ),
    Reason.SCHEMA_MISMATCH: lazy_gettext("Afosto does not know a field that is asked for. Tell an operator."),
    Reason.TOTALS_DIFFER: lazy_gettext("Both sides compute different totals. Compare them and choose how to go on."),
    Reason.UNKNOWN_PAYMENT_STATE: lazy_gettext(
        "It is not clear whether the goods are paid. Check the payment in the shop; if it is paid, open the order in "
        "Afosto, then retry."
    ),
    Reason.PAYMENT_WITHDRAWN: lazy_gettext(
        "The payment failed after the order was opened. Cancel the order in the shop, or drop the job to send the "
        "goods anyway."
    ),
    Reason.LOCATION_NOT_MAPPED: lazy_gettext(
        "The order is to be collected at a location that is not mapped. Map it to a location of Afosto, then retry."
    ),
    Reason.NO_PICKUP_LOCATION: lazy_gettext(
        "The pickup option of the order names no location. Set one in the cockpit, then retry."
    ),
    Reason.CHANGED_AFTER_IMPORT: lazy_gettext(
        "The address or the lines were changed in the shop after the import. Change them in Afosto by hand, then drop."
    ),
    Reason.CANCEL_CONFLICT: lazy_gettext(
        "Both sides did different things to the same pieces. Correct one side by hand, then retry."
    ),
    Reason.SHIP_CONFLICT: lazy_gettext(
        "Both sides did different things to the same pieces. Correct one side by hand, then retry."
    ),
    Reason.RETURN_CONFLICT: lazy_gettext(
        "Both sides did different things to the same pieces. Correct one side by hand, then retry."
    ),
    Reason.FULL_REFUND_ONLY: lazy_gettext(
        "The payment method pays back all or nothing. Pay the buyer back in the shop by hand and drop; or cancel or "
        "return the rest in Afosto too and retry."
    ),
    Reason.FOREIGN_UNIT: lazy_gettext(
        "Somebody added a piece to the order in Afosto. Do by hand what is left for the other pieces, then drop."
    ),
    Reason.UNKNOWN_STATUS: lazy_gettext("A vendor uses a status that is not known. Do by hand what it requires."),
    Reason.ORDER_GONE: lazy_gettext("Somebody deleted it. Drop the job if that was intended."),
    Reason.PARCEL_GONE: lazy_gettext("Somebody deleted it. Drop the job if that was intended."),
    Reason.PROCESS_GONE: lazy_gettext("Somebody deleted it. Drop the job if that was intended."),
    Reason.UNIT_GONE: lazy_gettext("Somebody deleted it. Drop the job if that was intended."),
    Reason.NOT_FOUND: lazy_gettext("The order or process is gone. Drop the job if that is right."),
    Reason.ACTIONS_STUCK: lazy_gettext("Afosto keeps asking for the same step. Finish it in Afosto, then retry."),
    Reason.KEEPS_FAILING: lazy_gettext("This job alone fails again and again. Remove the cause, then retry."),
    Reason.NO_LOCATION_MAPPED: lazy_gettext("No location of Afosto is chosen whose stock the store sells. Choose one."),
    Reason.DROPPED_UNSURE: lazy_gettext(
        "A job was dropped while its effect was not known. Retry that job, and then this one."
    ),
    Reason.HOLDER_DIES: lazy_gettext("The workers that ran it died again and again. Tell an operator."),
    Reason.NOT_WRITTEN_DOWN: lazy_gettext("The database refused to store it. Tell an operator."),
    Reason.UNEXPECTED_ERROR: lazy_gettext("The connector fails at it. This is a fault of ours. Tell an operator."),
    Reason.UNKNOWN_ORDER: lazy_gettext("Another system named an order by its number, which is not its id. Drop it."),
    Reason.BAD_MESSAGE: lazy_gettext("Another system sent a wrong message. Correct the sender."),
    Reason.RESTORED: lazy_gettext("The order was placed before the database was restored. Tell an operator."),
}


def parked(reason: str | None) -> str:
    """Return why jobs are parked for a reason, and what to do about it."""
    known = PARKED.get(reason or "")
    return str(known) if known else gettext("The shop refuses it. Read its message, remove the cause, then retry.")


def happened(event: Event) -> str:
    """Say what an event is about, in one sentence; empty if its kind and its flow say it all."""
    said: Mapping[EventKind, Callable[[], str]] = {
        EventKind.PLACED: lambda: gettext("A buyer placed the order in the shop."),
        EventKind.SEEN: lambda: gettext("The connector saw it in the shop for the first time."),
        EventKind.NOTIFIED: lambda: gettext("Afosto sent a webhook."),
        EventKind.REQUESTED: lambda: gettext("A job was made: %(cause)s.", cause=CAUSES[event.cause or Cause.ASKED]),
        EventKind.SENT: lambda: gettext("A call was about to be made: %(call)s.", call=_call(event)),
        EventKind.ANSWERED: lambda: gettext("It is known what became of the call: %(call)s.", call=_call(event)),
        EventKind.LINKED: lambda: str(SIDES.get(event.by or "", "")),
        EventKind.DECIDED: lambda: decision((event.what or "").partition(" ")[0], event.by),
    }
    return said[event.kind]() if event.kind in said else ""


def decision(decided: str, person: str | None) -> str:
    """Say what a person decided about a job."""
    if decided == "dropped":
        return gettext("%(person)s dropped it.", person=person)
    return gettext("%(person)s retried it.", person=person)


def _call(event: Event) -> str:
    return str(CALLS.get(event.what or "", event.what or ""))


def effects_of_drop(flows: Collection[str]) -> list[str]:
    """Return what comes of dropping jobs of these flows, a sentence each."""
    effects = [
        gettext("What is dropped is not carried over: the two sides may differ from then on."),
        gettext("News about an order opens its jobs again."),
    ]
    if "orders.import" in flows:
        effects.append(gettext("Jobs that wait for the import of the same order are dropped with it."))
    return effects
