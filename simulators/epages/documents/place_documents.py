"""Locations and pickup options as the vendor writes them."""

from decimal import Decimal
from typing import Any

from simulators.epages.model.catalog import Location, PickupOption
from simulators.epages.model.money import money, number

Document = dict[str, Any]

_HOURS = {
    "periods": [
        {"openDay": day, "openTime": "09:00", "closeDay": day, "closeTime": "18:00"} for day in ("MONDAY", "SATURDAY")
    ]
}


def location_document(base_url: str, location: Location) -> Document:
    """One element of `GET /shop/locations`."""
    return _location(base_url, location) | {
        "googleStatus": "ACTIVE",
        "googlePrimaryCategory": {"displayName": "Laden", "categoryId": "gcid:store"},
        "googleAdditionalCategories": [{"displayName": "Lebensmittel", "categoryId": "gcid:storefood"}],
        "latLng": {"latitude": 53.55, "longitude": 9.99},
    }


def pickup_option_document(base_url: str, currency: str, tax_model: str, option: PickupOption) -> Document:
    """One element of `GET /pickup-options`, with its location embedded."""
    self = {"href": f"{base_url}/pickup-options/{option.id}"}
    return {
        "_id": option.id,
        "name": option.name,
        "description": "Wir schreiben Ihnen, sobald alles bereitliegt.",
        "taxClass": "REGULAR",
        "position": 1,
        "freePickupValue": money(currency, Decimal(50)),
        "fixedPrice": {"taxModel": tax_model, "currency": currency, "amount": number(option.price)},
        "phoneNumberRequired": True,
        "_embedded": {"location": _location(base_url, option.location)},
        "_links": {"self": self, "pickup-option": self},
    }


def _location(base_url: str, location: Location) -> Document:
    street = f"{location.street} {location.house_number}"
    return {
        "_id": location.id,
        "storeCode": location.code,
        "languageCode": "de",
        "address": {
            "street": location.street,
            "houseNumber": location.house_number,
            "postalCode": location.postal_code,
            "city": location.city,
            "country": location.country,
            "dependentLocality": "",
            "state": location.city,
            "displayAddressLines": [location.name, street, f"{location.postal_code} {location.city}"],
        },
        "companyName": location.name,
        "primaryPhone": "+49 40 5550102",
        "regularHours": _HOURS,
        "_links": {"self": {"href": f"{base_url}/shop/locations/{location.id}"}},
    }
