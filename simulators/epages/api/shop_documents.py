"""The shop's own document as the vendor writes it."""

import uuid
from typing import Any

from simulators.epages.shop.shop import Shop

Document = dict[str, Any]
_PARTS = ("address", "images", "legal", "attributes")


def shop_document(shop: Shop) -> Document:
    """`GET /shop`: clients call it first, to check that their token works."""
    self = f"{shop.base_url}/shop"
    links = {"self": {"href": self}, "shop": {"href": self}}
    return {
        "_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "" if shop.switches.counted_ids else shop.base_url)),
        "name": shop.name,
        "resellerName": "epages",
        "primaryHostname": f"{shop.name}.example.com",
        "fallbackHostname": f"{shop.name}.beyondshop.cloud",
        "tax": {
            "taxModel": shop.tax_model,
            "vatExempted": False,
            "country": "DE",
            "supportedTaxClasses": ["REDUCED", "EXEMPT", "REGULAR"],
        },
        "currencies": [shop.currency],
        "defaultCurrency": shop.currency,
        "locales": ["de-DE"],
        "defaultLocale": "de-DE",
        "closedByMerchant": False,
        "emailConfirmed": True,
        "socialSharingEnabled": False,
        "_embedded": {
            "subscription-details": {"endDate": "2027-10-04T12:27:28.865", "type": "WEBSITE_ONLY", "status": "ACTIVE"}
        },
        "_links": links | {part: {"href": f"{self}/{part}"} for part in _PARTS},
    }
