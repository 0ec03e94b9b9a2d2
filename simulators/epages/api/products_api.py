"""The API calls for the shop itself, its products, stock and locations."""

from simulators.epages.api.calls import Answer, Call, Handler, document_page
from simulators.epages.api.product_documents import (
    availability_document,
    product_document,
    single_variation_document,
    variation_document,
)
from simulators.epages.api.shop_documents import shop_document
from simulators.epages.documents.place_documents import location_document, pickup_option_document
from simulators.epages.model.catalog import Item, Product
from simulators.epages.model.errors import Refused, invalid, not_found
from simulators.epages.shop import stock


def find_by_sku(call: Call) -> Answer:
    """`GET /products/search/find-by-sku`: a switch decides the answer for the SKU of a variation."""
    sku = call.query.get("sku", "")
    item = call.shop.catalog.by_sku.get(sku)
    if item and item.parent and call.shop.switches.variation_finds_product:
        return Answer(product_document(call.shop, item.parent))
    if item is None or item.parent:
        raise not_found("product", sku)
    call.shop.record_read(item)
    return Answer(product_document(call.shop, call.shop.catalog.products[item.id]))


def list_products(call: Call) -> Answer:
    """`GET /products`."""
    documents = [product_document(call.shop, product) for product in call.shop.catalog.products.values()]
    return document_page(call, "products", documents, {"search": {"href": f"{call.url}/search"}})


def get_product(call: Call) -> Answer:
    """`GET /products/{id}`."""
    product = _product(call)
    if product.item:
        call.shop.record_read(product.item)
    return Answer(product_document(call.shop, product))


def list_variations(call: Call) -> Answer:
    """`GET /products/{id}/variations`."""
    product = _product(call)
    return document_page(
        call, "variations", [variation_document(call.shop, product, item) for item in product.variations]
    )


def get_variation(call: Call) -> Answer:
    """`GET /products/{id}/variations/{id}`."""
    product, item = _product(call), _item(call)
    call.shop.record_read(item)
    return Answer(single_variation_document(call.shop, product, item))


def get_availability(call: Call) -> Answer:
    """`GET …/availability` of a product or variation; a variation product has no stock of its own."""
    product = _product(call)
    if "variation" not in call.path and product.item is None:
        return Answer(product_document(call.shop, product)["_embedded"]["availability"])
    item = _item(call)
    call.shop.record_read(item)
    return Answer(availability_document(call.shop, item))


def adjust(call: Call) -> Answer:
    """`POST …/availability/adjust-available-stock`: changes the stock and answers the new figure."""
    item, amount = _item(call), call.body.get("relativeAmount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise invalid("relativeAmount must be a whole number.")
    stock.adjust(call.shop, item, amount, by="connector")
    return Answer(availability_document(call.shop, item))


def get_shop(call: Call) -> Answer:
    """`GET /shop`."""
    return Answer(shop_document(call.shop))


def list_locations(call: Call) -> Answer:
    """`GET /shop/locations`."""
    documents = [location_document(call.shop.base_url, location) for location in call.shop.catalog.locations]
    return document_page(call, "locations", documents)


def list_pickup_options(call: Call) -> Answer:
    """`GET /pickup-options`."""
    shop = call.shop
    documents = [
        pickup_option_document(shop.base_url, shop.currency, shop.tax_model, option)
        for option in shop.catalog.pickup_options
    ]
    return document_page(call, "pickup-options", documents)


def _product(call: Call) -> Product:
    product = call.shop.catalog.products.get(call.path["product"])
    if product is None:
        raise not_found("product", call.path["product"])
    return product


def _item(call: Call) -> Item:
    product = _product(call)
    if "variation" in call.path:
        item = next((item for item in product.variations if item.id == call.path["variation"]), None)
        if item is None:
            raise not_found("variation", call.path["variation"])
        return item
    if product.item is None:
        message = "The request (adjust-available-stock) cannot be performed for variation products"
        raise Refused(400, "operation-not-available", f"{message} (affected ID: {product.id}).")
    return product.item


_PRODUCT = "/products/{product}"
_VARIATION = f"{_PRODUCT}/variations/{{variation}}"

ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/products/search/find-by-sku", "prod:r", find_by_sku),
    ("GET", "/products", "prod:r", list_products),
    ("GET", _PRODUCT, "prod:r", get_product),
    ("GET", f"{_PRODUCT}/variations", "prod:r", list_variations),
    ("GET", _VARIATION, "prod:r", get_variation),
    ("GET", f"{_PRODUCT}/availability", "prda:r", get_availability),
    ("GET", f"{_VARIATION}/availability", "prda:r", get_availability),
    ("POST", f"{_PRODUCT}/availability/adjust-available-stock", "prda:u", adjust),
    ("POST", f"{_VARIATION}/availability/adjust-available-stock", "prda:u", adjust),
    # The OpenAPI file names no scope for it.
    ("GET", "/shop", "", get_shop),
    ("GET", "/shop/locations", "loca:r", list_locations),
    ("GET", "/pickup-options", "shpz:r", list_pickup_options),
)
