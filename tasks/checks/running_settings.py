"""The settings that the workers run with, beside those of the shell in which a command is typed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.postgres.database import Row
from ledger.status import Status
from schemas.settings import Settings, variable
from schemas.wording.phrases import joined, phrase
from tasks.broker.consumers import is_silent

# Settings of the shell that are listed one by one: a shell without the workers' settings differs in most of them.
MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not the same everywhere; between a shell and the workers that does no harm."""

    text: str
    harmless: bool


def living(status: Status) -> list[Row]:
    """Return the workers that report now."""
    return [row for row in status.workers() if not is_silent(row)]


def running(chosen: Settings, workers: Sequence[Row]) -> Settings:
    """Return the settings with what most of the workers run with; where none says anything, with the shell's."""
    found = {name: _usual(workers, variable(name)) for name in Settings.__slots__}
    return replace(chosen, **{name: value for name, value in found.items() if value is not None})


def differences(workers: Sequence[Row], here: Mapping[str, object]) -> Iterator[Difference]:
    """Yield what differs among the workers, and between them and `here`, the shared settings of this shell."""
    shell: dict[str, str] = {}
    for name, mine in here.items():
        theirs = {row["id"]: row["settings"][name] for row in workers if name in row["settings"]}
        values = Counter(theirs.values()).most_common()
        if len(values) > 1:
            yield Difference(_among_workers(name, theirs), False)
        elif values and values[0][0] != mine:
            shell[name] = phrase(
                "%(name)s is %(mine)s in this shell and %(theirs)s in the workers; theirs counts",
                name=name,
                mine=mine,
                theirs=values[0][0],
            )
    if len(shell) > MOST_TOLD:
        text = phrase(
            "%(count)s are not the same in this shell as in the workers; theirs count: %(names)s",
            count=len(shell),
            names=", ".join(name.removeprefix("CONNECTOR_") for name in shell),
        )
        yield Difference(text, True)
        return
    yield from (Difference(text, True) for text in shell.values())


def _usual(workers: Sequence[Row], name: str) -> Any:
    values = Counter(row["settings"][name] for row in workers if name in row["settings"])
    return values.most_common(1)[0][0] if values else None


def _among_workers(name: str, theirs: Mapping[str, object]) -> str:
    (usual, _), *others = Counter(theirs.values()).most_common()
    odd = (
        phrase("%(value)s in %(worker)s", value=other, worker=next(w for w, value in theirs.items() if value == other))
        for other, _ in others
    )
    return phrase(
        "%(name)s is %(usual)s in most workers, but %(odd)s; give all the same and restart them",
        name=name,
        usual=usual,
        odd=joined(odd, ", "),
    )
