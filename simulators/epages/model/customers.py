"""Made-up customers of a German or Dutch shop. Some give no house number, some buy for a company."""

import random
from dataclasses import dataclass
from typing import Any

_GERMAN = (
    ("Anna", "Jonas", "Miriam", "Lukas", "Frieda", "Jürgen", "Zoë", "Matthäus"),
    ("Schröder", "Müller", "Großkopf", "von der Heide", "Öztürk", "Weiß", "Kowalski", "Bäcker"),
    ("Lange Straße", "Am Mühlbach", "Königsallee", "Bürgermeister-Smidt-Str.", "Hauptstraße", "Straße des 17. Juni"),
    (("20095", "Hamburg"), ("80331", "München"), ("04109", "Leipzig"), ("28195", "Bremen"), ("99084", "Erfurt")),
)
_DUTCH = (
    ("Sanne", "Daan", "Fenna", "Bram", "Lotte", "Thijs", "Noor", "Sjoerd"),
    ("de Vries", "van den Berg", "Jansen", "Bakker", "van 't Hof", "Dijkstra", "Çelik", "Visser"),
    ("Prinsengracht", "Kerkstraat", "Dorpsweg", "Oude Delft", "'s-Gravelandseweg", "Wilhelminaplein"),
    (("1016 HK", "Amsterdam"), ("9711 LM", "Groningen"), ("2611 CA", "Delft"), ("5211 JV", "'s-Hertogenbosch")),
)
_COMPANIES = ("Nordlicht GmbH", "Bakkerij Visser B.V.", "Studio Blau GbR", "Fahrrad & Söhne OHG")


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer: mail address, and the billing and shipping address as the vendor's documents."""

    email: str
    billing: dict[str, Any]
    shipping: dict[str, Any]


def make_buyer(rng: random.Random) -> Buyer:
    """A random customer. One address in ten has no separate house number; one order in ten ships to another address."""
    country = rng.choice(("DE", "NL"))
    address = _address(rng, country)
    billing = address | {"vatId": None, "taxNumber": None, "birthDate": None}
    other = _address(rng, country) if rng.random() < 0.1 else address
    return Buyer(address["email"], billing, other | {"doorCode": None})


def _address(rng: random.Random, country: str) -> dict[str, Any]:
    first_names, last_names, streets, cities = _GERMAN if country == "DE" else _DUTCH
    first, last, street = (rng.choice(first_names), rng.choice(last_names), rng.choice(streets))
    postal_code, city = rng.choice(cities)
    street, house_number = _house(rng, street)
    company = rng.choice(_COMPANIES) if rng.random() < 0.15 else None
    mail = f"{first}.{last}".lower().replace(" ", "-").replace("'", "").encode("ascii", "ignore").decode()
    lines = [company, f"{first} {last}", f"{street} {house_number}".strip(), f"{postal_code} {city}"]
    return {
        "salutation": rng.choice(("Frau", "Herr", None)),
        "gender": None,
        "company": company,
        "title": None,
        "firstName": first,
        "middleName": None,
        "lastName": last,
        "street": street,
        "houseNumber": house_number or None,
        "street2": None,
        "addressExtension": "Hinterhaus" if rng.random() < 0.05 else None,
        "postalCode": postal_code,
        "dependentLocality": None,
        "city": city,
        "country": country,
        "state": None,
        "email": f"{mail}@example.com",
        "phone": f"+{49 if country == 'DE' else 31} 555 {rng.randrange(10_000, 99_999)}",
        "mobile": None,
        "displayAddressLines": [line for line in lines if line],
    }


def _house(rng: random.Random, street: str) -> tuple[str, str]:
    number = f"{rng.randrange(1, 180)}{rng.choice(('', '', '', 'a', '-2'))}"
    chance = rng.random()
    if chance < 0.05:
        return street, ""
    return (f"{street} {number}", "") if chance < 0.1 else (street, number)
