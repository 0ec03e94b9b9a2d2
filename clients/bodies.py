"""What is sent to a vendor holds no null: where a value is missing, the vendors' own examples leave its name out."""

from collections.abc import Mapping
from typing import Any


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the keys of objects that have no value, at any depth; lists keep their elements."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(inner) for inner in value]
    return value
