"""Idempotency keys: the repeat of a request has no effect and gets the same answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gateway.api.enqueue import Due, Outcome
from gateway.callers import caller
from gateway.errors import Refusal, refuse
from gateway.runtime import runtime


def once(key: str | None, content: bytes, work: Callable[[], Sequence[Outcome]]) -> Sequence[Outcome]:
    """Return what came of the tasks of a request: of `work`, or of an earlier request with this key and content.

    A request whose tasks are all refused takes no key: it may be corrected and sent again. Ends the request with 409
    if the key was used with other content.
    """
    if key is None:
        return work()
    tokens = runtime().ledger.tokens
    claim = tokens.claim_key(caller(), key, content)
    if not claim.same:
        refuse(409, "key-in-use", "This Idempotency-Key was used with another body.", field="Idempotency-Key")
    if claim.answered:
        return [_read(each) for each in claim.outcomes] if claim.outcomes else [Due(claim.job)]
    outcomes = work()
    if all(isinstance(outcome, Refusal) for outcome in outcomes):
        tokens.release_key(caller(), key)
    else:
        job = outcomes[0].job if isinstance(outcomes[0], Due) else None
        tokens.answer_key(caller(), key, job, [asdict(outcome) for outcome in outcomes])
    return outcomes


def _read(kept: Mapping[str, Any]) -> Outcome:
    return Refusal(**kept) if "code" in kept else Due(**kept)
