"""The bodies of intents: what is stored today still loads, and what is written is what was stored before."""

from collections import Counter
from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.intent_loader import load_intent
from schemas.intents import (
    CancelIntent,
    CancelPair,
    IntentBody,
    IntentKind,
    ItemsIntent,
    NoteIntent,
    OpenIntent,
    ParcelIntent,
    ReturnIntent,
    ShopCancellationIntent,
    ShopMailIntent,
    ShopParcelIntent,
    ShopPickupIntent,
    ShopReturnIntent,
)
from schemas.mapping.progress.returns import BackUnit

# Each kind with a body as databases hold it, and what it means. These keys must not change.
STORED: list[tuple[str, dict[str, Any], IntentBody]] = [
    ("items", {"afosto_id": "a1"}, ItemsIntent("a1")),
    ("open", {"afosto_id": "a1"}, OpenIntent("a1")),
    ("note", {"afosto_id": "a1"}, NoteIntent("a1")),
    (
        "cancel",
        {"pairs": [{"unit": "u1", "contra": "c1", "line": "l1"}, {"unit": "u2", "contra": "c2", "line": ""}]},
        CancelIntent((CancelPair("u1", "c1", "l1"), CancelPair("u2", "c2", ""))),
    ),
    ("return", {"restock": ["u1", "u2"], "scrap": []}, ReturnIntent(("u1", "u2"), ())),
    (
        "parcel",
        {"process": "p1", "units": ["u1"], "code": "3S 1", "url": "https://t.example/3S"},
        ParcelIntent("p1", ("u1",), "3S 1", "https://t.example/3S"),
    ),
    ("parcel", {"process": "p1", "units": ["u1"], "code": None, "url": None}, ParcelIntent("p1", ("u1",), None, None)),
    (
        "shop-cancelation",
        {"units": {"c1": "l1"}, "lines": {"l1": 1}, "whole": False, "baseline": ["p0"]},
        ShopCancellationIntent({"c1": "l1"}, {"l1": 1}, whole=False, baseline=("p0",)),
    ),
    (
        "shop-return",
        {"units": [["u1", "l1", "BROKEN"]], "process": "p1", "baseline": []},
        ShopReturnIntent((BackUnit("u1", "l1", "BROKEN"),), "p1", ()),
    ),
    ("shop-return", {"units": [], "process": None, "baseline": ["p0"]}, ShopReturnIntent((), None, ("p0",))),
    (
        "shop-parcel",
        {"parcel": "x1", "lines": {"l1": 2}, "code": None, "baseline": ["p0"]},
        ShopParcelIntent("x1", {"l1": 2}, None, ("p0",)),
    ),
    ("shop-pickup", {}, ShopPickupIntent()),
    ("shop-mail", {"process": "p1", "move": "mark-shipped"}, ShopMailIntent("p1", "mark-shipped")),
]
BAD: list[tuple[type[IntentBody], dict[str, Any]]] = [
    (OpenIntent, {}),
    (CancelIntent, {"pairs": {}}),
    (CancelIntent, {"pairs": ["u1"]}),
    (CancelIntent, {"pairs": [{"unit": "u1", "contra": None, "line": ""}]}),
    (ReturnIntent, {"restock": ["u1"]}),
    (ShopCancellationIntent, {"units": ["c1"], "lines": {}, "whole": True, "baseline": []}),
    (ShopReturnIntent, {"units": [["u1", "l1"]], "process": None, "baseline": []}),
    (ShopMailIntent, {"process": "p1"}),
]


@pytest.mark.parametrize(("kind", "stored", "body"), STORED)
def test_a_stored_body_loads_and_is_written_alike(kind: str, stored: dict[str, Any], body: IntentBody) -> None:
    assert load_intent(type(body), stored) == body
    assert body.kind == kind
    assert body.to_json() == stored


@pytest.mark.parametrize(("kind", "stored", "body"), STORED)
def test_a_key_of_another_version_is_ignored(kind: str, stored: dict[str, Any], body: IntentBody) -> None:
    assert load_intent(type(body), {**stored, "of another version": {"units": 1}}) == body


@pytest.mark.parametrize(("form", "stored"), BAD)
def test_a_body_that_does_not_fit_is_refused(form: type[IntentBody], stored: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        load_intent(form, stored)


def test_counts_of_any_mapping_are_written_as_an_object() -> None:
    assert ShopParcelIntent("x1", Counter(["l1", "l1"]), None, ()).to_json()["lines"] == {"l1": 2}


def test_each_kind_has_a_dataclass_of_its_own() -> None:
    assert {body.kind: type(body) for _, _, body in STORED}.keys() == set(IntentKind)
    forms = {type(body) for _, _, body in STORED}
    assert len(forms) == len(IntentKind)
