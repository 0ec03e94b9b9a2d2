"""Removes nulls from request bodies: in the vendors' own examples, a missing value has no key at all."""

from collections.abc import Mapping
from typing import Any


def without_nulls(value: Any) -> Any:
    """Return a JSON value without object keys whose value is None, at any depth; lists keep all elements."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(inner) for inner in value]
    return value
