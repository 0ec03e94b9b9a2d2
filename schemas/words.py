"""How counts read in what support staff see."""


def counted(number: int, noun: str) -> str:
    """Give a number with its noun, as in "1 unit" and "2 units"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
