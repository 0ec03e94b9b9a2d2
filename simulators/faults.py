"""Faults on command, for an ASGI component that any simulated vendor can put around its app.

A `FaultPlan` holds the faults of one shop or tenant. For each request `FaultyApp` draws from its plan. Then the request
passes, is delayed, is refused, or loses its answer in one of several ways.

Fault kinds: `latency` (waits `seconds`, then goes on; combines with the others), `429`, `500`, `502`, `503`
(refused before any effect, or with `after_effect` once it happened), `reset` (the effect happens, then the
connection is reset without an answer), `late` (the connection is reset at once, or after `hold` seconds; the effect
happens `seconds` after the request came), `truncate` (half of the body, then the end), `oversize` (the body, then
spaces until it is larger than any client reads), `drip` (the body in small pieces over `seconds`),
`expired-token` (the request's token stops being valid).

Fault kinds of a hostile vendor, each in one of many ways (see `simulators.hostile`), after the effect has happened:
`odd-number`, `odd-text` (at one place of the answer's document), `odd-header`, `hostile-body`. Some ways of the
last two refuse the request before any effect, such as the odd pauses. Way and place are random among those that `only`
and `at` allow.
"""

import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from simulators.hostile import spoiling

T = TypeVar("T")
# In GraphQL every call is a POST: only the document shows whether it writes.
_MUTATION = re.compile(r"\bmutation\b")
KINDS = frozenset(
    ["latency", "429", "500", "502", "503", "reset", "late", "truncate", "oversize", "drip", "expired-token"]
).union(spoiling.KINDS)
# How many descriptions of spoiled answers are kept.
_NOTES = 200


@dataclass(slots=True)
class Fault:
    """One fault.

    It fires with `probability` per matching request, at most `count` times (None: without limit). `path`, `body`
    are regular expressions searched in the path and the request body, `method` is compared as is; None matches all.
    `writes` matches only requests that may have an effect: no reads, no token requests.
    `seconds`, `hold` and `retry_after` (the header's value; None: no header) are seconds. `only` names the
    ways of a hostile vendor that are allowed (empty: all), `at` is a regular expression for the dotted path
    of an odd value.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    path: str | None = None
    method: str | None = None
    body: str | None = None
    writes: bool = False
    seconds: float = 0.0
    hold: float = 0.0
    retry_after: float | None = None
    after_effect: bool = False
    only: Sequence[str] = ()
    at: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind}; known are {', '.join(sorted(KINDS))}")
        spoiling.check_ways(self.kind, self.only)

    def matches(self, method: str, path: str, body: str) -> bool:
        """Whether the fault is for this request, and may fire once more."""
        return (
            self.count != 0
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.body is None or re.search(self.body, body) is not None)
            and (not self.writes or may_write(method, path, body))
        )


def may_write(method: str, path: str, body: str) -> bool:
    """Whether a request to either vendor may change something there."""
    if path.endswith("/graphql"):
        return _MUTATION.search(body) is not None
    return method != "GET" and not path.endswith("/oauth/token")


@dataclass(slots=True)
class Budget:
    """At most `calls` per `window` seconds and key (the token); past it every call is answered 429.

    `headers` sends X-RateLimit-Limit, -Remaining and the reset moment (ISO 8601, as the older API documents) under
    the name `reset_header` (that documentation spells it both ways); `retry_after` sends Retry-After with the 429.
    With `slows` nothing is refused: past the budget a call waits until there is room, and no header says so.
    """

    calls: int
    window: float
    headers: bool = True
    retry_after: bool = True
    reset_header: str = "X-RateLimit-Reset"
    slows: bool = False


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a token's budget: whether this call passes, how many are left, seconds until the window ends."""

    passes: bool
    remaining: int
    resets_in: float


class FaultPlan:
    """What goes wrong for one shop or tenant, drawn from a seeded generator, with counts of what happened.

    `requests` counts (method, path with ids replaced, status); `fired` counts faults by kind; `notes` describes
    how the last answers were spoiled.
    `expire(authorization)` is called for `expired-token` with the request's Authorization header.
    """

    def __init__(
        self,
        seed: int = 0,
        faults: Iterable[Fault] = (),
        budget: Budget | None = None,
        expire: Callable[[str], None] = lambda authorization: None,
    ) -> None:
        self.random = random.Random(seed)
        self.faults = list(faults)
        self.budget = budget
        self.expire = expire
        self.fired: Counter[str] = Counter()
        self.requests: Counter[tuple[str, str, str]] = Counter()
        self.notes: deque[str] = deque(maxlen=_NOTES)
        self._windows: dict[str, deque[float]] = {}

    def configure(self, document: Mapping[str, Any]) -> None:
        """Replace faults and budget by `{"faults": [...], "budget": {...} | null, "seed": n}`; absent keys stay.

        Raises ValueError for a fault or field that does not exist.
        """
        faults = [build(Fault, fault) for fault in document["faults"]] if "faults" in document else self.faults
        if "budget" in document:
            self.budget = build(Budget, document["budget"]) if document["budget"] else None
            self._windows.clear()
        self.faults = faults
        if "seed" in document:
            self.random.seed(document["seed"])

    def draw(self, method: str, path: str, body: str = "") -> list[Fault]:
        """The faults this request meets: any latencies, and at most one of another kind, which comes last."""
        drawn: list[Fault] = []
        for fault in self.faults:
            if fault.matches(method, path, body) and self.random.random() < fault.probability:
                drawn.append(fault)
                self._count(fault)
                if fault.kind != "latency":
                    break
        return drawn

    def spend(self, key: str, now: float | None = None) -> Allowance | None:
        """Take one call from the budget of `key`, in a sliding window; None when there is no budget.

        `now` is in seconds of any steady clock. A refused call costs nothing.
        """
        if self.budget is None:
            return None
        now = time.monotonic() if now is None else now
        calls = self._windows.setdefault(key, deque())
        while calls and calls[0] <= now - self.budget.window:
            calls.popleft()
        passes = len(calls) < self.budget.calls
        if passes:
            calls.append(now)
        else:
            self.fired["budget"] += 1
        return Allowance(passes, self.budget.calls - len(calls), calls[0] + self.budget.window - now if calls else 0)

    def stats(self) -> dict[str, Any]:
        """Requests by method, path and outcome, faults by kind, and what was spoiled, as a JSON document."""
        rows = [{"method": m, "path": p, "status": s, "count": n} for (m, p, s), n in sorted(self.requests.items())]
        counts = {"faults": dict(self.fired), "spoiled": list(self.notes)}
        return {"requests": rows, "total": sum(self.requests.values()), **counts}

    def _count(self, fault: Fault) -> None:
        self.fired[fault.kind] += 1
        if fault.count is not None:
            fault.count -= 1


def build(kind: type[T], document: Mapping[str, Any]) -> T:
    """A dataclass from JSON; raises ValueError for fields it does not have."""
    unknown = document.keys() - {f.name for f in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**document)
