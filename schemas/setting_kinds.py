"""The kinds of values that settings have: how the text of a variable is read, and the message for a wrong one."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate
from marshmallow.types import ErrorMessages

from schemas.server_addresses import EXAMPLES, PORTS, read_address

# The example of a key. A new key in place of the old one would lose the secrets of all stores.
KEPT_KEY = "KEY, the one you kept; only a first installation makes a new one, with: connector keys new"


class Seconds(fields.Float):
    """A duration in seconds above 0; fractions are allowed."""

    def __init__(self, default: float) -> None:
        wrong = "is not a number of seconds above 0"
        above_0 = validate.Range(min=0, min_inclusive=False, max=10**9, error=wrong)
        invalid: ErrorMessages = {"invalid": wrong, "special": wrong, "too_large": wrong}
        example = {"example": f"{default:g}"}
        super().__init__(load_default=float(default), validate=above_0, error_messages=invalid, metadata=example)


class Count(fields.Integer):
    """A whole number from 1 to 1,000,000,000."""

    def __init__(self, default: int) -> None:
        wrong = "is not a whole number from 1 to 1000000000"
        at_least_1 = validate.Range(min=1, max=10**9, error=wrong)
        invalid: ErrorMessages = {"invalid": wrong, "too_large": wrong}
        example = {"example": str(default)}
        super().__init__(load_default=default, validate=at_least_1, error_messages=invalid, metadata=example)


class Port(fields.Integer):
    """A port to listen on; 0 if it is not given."""

    def __init__(self, example: int) -> None:
        wrong = "is not a port from 1 to 65535"
        a_port = validate.Range(min=1, max=65535, error=wrong)
        invalid: ErrorMessages = {"invalid": wrong, "too_large": wrong}
        super().__init__(load_default=0, validate=a_port, error_messages=invalid, metadata={"example": str(example)})


class Host(fields.String):
    """An address of this machine to listen on: a name or a number, without a port."""

    def __init__(self, default: str) -> None:
        alone = validate.Regexp(r"[\w.:-]+\Z", error="is not an address of this machine without a port")
        super().__init__(load_default=default, validate=alone, metadata={"example": default})


class Text(fields.String):
    """Any text; empty if it is not given."""

    def __init__(self, example: str) -> None:
        super().__init__(load_default="", metadata={"example": example})


class Choice(fields.String):
    """One of some words; the first is the default."""

    def __init__(self, *words: str) -> None:
        one_of = validate.OneOf(words, error="is not one of {choices}")
        super().__init__(load_default=words[0], validate=one_of, metadata={"example": words[0]})


class Url(fields.String):
    """A URL with one of the given schemes; it must also contain the text `needs`."""

    def __init__(self, example: str, *schemes: str, needs: str = "", **options: Any) -> None:
        def check(url: str) -> None:
            if not url.startswith(tuple(f"{scheme}://" for scheme in schemes)):
                raise ValidationError(f"does not start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
            if needs not in url:
                raise ValidationError(f"does not contain {needs}")

        examples = {scheme: EXAMPLES[scheme] for scheme in schemes if scheme in EXAMPLES}
        super().__init__(validate=check, metadata={"example": example, "examples": examples}, **options)


class ServerUrl(Url):
    """The URL of a broker or of a Redis, as `schemas.server_addresses` reads it."""

    def __init__(self, example: str, *schemes: str, **options: Any) -> None:
        super().__init__(example, *schemes, **options)
        self.validators.append(_readable)


def _readable(url: str) -> None:
    if url.partition("://")[0] not in PORTS:
        return
    try:
        read_address(url)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class Keys(fields.Field[tuple[str, ...]]):
    """Fernet keys, separated by commas."""

    def __init__(self) -> None:
        super().__init__(required=True, metadata={"example": KEPT_KEY})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in str(value).split(","))
        for position, key in enumerate(keys, 1):
            # 32 bytes in URL-safe base64 are 43 characters and one "=".
            if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key):
                raise ValidationError(f"has something at position {position} that is not a Fernet key")
        return keys
