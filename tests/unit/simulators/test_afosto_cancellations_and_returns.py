"""The rules of cancellations and returns in the simulated Afosto, without HTTP."""

import pytest

from simulators.afosto.activity import merchant
from simulators.afosto.tenant import cancellations_and_returns, parcels
from simulators.afosto.tenant.tenant import Tenant
from tests.support.simulators.afosto_tenant import (
    draft,
    level,
    opened,
    parcel_over,
    refusal,
    rules_broken,
)


def test_the_steps_of_a_cancellation_take_contra_ids(tenant: Tenant) -> None:
    order = opened(tenant)
    unit = order.units[0]
    cancellations_and_returns.cancel(tenant, "connector", order.id, [(unit.id, "contra-1")])
    assert (unit.progress, order.actions) == ("CANCELLED", [{"action": "HANDLE_APPROVAL", "item_ids": ["contra-1"]}])
    assert refusal(cancellations_and_returns.approve, tenant, "connector", order.id, [unit.id], False) == (
        "VALIDATION_ERROR",
        "items.0",
    )
    cancellations_and_returns.approve(tenant, "connector", order.id, ["contra-1"], is_refund=False)
    assert refusal(cancellations_and_returns.finish, tenant, "connector", order.id, ["contra-1"]) == (
        "VALIDATION_ERROR",
        "items.0",
    )
    cancellations_and_returns.restock(tenant, "connector", order.id, ["contra-1"], None)
    cancellations_and_returns.finish(tenant, "connector", order.id, ["contra-1"])
    assert (order.actions, order.total, level(tenant)) == ([], 1000, (3, 2, 5))


def test_a_contra_id_is_made_when_none_is_given_and_never_used_twice(tenant: Tenant) -> None:
    order = opened(tenant)
    first, second, third = order.units
    cancellations_and_returns.cancel(tenant, "connector", order.id, [(first.id, None)])
    assert first.contra_item_id not in (None, first.id)
    field = ("VALIDATION_ERROR", "items.0.contra_item_id")
    assert (
        refusal(cancellations_and_returns.cancel, tenant, "connector", order.id, [(second.id, first.contra_item_id)])
        == field
    )
    pairs = [(second.id, "c"), (third.id, "c")]
    assert (
        refusal(cancellations_and_returns.cancel, tenant, "connector", order.id, pairs)[1] == "items.1.contra_item_id"
    )
    assert second.progress == "OPEN"


def test_a_unit_that_is_packed_or_canceled_or_in_a_draft_is_not_canceled(tenant: Tenant) -> None:
    packed, canceled, waiting = opened(tenant, 1), opened(tenant, 2), draft(tenant)
    parcel_over(tenant, packed)
    cancellations_and_returns.cancel(tenant, "connector", canceled.id, [(canceled.units[0].id, None)])
    for order, field in ((packed, "items.0.item_id"), (canceled, "items.0.item_id"), (waiting, "order_id")):
        pairs = [(order.units[0].id, None)]
        assert refusal(cancellations_and_returns.cancel, tenant, "connector", order.id, pairs) == (
            "VALIDATION_ERROR",
            field,
        )


def test_a_refund_is_a_cause_and_by_an_import_a_violation(tenant: Tenant) -> None:
    order = opened(tenant, 2)
    merchant.cancel_units(tenant, order.id, [order.units[0].id])
    assert rules_broken(tenant) == []
    cancellations_and_returns.cancel(tenant, "connector", order.id, [(order.units[1].id, "c")])
    cancellations_and_returns.approve(tenant, "connector", order.id, ["c"], is_refund=True)
    assert rules_broken(tenant) == ["refund-by-import"]
    assert [cause.by for cause in tenant.causes.all if cause.action == "refund"] == ["afosto", "connector"]


@pytest.mark.parametrize("restocked", [True, False])
def test_a_return_ends_as_restocked_or_merely_returned(tenant: Tenant, restocked: bool) -> None:
    order = opened(tenant, 1)
    parcel_over(tenant, order, "DELIVERED")
    [unit] = order.units
    assert order.status == "CLOSED"
    cancellations_and_returns.receive(tenant, "connector", order.id, [unit.id])
    assert (order.status, unit.progress, order.actions[0]["item_ids"]) == ("OPEN", "OPEN", [unit.id])
    cancellations_and_returns.approve(tenant, "connector", order.id, [unit.id], is_refund=False)
    if restocked:
        cancellations_and_returns.restock(tenant, "connector", order.id, [unit.id], "shop")
        assert level(tenant, "shop") == (1, 0, 1)
    cancellations_and_returns.finish(tenant, "connector", order.id, [unit.id])
    assert (order.status, unit.progress) == ("CLOSED", "RESTOCKED" if restocked else "RETURNED")


def test_a_piece_that_was_sent_is_out_until_it_is_restocked(tenant: Tenant) -> None:
    order = opened(tenant, 1)
    assert list(tenant.inventory.reserved("TEA", 0)) == order.units
    parcel_over(tenant, order, "DELIVERED")
    ids = [order.units[0].id]
    cancellations_and_returns.receive(tenant, "connector", order.id, ids)
    cancellations_and_returns.approve(tenant, "connector", order.id, ids, is_refund=False)
    assert list(tenant.inventory.reserved("TEA", 0)) == order.units
    cancellations_and_returns.restock(tenant, "connector", order.id, ids, "shop")
    assert list(tenant.inventory.reserved("TEA", 0)) == []


def test_only_what_has_left_comes_back_and_only_once(tenant: Tenant) -> None:
    order = opened(tenant, 1)
    ids = [order.units[0].id]
    parcel_id = parcel_over(tenant, order)
    assert refusal(cancellations_and_returns.receive, tenant, "connector", order.id, ids) == (
        "VALIDATION_ERROR",
        "items.0",
    )
    parcels.set_status(tenant, "connector", parcel_id, "IN_TRANSIT")
    cancellations_and_returns.receive(tenant, "connector", order.id, ids)
    assert refusal(cancellations_and_returns.receive, tenant, "connector", order.id, ids) == (
        "VALIDATION_ERROR",
        "items.0",
    )


def test_a_rejected_return_moves_neither_money_nor_stock(tenant: Tenant) -> None:
    order = opened(tenant, 1)
    parcel_over(tenant, order, "DELIVERED")
    before = level(tenant)
    merchant.return_units(tenant, order.id, [order.units[0].id], "rejected")
    assert (order.units[0].progress, order.status, level(tenant)) == ("REJECTED", "CLOSED", before)
    assert "refund" not in [cause.action for cause in tenant.causes.all]
