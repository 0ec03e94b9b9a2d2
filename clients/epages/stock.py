"""Calls about a shop's catalog and its stock."""

from clients.epages.calls import Calls, escaped, paging
from clients.status_errors import NotFound, answer_to_effect
from schemas.epages import (
    Availability,
    Product,
    Variation,
    load_availability,
    load_page_count,
    load_product,
    load_products,
    load_variation,
    load_variations,
)
from schemas.errors import MalformedDocument

PRODUCT_PAGE = 20  # products per request: few, because each may have variations that need requests of their own
VARIATION_PAGE = 100  # variations of one product per request


class StockCalls(Calls):
    """The calls about products, variations and their stock."""

    def find_product(self, sku: str) -> Product | None:
        """Return the product with this SKU, or None (prod:r). Whether this finds variations is not documented."""
        try:
            return load_product(self._get("/products/search/find-by-sku", {"sku": sku}).document)
        except NotFound:
            return None

    def products(self, page: int) -> tuple[tuple[Product | MalformedDocument, ...], int]:
        """Return one page of the catalog and the number of pages (prod:r).

        A product that does not load is replaced by its error.
        """
        document = self._get("/products", paging(page, PRODUCT_PAGE)).document
        return load_products(document), load_page_count(document)

    def product(self, product_id: str) -> Product:
        """Return a product with its SKU and its stock as they are now (prod:r). Raises NotFound."""
        return load_product(self._get(f"/products/{escaped(product_id)}").document)

    def variation(self, product_id: str, variation_id: str) -> Variation:
        """Return a variation with its SKU and its stock as they are now (prod:r). Raises NotFound."""
        return load_variation(self._get(_variation(product_id, variation_id)).document)

    def variations(self, product_id: str) -> tuple[Variation | MalformedDocument, ...]:
        """Return all variations of a product (prod:r); one that does not load is replaced by its error."""
        pages = self._all(f"/products/{escaped(product_id)}/variations", VARIATION_PAGE)
        return tuple(variation for page in pages for variation in load_variations(page))

    def adjust_stock(self, product_id: str, variation_id: str | None, amount: int) -> Availability:
        """Change the stock by `amount` and return the new stock (prda:u). A repetition counts twice.

        Raises NeedsPerson: `product.availability.invalid-availability-state` while stock management is off,
        `operation-not-available` for a product that has variations.
        """
        item = _variation(product_id, variation_id) if variation_id else f"/products/{escaped(product_id)}"
        answer = self._post(f"{item}/availability/adjust-available-stock", {"relativeAmount": amount})
        with answer_to_effect(answer.request):
            return load_availability(answer.document)


def _variation(product_id: str, variation_id: str) -> str:
    return f"/products/{escaped(product_id)}/variations/{escaped(variation_id)}"
