"""Products, variations and their availability as the vendor writes them."""

from decimal import Decimal
from typing import Any

from simulators.epages.documents.line_documents import tax_class
from simulators.epages.model.catalog import THRESHOLD, Item, Product
from simulators.epages.model.money import number
from simulators.epages.model.totals import tax_of
from simulators.epages.shop.shop import Shop

Document = dict[str, Any]

_PARTS = [
    "availability",
    "attributes",
    "attachments",
    "images",
    "default-image",
    "videos",
    "cross-sells",
    "multiple-images",
    "external-images",
    "additional-descriptions",
    "manufacturer-site",
    "review-site",
]
_VARIATION_PARTS = ["variation-properties", "variation-attributes", "variations", "variations-images"]
# In the vendor's recorded examples these are null in a variation product only.
_NOTHING_OF_ITS_OWN = {"maxOrderQuantity": None, "refPrice": None, "customText": None}
_MOVES = ["disable-purchasability", "adjust-available-stock", "update-stock-threshold", "disable-stock-management"]


def product_document(shop: Shop, product: Product) -> Document:
    """A product as `GET /products/{id}` and find-by-sku answer it; a variation product has no SKU and no stock."""
    self = f"{shop.base_url}/products/{product.id}"
    parts = [*_PARTS, *(_VARIATION_PARTS if product.variations else [])]
    changed = "2026-01-05T09:00:00.25"
    prices = {name: _price(shop, product) for name in ("salesPrice", "listPrice", "manufacturerPrice")}
    return {
        "_id": product.id,
        "lastModifiedAt": changed,
        "sku": product.item.sku if product.item else None,
        **prices,
        "tags": ["Neu"],
        "productIdentifiers": [{"type": "EAN", "value": "9780134308135"}] if product.item else [],
        "visible": True,
        "taxClass": tax_class(product.tax_rate),
        "shippingWeight": {"value": 190.0, "displayUnit": "GRAMS"},
        "shippingDimension": {"length": 300, "width": 200, "height": 100},
        "shippingPeriod": {"min": 2, "max": 4, "displayUnit": "DAYS"},
        "pickupPeriod": {"min": 1, "max": 2, "displayUnit": "DAYS"},
        "name": product.name,
        "description": product.features,
        "manufacturer": "Nordlicht GmbH",
        "essentialFeatures": product.features,
        "variationAttributes": _attributes(product),
        **(_of_a_plain_product(shop, product) if product.item else _NOTHING_OF_ITS_OWN),
        "productLabels": [{"type": "NEW", "activeFrom": changed, "activeUntil": changed}],
        "isVariationProduct": bool(product.variations),
        "_embedded": {"availability": _embedded_availability(product.item, self)},
        "_links": {part: {"href": f"{self}/{part}"} for part in parts} | _own_links(shop, product),
    }


def _of_a_plain_product(shop: Shop, product: Product) -> Document:
    return {
        "maxOrderQuantity": 1000,
        "refPrice": {"refQuantity": 1, "unit": "PIECE", "quantity": 1, "price": _price(shop, product)},
        "customText": {"label": "Widmung", "maxLength": 20},
    }


def single_variation_document(shop: Shop, product: Product, item: Item) -> Document:
    """One variation as `GET /products/{id}/variations/{id}` answers it."""
    document = variation_document(shop, product, item)
    image = f"{shop.base_url}/core-storage/images/{item.id}{{&width,height,upscale}}"
    return document | {
        "refPrice": _of_a_plain_product(shop, product)["refPrice"],
        "productIdentifiers": [{"type": "EAN", "value": "9780134308135"}],
        "_links": document["_links"] | {"default-image-data": {"href": image, "templated": True}},
    }


def variation_document(shop: Shop, product: Product, item: Item) -> Document:
    """One variation as `GET /products/{id}/variations` lists it."""
    parent = f"{shop.base_url}/products/{product.id}"
    self = f"{parent}/variations/{item.id}"
    links = {"self": {"href": self}, "product": {"href": parent}}
    prices = {name: _price(shop, product) for name in ("salesPrice", "listPrice", "manufacturerPrice")}
    return {
        "sku": item.sku,
        "variationAttributeValues": [{"displayName": "Ausführung", "value": item.value}],
        **prices,
        "refPrice": None,
        "productIdentifiers": [],
        "taxClass": tax_class(product.tax_rate),
        "_id": item.id,
        "_embedded": {"availability": _embedded_availability(item, self)},
        "_links": links | {part: {"href": f"{self}/{part}"} for part in ("default-image", "images", "multiple-images")},
    }


def availability_document(shop: Shop, item: Item) -> Document:
    """An item's stock as `GET …/availability` answers it; `availableStock` is null while stock management is off."""
    product = f"{shop.base_url}/products/{item.parent.id if item.parent else item.id}"
    self = (f"{product}/variations/{item.id}" if item.parent else product) + "/availability"
    moves = _MOVES[:2] if item.parent else _MOVES
    links = {"product": {"href": product}, "self": {"href": self}}
    return _figures(item) | {"_links": links | {move: {"href": f"{self}/{move}"} for move in moves}}


def _own_links(shop: Shop, product: Product) -> Document:
    image = f"{shop.base_url}/core-storage/images/{product.id}{{&width,height,upscale}}"
    self = {"href": f"{shop.base_url}/products/{product.id}"}
    return {"self": self} | ({"default-image-data": {"href": image, "templated": True}} if product.item else {})


def _figures(item: Item) -> Document:
    return {
        "availabilityState": item.availability,
        "availableStock": item.stock,
        "stockThreshold": None if item.stock is None else THRESHOLD,
        "purchasable": item.availability != "OUT_OF_STOCK",
    }


def _embedded_availability(item: Item | None, owner: str) -> Document:
    nothing = {"availabilityState": "NOT_AVAILABLE", "availableStock": None, "stockThreshold": None}
    figures = _figures(item) if item else nothing | {"purchasable": False}
    return figures | {"_links": {"self": {"href": f"{owner}/availability"}}}


def _price(shop: Shop, product: Product) -> Document:
    tax = tax_of(product.price, product.tax_rate, shop.tax_model)
    other = ("NET", product.price - tax) if shop.tax_model == "GROSS" else ("GROSS", product.price + tax)
    derived = {"taxModel": other[0], "currency": shop.currency, "amount": number(other[1].quantize(Decimal("0.001")))}
    return {
        "taxModel": shop.tax_model,
        "currency": shop.currency,
        "amount": number(product.price),
        "derivedPrice": derived | {"taxRate": number(product.tax_rate)},
    }


def _attributes(product: Product) -> list[Document]:
    if not product.variations:
        return []
    values = [item.value for item in product.variations]
    return [{"_id": product.id, "displayName": "Ausführung", "values": values, "variationImagesDifferentiator": False}]
