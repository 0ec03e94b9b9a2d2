"""Flower's columns Store, Order and Outcome, from what the events of a task carry."""

import pytest

from workers.flower_pages.columns import COLUMNS, ShownTask

ODD = "<script>alert(1)</script>\x1b[2J: waits: "


def columns(kwargs: str | None, result: str | None) -> tuple[str, str, str]:
    task = ShownTask(uuid="7", kwargs=kwargs, result=result).as_dict()
    store, order, outcome = (task[name] for name in COLUMNS)
    return store, order, outcome


@pytest.mark.parametrize(
    ("kwargs", "result", "shown"),
    [
        ("{'store': 'corner', 'order': '3SKA', 'version': 3}", None, ("corner", "3SKA", "")),
        ("{'store': 'corner', 'order': '3SKA'}", "'order 10001: opened'", ("corner", "10001", "opened")),
        ("{'store': 'corner', 'order': '3SKA'}", "Parked('order 10001: no SKU')", ("corner", "10001", "no SKU")),
        ("{'store': 'corner'}", "'0 orders seen'", ("corner", "", "0 orders seen")),
        ("{'store': 'corner', 'sku': 'MUG'}", "'stock: 6'", ("corner", "MUG", "stock: 6")),
        ("{}", "KeyError('color')", ("", "", "color")),
        (None, None, ("", "", "")),
    ],
)
def test_a_task_shows_store_order_and_outcome(kwargs: str, result: str, shown: tuple[str, str, str]) -> None:
    assert columns(kwargs, result) == shown


@pytest.mark.parametrize("kwargs", ["{…}", "{'store': 'cor", "[" * 5000, "7", "{'store': ['a']}"])
@pytest.mark.parametrize("result", ["'cut of", "E('a', 'b')", "(" * 5000, "()", "order", "\x00"])
def test_what_cannot_be_read_is_shown_as_it_came(kwargs: str, result: str) -> None:
    assert all(isinstance(text, str) for text in columns(kwargs, result))


def test_odd_texts_stay_texts() -> None:
    shown = columns(repr({"store": "corner", "order": ODD}), repr(f"order {ODD}: opened"))
    assert shown[0] == "corner"
    assert ODD.partition(":")[0] in shown[1]
