"""Reads each message of a queue first: it is a call of a task by the contract, or it is set aside for a person.

Celery (5.7) trusts the sender. A body of another shape, an odd header or a compressed bomb ends the worker. Then the
broker gives the message to the next worker, and that one ends too. A call is passed on with its task, id and keywords
only: without a time to wait for, without another task to run after it, and without headers of the sender, save the
span that its run continues.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import structlog

from jobs.log_secrets import without_secrets
from ledger.inbound.set_aside_messages import CONTENT, SetAsideMessage
from schemas.errors import BadMessage
from schemas.messages import CONTRACT, load_message
from tasks.set_aside import TASK as SET_ASIDE
from tracing.spans import HEADER
from workers.wrapping import MOST_BYTES, UNREADABLE

log = structlog.get_logger()

# Tasks that a sender may ask for after this one. Celery's own messages name them too, each of them empty.
_EMBED = frozenset({"callbacks", "errbacks", "chain", "chord"})
# A span as https://www.w3.org/TR/trace-context/ writes it: version, trace, span, flags.
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_LONGEST = 200  # characters of an id or a task's name


class Unusable(Exception):
    """No worker can do what the message asks for; the text says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """A task to run, with the keywords that it knows."""

    task: str
    id: str
    keywords: Mapping[str, Any]


def read_call(message: Any) -> Call:
    """Read a message (kombu's) by the contract. Raises Unusable."""
    headers = message.headers
    if UNREADABLE in headers:
        raise Unusable(str(headers[UNREADABLE]))
    if len(message.body or b"") > MOST_BYTES:
        raise Unusable(f"it is larger than {MOST_BYTES // 1024} KiB")
    task, message_id = headers.get("task"), headers.get("id")
    if not isinstance(task, str):
        raise Unusable("no task is named in its headers")
    if not isinstance(message_id, str) or not 0 < len(message_id) <= _LONGEST or not message_id.isprintable():
        raise Unusable(f"its id is no text of 1 to {_LONGEST} characters")
    keywords = _keywords(message)
    try:
        load_message(task, keywords)
    except BadMessage as error:
        raise Unusable(str(error)) from None
    return Call(task, message_id, {name: keywords[name] for name in CONTRACT[task].fields if name in keywords})


def _keywords(message: Any) -> dict[str, Any]:
    try:
        payload = message.payload
    except Exception as error:  # noqa: BLE001 - kombu passes on every error of reading foreign bytes
        raise Unusable(f"its body cannot be read: {type(error).__name__}: {error}") from None
    match payload:
        case [[], dict() as keywords, None | dict() as embed]:
            if set(embed or {}) <= _EMBED and not any((embed or {}).values()):
                return keywords
            raise Unusable("it asks for more than one task")
        case [[_, *_], dict(), _]:
            raise Unusable("it has arguments without names; a task takes keywords only")
    raise Unusable("its body is not [[], {keywords}, {}]")


class Gate:
    """Stands before Celery's own handler of messages."""

    def __init__(self, handle: Callable[[Any], None], passing: Collection[type[Exception]]) -> None:
        """`handle` gets a message that was read; its errors of the kinds `passing` are errors of the connection."""
        self._handle = handle
        self._passing = tuple(passing)

    def __call__(self, message: Any) -> None:
        """Pass a call on; set any other message aside."""
        try:
            call = read_call(message)
        except Unusable as why:
            self.set_aside(message, str(why))
            return
        try:
            self._hand_on(message, call)
        except self._passing:
            raise
        except Exception as error:
            log.exception("a message could not be handed on", message=call.id, task=call.task)
            self.set_aside(message, f"{type(error).__name__}: {error}")

    def set_aside(self, message: Any, why: str) -> None:
        """Turn the message into a task that keeps it; the message is acknowledged when that task has ended."""
        aside = described(message, why)
        log.error(
            "a message was set aside; see: connector messages list",
            message=aside.message_id,
            queue=aside.queue,
            task=aside.task,
            why=aside.why,
            size=aside.size,
        )
        self._hand_on(message, Call(SET_ASIDE, str(uuid4()), asdict(aside)))

    def _hand_on(self, message: Any, call: Call) -> None:
        message.errors = []
        message.properties = {}
        message.headers = _headers(call) | _trace(message.headers)
        message.content_type, message.content_encoding = "application/json", "utf-8"
        message.body = json.dumps([[], call.keywords, {}]).encode()
        message._decoded_cache = None
        self._handle(message)


def _headers(call: Call) -> dict[str, Any]:
    shown = "{…}" if call.task == SET_ASIDE else repr(call.keywords)
    return {"lang": "py", "task": call.task, "id": call.id, "root_id": call.id, "argsrepr": "()", "kwargsrepr": shown}


def _trace(sent: Mapping[str, Any]) -> dict[str, str]:
    parent = sent.get(HEADER)
    return {HEADER: parent} if isinstance(parent, str) and _TRACEPARENT.fullmatch(parent) else {}


def described(message: Any, why: str) -> SetAsideMessage:
    """Describe a message (kombu's) as it is kept: shortened, without control characters and secrets."""
    body = message.body or b""
    body = body if isinstance(body, bytes) else str(body).encode(errors="backslashreplace")
    found = partial(_found, message.headers)
    return SetAsideMessage(
        queue=_text(message.delivery_info.get("routing_key"), _LONGEST) or "?",
        message_id=found("id"),
        task=found("task"),
        why=_text(why, 2 * _LONGEST),
        size=len(body),
        content=_text(body[: 4 * CONTENT].decode(errors="backslashreplace"), CONTENT),
    )


def _found(headers: Mapping[str, Any], name: str) -> str | None:
    value = headers.get(name)
    return None if value is None else _text(value if isinstance(value, str) else repr(value), _LONGEST)


def _text(value: Any, longest: int) -> str:
    cut = str(value)[:longest]
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut)
    return without_secrets(shown)[:longest]
