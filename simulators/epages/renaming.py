"""What a merchant does to the catalogue of a running shop: an item gets another SKU, two change SKUs, one is replaced.

Orders keep the SKU and the product id that they were placed with.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace as copy_of
from typing import Any

from simulators.epages.catalog import Item, Product
from simulators.epages.shop import Shop

# Shares of what a merchant does by itself; the rest are replacements.
_SWAPPED, _RENAMED = 0.4, 0.2


def act(shop: Shop, wishes: Mapping[str, Any]) -> None:
    """Do what the control API describes; raises ValueError for an act, a SKU or an id that does not exist."""
    item, name = _item(shop, wishes["sku"]), wishes["act"]
    if name not in _ACTS:
        raise ValueError(f"no such act: {name}; known are {', '.join(_ACTS)}")
    _ACTS[name](shop, item, wishes)


def rename(shop: Shop, item: Item, sku: str) -> None:
    """Give an item a SKU that no other one bears; raises ValueError."""
    if sku in shop.catalog.by_sku:
        raise ValueError(f"another item bears the SKU {sku}")
    _bear(shop, {item: sku})


def swap(shop: Shop, one: Item, other: Item) -> None:
    """Let two items change their SKUs."""
    _bear(shop, {one: other.sku, other: one.sku})


def replace(shop: Shop, item: Item, keep_as: str | None = None) -> None:
    """Let a new item, with an id of its own and as much stock, bear the SKU of an old one.

    The old one is deleted, or kept with another SKU and no stock.
    """
    sku, new_id = item.sku, shop.catalog.new_id()
    new = copy_of(item, id=new_id, renamed_at=shop.now())
    if keep_as:
        rename(shop, item, keep_as)
        item.stock = item.stock and 0
    else:
        del shop.catalog.items[item.id]
    shop.catalog.items[new_id] = shop.catalog.by_sku[sku] = new
    (_replace_variation if item.parent else _replace_product)(shop, item, new, bool(keep_as))


def disturb(shop: Shop, rng: random.Random) -> None:
    """Rename an item, swap two, or replace one, as drawn."""
    one, other = rng.sample(list(shop.catalog.items.values()), 2)
    # The drawn part follows a mark, so that a SKU does not grow from one name to the next.
    unused = f"{one.sku.partition('~')[0]}~{rng.randrange(16**8):08x}"
    lot = rng.random()
    if lot < _SWAPPED:
        swap(shop, one, other)
    elif lot < _SWAPPED + _RENAMED:
        rename(shop, one, unused)
    else:
        replace(shop, one, rng.choice((None, unused)))


def _replace_variation(shop: Shop, old: Item, new: Item, kept: bool) -> None:
    assert old.parent is not None
    if not kept:
        old.parent.variations.remove(old)
    old.parent.variations.append(new)


def _replace_product(shop: Shop, old: Item, new: Item, kept: bool) -> None:
    product = shop.catalog.products[old.id]
    if not kept:
        del shop.catalog.products[old.id]
    shop.catalog.products[new.id] = Product(
        new.id, product.name, product.features, product.price, product.tax_rate, new
    )


def _bear(shop: Shop, skus: Mapping[Item, str]) -> None:
    by_sku = shop.catalog.by_sku
    for item in skus:
        del by_sku[item.sku]
    for item, sku in skus.items():
        item.sku, item.renamed_at, by_sku[sku] = sku, shop.now(), item


def _item(shop: Shop, sku: str) -> Item:
    if sku not in shop.catalog.by_sku:
        raise ValueError(f"no such SKU: {sku}")
    return shop.catalog.by_sku[sku]


_ACTS: Mapping[str, Callable[[Shop, Item, Mapping[str, Any]], None]] = {
    "rename": lambda shop, item, wishes: rename(shop, item, wishes["to"]),
    "swap": lambda shop, item, wishes: swap(shop, item, _item(shop, wishes["with"])),
    "replace": lambda shop, item, wishes: replace(shop, item, wishes.get("keep_as")),
}
