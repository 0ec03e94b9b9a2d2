"""`python -m console.translations SUBJECT`: add the texts that a language lacks to its file of this subject."""

import sys

from console.languages import ENGLISH, LANGUAGES
from console.translations.catalogs import add_missing

for language in LANGUAGES:
    if language != ENGLISH:
        count = add_missing(language, sys.argv[1])
        sys.stdout.write(f"{language}: {count} texts to translate\n")
