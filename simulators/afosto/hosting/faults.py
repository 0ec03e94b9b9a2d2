"""Faults of one tenant: transport faults, as in all simulators, and GraphQL errors."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.afosto.tenant.errors import Refused
from simulators.faults import Budget, FaultPlan, build

MESSAGES = {"RATE_LIMITED": "Too many requests", "INTERNAL_SERVER_ERROR": "Internal server error"}


@dataclass(slots=True)
class GraphqlFault:
    """An error at HTTP 200: `kind` is RATE_LIMITED or INTERNAL_SERVER_ERROR.

    It fires with `probability`, at most `count` times (None: without limit), for requests with the root field
    `field` (None: any); with `after_effect` the request is carried out first.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    field: str | None = None
    after_effect: bool = False

    def error(self) -> Refused:
        """The error that the client gets."""
        return Refused(self.kind, MESSAGES[self.kind])


class TenantFaults:
    """What goes wrong for one tenant. `transport` is the plan that the ASGI component draws from."""

    def __init__(self) -> None:
        self.transport = FaultPlan()
        self._limiter = FaultPlan()
        self._graphql: list[GraphqlFault] = []
        self._random = random.Random(0)

    def configure(self, document: Mapping[str, Any]) -> None:
        """Replace the faults by `{"faults": [...], "budget": {"calls", "window"} | null, "seed": n}`.

        A fault is one of `simulators.faults` or a GraphqlFault; `field` narrows either to a GraphQL root field.
        Past the budget every request is answered RATE_LIMITED. Absent keys stay; raises ValueError.
        """
        faults: Sequence[Mapping[str, Any]] = document.get("faults") or ()
        graphql_faults = [build(GraphqlFault, fault) for fault in faults if fault.get("kind") in MESSAGES]
        transport = {k: v for k, v in document.items() if k == "seed"}
        if "faults" in document:
            transport["faults"] = [_transport(fault) for fault in faults if fault.get("kind") not in MESSAGES]
        self.transport.configure(transport)
        if "faults" in document:
            self._graphql = graphql_faults
        if "budget" in document:
            self._limiter.configure({"budget": document["budget"]})
        if "seed" in document:
            self._random.seed(document["seed"])

    @property
    def budget(self) -> Budget | None:
        """How many requests the tenant may make per window."""
        return self._limiter.budget

    def draw(self, root_fields: Sequence[str], key: str) -> GraphqlFault | None:
        """The GraphQL fault that a request with these root fields meets, if any."""
        allowance = self._limiter.spend(key)
        if allowance and not allowance.passes:
            return GraphqlFault("RATE_LIMITED")
        for fault in self._graphql:
            if fault.count != 0 and fault.field in (None, *root_fields) and self._random.random() < fault.probability:
                fault.count = None if fault.count is None else fault.count - 1
                self.transport.fired[fault.kind] += 1
                return fault
        return None

    def fired(self) -> dict[str, int]:
        """How often each kind of fault happened; `budget` counts refusals past the budget."""
        return dict(self.transport.fired + self._limiter.fired)


def _transport(fault: Mapping[str, Any]) -> dict[str, Any]:
    """Turn `field` into a search in the body: the transport does not read GraphQL."""
    named = {key: value for key, value in fault.items() if key != "field"}
    return named | ({"body": rf"\b{fault['field']}\b"} if fault.get("field") else {})
