"""The question before a change that nobody can undo: what ends, and for whom. Without the answer nothing is done.

A view declares with `@asks_first` what it would ask. The gate shows the question as the answer to the form of a button,
and keeps what that form held; the form of the question sends it again, with the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, render_template, request

from console.forms import sent_form

View = TypeVar("View", bound=Callable[..., Any])

_DECLARED = "connector_question"
# The field by which the form of a question says that the question was answered with yes.
ANSWER, YES = "confirmed", "yes"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chooses together with the answer: a field, its label, and value → text of each option."""

    field: str
    label: str
    options: Mapping[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `effects`: what happens and for whom, a sentence each. `back`: where “Cancel” leads.

    `grave`: something ends that nobody brings back.
    """

    title: str
    effects: Sequence[str]
    button: str
    back: str
    choice: Choice | None = None
    grave: bool = True


def asks_first(question: Callable[..., Question | None]) -> Callable[[View], View]:
    """Declare what a view asks before it acts; `question` gets the same parts of the address.

    It returns None where there is nothing to ask, because the view will refuse, or does nothing that cannot be undone.
    """

    def declare(view: View) -> View:
        setattr(view, _DECLARED, question)
        return view

    return declare


def asks(app: Flask, endpoint: str) -> bool:
    """Whether the view of an endpoint may ask before it acts."""
    return hasattr(app.view_functions[endpoint], _DECLARED)


def open_question(app: Flask) -> str | None:
    """Return the page of the question that the present request must be answered with; None if it may go on."""
    assert request.endpoint is not None
    ask = getattr(app.view_functions[request.endpoint], _DECLARED, None)
    if ask is None or request.form.get(ANSWER) == YES:
        return None
    question: Question | None = ask(**(request.view_args or {}))
    if question is None:
        return None
    return render_template("question.html", question=question, sent=sent_form(), answer=ANSWER, yes=YES)
