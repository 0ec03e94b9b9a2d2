"""Each level in Afosto's answer belongs to a SKU that was asked for, or to none."""

from schemas.afosto import InventoryLevel
from schemas.mapping.inventory_levels import Levels, match_levels

PLACES = ("l1", "l2")


def level(sku: str, available: int, place: str = "l1") -> InventoryLevel:
    return InventoryLevel(sku=sku, location_id=place, available=available)


def test_the_levels_of_all_locations_are_summed_up() -> None:
    found = match_levels(["A"], PLACES, [level("A", 3), level("A", -1, "l2")])
    assert found == Levels({"A": 2}, frozenset())


def test_a_sku_that_is_left_out_is_unknown_and_not_zero() -> None:
    assert match_levels(["A", "B"], PLACES, [level("A", 0)]) == Levels({"A": 0}, frozenset())


def test_a_sku_in_another_case_is_the_one_that_was_asked_for() -> None:
    found = match_levels(["Mug-Blue"], PLACES, [level("MUG-BLUE", 3)])
    assert (found.known, found.respelled) == ({"Mug-Blue": 3}, frozenset({"Mug-Blue"}))


def test_the_exact_spelling_counts_before_one_in_another_case() -> None:
    assert match_levels(["Mug"], PLACES, [level("MUG", 3), level("Mug", 5)]) == Levels({"Mug": 5}, frozenset())


def test_two_spellings_neither_of_which_was_asked_for_are_unclear() -> None:
    assert match_levels(["Mug"], PLACES, [level("MUG", 3), level("mug", 5)]) == Levels({}, frozenset({"Mug"}))


def test_a_spelling_that_may_be_either_of_two_skus_belongs_to_neither() -> None:
    assert match_levels(["Mug", "mUG"], PLACES, [level("MUG", 3)]) == Levels({}, frozenset())
    assert match_levels(["Mug", "mUG"], PLACES, [level("Mug", 3)]) == Levels({"Mug": 3}, frozenset())


def test_a_level_that_comes_twice_counts_once() -> None:
    assert match_levels(["A"], PLACES, [level("A", 3), level("A", 3), level("A", 3, "l2")]).known == {"A": 6}


def test_two_figures_of_one_location_are_unclear() -> None:
    found = match_levels(["A", "B"], PLACES, [level("A", 3), level("A", 4), level("B", 1)])
    assert found == Levels({"B": 1}, frozenset({"A"}))


def test_a_location_that_was_not_asked_for_does_not_count() -> None:
    assert match_levels(["A"], ["l1"], [level("A", 3), level("A", 9, "l2")]).known == {"A": 3}
