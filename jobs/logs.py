"""Logs: one structured line per event on standard error, as JSON or for a person's eyes, without secrets."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from jobs.log_secrets import redact
from schemas.settings import Settings
from schemas.wording.display import visible, visible_json, visible_lines


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
        # A line for each message that arrives; the line at its end says what happened.
        logging.getLogger("celery.worker.strategy").setLevel(max(root.level, logging.WARNING))


def _drop_repeated_traceback(logger: Any, method: str, event: EventDict) -> EventDict:
    """An expected error of a task needs no traceback. Celery logs the traceback of any other error a second time."""
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
    """Make texts harmless: none starts a new line or controls the terminal. A traceback keeps its lines, indented."""
    shown = {visible(str(name)): _shown(value) for name, value in event.items()}
    if "exception" in event:
        shown["exception"] = visible_lines(str(event["exception"])).replace("\n", "\n  ")
    return shown


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else visible(str(value))
