"""Odd numbers and odd texts that replace a good value in a document.

An oddity is *credible* when a reader may take it for a good value. What the reader then does cannot be undone when the
vendor sends the right value again. A reader must not accept the others.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONG = 20_000
DIGITS = 4_000


@dataclass(frozen=True, slots=True)
class Oddity:
    """A name, and a function that gives the JSON to write instead of a value: ASCII, perhaps invalid JSON."""

    name: str
    write: Callable[[Any, random.Random], str]
    credible: bool = False


def _literal(name: str, text: str, *, credible: bool = False) -> Oddity:
    return Oddity(name, lambda value, draw: text, credible)


def _inserted(name: str, characters: str, *, credible: bool = False) -> Oddity:
    def write(value: Any, draw: random.Random) -> str:
        place = draw.randint(0, len(value))
        return json.dumps(value[:place] + characters + value[place:])

    return Oddity(name, write, credible)


def _named(*oddities: Oddity) -> Mapping[str, Oddity]:
    return {oddity.name: oddity for oddity in oddities}


NUMBERS = _named(
    _literal("huge-exponent", "1e9999999"),
    _literal("tiny-exponent", "1e-9999999"),
    _literal("exponent-400", "1E400"),
    _literal("endless-exponent", "1e9999999999999999999"),
    _literal("zero-far-away", "0e-99999999"),
    _literal("many-digits", "9" * DIGITS),
    _literal("many-decimals", "0." + "3" * DIGITS),
    _literal("nan", "NaN"),
    _literal("infinity", "Infinity"),
    _literal("minus-infinity", "-Infinity"),
    _literal("over-int8", str(2**63)),
    _literal("word", '"viel"'),
    _literal("number-is-true", "true"),
    _literal("number-is-list", "[]"),
    _literal("over-int4", str(2**31), credible=True),
    _literal("100-million", "100000000", credible=True),
    _literal("negative", "-3", credible=True),
    _literal("minus-zero", "-0.0", credible=True),
    _literal("half", "1.5", credible=True),
    Oddity("digits-as-text", lambda value, draw: json.dumps(str(value)), credible=True),
)

TEXTS = _named(
    _inserted("nul", "\0"),
    _inserted("surrogate", "\ud800"),
    Oddity("long", lambda value, draw: json.dumps((value or "x") * (LONG // len(value or "x") + 1))),
    _literal("text-is-list", "[]"),
    _literal("text-is-true", "true"),
    _inserted("escape", "\x1b[31m", credible=True),
    _inserted("c1", "\x9b31m", credible=True),
    _inserted("bidi", "\u202e", credible=True),
    _inserted("emoji", "\N{PILE OF POO}", credible=True),
    _inserted("combining", "\u0301" * 40, credible=True),
    _literal("empty", '""', credible=True),
    _literal("whitespace", '" \\t\\n "', credible=True),
    _literal("word-null", '"null"', credible=True),
    _literal("text-is-number", "12345", credible=True),
)


def incredible(oddities: Mapping[str, Oddity]) -> list[str]:
    """The names of the oddities that a reader must not accept."""
    return [name for name, oddity in oddities.items() if not oddity.credible]
