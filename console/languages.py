"""The languages of the pages: which one a person reads, and how texts of ours are said in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel.support import NullTranslations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale, gettext, ngettext

from console.access.current import present
from console.kept_phrases import LEAST_AMONG_OURS, LEAST_OWN, find_phrase
from console.times import viewer_zone
from console.translations import flow_names
from console.translations.texts import forms, patterns, texts
from ledger.people.users import Role
from schemas.advice import IN_CONSOLE
from schemas.wording.lists import Count, read_count
from schemas.wording.phrases import COUNTS, FIGURES, FLOW, FLOWS, SENTENCES, WORDS, Phrase

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", "de": "Deutsch", "nl": "Nederlands"}
# A command in a text that was kept before it had two forms, or that has none.
COMMANDS = (
    *("afosto", "console", "demo", "doctor", "erase", "exporter", "gateway", "health", "invitations", "invite", "jobs"),
    *("keys", "local", "locations", "messages", "migrate", "order", "poll", "queues", "reconcile", "restore", "size"),
    *("status", "stock", "store", "subscription", "tokens", "user", "webhooks", "workers"),
)
COMMAND = re.compile(rf"\bconnector ({'|'.join(COMMANDS)})\b")

# One of the figures in "3 ordered, 1 canceled".
_FIGURE = re.compile(r"(\d+) ([^,]+)")
# Where one sentence ends and the next begins. No advice of ours has more sentences.
_END = re.compile(r"\. (?=\w)")
_MOST_SENTENCES = 6


class PoDomain(Domain):
    """The texts of all .po files of a language."""

    def get_translations(self) -> NullTranslations:
        """Return the texts in the language of the present request."""
        return texts(str(get_locale() or ENGLISH))


class PoBabel(Babel):
    """Flask-Babel with these texts."""

    domain_instance = PoDomain()


@dataclass(frozen=True, slots=True)
class Said:
    """A text of ours in the reader's language. `command`: the same advice for the command line, empty if it has none.

    Who has no command line sees no command.
    """

    text: str
    command: str = ""

    def __str__(self) -> str:
        if not self.command:
            return self.text
        return f"{self.text} {gettext('With the command line:')} {self.command}"


def install(app: Flask) -> None:
    """Make the pages speak the language, and show the zone, of who reads them."""
    PoBabel(app, locale_selector=language, timezone_selector=lambda: viewer_zone().key)
    app.jinja_env.filters["spoken"] = spoken
    app.jinja_env.filters["quoted"] = quoted
    app.jinja_env.filters["in_two_forms"] = in_two_forms
    app.jinja_env.globals["has_command_line"] = has_command_line


def language() -> str:
    """Return the language of the present request: the user's, the one chosen in this browser, or the browser's own."""
    user = present().user
    chosen = (user and user.language) or session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, ENGLISH) or ENGLISH


def quoted(text: str) -> str:
    """Put a name in the quotation marks of the reader's language."""
    return gettext("“%(text)s”", text=text)


def spoken(said: object) -> str:
    """Say a text of ours in the reader's language, values included; what others wrote stays as it is.

    A phrase that comes from the ledger is known by its text alone: its pattern is looked for among those with words.
    """
    return str(in_two_forms(said))


def in_two_forms(said: object) -> Said:
    """Say a text of ours like `spoken`, and apart from it the command that does the same."""
    text = said if isinstance(said, str) else str(said or "")
    if isinstance(text, Count):
        return Said(ngettext(*forms(text.noun), text.number))
    if isinstance(text, Phrase):
        return _said(text.pattern, text.values)
    return _kept(text) or _of_others(text)


def _said(pattern: str, values: Mapping[str, object]) -> Said:
    told = {name: _value(name, value) for name, value in values.items()}
    if pattern not in IN_CONSOLE:
        return Said(gettext(pattern, **told))
    command = gettext(pattern, **values) if has_command_line() else ""
    return Said(gettext(IN_CONSOLE[pattern], **told), command)


def _value(name: str, value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    if isinstance(text, Phrase | Count):
        return spoken(text)
    if name in (FLOW, FLOWS):
        return ", ".join(str(flow_names.FLOWS.get(each, each)) for each in text.split(", "))
    if name == FIGURES:
        return _FIGURE.sub(lambda figure: f"{figure[1]} {gettext(figure[2])}", text)
    return _kept_value(name, text)


def _kept_value(name: str, text: str) -> str:
    """Say a value that may be one of ours by its name, and that the ledger has kept as text."""
    if name in COUNTS:
        return spoken(read_count(text) or text)
    if name in WORDS:
        return str(_kept_alone(text, LEAST_AMONG_OURS) or text)
    if name in SENTENCES and len(text) >= LEAST_OWN:
        return str(_kept(text) or text)
    return text


def _kept(text: str) -> Said | None:
    """Say a text that the ledger has kept; None if it is not known as one of ours."""
    return _kept_alone(text) or _kept_together(text)


def _kept_alone(text: str, least: int = LEAST_OWN) -> Said | None:
    if text in IN_CONSOLE:
        return _said(text, {})
    known = gettext(text) if text else ""
    if known != text:
        return Said(known)
    found = find_phrase(text, patterns(str(get_locale() or ENGLISH)) or tuple(IN_CONSOLE), least)
    return _said(*found) if found else None


def _kept_together(text: str) -> Said | None:
    """Say what went wrong and what to do about it, where both are kept as one text: why a flow was stopped."""
    for end in list(_END.finditer(text))[-_MOST_SENTENCES:]:
        if advice := _kept_alone(text[end.end() :]):
            what = text[: end.start()]
            first = _kept_alone(what) or _kept_alone(f"{what}.") or Said(what)
            return Said(f"{first.text.rstrip('.')}. {advice.text}", advice.command)
    return None


def _of_others(text: str) -> Said:
    if COMMAND.search(text) and not has_command_line():
        return Said(gettext("Ask the operator of the connector."))
    return Said(text)


def has_command_line() -> bool:
    """Whether the reader may be shown commands: a merchant has no command line."""
    user = present().user
    return user is not None and user.role is not Role.MERCHANT
