"""The languages of the pages: which one a person reads, and the translated texts.

Each subject has one file of texts per language, `translations/<language>/<subject>.po`. They are read when a
process first needs them; nothing has to be compiled.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale, gettext, ngettext

from console.access.current import present
from console.kept_phrases import find_phrase
from console.times import viewer_zone
from schemas.wording.lists import Count
from schemas.wording.phrases import Phrase

ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", "de": "Deutsch", "nl": "Nederlands"}


class PoDomain(Domain):
    """The texts of all .po files of a language."""

    def get_translations(self) -> NullTranslations:
        """Return the texts in the language of the present request."""
        return texts(str(get_locale() or ENGLISH))


class PoBabel(Babel):
    """Flask-Babel with these texts."""

    domain_instance = PoDomain()


def install(app: Flask) -> None:
    """Make the pages speak the language, and show the zone, of who reads them."""
    PoBabel(app, locale_selector=language, timezone_selector=lambda: viewer_zone().key)
    app.jinja_env.filters["spoken"] = spoken


def language() -> str:
    """Return the language of the present request: the user's, the one chosen in this browser, or the browser's own."""
    user = present().user
    chosen = (user and user.language) or session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, ENGLISH) or ENGLISH


def spoken(said: object) -> str:
    """Say a text of ours in the reader's language, values included; what others wrote stays as it is.

    A phrase that comes from the ledger is known by its text alone: its pattern is looked for among those with words.
    """
    text = said if isinstance(said, str) else str(said or "")
    if isinstance(text, Count):
        return ngettext(*forms(text.noun), text.number)
    if isinstance(text, Phrase):
        return gettext(text.pattern, **{name: _value(value) for name, value in text.values.items()})
    return _kept(text) if text else ""


def _kept(text: str) -> str:
    known = gettext(text)
    if known != text or (said := find_phrase(text, _patterns(str(get_locale() or ENGLISH)))) is None:
        return known
    pattern, values = said
    return gettext(pattern, **values)


@cache
def _patterns(spoken: str) -> tuple[str, ...]:
    """Return the patterns of the sentences that have values, for which a language has words."""
    file = files("console").joinpath("translations", spoken, "sentences.po")
    if not file.is_file():
        return ()
    with file.open("rb") as source:
        ids = [message.id for message in read_po(source, locale=spoken) if message.string]
    return tuple(each for each in ids if isinstance(each, str) and "%(" in each)


def _value(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return spoken(text) if isinstance(text, Phrase | Count) else text


def forms(noun: str) -> tuple[str, str]:
    """Return the singular and plural of a counted noun, as the files of texts have them."""
    return f"%(num)s {noun}", f"%(num)s {noun}s"


@cache
def texts(spoken: str) -> NullTranslations:
    """Return all texts of a language; those of English are in the code."""
    found: NullTranslations = NullTranslations()
    folder = files("console").joinpath("translations", spoken)
    if not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        with file.open("rb") as source:
            catalog = read_po(source, locale=spoken)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        part = Translations(compiled)
        if isinstance(found, Translations):
            found.merge(part)
        else:
            found = part
    return found
