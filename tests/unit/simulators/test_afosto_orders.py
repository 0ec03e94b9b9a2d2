"""The rules of orders, stock and parcels in the simulated Afosto, without HTTP."""

from simulators.afosto.activity import merchant
from simulators.afosto.tenant import cancellations_and_returns, orders, parcels
from simulators.afosto.tenant.tenant import Tenant
from tests.support.simulators.afosto_tenant import (
    Clock,
    draft,
    level,
    opened,
    parcel_over,
    refusal,
    rules_broken,
)


def test_three_pieces_become_three_units_in_one_item(tenant: Tenant) -> None:
    order = draft(tenant)
    [line] = order.items
    assert (line.quantity, len(set(line.ids)), [unit.id for unit in line.details]) == (3, 3, line.ids)


def test_items_with_other_meta_data_are_a_group_of_their_own(tenant: Tenant) -> None:
    order = draft(tenant)
    orders.add_items(tenant, "connector", order.id, [{"sku": "TEA", "quantity": 1, "meta_data": {"line_ref": "l2"}}])
    assert [line.quantity for line in order.items] == [3, 1]


def test_a_total_counts_given_prices_catalog_prices_fees_and_discounts(tenant: Tenant) -> None:
    order = draft(
        tenant,
        2,
        fees=[{"type": "shipping", "description": "Post", "amount": 495}],
        adjustments=[{"description": "Voucher", "amount": 100, "is_discount": True}],
    )
    orders.add_items(tenant, "connector", order.id, [{"sku": "TEA", "quantity": 1}])
    assert order.total == 2 * 500 + 450 + 495 - 100


def test_a_total_adds_the_tax_that_net_prices_exclude(tenant: Tenant) -> None:
    order = orders.create_order(
        tenant, "connector", {"channel_id": "web", "currency": "EUR", "is_including_vat": False}
    )
    orders.add_items(tenant, "connector", order.id, [{"sku": "X", "quantity": 2, "price": 1000, "vat_rate": 0.19}])
    assert order.total == 2380


def test_a_total_drifts_when_switched(tenant: Tenant) -> None:
    tenant.switches = tenant.switches.changed({"total_drift": 3})
    assert draft(tenant, 1).total == 503


def test_an_unknown_sku_is_refused_by_its_place_and_adds_nothing(tenant: Tenant) -> None:
    tenant.switches = tenant.switches.changed({"accept_any_sku": False})
    order = draft(tenant)
    items = [{"sku": "TEA", "quantity": 1}, {"sku": "JAM", "quantity": 1}]
    assert refusal(orders.add_items, tenant, "connector", order.id, items) == ("VALIDATION_ERROR", "items.1.sku")
    assert len(order.units) == 3


def test_an_order_opens_once(tenant: Tenant) -> None:
    order = opened(tenant)
    assert order.status == "OPEN"
    assert refusal(orders.open_order, tenant, "connector", order.id) == ("VALIDATION_ERROR", "order_id")


def test_an_expired_or_empty_draft_does_not_open(tenant: Tenant, clock: Clock) -> None:
    expired = draft(tenant)
    orders.set_expiration(tenant, "connector", expired.id, clock.now + 1)
    clock.now += 1
    empty = orders.create_order(tenant, "connector", {"channel_id": "web", "currency": "EUR"})
    for order in (expired, empty):
        assert refusal(orders.open_order, tenant, "connector", order.id) == ("VALIDATION_ERROR", "order_id")


def test_two_open_orders_of_one_reference_are_a_violation_and_drafts_are_not(tenant: Tenant) -> None:
    meta_data = {"reference": "store/1"}
    second = draft(tenant, meta_data=meta_data)
    opened(tenant, meta_data=meta_data)
    assert rules_broken(tenant) == []
    orders.open_order(tenant, "connector", second.id)
    assert rules_broken(tenant) == ["doubled"]


def test_items_added_twice_are_a_violation_before_and_after_opening(tenant: Tenant) -> None:
    late = opened(tenant, meta_data={"units": 3})
    orders.add_items(tenant, "connector", late.id, [{"sku": "TEA", "quantity": 1}])
    opened(tenant, 4, meta_data={"units": 3})
    assert rules_broken(tenant) == ["too-many-units", "too-many-units"]


def test_items_are_counted_line_by_line_when_the_meta_data_says_so(tenant: Tenant) -> None:
    opened(tenant, 3, meta_data={"units": {"l1": 3}})
    assert rules_broken(tenant) == []
    opened(tenant, 3, meta_data={"units": {"l1": 2, "l2": 1}})
    assert rules_broken(tenant) == ["too-many-units"]


def test_opening_reserves_stock_and_shipping_takes_it(tenant: Tenant) -> None:
    order = opened(tenant)
    assert level(tenant) == (2, 3, 5)
    parcel_over(tenant, order, "IN_TRANSIT")
    assert level(tenant) == (2, 0, 2)


def test_a_unit_without_stock_waits_for_a_recount(tenant: Tenant) -> None:
    order = opened(tenant, 6)
    assert [unit.is_deducted for unit in order.units] == [True] * 5 + [False]
    merchant.recount(tenant, "depot", "TEA", 8)
    assert (level(tenant), order.units[-1].is_deducted) == ((2, 6, 8), True)


def test_allocation_comes_late_when_switched(tenant: Tenant, clock: Clock) -> None:
    tenant.switches = tenant.switches.changed({"allocate_late": 2})
    opened(tenant)
    clock.now += 1999
    tenant.inventory.tick()
    assert level(tenant) == (5, 0, 5)
    clock.now += 1
    tenant.inventory.tick()
    assert level(tenant) == (2, 3, 5)


def test_what_is_sold_elsewhere_is_gone_and_never_more_than_available(tenant: Tenant) -> None:
    merchant.sell_elsewhere(tenant, "depot", "TEA", 4)
    assert level(tenant) == (1, 0, 1)
    assert refusal(merchant.sell_elsewhere, tenant, "depot", "TEA", 2) == ("VALIDATION_ERROR", "quantity")


def test_a_parcel_takes_units_of_one_order_that_are_not_packed_or_canceled(tenant: Tenant) -> None:
    one, other = opened(tenant, 2), opened(tenant, 1)
    mixed = [one.units[0].id, other.units[0].id]
    assert refusal(parcels.add_track_trace, tenant, "connector", mixed, "T", None, None)[1] == "items.1"
    cancellations_and_returns.cancel(tenant, "connector", one.id, [(one.units[0].id, None)])
    canceled = [one.units[0].id]
    assert refusal(parcels.add_track_trace, tenant, "connector", canceled, "T", None, None)[1] == "items.0"
    parcel_over(tenant, other)
    packed = [other.units[0].id]
    assert refusal(parcels.add_track_trace, tenant, "connector", packed, "T", None, None)[1] == "items.0"


def test_a_parcel_moves_forward_only(tenant: Tenant) -> None:
    parcel_id = parcel_over(tenant, opened(tenant), "IN_TRANSIT")
    for status in ("IN_TRANSIT", "ANNOUNCED", "READY_TO_COLLECT"):
        assert refusal(parcels.set_status, tenant, "connector", parcel_id, status) == ("VALIDATION_ERROR", "status")
    assert parcels.set_status(tenant, "connector", parcel_id, "DELIVERED").status == "DELIVERED"


def test_an_order_to_be_collected_is_made_ready_and_collected(tenant: Tenant) -> None:
    order = opened(tenant, collect=True)
    parcel = merchant.ready_to_collect(tenant, order.id, None)
    assert (parcel.status, order.status) == ("READY_TO_COLLECT", "OPEN")
    merchant.deliver(tenant, order.id, parcel.id)
    assert order.status == "CLOSED"


def test_an_order_closes_when_every_unit_is_delivered_or_canceled(tenant: Tenant) -> None:
    order = opened(tenant, 2)
    merchant.ship(tenant, order.id, [order.units[0].id], "T", None)
    merchant.deliver(tenant, order.id, None)
    assert order.status == "OPEN"
    merchant.cancel_units(tenant, order.id, None)
    assert order.status == "CLOSED"


def test_the_log_of_causes_notices_a_unit_shipped_twice(tenant: Tenant) -> None:
    order = opened(tenant, 1)
    for _ in range(2):
        tenant.causes.record("connector", "ship", order, order.units)
    assert rules_broken(tenant) == ["ship-twice"]
