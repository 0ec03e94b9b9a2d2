"""The errors of what a person does to a store, as HTTP answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from gateway.errors import refuse
from schemas.errors import NeedsPerson, RetryLater
from schemas.reasons import Reason
from schemas.values.texts import excerpt
from schemas.wording.sentences import sentence

log = structlog.get_logger()

_CONFLICTS = (Reason.STORE_EXISTS, Reason.SHOP_CONNECTED_ALREADY, Reason.PAUSED)
_STATUSES = {
    **dict.fromkeys(_CONFLICTS, 409),
    Reason.OTHER_TENANT: 403,
    Reason.NO_CURSOR: 404,
    Reason.UNKNOWN_SUBSCRIPTION: 404,
}


@contextmanager
def refused_with_reason() -> Iterator[None]:
    """End the request with the reason and the advice of an error, or with 503 if it may be sent again later."""
    try:
        yield
    except NeedsPerson as error:
        status = next((status for reason, status in _STATUSES.items() if reason == error.reason), 422)
        refuse(status, error.reason, f"{sentence(str(error))} {sentence(error.resolution)}")
    except RetryLater as error:
        log.warning("a request was refused", why=str(error))
        refuse(503, "unavailable", excerpt(str(error)), headers={"Retry-After": "5"})
