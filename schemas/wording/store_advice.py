"""What a person does about an unhealthy store."""

from collections.abc import Mapping

from schemas.reasons import Reason

# The reason of what nobody foresaw: a fault of the connector.
UNFORESEEN = Reason.UNEXPECTED_ERROR

OWN_FAULT = "this is a fault of the connector: send its developers the traceback, which is in the worker's log"

_ADVICE: Mapping[str, str] = {
    Reason.DOES_NOT_ANSWER: "nothing: it continues on its own when the vendor answers again",
    Reason.WRONG_CREDENTIALS: "compare client id and secret with the cockpit, then: "
    "connector store credentials {store}",
    Reason.REVOKED_CLIENT: "make a new app in the cockpit, then: connector store credentials {store} --client-id ID",
    Reason.WRONG_AFOSTO_KEY: "make a new key in Afosto, then: connector store credentials {store} --afosto-key-stdin",
    UNFORESEEN: f"it is tried again by itself. If it stays: {OWN_FAULT}",
}
_ELSE = "check its address and settings: connector store show {store}"


def advice(store: str, reason: str) -> str:
    """Return what a person can do about a store that is unhealthy for this reason."""
    return _ADVICE.get(reason, _ELSE).format(store=store)
