"""The task contract: the keyword arguments of every task, for any system that sends one.

Unknown keywords are ignored and newer keywords have defaults, so sender and worker may have different versions.
`python -m schemas.messages` writes the contract as JSON Schema to docs/tasks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, missing, validate

from schemas.errors import BadMessage
from schemas.states import CursorKind
from schemas.values.fields import Document
from schemas.values.ids import Counter, Id
from schemas.values.loading import faults
from schemas.wording.phrases import phrase

DOCS = Path(__file__).parent.parent / "docs" / "tasks"


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """Sync one order of a store; `order` is the ePages order id, `version` the job's version if it is known."""

    store: str
    order: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class StockMessage:
    """Publish the stock of one SKU of a store, or of all; `version` is the job's version when dispatch sends it."""

    store: str
    sku: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PollMessage:
    """Read what changed in a store; `cursor` is live, history or sweep, `fence` the run that this message continues."""

    store: str
    cursor: str = CursorKind.LIVE.value
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class StoreMessage:
    """A task for a whole store."""

    store: str


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """Send events to a subscriber; `fence` is the run that this message begins."""

    subscription: int
    fence: int


@dataclass(frozen=True, slots=True)
class CompareMessage:
    """Go on with a comparison that a person asked for; `fence` is the run that this message begins."""

    store: str
    comparison: int
    fence: int


@dataclass(frozen=True, slots=True)
class TickMessage:
    """A task without arguments."""


class OrderMessageSchema(Document):
    target = OrderMessage

    store = Id()
    order = Id()
    version = Counter()


class StockMessageSchema(Document):
    target = StockMessage

    store = Id()
    sku = Id(required=False)
    version = Counter()


_ONE_OF = phrase("must be one of %(choices)s", choices=", ".join(CursorKind))


class PollMessageSchema(Document):
    target = PollMessage

    store = Id()
    cursor = fields.String(
        load_default=CursorKind.LIVE.value,
        validate=validate.OneOf(tuple(kind.value for kind in CursorKind), error=_ONE_OF),
        error_messages={"invalid": phrase("is not a text")},
    )
    fence = Counter()


class StoreMessageSchema(Document):
    target = StoreMessage

    store = Id()


class DeliverMessageSchema(Document):
    target = DeliverMessage

    subscription = Counter(required=True)
    fence = Counter(required=True)


class CompareMessageSchema(Document):
    target = CompareMessage

    store = Id()
    comparison = Counter(required=True)
    fence = Counter(required=True)


class TickMessageSchema(Document):
    target = TickMessage


Message = OrderMessage | PollMessage | StockMessage | StoreMessage | DeliverMessage | CompareMessage | TickMessage

CONTRACT: Mapping[str, Document] = {
    "orders.import": OrderMessageSchema(),
    "cancellations.import": OrderMessageSchema(),
    "shipments.import": OrderMessageSchema(),
    "returns.import": OrderMessageSchema(),
    "cancellations.export": OrderMessageSchema(),
    "shipments.export": OrderMessageSchema(),
    "returns.export": OrderMessageSchema(),
    "orders.look": OrderMessageSchema(),
    "orders.walk": StoreMessageSchema(),
    "inventory.publish": StockMessageSchema(),
    "inventory.watch": StoreMessageSchema(),
    "poll.store": PollMessageSchema(),
    "dispatch.tick": TickMessageSchema(),
    "reconcile.sweep": TickMessageSchema(),
    "reconcile.prune": TickMessageSchema(),
    "reconcile.compare": CompareMessageSchema(),
    "events.deliver": DeliverMessageSchema(),
}

# Only the connector sends these tasks; other systems may send the rest.
INTERNAL_TASKS = frozenset(
    {
        "orders.walk",
        "inventory.watch",
        "dispatch.tick",
        "reconcile.sweep",
        "reconcile.prune",
        "reconcile.compare",
        "events.deliver",
    }
)
PUBLIC_TASKS = tuple(task for task in CONTRACT if task not in INTERNAL_TASKS)


def load_message(task: str, kwargs: Mapping[str, Any]) -> Message:
    """Read the keyword arguments of a task. Raises BadMessage, which names the task and the wrong keyword."""
    if task not in CONTRACT:
        raise BadMessage(
            phrase("There is no task '%(task)s'; known are %(tasks)s.", task=task, tasks=", ".join(CONTRACT)),
            task=task,
            field="task",
        )
    try:
        message: Message = CONTRACT[task].load(kwargs)
    except ValidationError as error:
        field, fault = next(faults(error.messages))
        raise BadMessage(
            phrase("%(task)s: the keyword '%(field)s' %(fault)s", task=task, field=field, fault=fault),
            task=task,
            field=field,
        ) from None
    return message


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return the contract as one JSON Schema (2020-12) per task name."""
    return {task: _json_schema(task, schema) for task, schema in CONTRACT.items()}


def _json_schema(task: str, schema: Document) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": task,
        "description": type(schema).target.__doc__,
        "type": "object",
        "properties": {name: _property(field) for name, field in schema.fields.items()},
        "required": [name for name, field in schema.fields.items() if field.required],
        "additionalProperties": True,
    }


def _property(field: fields.Field[Any]) -> dict[str, Any]:
    kind = "integer" if isinstance(field, fields.Integer) else "string"
    described: dict[str, Any] = {"type": [kind, "null"] if field.allow_none else kind}
    if field.load_default is not missing:
        described["default"] = field.load_default
    for rule in field.validators:
        described |= _rule(rule)
    return described


def _rule(rule: Any) -> dict[str, Any]:
    match rule:
        case validate.Length():
            return {"minLength": rule.min, "maxLength": rule.max}
        case validate.Range():
            return {"minimum": rule.min, "maximum": rule.max}
        case validate.OneOf():
            return {"enum": list(rule.choices)}
        case validate.Regexp():
            return {"pattern": rule.regex.pattern}
    raise TypeError(f"no JSON Schema is known for {rule!r}")


def write_docs(folder: Path = DOCS) -> None:
    """Write one JSON file per task into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for task, schema in json_schemas().items():
        (folder / f"{task}.json").write_text(json.dumps(schema, indent=2) + "\n")


if __name__ == "__main__":
    write_docs()
