"""What a masked document shows, and what it hides."""

import json
from pathlib import Path

from schemas.wording.personal_data import MASK, masked

ORDER = json.loads((Path(__file__).parent / "data" / "epages_order.json").read_text())


def test_nothing_of_the_buyer_is_left_in_a_shops_order() -> None:
    shown = json.dumps(masked(ORDER), ensure_ascii=False)
    persons = ("Maren", "Kolthoff", "Deich", "Siel", "Hinterhaus", "Etage", "26721", "Emden", "maren@", "0000001")
    assert [each for each in (*persons, "klingeln", "DE000000000", "12a") if each in shown] == []


def test_ids_numbers_products_and_money_stay() -> None:
    shown = masked(ORDER)
    for name in ("_id", "orderNumber", "createdAt", "productLineItems", "grandTotal", "paymentStatus"):
        assert shown[name] == ORDER[name]
    assert shown["billingAddress"]["country"] == "DE"


def test_empty_fields_of_a_person_stay_empty() -> None:
    shown = masked({"contact": {"name": "Maren", "title": None, "company": " "}, "notes": ["ring", ""]})
    assert shown == {"contact": {"name": MASK, "title": None, "company": " "}, "notes": [MASK, ""]}


def test_an_unknown_field_of_a_person_is_hidden_however_deep_it_is() -> None:
    shown = masked({"customer": {"profile": [{"nickname": "Mari", "points": 3}], "id": "c-1"}})
    assert shown == {"customer": {"profile": [{"nickname": MASK, "points": 3}], "id": "c-1"}}


def test_nothing_is_masked_as_nothing() -> None:
    assert masked(None) is None
