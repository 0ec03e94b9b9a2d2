"""The translated texts. Each subject has one file of texts per language, `<language>/<subject>.po`.

They are read when a process first needs them; nothing has to be compiled.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations


@cache
def texts(language: str) -> NullTranslations:
    """Return all texts of a language; those of English are in the code."""
    found: NullTranslations = NullTranslations()
    folder = files("console").joinpath("translations", language)
    if not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        with file.open("rb") as source:
            catalog = read_po(source, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        part = Translations(compiled)
        if isinstance(found, Translations):
            found.merge(part)
        else:
            found = part
    return found


@cache
def patterns(language: str) -> tuple[str, ...]:
    """Return the patterns of the sentences that have values, for which a language has words."""
    file = files("console").joinpath("translations", language, "sentences.po")
    if not file.is_file():
        return ()
    with file.open("rb") as source:
        ids = [message.id for message in read_po(source, locale=language) if message.string]
    return tuple(each for each in ids if isinstance(each, str) and "%(" in each)


def forms(noun: str) -> tuple[str, str]:
    """Return the singular and plural of a counted noun, as the files of texts have them."""
    return f"%(num)s {noun}", f"%(num)s {noun}s"
