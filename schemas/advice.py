"""What a person can do about an unhealthy store."""

# The reason for an unexpected error: a bug in the connector.
UNFORESEEN = "unexpected-error"

OWN_FAULT = "this is a fault of the connector: send its developers the traceback, which is in the worker's log"

_ADVICE = {
    "does-not-answer": "nothing: it continues on its own when the vendor answers again",
    "wrong-credentials": "compare client id and secret with the cockpit, then: connector store credentials {store}",
    "revoked-client": "make a new app in the cockpit, then: connector store credentials {store} --client-id ID",
    "wrong-afosto-key": "make a new key in Afosto, then: connector store credentials {store} --afosto-key-stdin",
    UNFORESEEN: f"it is retried automatically. If it stays: {OWN_FAULT}",
}
_ELSE = "check its address and settings: connector store show {store}"


def advice(store: str, reason: str) -> str:
    """Return what a person can do about a store that is unhealthy for this reason."""
    return _ADVICE.get(reason, _ELSE).format(store=store)
