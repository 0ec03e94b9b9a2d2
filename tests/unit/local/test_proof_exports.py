"""The proof of exports: what Afosto's people did shows in the shop, once, and nothing else does."""

from collections.abc import Callable

import pytest

from local.proof.report import ProofSettings
from schemas.mapping.progress.shipments import TwoCodes
from tests.unit.local.equal_sides import Pair, afosto_cause, parcel, part, process, return_of, shop_cause, unit


def without(action: str, name: str | None = None) -> Callable[[Pair], None]:
    def doctor(pair: Pair) -> None:
        pair.shop_causes = [
            cause
            for cause in pair.shop_causes
            if (cause["by"], cause["action"]) != ("connector", action) or name not in (None, cause["process"])
        ]

    return doctor


def again(action: str) -> Callable[[Pair], None]:
    def doctor(pair: Pair) -> None:
        pair.shop_causes += [c for c in pair.shop_causes if (c["by"], c["action"]) == ("connector", action)]

    return doctor


def doctor_process(**fields: object) -> Callable[[Pair], None]:
    return lambda pair: pair.shop["processes"][1].update(fields)


def echo_the_shops_parcel(pair: Pair) -> None:
    pair.shop["processes"].append(process("connector", "P3", "DELIVERED", "LZ1", 3))
    pair.shop_causes.append(shop_cause("connector", "mail", "P3"))


@pytest.mark.parametrize(
    ("doctor", "kinds"),
    [
        (without("cancel"), {"canceled"}),
        (again("cancel"), {"without-cause"}),
        (without("return", "R2"), {"returned"}),
        (without("return", "R3"), {"broken"}),
        (again("return"), {"without-cause"}),
        (lambda pair: pair.shop["processes"][2].update(brought_by="P1"), {"return-process"}),
        (lambda pair: pair.shop["processes"][2].update(brought_by=None), {"return-process"}),
        (lambda pair: pair.shop["processes"].pop(1), {"parcel", "mail", "return-process"}),
        (doctor_process(tracking_code="AF2"), {"parcel", "without-cause", "return-process"}),
        (doctor_process(lines=[part(3)]), {"parcel", "without-cause"}),
        (doctor_process(status="PENDING"), {"parcel-status", "mail"}),
        (doctor_process(status="DELIVERED"), {"without-cause"}),
        (echo_the_shops_parcel, {"without-cause"}),
        (without("mail"), {"mail"}),
        (again("mail"), {"mail"}),
        (lambda pair: pair.shop_causes.append(shop_cause("connector", "mail", "P1")), {"mail"}),
        (lambda pair: pair.shop_causes.extend([shop_cause("connector", "refund")] * 3), {"refund"}),
        (lambda pair: pair.afosto_causes.append(afosto_cause("connector", "refund", 3)), {"refund"}),
    ],
)
def test_each_doctored_effect_in_the_shop_is_found_as_its_own_kind_of_difference(
    doctor: Callable[[Pair], None], kinds: set[str]
) -> None:
    pair = Pair()
    doctor(pair)
    assert set(pair.kinds()) == kinds


def test_a_parcel_that_arrived_in_afosto_must_have_arrived_in_the_shop() -> None:
    pair = Pair()
    pair.order["parcels"][1]["status"] = "DELIVERED"
    assert pair.kinds() == ["parcel-status"]
    pair.shop["processes"][1]["status"] = "DELIVERED"
    assert pair.kinds() == []


def test_an_announced_parcel_has_not_left_and_must_not_show_in_the_shop() -> None:
    pair = Pair().bare(2)
    pair.order["parcels"] = [parcel("T1", "ANNOUNCED", "AF1", 0)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, parcel="T1")]
    assert pair.kinds() == []
    pair.order["parcels"][0]["status"] = "DELIVERED"
    assert pair.kinds() == ["parcel"]


def test_a_pickup_is_compared_without_its_content_as_nobody_chooses_it() -> None:
    pair = Pair().bare(2, pickup=True)
    pair.order["parcels"] = [parcel("T1", "READY_TO_COLLECT", None, 0, 1)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, 1, parcel="T1")]
    pair.shop["processes"] = [process("connector", "P1", "READY_FOR_PICKUP", None, 2, "pickups")]
    pair.shop_causes = [shop_cause("connector", "mail", "P1")]
    assert pair.kinds() == []
    pair.shop["processes"][0]["status"] = "PICKED_UP"
    assert pair.kinds() == ["without-cause"]


def test_a_pickup_of_which_a_part_is_ready_is_not_laid_out_yet() -> None:
    pair = Pair().bare(2, pickup=True)
    pair.order["parcels"] = [parcel("T1", "READY_TO_COLLECT", None, 0)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, parcel="T1")]
    assert pair.kinds() == []
    pair.shop["processes"] = [process("connector", "P1", "READY_FOR_PICKUP", None, 2, "pickups")]
    pair.shop_causes = [shop_cause("connector", "mail", "P1")]
    assert pair.kinds() == ["without-cause"]


def test_a_store_that_sends_no_mails_sends_none() -> None:
    pair = Pair()
    assert pair.kinds(ProofSettings(mails=False)) == ["mail"]
    without("mail")(pair)
    assert pair.kinds(ProofSettings(mails=False)) == []


def test_a_store_that_does_not_export_rejected_returns_has_none() -> None:
    pair = Pair()
    assert pair.kinds(ProofSettings(broken=False)) == ["without-cause"]
    without("return", "R3")(pair)
    assert pair.kinds(ProofSettings(broken=False)) == []


def test_a_cancellation_that_asks_for_another_step_is_no_cause_yet() -> None:
    pair = Pair()
    pair.order["units"][4]["step"] = "HANDLE_APPROVAL"
    assert set(pair.kinds()) == {"unfinished", "without-cause"}


def test_units_left_out_at_import_have_no_effect_in_afosto() -> None:
    pair = Pair().bare(5)
    pair.order |= {"units": pair.order["units"][:3], "meta_data": {"units": {"L1": 3}}}
    assert pair.kinds() == ["units"]
    pair.shop_causes = [shop_cause("shop", "cancel", "C1", part(2))]
    assert pair.kinds() == []


def test_the_same_last_pieces_canceled_on_both_sides_are_one_cancellation() -> None:
    pair = Pair().bare(3)
    pair.shop_causes = [shop_cause("shop", "cancel", "C1", part(3))]
    pair.afosto_causes = [afosto_cause("afosto", "cancel", 0), afosto_cause("connector", "cancel", 1, 2)]
    pair.units("CANCELLED", "CANCELLED", "CANCELLED")
    report = pair.report()
    assert report.agrees
    assert report.left_to_person == []
    pair.shop_causes.append(shop_cause("connector", "cancel", "C2", part(1)))
    assert pair.kinds() == ["without-cause"]


def test_pieces_canceled_here_and_packed_there_are_contested_and_left_to_a_person() -> None:
    pair = Pair().bare(1)
    pair.shop_causes = [shop_cause("shop", "cancel", "C1", part(1))]
    pair.order["parcels"] = [parcel("T1", "IN_TRANSIT", "AF1", 0)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, parcel="T1")]
    report = pair.report()
    assert report.agrees
    assert [found.kind for found in report.left_to_person] == ["contested"]
    assert report.counts["Afosto → shop: causes"] == report.counts["Afosto → shop: effects"] == 0


def test_a_return_of_what_was_never_collected_is_contested_as_the_shop_cannot_follow() -> None:
    pair = Pair().bare(1, pickup=True)
    pair.units("RESTOCKED", parcel="T1")
    pair.order["parcels"] = [parcel("T1", "READY_TO_COLLECT", None, 0)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, parcel="T1"), afosto_cause("afosto", "receive", 0)]
    pair.shop["processes"] = [process("connector", "P1", "READY_FOR_PICKUP", None, 1, "pickups")]
    pair.shop_causes = [shop_cause("connector", "mail", "P1")]
    report = pair.report()
    assert report.agrees
    assert [found.kind for found in report.left_to_person] == ["contested"]
    pair.order["parcels"][0]["status"] = pair.shop["processes"][0]["status"] = "DELIVERED"
    assert pair.kinds() == ["returned"]


def sent_by_both(shop: str | None, afosto: str | None, status: str = "SHIPPED") -> Pair:
    pair = Pair().bare(2)
    pair.shop["processes"] = [process("shop", "P1", status, shop, 2)]
    pair.units("OPEN", "OPEN", parcel="T1")
    pair.order["parcels"] = [parcel("T1", "IN_TRANSIT", afosto, 0, 1)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, 1, parcel="T1")]
    return pair


@pytest.mark.parametrize(
    ("shop", "afosto", "told"),
    [
        ("LZ1", "AF1", [TwoCodes("LZ1", "AF1")]),
        (None, "AF1", [TwoCodes(None, "AF1")]),
        ("LZ1", None, []),
        ("1", "1", []),
    ],
)
def test_the_same_pieces_sent_by_both_sides_are_one_shipment_of_which_people_hear_when_it_has_two_codes(
    shop: str | None, afosto: str | None, told: list[TwoCodes]
) -> None:
    report = sent_by_both(shop, afosto).report()
    assert (report.agrees, report.left_to_person) == (True, [])
    assert [codes for _, codes in report.two_codes] == told


def test_a_second_shipment_of_pieces_that_both_sides_sent_is_without_cause() -> None:
    pair = sent_by_both("LZ1", "AF1")
    pair.shop["processes"].append(process("connector", "P2", "SHIPPED", "AF1", 2))
    pair.shop_causes = [shop_cause("connector", "mail", "P2")]
    assert pair.kinds() == ["without-cause"]
    pair = sent_by_both("LZ1", "AF1")
    pair.order["parcels"].append(parcel("T2", "IN_TRANSIT", "LZ1", 0, 1))
    pair.afosto_causes.append(afosto_cause("connector", "ship", 0, 1, parcel="T2"))
    assert pair.kinds() == ["without-cause"]


def test_what_the_shop_had_packed_and_afosto_sent_must_leave_with_one_mail() -> None:
    assert sent_by_both("LZ1", "AF1", "PENDING").kinds() == ["parcel-status"]
    assert sent_by_both("LZ1", "AF1", "DELIVERED").kinds() == ["parcel-status"]
    pair = sent_by_both("AF1", "AF1")
    pair.shop_causes = [shop_cause("connector", "ship", "P1")]
    assert pair.kinds() == ["mail"]
    pair.shop_causes.append(shop_cause("connector", "mail", "P1"))
    assert pair.kinds() == []


def test_equal_parcels_are_two_shipments_where_there_are_pieces_for_both() -> None:
    pair = sent_by_both("LZ1", "AF1")
    pair.shop["lines"][0]["ordered"] = pair.order["meta_data"]["units"]["L1"] = 4
    pair.order["units"] += [unit(2), unit(3)]
    assert pair.kinds() == ["parcel", "parcel"]
    pair.afosto_causes.append(afosto_cause("afosto", "cancel", 2, 3))
    pair.order["units"][2:] = [unit(2, "CANCELLED"), unit(3, "CANCELLED")]
    assert "parcel" not in pair.kinds()


def test_what_comes_back_of_a_shipment_with_two_codes_comes_back_from_the_shops_own_process() -> None:
    pair = sent_by_both("LZ1", "AF1")
    pair.units("RESTOCKED", "OPEN", parcel="T1")
    pair.afosto_causes.append(afosto_cause("afosto", "receive", 0))
    pair.shop["processes"].append(return_of("P1", "R1", part(1, "RETURNED")))
    pair.shop_causes = [shop_cause("connector", "return", "R1", part(1, "RETURNED"))]
    assert pair.kinds() == []
    pair.shop["processes"][1]["brought_by"] = None
    assert pair.kinds() == ["return-process"]


def test_even_in_a_contested_order_nothing_happens_without_a_cause() -> None:
    pair = Pair().bare(1)
    pair.shop_causes = [shop_cause("shop", "cancel", "C1", part(1))]
    pair.order["parcels"] = [parcel("T1", "IN_TRANSIT", "AF1", 0)]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, parcel="T1")]
    pair.shop_causes.append(shop_cause("connector", "return", "R1", part(1, "RETURNED")))
    assert pair.kinds() == ["without-cause"]


def test_a_part_canceled_of_an_order_that_takes_all_or_none_is_left_to_a_person() -> None:
    pair = Pair().bare(2, refund_policy="FULL_REFUND_ONLY")
    pair.afosto_causes = [afosto_cause("afosto", "cancel", 0)]
    pair.units("CANCELLED", "OPEN")
    report = pair.report()
    assert report.agrees
    assert [found.kind for found in report.left_to_person] == ["all-or-none"]
    pair.shop_causes = [shop_cause("connector", "cancel", "C1", part(1))]
    assert pair.kinds() == ["without-cause"]


@pytest.mark.parametrize(("policy", "kinds"), [("FULL_REFUND_ONLY", []), (None, ["canceled", "parcel"])])
def test_a_pickup_of_which_a_part_was_canceled_that_takes_all_or_none_is_laid_out_when_a_person_has_decided(
    policy: str | None, kinds: list[str]
) -> None:
    pair = Pair().bare(2, pickup=True, **({"refund_policy": policy} if policy else {}))
    pair.order["parcels"] = [parcel("T1", "READY_TO_COLLECT", None, 1)]
    pair.afosto_causes = [afosto_cause("afosto", "cancel", 0), afosto_cause("afosto", "ship", 1, parcel="T1")]
    pair.units("CANCELLED", "OPEN")
    assert pair.kinds() == kinds


def test_the_whole_of_an_order_that_takes_all_or_none_is_canceled() -> None:
    pair = Pair().bare(2, refund_policy="FULL_REFUND_ONLY")
    pair.afosto_causes = [afosto_cause("afosto", "cancel", 0, 1)]
    pair.units("CANCELLED", "CANCELLED")
    assert pair.kinds() == ["canceled"]
    pair.shop_causes = [shop_cause("connector", "cancel", "C1", part(2))]
    assert pair.kinds() == []


@pytest.mark.parametrize(("units", "kinds"), [((0,), []), ((0, 1), ["returned"])])
def test_returns_of_an_order_that_takes_all_or_none_wait_until_they_are_complete(
    units: tuple[int, ...], kinds: list[str]
) -> None:
    pair = Pair().bare(2, refund_policy="FULL_REFUND_ONLY")
    pair.order["parcels"] = [parcel("T1", "DELIVERED", "AF1", 0, 1)]
    pair.shop["processes"] = [process("connector", "P1", "DELIVERED", "AF1", 2)]
    pair.shop_causes = [shop_cause("connector", "mail", "P1")]
    pair.afosto_causes = [afosto_cause("afosto", "ship", 0, 1, parcel="T1"), afosto_cause("afosto", "receive", *units)]
    pair.units(*("RESTOCKED" if number in units else "OPEN" for number in range(2)), parcel="T1")
    assert pair.kinds() == kinds
    assert [found.kind for found in pair.report().left_to_person] == (["all-or-none"] if not kinds else [])
