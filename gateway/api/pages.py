"""Pages of long lists: each answer names the address of the next one."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import flask
from marshmallow import Schema, fields, validate

MOST_ROWS = 200


class LimitSchema(Schema):
    """How long a page is."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(min=1, max=MOST_ROWS, error="must be from {min} to {max}"),
        metadata={"description": "How many at most."},
    )


class NextSchema(Schema):
    """The address of the next page; null on the last one."""

    next = fields.String(required=True, allow_none=True, metadata={"example": "/v1/stores?limit=50&after=corner"})


def next_page(rows: Sequence[Mapping[str, Any]], given: Mapping[str, Any], after: str) -> str | None:
    """Return the address of the page after these rows, of which one more than `limit` was asked for.

    `after`: the key of a row behind which a page begins.
    """
    if len(rows) <= given["limit"]:
        return None
    kept = {name: value for name, value in given.items() if value not in (None, "")}
    return f"{flask.request.path}?{urlencode({**kept, 'after': rows[given['limit'] - 1][after]})}"
