"""Pauses after failures: exponential, with jitter and a cap."""

import random


def backoff(failures: int, base: float, cap: float) -> float:
    """Return the pause in seconds after the given number of failures in a row, half of it random."""
    longest = min(cap, base * 2.0 ** min(failures - 1, 30))
    return longest / 2 + jitter(longest / 2)


def jitter(width: float) -> float:
    """Return a random number of seconds up to `width`; a function of its own so that tests can fix it."""
    return random.uniform(0, width)  # noqa: S311 - spreads load, guards nothing  # nosec B311
