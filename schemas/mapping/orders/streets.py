"""Finds the house number in a line such as "Kerkdreef 10 bus 3" if it is certain, with rules per country.

A wrong number sends a parcel to the wrong place; a missing one does not. So a line that does not fully match the
country's usual form is not split. Statistical parsers (such as libpostal) are not used: they always give an answer and
never say when they guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Countries that write the house number before the street; in some (_EITHER) both forms are usual.
_NUMBER_FIRST = frozenset({"AU", "CA", "FR", "GB", "IE", "LU", "MC", "NZ", "US"})
_EITHER = frozenset({"BE", "CH", "LU"})
_NUMBER_LAST = frozenset(
    {"AT", "BE", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "IT", "LI", "LT", "LU"}
    | {"LV", "NL", "NO", "PL", "PT", "SE", "SI", "SK"}
)

# "40-42", "5/7" (Poland), "1234/5" (Czechia) are one number. In Austria a slash separates house, staircase and door.
_NUMBER = r"\d{1,5}(?:\s?[-–]\s?\d{1,5}|/\d{1,5})?"
_AUSTRIAN_NUMBER = r"\d{1,5}(?:\s?[-–]\s?\d{1,5})?"
_LETTER = r"(?:(?<=\d)[a-z]{1,2}|\s?[-/]?\s?(?:1/2|½|[a-z]|[ivx]{1,4}|bis|ter|hs|huis))(?![\w/])"
# "12 W 42nd St" has a direction, "3e avenue" an ordinal. Before a street, only letters that can be neither.
_LETTER_BEFORE_WAY = r"(?:\s?(?:bis|ter|quater|[a-df-z]))(?=,?\s)"
_LETTER_GLUED = r"(?:[a-z]|\s1/2)(?=[\s,])"
_VALUE = r"[\s.:#]*[\w/-]{1,5}(?:[\s-][a-z]\b)?"

# What may follow a house number: words with a value ("bus 3"), and parts without one ("hinterhaus").
_WITH_VALUE = {
    "AT": "top|t[uü]r|stiege|stg|stock|whg|wohnung|haus",
    "AU": "unit|apt|apartment|suite|level|shop",
    "BE": "bus|bte|bo[iî]te|b|app|appt|unit",
    "CA": "apt|apartment|app|appt|unit|suite|ste|bureau|#",
    "CH": "whg|wohnung|app|appt|haus|stock",
    "CZ": "byt",
    "DE": "whg|wohnung|app|apt|apartment|haus|aufgang|etage|zimmer|zi",
    "DK": "lejl|dør",
    "ES": "piso|escalera|esc|puerta|pta|planta|portal|bloque|local",
    "FI": "as|bst",
    "FR": "appt|apt|appartement|b[aâ]t|b[aâ]timent|esc|escalier|[eé]tage|porte",
    "GB": "flat|apt|apartment|unit|suite|floor",
    "IE": "flat|apt|apartment|unit|suite|floor",
    "IT": "int|interno|scala|sc|piano|p",
    "LU": "bo[iî]te|bte|app|appt",
    "NL": "kamer|unit|app|appartement|k",
    "NO": "leil|leilighet",
    "NZ": "unit|apt|apartment|flat|level|suite",
    "PL": "m|mieszk|mieszkanie|lok|lokal|kl|klatka",
    "PT": "andar|piso|bloco|loja|fra[cç][aã]o",
    "SE": "lgh|lägenhet|vån",
    "SK": "byt",
    "US": "apt|apartment|unit|suite|ste|floor|fl|room|rm|#",
}
_WITHOUT_VALUE = {
    "AT": r"/\w{1,4}",
    "DE": r"hinterhaus|vorderhaus|hh|vh|seitenflügel|\d\.?\s?og|og|eg|dg|links|rechts",
    "CH": r"\d\.\s?(?:og|stock)|og|eg|dg",
    "DK": r"(?:\d{1,2}\.|st\.?|kl\.?)\s?(?:sal)?\s?(?:tv|th|mf)?\.?",
    "ES": r"\d{1,2}[ºª°o](?:[\s,-]*(?:[a-z]|\d{1,2}[ºª°]|izq\.?|dcha\.?|izquierda|derecha))?|bajos?|[aá]tico",
    "FI": r"[a-z]\s?\d{1,3}",
    "NL": r"\d\s?-?\s?hoog|bg",
    "NO": r"[hluk]\d{4}",
    "PT": r"r/c(?:\s(?:dto|esq|frt)\.?)?|\d{1,2}[ºª°o](?:[\s,-]*(?:dto|esq|frt|[a-z])\.?)?",
    "SE": r"\d\s?tr|bv|nb",
}
# Countries that may write the smaller part first: "Flat 2, 14 High Street".
_UNIT_FIRST = frozenset({"AU", "CA", "GB", "IE", "NZ", "US"})

_SIGN = r"(?:(?:nr|no|num|n[uú]m|č\.?\s?p|n\s?[.º°]{1,2}|n[º°])\.?\s?|#\s?)"
# "Route 66" and "PO Box 12" have a number that is not a house number.
_NO_STREET = re.compile(
    r"(?:^|[\s.])(?:route|rte|highway|hwy|motorway|autobahn|bundesstr(?:a(?:ß|ss)e|\.)?|landstr\.|carretera\s[\w-]*|"
    r"(?:strada|via)\s(?:statale|provinciale)|km|ss|sp|box|bo[iî]te postale|b\.?p|cs|postfach|postbus|postboks|boks|"
    r"apartado(?: de correos)?|casella postale|c\.?p|skr(?:ytka|\.)\s?p(?:ocztowa|oczt\.?|\.)?|lote?|parcel)[\s.]*$",
    re.IGNORECASE,
)
_KIND_ALONE = re.compile(
    r"^(?:stra(?:ß|ss)e|str\.?|street|st\.?|avenue|ave\.?|weg|platz|rue|via|calle|straat|gate|ulica|ul\.?|mile\s.*)$",
    re.IGNORECASE,
)
_FRENCH_WAY = (
    r"(?:(?:rue|avenue|boulevard|place|chemin|chaussée|route|impasse|allées?|quai|square|clos|cité|cours|passage)\b|"
    r"(?:av|bd|ch)\.)"
)
_MONTH = (
    r"(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|janvier|février|"
    r"mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|januari|februari|maart|mei|augustus|"
    r"december|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|dicembre|enero|"
    r"febrero|abril|mayo|junio|julio|septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|junho|"
    r"julho|setembro|outubro|dezembro|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|"
    r"października|listopada|grudnia|ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|"
    r"prosince|maj)"
)
# Numbers in a street's name: "Straße des 17. Juni", "3e Hugo de Grootstraat", "rue du 8 mai 1945".
_IN_A_NAME = re.compile(
    rf"\b\d{{1,2}}\.?(?:er)?\s?(?:de\s|di\s)?{_MONTH}(?:\s\d{{4}})?\b|"
    r"\b\d{1,3}(?:st|nd|rd|th|e|er|ère|re|de|te|[ºª°])(?!\w)|^\d{1,3}\.(?=\s)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<!\w)\d+[A-Za-z]?(?!\w)")


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a line: the street, the house number, and what follows the number."""

    street: str
    number: str
    suffix: str | None


def split_line(line: str, country: str) -> Split | None:
    """Split an address line; None if the country's usual form does not show which number is the house number."""
    return next((found for found in _readings(line, country) if _is_certain(found, country)), None)


def number_first(country: str) -> bool:
    """Whether the country writes the house number before the street."""
    return country in _NUMBER_FIRST


def _readings(line: str, country: str) -> Iterator[Split]:
    patterns = []
    if country in _NUMBER_FIRST or country in _EITHER:
        patterns.append(_before_a_french_way(country))
    if country in _NUMBER_FIRST:
        patterns.append(_before_any_street(country))
    if country in _NUMBER_LAST:
        patterns.append(_behind_the_street(country))
    for pattern in patterns:
        if found := re.fullmatch(pattern, line, re.IGNORECASE):
            yield _split(found)


def _before_a_french_way(country: str) -> str:
    number = rf"(?P<number>{_NUMBER})(?P<letter>{_LETTER_BEFORE_WAY})?[\s,]+"
    return rf"{number}(?P<street>{_FRENCH_WAY}.*?){_units(country, gap='+')}"


def _before_any_street(country: str) -> str:
    before = rf"(?:(?P<before>(?:{_WITH_VALUE[country]}){_VALUE})[\s,]+)?" if country in _UNIT_FIRST else ""
    number = rf"(?:{_SIGN})?(?P<number>{_NUMBER})(?P<letter>{_LETTER_GLUED})?[\s,]+"
    return rf"{before}{number}(?P<street>(?:[^\W\d]|\d+(?:st|nd|rd|th)\b).*?){_units(country, gap='+')}"


def _behind_the_street(country: str) -> str:
    digits = _AUSTRIAN_NUMBER if country == "AT" else _NUMBER
    number = rf"(?:[\s,]+|(?<=\.))(?:{_SIGN})?(?P<number>{digits})(?P<letter>{_LETTER})?"
    return rf"(?P<street>.*?[^\W\d_].*?){number}{_units(country, gap='*')}"


def _units(country: str, gap: str) -> str:
    """Match up to three known parts of a building at the end; `gap` is the regex quantifier of the space before one."""
    words = []
    if country in _WITH_VALUE:
        words.append(rf"[\s,./-]{gap}(?:{_WITH_VALUE[country]}){_VALUE}")
    if country in _WITHOUT_VALUE:
        words.append(rf"[\s,-]{gap}(?:{_WITHOUT_VALUE[country]})")
    return rf"(?P<units>(?:{'|'.join(words)}){{0,3}})" if words else "(?P<units>)"


def _split(found: re.Match[str]) -> Split:
    groups = found.groupdict()
    parts = [groups["letter"], groups["units"], groups.get("before")]
    suffix = " ".join(filter(None, (part.strip(" ,-/") for part in parts if part)))
    return Split(groups["street"].strip(" ,"), re.sub(r"\s", "", groups["number"]), suffix or None)


def _is_certain(found: Split, country: str) -> bool:
    """Whether there is no second number that could be the house number, and no word that makes it something else."""
    street = found.street
    if not street or _NO_STREET.search(street) or _KIND_ALONE.match(street) or _is_unit(street, country):
        return False
    return not _BARE.search(_IN_A_NAME.sub("", street))


def _is_unit(street: str, country: str) -> bool:
    words = _WITH_VALUE.get(country)
    return bool(words and re.search(rf"(?:^|[\s,])(?:{words})[\s.:]*$", street, re.IGNORECASE))
