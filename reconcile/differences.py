"""The result of comparing both sides: each difference with its diagnosis (the likely cause, and what to do)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from jobs.store_health import words_of
from ledger.ledger import Ledger
from schemas.errors import ConnectorError, MalformedDocument
from schemas.mapping.differences import Difference
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase

# The lane of the jobs that a repair requests.
REPAIR_LANE = 1
STOCK = "stock"
_STOCK_JOB = ("export", STOCK)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why two sides differ, and what helps.

    `on_its_way`: open work will carry it over. `repair` names the jobs to request again, as (direction, flow). If it is
    empty, `advice` says what a person must do.
    """

    cause: str
    advice: str
    on_its_way: bool = False
    repair: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference of one order, or of the stock of one SKU, with its diagnosis.

    `key` is the order's id in the shop, or the SKU; `subject` is the order's number, or the SKU, for people.
    """

    key: str
    subject: str
    difference: Difference
    diagnosis: Diagnosis

    @property
    def state(self) -> str:
        """Whether open work, a repair or a person will correct it."""
        if self.diagnosis.on_its_way:
            return "on its way"
        return "repairable" if self.diagnosis.repair else "for a person"


def on_its_way(cause: str) -> Diagnosis:
    """Return the diagnosis for a difference that open work will carry over."""
    return Diagnosis(cause, phrase("nothing"), on_its_way=True)


def for_a_person(cause: str, advice: str) -> Diagnosis:
    """Return the diagnosis for a difference that no job may decide."""
    return Diagnosis(cause, advice)


def repairable(cause: str, *jobs: tuple[str, str]) -> Diagnosis:
    """Return the diagnosis for a difference that these jobs correct when they run again."""
    return Diagnosis(cause, "", repair=jobs)


def collect_findings(key: str, number: str | None, findings: Iterator[Finding]) -> list[Finding]:
    """Return the findings of one order, or of all stock. If it cannot be compared, that is a finding too.

    Raises only the errors that stop the whole comparison.
    """
    try:
        return list(findings)
    except MalformedDocument as error:
        diagnosis = for_a_person(phrase("a document of it does not load: %(error)s", error=error), error.resolution)
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - any bug of ours with one order
        last = extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        cause = phrase("the connector fails at it: %(error)s (%(place)s)", error=words_of(error), place=place)
        advice = phrase("this is a fault of the connector: send this line to its developers")
        diagnosis = for_a_person(cause, advice)
    return [Finding(key, number or key, Difference("unreadable", "-", "-"), diagnosis)]


def repair(ledger: Ledger, store: str, findings: Iterable[Finding]) -> str:
    """Request the jobs that the findings name again; writes nothing else. Returns how many, in words."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        for job in finding.diagnosis.repair:
            wanted.setdefault(job, set()).add(finding.key)
    jobs, skus = request_repairs(ledger, store, wanted)
    return f"{counted(jobs, 'job')} and {counted(skus, 'SKU')}"


def request_repairs(ledger: Ledger, store: str, wanted: Mapping[tuple[str, str], Collection[str]]) -> tuple[int, int]:
    """Request jobs, named (direction, flow), for these orders or SKUs. Returns the number of jobs and of SKUs."""
    skus = wanted.get(_STOCK_JOB, ())
    if skus:
        ledger.stock.request_publishing(store, skus)
    flows = {job: orders for job, orders in wanted.items() if job != _STOCK_JOB}
    for (direction, flow), orders in sorted(flows.items()):
        ledger.jobs.request_runs(store, direction, flow, sorted(orders), lane=REPAIR_LANE)
    return sum(map(len, flows.values())), len(skus)
