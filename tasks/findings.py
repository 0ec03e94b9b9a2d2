"""What a comparison of both sides comes to: each difference with its likely cause, and what is to be done about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from schemas.errors import ConnectorError, MalformedDocument
from schemas.mapping.differences import Difference
from schemas.states import Lane
from schemas.words import counted
from tasks.health import words_of
from tasks.runtime import Runtime

# The lane of the jobs that a repair asks for.
REPAIR_LANE = Lane.LIVE
STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why two sides differ, and what helps.

    `on_its_way`: what is open will carry it over. `repair` names the jobs to be made wanted again, as (direction,
    flow); without any, `advice` says what a person must do.
    """

    cause: str
    advice: str
    on_its_way: bool = False
    repair: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference of one order, or of the stock of one SKU. `subject` is the order's number or the SKU, as people say.

    `key` is the order's id in the shop, or the SKU.
    """

    key: str
    subject: str
    difference: Difference
    verdict: Verdict

    @property
    def state(self) -> str:
        """Whether it comes right by itself, by a repair, or by a person."""
        if self.verdict.on_its_way:
            return "on its way"
        return "repairable" if self.verdict.repair else "for a person"


def on_its_way(cause: str) -> Verdict:
    """The verdict on what open work will carry over."""
    return Verdict(cause, "nothing", on_its_way=True)


def for_a_person(cause: str, advice: str) -> Verdict:
    """The verdict on what no job may decide."""
    return Verdict(cause, advice)


def repairable(cause: str, *jobs: tuple[str, str]) -> Verdict:
    """The verdict on what these jobs, run once more, make right."""
    return Verdict(cause, "", repair=jobs)


def guarded(key: str, number: str | None, findings: Iterator[Finding]) -> list[Finding]:
    """Return what is found of one order, or of all stock. What cannot be compared is a finding, and ends nothing.

    Raises whatever says that nothing can be compared now.
    """
    try:
        return list(findings)
    except MalformedDocument as error:
        verdict = for_a_person(f"a document of it does not load: {error}", error.resolution)
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever our own mistake with one order leads to
        last = extract_tb(error.__traceback__)[-1]
        cause = f"the connector fails at it: {words_of(error)} ({Path(last.filename).name}, line {last.lineno})"
        verdict = for_a_person(cause, "this is a fault of the connector: tell whoever develops it, with this line")
    return [Finding(key, number or key, Difference("unreadable", "-", "-"), verdict)]


def repair(runtime: Runtime, store: str, findings: Iterable[Finding]) -> str:
    """Make wanted again the jobs that the findings name; nothing else is written. Returns how many, in words."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        for job in finding.verdict.repair:
            wanted.setdefault(job, set()).add(finding.key)
    skus = wanted.pop(("export", STOCK), set())
    if skus:
        runtime.ledger.stock.request_publishing(store, skus)
    for (direction, flow), orders in sorted(wanted.items()):
        runtime.ledger.jobs.request_runs(store, direction, flow, sorted(orders), lane=REPAIR_LANE)
    jobs = sum(map(len, wanted.values()))
    return f"{counted(jobs, 'job')} and {counted(len(skus), 'SKU')}"
