"""One warning in the log when a person is needed: a job is parked, a flow was stopped, a store is unhealthy.

Each warning names the store, the order, the reason and what to do. It is written when the trouble
begins, after the transaction that notes it, and not again while it lasts.
"""

import logging

from schemas.reasons import Reason
from schemas.wording.store_advice import advice

log = logging.getLogger(__name__)


def warn_parked(
    store: str, flow: str, order: str, reason: str, why: str, resolution: str | None, cause: BaseException | None = None
) -> None:
    """Warn of a job that is parked; `cause` is the unexpected error behind it, if any."""
    _warn("a job is parked", store, reason, why, resolution, flow=flow, order=order, cause=cause)


def warn_stopped(store: str, flow: str, reason: str, why: str, resolution: str | None = None) -> None:
    """Warn of a flow that was stopped automatically; `why` says what to look at first."""
    resolution = resolution or f"look at its jobs, then: connector store resume {store} --flow {flow}"
    _warn("a flow was stopped", store, reason, why, resolution, flow=flow)


def warn_unhealthy(store: str, where: str, reason: str, why: str, cause: BaseException | None = None) -> None:
    """Warn of a fault that concerns a whole store: with one of its vendors, or in a run of the connector."""
    _warn("a store is unhealthy", store, reason, why, advice(store, reason), where=where, cause=cause)


def warn_left_out(store: str, what: str, why: str) -> None:
    """Warn of a row that is left out, because the database refuses even its name."""
    _warn("a row is left out", store, Reason.NOT_WRITTEN_DOWN, why, "correct what the reason names", what=what)


def _warn(
    event: str,
    store: str,
    reason: str,
    why: str,
    resolution: str | None,
    *,
    cause: BaseException | None = None,
    **more: str,
) -> None:
    fields = {"store": store, **more, "reason": reason, "why": why, "resolution": resolution}
    log.warning(event, extra=fields, exc_info=cause)
