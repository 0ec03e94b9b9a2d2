"""Spoils a good answer in a way that a fault names, or in a random one. See `simulators.hostile` for the ways."""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulators.hostile import bodies, headers
from simulators.hostile.answers import Exchange, RawAnswer
from simulators.hostile.documents import odd_document, oddity_named
from simulators.hostile.values import NUMBERS, TEXTS

NUMBER, TEXT, HEADER, BODY = KINDS = ("odd-number", "odd-text", "odd-header", "hostile-body")
_WAYS: Mapping[str, Mapping[str, object]] = {NUMBER: NUMBERS, TEXT: TEXTS, HEADER: headers.HEADERS, BODY: bodies.BODIES}


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A spoiled answer, and a description of how it was spoiled."""

    answer: RawAnswer
    how: str


def check_ways(kind: str, only: Collection[str]) -> None:
    """Raise ValueError if `only` names a way that this kind of fault does not have."""
    unknown = set(only) - _WAYS.get(kind, {}).keys()
    if unknown:
        raise ValueError(f"{kind} has no {', '.join(sorted(unknown))}; known are {', '.join(_WAYS.get(kind, {}))}")


def draw_way(kind: str, only: Collection[str], draw: random.Random) -> str:
    """Choose at random how to spoil an answer."""
    return draw.choice([way for way in _WAYS[kind] if not only or way in only])


def refuses(kind: str, way: str) -> bool:
    """Whether this answer says that nothing was done: then the request must have no effect."""
    return way in (headers.REFUSALS if kind == HEADER else bodies.REFUSALS)


def spoil(kind: str, way: str, exchange: Exchange, draw: random.Random, at: str | None) -> Spoiled | None:
    """Spoil an answer; None if this way does not fit it: it has no such value, or no body."""
    if kind == HEADER:
        return Spoiled(headers.HEADERS[way](exchange), way)
    if kind == BODY and refuses(kind, way):
        return Spoiled(bodies.BODIES[way](exchange), way)
    if not exchange.body.lstrip().startswith(b"{"):
        return None
    if kind == BODY:
        return Spoiled(bodies.BODIES[way](exchange), way)
    odd = odd_document(exchange.body, oddity_named(way), draw, at)
    return Spoiled(exchange.answer(exchange.status, odd[0]), f"{way} at {odd[1]}") if odd else None
