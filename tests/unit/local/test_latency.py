"""Latency: each action of Afosto's people is paired with the connector's effect in the shop."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from local.demo.latency import Latency, by_source, latencies, percentiles
from tests.unit.local.equal_sides import Document, Pair, afosto_cause, parcel, part, process, shop_cause

START = 1_700_000_000


def at_shop(seconds: float, cause: Document) -> Document:
    return cause | {"at": datetime.fromtimestamp(START + seconds, UTC).isoformat()}


def measured(pair: Pair, deliveries: list[Document] | None = None) -> list[Latency]:
    afosto = [cause | {"seq": seq} for seq, cause in enumerate(pair.afosto_causes, 1)]
    found = latencies({"berlin": [pair.shop]}, [pair.order], {"berlin": pair.shop_causes}, afosto, deliveries or [])
    return sorted(found, key=lambda latency: latency.cause)


def at_afosto(seconds: float, action: str, *units: int, **rest: Any) -> Document:
    return afosto_cause("afosto", action, *units, **rest) | {"at": round((START + seconds) * 1000)}


def test_pieces_canceled_in_afosto_are_paired_in_turn() -> None:
    pair = Pair().bare(3)
    pair.units("CANCELLED", "CANCELLED", "OPEN")
    pair.afosto_causes = [at_afosto(0, "finish", 0), at_afosto(10, "finish", 1)]
    pair.shop_causes = [
        at_shop(1.5, shop_cause("connector", "cancel", "C1", part(1))),
        at_shop(10.5, shop_cause("connector", "cancel", "C2", part(1))),
    ]
    assert [(row.kind, row.order, row.seconds) for row in measured(pair)] == [
        ("canceled", "berlin/O1", 1.5),
        ("canceled", "berlin/O1", 0.5),
    ]


def test_an_action_on_several_pieces_lasts_until_its_last_effect() -> None:
    pair = Pair().bare(2)
    pair.units("RESTOCKED", "RETURNED")
    pair.afosto_causes = [at_afosto(0, "finish", 0, 1)]
    pair.shop_causes = [
        at_shop(1, shop_cause("connector", "return", "R1", part(1, "RETURNED"))),
        at_shop(4, shop_cause("connector", "return", "R2", part(1, "RETURNED"))),
    ]
    assert [(row.kind, row.seconds) for row in measured(pair)] == [("returned", 4.0)]


def test_a_rejected_return_is_paired_with_broken_pieces() -> None:
    pair = Pair().bare(1)
    pair.units("REJECTED")
    pair.afosto_causes = [at_afosto(0, "reject", 0)]
    pair.shop_causes = [at_shop(2, shop_cause("connector", "return", "R1", part(1, "BROKEN")))]
    assert [(row.kind, row.seconds) for row in measured(pair)] == [("returned", 2.0)]


def test_a_parcel_is_paired_when_it_leaves_and_when_it_arrives() -> None:
    pair = Pair().bare(2)
    pair.order["parcels"] = [parcel("T1", "DELIVERED", "AF1", 0, 1)]
    pair.shop["processes"] = [process("connector", "P1", "DELIVERED", "AF1", 2)]
    pair.afosto_causes = [
        at_afosto(0, "in_transit", 0, 1, parcel="T1"),
        at_afosto(60, "delivered", 0, 1, parcel="T1"),
    ]
    pair.shop_causes = [
        at_shop(0.5, shop_cause("connector", "create-shipping", "P1")),
        at_shop(1, shop_cause("connector", "ship", "P1")),
        at_shop(63, shop_cause("connector", "deliver", "P1")),
    ]
    assert [(row.kind, row.seconds) for row in measured(pair)] == [("parcel left", 1.0), ("parcel arrived", 3.0)]


def test_a_pickup_is_paired_whatever_its_content() -> None:
    pair = Pair().bare(2, pickup=True)
    pair.order["parcels"] = [parcel("T1", "READY_TO_COLLECT", None, 0)]
    pair.shop["processes"] = [process("connector", "P1", "READY_FOR_PICKUP", None, 2, "pickups")]
    pair.afosto_causes = [at_afosto(0, "ready_to_collect", 0, parcel="T1")]
    pair.shop_causes = [at_shop(2, shop_cause("connector", "ready-for-pickup", "P1"))]
    assert [(row.kind, row.seconds) for row in measured(pair)] == [("parcel left", 2.0)]


def test_what_the_connector_or_the_shop_did_by_themselves_has_no_latency() -> None:
    pair = Pair().bare(2)
    pair.units("CANCELLED", "OPEN")
    pair.afosto_causes = [at_afosto(0, "finish", 0) | {"by": "connector"}]
    pair.shop_causes = [at_shop(1, shop_cause("shop", "cancel", "C1", part(1)))]
    assert measured(pair) == []


def test_a_cause_without_its_effect_is_left_to_the_proof() -> None:
    pair = Pair().bare(2)
    pair.units("CANCELLED", "CANCELLED")
    pair.afosto_causes = [at_afosto(0, "finish", 0), at_afosto(1, "finish", 1)]
    pair.shop_causes = [at_shop(9, shop_cause("connector", "cancel", "C1", part(1)))]
    assert measured(pair) == []


@pytest.mark.parametrize(("answers", "by_webhook"), [([200], True), ([0, 503, 200], True), ([500], False), ([], False)])
def test_an_action_was_reported_by_webhook_if_its_own_webhook_was_accepted(
    answers: list[int], by_webhook: bool
) -> None:
    pair = Pair().bare(1)
    pair.units("CANCELLED")
    pair.afosto_causes = [at_afosto(0, "finish", 0)]
    pair.shop_causes = [at_shop(1, shop_cause("connector", "cancel", "C1", part(1)))]
    deliveries = [{"cause": 1, "answers": answers}, {"cause": 2, "answers": [200]}]
    assert [row.by_webhook for row in measured(pair, deliveries)] == [by_webhook]


def test_percentiles_are_by_nearest_rank() -> None:
    found = percentiles([float(n) for n in range(200, 0, -1)])
    assert (found.count, found.p50, found.p95, found.p99) == (200, 100.0, 190.0, 198.0)
    assert (percentiles([7.0]).p50, percentiles([7.0]).p99) == (7.0, 7.0)
    assert math.isnan(percentiles([]).p95)


def test_percentiles_are_split_by_webhook_and_scan() -> None:
    rows = [Latency("canceled", "berlin/O1", n, float(n), by_webhook=n <= 3) for n in range(1, 6)]
    split = by_source(rows)
    assert {name: (p.count, p.p99) for name, p in split.items()} == {
        "all": (5, 5.0),
        "reported by a webhook": (3, 3.0),
        "found by a scan": (2, 5.0),
    }
