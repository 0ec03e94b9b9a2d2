"""Logs: one structured line per event on standard error, as JSON or for a person's eyes, without secrets."""

import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from schemas.settings import Settings
from schemas.wording.display import visible, visible_json, visible_lines

HIDDEN = "***"

_NAME = r"(?:secret|token|password|authorization|keys?)"
_SECRET_NAME = re.compile(rf"(?:^|[_-]){_NAME}$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    rf"\b([\w-]*{_NAME})([\"']?\s*[=:]\s*[\"']?)(?:Bearer\s+|Basic\s+)?[^\s\"',&}}]+", re.IGNORECASE
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*):[^\s/]*@")
_NO_SECRETS = frozenset({"order_key"})
# A text without any of these, in lower case, holds nothing that the expressions above would find.
_SIGNS = ("secret", "token", "password", "authorization", "key", "bearer", "basic", "://")


def set_up_logs(settings: Settings) -> None:
    """Route structlog and the standard library's logging through one redacting formatter on standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _drop_repeated_traceback,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings.log_format, shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    if root.level > logging.DEBUG:
        # A line for each message that arrives; what became of it is told when it is done.
        logging.getLogger("celery.worker.strategy").setLevel(max(root.level, logging.WARNING))


def redact(logger: Any, method: str, event: EventDict) -> EventDict:
    """Hide the values of secret names, however deep, and secrets inside texts: a structlog processor."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _drop_repeated_traceback(logger: Any, method: str, event: EventDict) -> EventDict:
    """A task's error that was foreseen needs no traceback; of any other, Celery gives it a second time."""
    data = event.get("data")
    if isinstance(data, Mapping) and "traceback" in data:
        event["data"] = {name: value for name, value in data.items() if name != "traceback"}
    return event


def _formatter(log_format: str, shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Ahead of the redaction, so that a traceback is redacted too.
            structlog.processors.format_exc_info,
            redact,
            *(_json_lines() if log_format == "json" else _console_lines()),
        ],
    )


def _json_lines() -> list[Processor]:
    return [structlog.processors.JSONRenderer(serializer=visible_json, default=str)]


def _console_lines() -> list[Processor]:
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [_show, console]


def _show(logger: Any, method: str, event: EventDict) -> EventDict:
    """Let no text write a line of its own or command the terminal; a traceback keeps its lines, indented."""
    shown = {visible(str(name)): _shown(value) for name, value in event.items()}
    if "exception" in event:
        shown["exception"] = visible_lines(str(event["exception"])).replace("\n", "\n  ")
    return shown


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else visible(str(value))


def _hidden(name: str, value: Any) -> Any:
    return HIDDEN if value is not None and _is_secret(name) else _clean(value)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return name not in _NO_SECRETS and _SECRET_NAME.search(name) is not None


def _clean(value: Any) -> Any:
    match value:
        case str():
            return without_secrets(value)
        case Mapping():
            return {name: _hidden(str(name), inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(inner) for inner in value]
        case None | bool() | int() | float():
            return value
    return without_secrets(str(value))


def without_secrets(text: str) -> str:
    """Hide the secrets inside a text: passwords, tokens and keys beside their names, and those of addresses."""
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    without_pairs = _SECRET_TEXT.sub(_hide_pair, _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text))
    return _BEARER.sub(rf"\1 {HIDDEN}", without_pairs)


def _hide_pair(found: re.Match[str]) -> str:
    return found[0] if found[1] in _NO_SECRETS else f"{found[1]}{found[2]}{HIDDEN}"
