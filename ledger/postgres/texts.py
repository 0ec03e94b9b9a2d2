"""Replaces what PostgreSQL cannot keep in a text (NUL and lone surrogates) by the replacement character.

A vendor's words are checked where they are read, but they also come in other ways: in an error's message, a step, the
intent of a call. PostgreSQL would refuse a whole statement because of one such character.
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
# NUL as JSON writes it; not an escaped backslash before these letters.
_JSON_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def keep_every_text(session: Connection[Any]) -> None:
    """Make a new session accept any text, as a parameter or within JSON."""
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
