"""How people write addresses, country by country: we find the right house number or none, never a wrong one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping.orders.streets import split_line

# A line → its street, house number and suffix; None if it is not certain.
FORMS: dict[str, dict[str, tuple[str, str, str | None] | None]] = {
    "AT": {
        "Mariahilfer Straße 45/2/14": ("Mariahilfer Straße", "45", "2/14"),
        "Neubaugasse 8 Stiege 2 Tür 7": ("Neubaugasse", "8", "Stiege 2 Tür 7"),
        "Praterstraße 10 Top 5": ("Praterstraße", "10", "Top 5"),
    },
    "AU": {
        "3/25 King Street": ("King Street", "3/25", None),
        "Unit 3, 25 King Street": ("King Street", "25", "Unit 3"),
    },
    "BE": {
        "Kerkdreef 10 bus 3": ("Kerkdreef", "10", "bus 3"),
        "Rue de la Loi 16 bte 4": ("Rue de la Loi", "16", "bte 4"),
        "16, rue de la Loi": ("rue de la Loi", "16", None),
        "Kerkstraat 10 zaal 3": None,
    },
    "CA": {
        "1234 rue Sainte-Catherine Ouest, app. 5": ("rue Sainte-Catherine Ouest", "1234", "app. 5"),
        "12e Avenue": None,
    },
    "CH": {
        "Bahnhofstrasse 12": ("Bahnhofstrasse", "12", None),
        "12, rue du Rhône": ("rue du Rhône", "12", None),
        "Rue du Rhône 12": ("Rue du Rhône", "12", None),
    },
    "CZ": {
        "Nádražní 1234/5a": ("Nádražní", "1234/5", "a"),
        "17. listopadu 12": ("17. listopadu", "12", None),
        "Dolní Lhota č.p. 45": ("Dolní Lhota", "45", None),
    },
    "DE": {
        "Straße des 17. Juni 135": ("Straße des 17. Juni", "135", None),
        "Hauptstraße 12 1/2": ("Hauptstraße", "12", "1/2"),
        "Lange Gasse 5 Haus 3": ("Lange Gasse", "5", "Haus 3"),
        "Ringstr. 12, 3. OG": ("Ringstr.", "12", "3. OG"),
        "Q7, 24": ("Q7", "24", None),
        "Kolonie Frohsinn 12 Parzelle 7": None,
        "Postfach 1234": None,
        "Straße 52": None,
    },
    "DK": {
        "Nørregade 12, 3. tv": ("Nørregade", "12", "3. tv"),
        "Nørregade 12 st. th": ("Nørregade", "12", "st. th"),
        "Vesterbrogade 4B": ("Vesterbrogade", "4", "B"),
    },
    "ES": {
        "Calle Mayor 12, 3º B": ("Calle Mayor", "12", "3º B"),
        "Calle de Alcalá, 50, 2º izq.": ("Calle de Alcalá", "50", "2º izq."),
        "Calle 2 de Mayo 12": ("Calle 2 de Mayo", "12", None),
        "Avenida de la Constitución nº 7": ("Avenida de la Constitución", "7", None),
        "Carretera N-340 km 12": None,
        "Calle Mayor s/n": None,
    },
    "FI": {
        "Mannerheimintie 12 A 5": ("Mannerheimintie", "12", "A 5"),
        "Mannerheimintie 12 as. 7": ("Mannerheimintie", "12", "as. 7"),
    },
    "FR": {
        "12 bis rue de la Paix": ("rue de la Paix", "12", "bis"),
        "12bis, rue Victor Hugo": ("rue Victor Hugo", "12", "bis"),
        "10 allée des Roses Bât. B Appt 12": ("allée des Roses", "10", "Bât. B Appt 12"),
        "12 rue du 8 mai 1945": ("rue du 8 mai 1945", "12", None),
        "Résidence les Pins 12": None,
        "BP 120": None,
    },
    "GB": {
        "221B Baker Street": ("Baker Street", "221", "B"),
        "Flat 2, 14 High Street": ("High Street", "14", "Flat 2"),
        "14 High Street, Flat 2": ("High Street", "14", "Flat 2"),
        "Rose Cottage, Mill Lane": None,
        "Unit 3 Trading Estate": None,
    },
    "IE": {
        "5 O'Connell Street": ("O'Connell Street", "5", None),
        "Apt 4, 12 Main Street": ("Main Street", "12", "Apt 4"),
    },
    "IT": {
        "Via Roma 12/A int. 3": ("Via Roma", "12", "A int. 3"),
        "Via 25 Aprile 12": ("Via 25 Aprile", "12", None),
        "Via XX Settembre, 5": ("Via XX Settembre", "5", None),
        "Via Roma snc": None,
        "Strada Statale 16": None,
    },
    "LU": {
        "12, rue de Strasbourg": ("rue de Strasbourg", "12", None),
        "2 boulevard Royal": ("boulevard Royal", "2", None),
    },
    "NL": {
        "Coolsingel 40-42 B": ("Coolsingel", "40-42", "B"),
        "Keizersgracht 174-I": ("Keizersgracht", "174", "I"),
        "Prinsengracht 263 2 hoog": ("Prinsengracht", "263", "2 hoog"),
        "3e Hugo de Grootstraat 5": ("3e Hugo de Grootstraat", "5", None),
        "Postbus 90801": None,
    },
    "NO": {
        "Storgata 12 H0201": ("Storgata", "12", "H0201"),
        "Karl Johans gate 5B": ("Karl Johans gate", "5", "B"),
    },
    "PL": {
        "Nowa 5/7 m. 12": ("Nowa", "5/7", "m. 12"),
        "ul. 3 Maja 5 lok. U2": ("ul. 3 Maja", "5", "lok. U2"),
        "ul. 11 Listopada 22": ("ul. 11 Listopada", "22", None),
        "ul. Nowa m. 12": None,
    },
    "PT": {
        "Rua Augusta 274, 3º Esq": ("Rua Augusta", "274", "3º Esq"),
        "Av. 25 de Abril, n.º 110": ("Av. 25 de Abril", "110", None),
        "Rua do Ouro 5 r/c Dto": ("Rua do Ouro", "5", "r/c Dto"),
    },
    "SE": {
        "Skolgatan 4B lgh 1102": ("Skolgatan", "4", "B lgh 1102"),
        "Storgatan 12, 2 tr": ("Storgatan", "12", "2 tr"),
        "Box 123": None,
    },
    "US": {
        "350 W 42nd St # 4B": ("W 42nd St", "350", "# 4B"),
        "350 5th Ave": ("5th Ave", "350", None),
        "37-12 Broadway": ("Broadway", "37-12", None),
        "5th Avenue": None,
        "123 Route 9": None,
        "12 Mile Road": None,
        "PO Box 123": None,
    },
    # Countries whose usual form we do not know: nothing is certain there.
    "HU": {"Kossuth Lajos utca 12. 3/5": None},
    "JP": {"Marunouchi 1-9-1": None},
}
TABLE = [(country, line, parts) for country, lines in FORMS.items() for line, parts in lines.items()]


def test_the_table_has_more_than_sixty_forms_of_over_fifteen_countries() -> None:
    assert len(TABLE) > 60
    assert len(FORMS) > 15


@pytest.mark.parametrize(("country", "line", "parts"), TABLE)
def test_a_line_is_split_as_its_country_writes_it_or_not_at_all(
    country: str, line: str, parts: tuple[str, str, str | None] | None
) -> None:
    found = split_line(line, country)
    assert (found and (found.street, found.number, found.suffix)) == parts


WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüß", min_size=3, max_size=9)


@given(st.sampled_from(sorted(FORMS)), WORDS, st.integers(1, 999), WORDS, st.integers(1, 999))
def test_the_number_behind_an_unknown_word_is_never_taken_for_the_house_s(
    country: str, street: str, house: int, word: str, other: int
) -> None:
    found = split_line(f"{street} {house} {word} {other}", country)
    assert found is None or found.number == str(house)
