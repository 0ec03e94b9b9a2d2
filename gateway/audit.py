"""The audit log of the API: what a token changed that is not kept with a job."""

from collections.abc import Iterator
from contextlib import contextmanager

import flask
import structlog
from werkzeug.exceptions import HTTPException

from gateway.callers import decider
from gateway.runtime import runtime
from ledger.people.audit import Outcome
from schemas.errors import RetryLater

log = structlog.get_logger()


@contextmanager
def noted(action: str, subject: str = "") -> Iterator[list[str]]:
    """Note a change in the audit log before it is made, and how it ended; yield its details, to which more are added.

    `action` is the name that the console has for the same change, `subject` the store if it is about one. No detail may
    be a secret.
    """
    entry = runtime().ledger.audit.begin(decider(), action, subject, flask.request.remote_addr or "")
    details: list[str] = []
    outcome = Outcome.FAILED
    try:
        yield details
        outcome = Outcome.DONE
    except HTTPException as error:
        outcome = Outcome.REFUSED if error.code and error.code < 500 else Outcome.FAILED
        raise
    finally:
        _end(entry, outcome, details)


def _end(entry: int, outcome: Outcome, details: list[str]) -> None:
    try:
        runtime().ledger.audit.end(entry, outcome, "; ".join(details))
    except RetryLater as error:
        # Its outcome stays unknown there.
        log.warning("the end of a change could not be noted", entry=entry, outcome=outcome, why=str(error))
