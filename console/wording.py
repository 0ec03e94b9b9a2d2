"""The words of pages for what the ledger knows by a short name: states, flows, roles, reasons, outcomes."""

from collections.abc import Mapping

from flask_babel import lazy_gettext

from console.languages import spoken
from console.translations import flow_names
from ledger.inbound.api_tokens import Overlap
from ledger.people.audit import Outcome
from ledger.people.users import Role
from ledger.stores.condition import StoreState
from schemas.errors import ConnectorError, NeedsPerson
from schemas.reasons import Reason
from schemas.states import Event, Right
from sync.connecting.flow_states import Condition

STATES: Mapping[str, str] = {
    StoreState.UNHEALTHY: lazy_gettext("Unhealthy"),
    StoreState.STOPPED: lazy_gettext("Stopped"),
    StoreState.STALE: lazy_gettext("Stale"),
    StoreState.BEHIND: lazy_gettext("Behind"),
    StoreState.NEW: lazy_gettext("New"),
    StoreState.FRESH: lazy_gettext("Fresh"),
    StoreState.PAUSED: lazy_gettext("Paused"),
}
STATE_HELP: Mapping[str, str] = {
    StoreState.UNHEALTHY: lazy_gettext("A vendor refuses or does not answer, or runs of the store fail."),
    StoreState.STOPPED: lazy_gettext("The connector stopped a flow, because its first orders failed for one reason."),
    StoreState.STALE: lazy_gettext("Its news was not read for too long."),
    StoreState.BEHIND: lazy_gettext("Something has been due for more than ten minutes."),
    StoreState.NEW: lazy_gettext("It was not read yet."),
    StoreState.FRESH: lazy_gettext("All is well."),
    StoreState.PAUSED: lazy_gettext("A person paused it."),
}
CONDITIONS: Mapping[str, str] = {
    Condition.RUNS: lazy_gettext("On"),
    Condition.NOT_PERMITTED: lazy_gettext("Not permitted"),
    Condition.OFF: lazy_gettext("Off"),
    Condition.STOPPED: lazy_gettext("Stopped"),
    Condition.PAUSED: lazy_gettext("Paused"),
}
# How a badge looks; its text says the same.
TONES: Mapping[str, str] = {
    StoreState.UNHEALTHY: "bad",
    StoreState.STOPPED: "bad",
    StoreState.STALE: "bad",
    StoreState.BEHIND: "warn",
    StoreState.NEW: "calm",
    StoreState.FRESH: "good",
    StoreState.PAUSED: "calm",
    Condition.RUNS: "good",
    Condition.NOT_PERMITTED: "warn",
    Condition.OFF: "calm",
    Outcome.DONE: "good",
    Outcome.REFUSED: "warn",
    Outcome.FAILED: "bad",
}
FLOWS: Mapping[str, str] = flow_names.FLOWS
ROLES: Mapping[str, str] = {
    Role.VIEWER: lazy_gettext("Viewer"),
    Role.OPERATOR: lazy_gettext("Operator"),
    Role.ADMIN: lazy_gettext("Administrator"),
    Role.MERCHANT: lazy_gettext("Merchant"),
}
ROLE_HELP: Mapping[str, str] = {
    Role.VIEWER: lazy_gettext("sees all stores and changes nothing"),
    Role.OPERATOR: lazy_gettext("sees and changes all stores"),
    Role.ADMIN: lazy_gettext("does everything, users included"),
    Role.MERCHANT: lazy_gettext("sees and changes only the stores given to him"),
}
OUTCOMES: Mapping[str, str] = {
    Outcome.DONE: lazy_gettext("Done"),
    Outcome.REFUSED: lazy_gettext("Refused"),
    Outcome.FAILED: lazy_gettext("Failed"),
}
VENDORS: Mapping[str, str] = {
    "epages": lazy_gettext("Shop"),
    "afosto": lazy_gettext("Afosto"),
    "connector": lazy_gettext("Connector"),
}
RIGHTS: Mapping[str, str] = {
    Right.READ: lazy_gettext("Read stores, orders and jobs"),
    Right.WRITE: lazy_gettext("Read, change and connect them"),
}
# How long the token of before a rotation is accepted.
OVERLAPS: Mapping[str, str] = {
    Overlap.NOW: lazy_gettext("not any more, from now on"),
    Overlap.HOUR: lazy_gettext("for 1 hour"),
    Overlap.DAY: lazy_gettext("for 1 day"),
    Overlap.WEEK: lazy_gettext("for 7 days"),
}
EVENTS: Mapping[str, str] = {
    Event.ORDER_IMPORTED: lazy_gettext("An order was imported"),
    Event.JOB_PARKED: lazy_gettext("A job was parked"),
    Event.STORE_UNHEALTHY: lazy_gettext("A store became unhealthy"),
}
# What is wrong at a store, where the message of the vendor alone would not tell.
REASONS: Mapping[str, str] = {
    Reason.DOES_NOT_ANSWER: lazy_gettext("The vendor does not answer. The connector tries again by itself."),
    Reason.WRONG_CREDENTIALS: lazy_gettext("The shop refuses the client id or the client secret."),
    Reason.REVOKED_CLIENT: lazy_gettext("The shop has revoked the app. Make a new one in the cockpit."),
    Reason.WRONG_AFOSTO_KEY: lazy_gettext("Afosto refuses the key. Make a new one in Afosto."),
    Reason.UNEXPECTED_ERROR: lazy_gettext("The connector failed. It tries again by itself; its log says why."),
    Reason.STOCK_TO_CONFIRM: lazy_gettext("No stock is published until a person has confirmed what it becomes."),
    Reason.STOCK_TO_ZERO: lazy_gettext("Too much of the stock would become zero. A person must look at it."),
    Reason.MISSING_SCOPE: lazy_gettext("The app lacks a permission in the shop. Tick its box in the cockpit."),
    Reason.TOTALS_DIFFER: lazy_gettext("The totals of both sides differ. Choose how to handle that."),
    Reason.MALFORMED_DOCUMENT: lazy_gettext("A document of the shop cannot be read."),
}


def reason(found: str, message: str) -> str:
    """Return what is wrong in words; where there are none for a reason, the vendor's own message."""
    return str(REASONS.get(found) or spoken(message))


# Why something that a person asked for was not done, and what to do.
REFUSALS: Mapping[str, str] = {
    Reason.USER_EXISTS: lazy_gettext("There is a user of this name already. Choose another name."),
    Reason.UNFIT_USER_NAME: lazy_gettext(
        "This cannot be the name of a user. Use up to 100 letters, digits and . _ @ + -, such as a mail address."
    ),
    Reason.WEAK_PASSWORD: lazy_gettext(
        "This password is too easy to guess. Choose at least 12 characters, such as four words without a connection."
    ),
    Reason.UNKNOWN_STORE: lazy_gettext(
        "One of these stores is not connected. Compare the names with the list of stores."
    ),
    Reason.TOKEN_EXISTS: lazy_gettext(
        "There is a token of this name already. Choose another name, or revoke that one."
    ),
    Reason.UNKNOWN_TOKEN: lazy_gettext("There is no valid token of this name. Look at the list again."),
    Reason.UNKNOWN_SUBSCRIPTION: lazy_gettext("There is no such subscription any more. Look at the list again."),
    Reason.BAD_ADDRESS: lazy_gettext(
        "Nothing can be sent to this address. It must begin with https://, be a public one, and hold no password."
    ),
    Reason.TWO_SECRETS: lazy_gettext(
        "Two secrets of this endpoint are accepted already. Give Afosto the newer one, then drop the old one."
    ),
    Reason.TWO_TOKENS: lazy_gettext(
        "Two tokens of this system are accepted already. Give it the newer one, then end the old one."
    ),
    Reason.PAUSED: lazy_gettext("The store is paused. Resume it first."),
    Reason.NO_CURSOR: lazy_gettext("There is nothing to read."),
    Reason.MISSING_SCOPE: lazy_gettext(
        "The app lacks a permission in the shop. Tick the boxes that the page names in the cockpit, then try again."
    ),
    Reason.DOES_NOT_ANSWER: lazy_gettext("The shop does not answer. Try again in a minute."),
}


def refusal(error: ConnectorError) -> str:
    """Return why something was not done, and what to do; in the error's own words where there are no others."""
    known = REFUSALS.get(error.reason) if isinstance(error, NeedsPerson) else REFUSALS[Reason.DOES_NOT_ANSWER]
    if known is not None:
        return str(known)
    resolution = error.resolution if isinstance(error, NeedsPerson) else ""
    return f"{spoken(error).rstrip('.')}. {spoken(resolution)}".strip()
