"""What a page of the console can show of the layers below it is a phrase: it can be said in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from console.kept_phrases import LEAST_OWN, own_letters
from console.languages import COMMAND
from jobs.run import Run
from jobs.runner import Flow, Handler
from ledger.stock.records import StockOutcome
from schemas import errors
from schemas.advice import IN_CONSOLE
from schemas.errors import LeaseLost, NeedsPerson, RetryLater
from schemas.wording.phrases import Phrase

ROOT = Path(__file__).parents[3]
# The layers whose texts the ledger keeps, or that a page asks for something.
BELOW = ("clients", "jobs", "ledger", "reconcile", "schemas", "sync", "tasks")
VALUE = re.compile(r"%\((\w+)\)s")
# Only operators open the page of all checks, and they have a command line.
OPERATORS_ONLY = ("tasks/checks/",)
# These are said while the page is made, from phrases; the ledger does not keep their text alone.
NEVER_KEPT_ALONE = (
    *("tasks/checks/", "reconcile/", "schemas/wording/lists.py"),
    # Parts of longer sentences.
    *("jobs/runner.py", "ledger/orders/", "ledger/orders/cursors.py"),
    # Keywords of docs/operating.md with their counts.
    "sync/stock/publish.py",
)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for package in BELOW:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


CALLS = list(calls())


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


PHRASES = [(where, node) for where, node in CALLS if called(node) == "phrase"]
ERRORS = {
    name
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, RetryLater | NeedsPerson | LeaseLost)
} | {"HostNotFound", "Unauthorized", "Forbidden", "NotFound", "RefusedByAfosto"}


def test_the_types_ask_for_phrases() -> None:
    """So mypy finds every text that is none, and no test has to list them."""
    for error in (RetryLater, NeedsPerson, LeaseLost):
        assert get_type_hints(error.__init__)["message"] is Phrase
    assert get_type_hints(NeedsPerson.__init__)["resolution"] is Phrase
    assert get_type_hints(Run.note)["step"] is Phrase
    assert get_type_hints(StockOutcome)["message"] is Phrase
    assert get_type_hints(StockOutcome)["resolution"] == Phrase | None
    assert get_type_hints(Flow)["handler"] == Handler
    assert Handler.__args__[-1] is Phrase  # type: ignore[attr-defined]


def test_no_error_advice_or_step_is_plain_text() -> None:
    plain = []
    for where, node in CALLS:
        given = [each.value for each in node.keywords if each.arg in ("resolution", "advice")]
        if called(node) in ERRORS or called(node) == "note":
            given += node.args[:1]
        plain += [where for each in given if isinstance(each, ast.JoinedStr | ast.Constant) and _is_text(each)]
    assert plain == []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "ledger" / "sql").glob("*.sql")))
def test_no_statement_writes_a_text_of_its_own_for_people(name: str) -> None:
    statements = (ROOT / "ledger" / "sql" / name).read_text(encoding="utf-8")
    assert re.findall(r"\b(?:message|resolution|stopped_message) = '\w", statements) == []


def test_every_phrase_has_its_pattern_and_its_values_at_its_place() -> None:
    """The pattern is found in the source to be translated, and every value of it is given."""
    assert len(PHRASES) > 400
    for where, node in PHRASES:
        pattern = node.args[0]
        if where.startswith(("schemas/wording/phrases.py", "schemas/advice.py")):
            continue
        assert isinstance(pattern, ast.Constant), where
        assert isinstance(pattern.value, str), where
        if all(each.arg for each in node.keywords):
            assert {each.arg for each in node.keywords} == set(VALUE.findall(pattern.value)), where
            assert isinstance(pattern.value % {each.arg: "x" for each in node.keywords}, str), where


def _patterns() -> Iterator[tuple[str, str]]:
    for where, node in PHRASES:
        if isinstance(node.args[0], ast.Constant):
            yield where, str(node.args[0].value)


def test_a_command_is_advised_in_two_forms() -> None:
    found = [where for where, pattern in _patterns() if COMMAND.search(pattern) or re.search("--[a-z]", pattern)]
    assert [each for each in found if not each.startswith(OPERATORS_ONLY)] == []


def test_a_phrase_with_values_is_long_enough_to_be_known_again() -> None:
    short = [
        f"{where}: {pattern}"
        for where, pattern in [*_patterns(), *(("schemas/advice.py", each) for each in IN_CONSOLE)]
        if VALUE.search(pattern) and own_letters(pattern) < LEAST_OWN and not where.startswith(NEVER_KEPT_ALONE)
    ]
    assert short == []
