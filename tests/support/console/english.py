"""Finds English words on a page that is in another language: in what is seen, and in what a screen reader says."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

# Words that end up in nearly every sentence of ours, and that neither German nor Dutch has.
_COMMON = (
    *(
        "the",
        "and",
        "to",
        "has",
        "have",
        "not",
        "are",
        "for",
        "with",
        "by",
        "this",
        "that",
        "from",
        "its",
        "which",
        "it",
    ),
    *("no", "only", "than", "they", "them", "their", "you", "your", "there", "here", "does", "cannot", "can", "will"),
    *("order", "jobs", "job", "stores", "store", "shop's", "run", "runs", "waits", "wait"),
    *("done", "failed", "refused", "removed", "added", "changed", "secret", "field", "missing", "unknown", "valid"),
    *("shown", "data", "personal", "another", "any", "all", "nothing", "of", "session", "address", "must"),
    *("accepted", "old", "new", "never", "ago", "until", "since", "used", "retry", "drop", "between", "most", "least"),
)
# What a language has as well, or uses as it is.
_SHARED = {"de": {"job", "data", "secret"}, "nl": {"of", "data", "here", "order", "wait", "secret"}}
_WORD = re.compile(r"(?<![\w./@_-])[a-z]+(?:'s)?(?![\w/@_-]|\.\w)", re.IGNORECASE)
# A name of the contract or of the shop, which stands between quotation marks.
_QUOTED = re.compile(r"[„“][^“”]*[“”]")
_SAID = ("aria-label", "title", "placeholder", "data-label", "alt")
# A command, an id and a name stand as they are; what a person chooses among languages is in each.
_AS_IS = ("code", "script", "style", "pre", "time")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.found += [text for name in _SAID if (text := given.get(name)) and tag != "time"]
        if tag not in ("input", "meta", "link", "img", "br", "hr", "path", "rect", "line", "circle"):
            self._open.append("code" if given.get("lang") and tag != "html" else tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(tag in _AS_IS for tag in self._open) and data.strip():
            self.found.append(data.strip())


def texts_of(page: str) -> list[str]:
    """Return the texts of a page, in their order; without code."""
    reader = _Texts()
    reader.feed(page)
    return reader.found


def english_on(page: str, language: str) -> Iterator[str]:
    """Yield the texts of a page in this language that hold an English word."""
    common = set(_COMMON) - _SHARED[language]
    for text in texts_of(page):
        if any(word.lower() in common for word in _WORD.findall(_QUOTED.sub("", text))):
            yield text
