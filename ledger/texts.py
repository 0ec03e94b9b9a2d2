"""What PostgreSQL cannot keep of a text, NUL and lone surrogates, is kept as a replacement character.

A vendor's words are checked where they are read, yet they come in on many ways: in an error's message, a step, the
intent of a call. Refused, one such character would take the whole statement with it.
"""

import json
import re
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.types.json import set_json_dumps
from psycopg.types.string import StrDumperUnknown

_NUL, _INSTEAD = "\0", "\N{REPLACEMENT CHARACTER}"
# NUL as JSON writes it, and not a backslash that is followed by these letters.
_JSON_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def keep_every_text(session: Connection[Any]) -> None:
    """Let a new session take any text, as a parameter or within JSON."""
    session.adapters.register_dumper(str, _AnyText)
    set_json_dumps(_any_json, session)


class _AnyText(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        try:
            return super().dump(obj)
        except (psycopg.DataError, UnicodeEncodeError):
            return super().dump(_without_surrogates(obj.replace(_NUL, _INSTEAD)).decode())


def _any_json(value: Any) -> bytes:
    return _without_surrogates(_JSON_NUL.sub(rf"\1{_INSTEAD}", json.dumps(value, ensure_ascii=False)))


def _without_surrogates(text: str) -> bytes:
    return text.encode("utf-8", "replace")
