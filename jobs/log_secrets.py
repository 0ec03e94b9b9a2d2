"""Hides secrets in log lines and error texts: passwords, tokens and keys, by their names and by their form."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from structlog.typing import EventDict

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


def redact(logger: Any, method: str, event: EventDict) -> EventDict:
    """Hide the values of secret names, however deep, and secrets inside texts: a structlog processor."""
    return {name: _hidden(name, value) for name, value in event.items()}


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
