"""Changes of SKUs in a running shop: an item gets another SKU, two items swap SKUs, or a new item takes over a SKU.

Orders keep the SKU and the product id that they were placed with.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace as copy_of
from typing import Any

from simulators.epages.model.catalog import Item, Product
from simulators.epages.shop.shop import Shop

# Shares of the random changes; the rest are replacements.
_SWAPPED, _RENAMED = 0.4, 0.2


def change(shop: Shop, options: Mapping[str, Any]) -> None:
    """Change a SKU as the control API describes; raises ValueError for an act or a SKU that does not exist."""
    item, name = _item(shop, options["sku"]), options["act"]
    if name not in _ACTS:
        raise ValueError(f"no such act: {name}; known are {', '.join(_ACTS)}")
    _ACTS[name](shop, item, options)


def rename(shop: Shop, item: Item, sku: str) -> None:
    """Give an item a new SKU; raises ValueError if another item has it."""
    if sku in shop.catalog.by_sku:
        raise ValueError(f"another item has the SKU {sku}")
    _assign_skus(shop, {item: sku})


def swap(shop: Shop, one: Item, other: Item) -> None:
    """Swap the SKUs of two items."""
    _assign_skus(shop, {one: other.sku, other: one.sku})


def replace(shop: Shop, item: Item, keep_as: str | None = None) -> None:
    """Give the SKU of an old item to a new one, which has its own id and the same stock.

    The old item is deleted, or kept with the SKU `keep_as` and no stock.
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


def change_at_random(shop: Shop, rng: random.Random) -> None:
    """Rename an item, swap two, or replace one, at random."""
    one, other = rng.sample(list(shop.catalog.items.values()), 2)
    # Each new suffix replaces the last one (after the ~), so a SKU does not grow with each rename.
    unused = f"{one.sku.partition('~')[0]}~{rng.randrange(16**8):08x}"
    chance = rng.random()
    if chance < _SWAPPED:
        swap(shop, one, other)
    elif chance < _SWAPPED + _RENAMED:
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


def _assign_skus(shop: Shop, skus: Mapping[Item, str]) -> None:
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
    "rename": lambda shop, item, options: rename(shop, item, options["to"]),
    "swap": lambda shop, item, options: swap(shop, item, _item(shop, options["with"])),
    "replace": lambda shop, item, options: replace(shop, item, options.get("keep_as")),
}
