"""The documents against the schema we assume, and the check against schemas that differ from it."""

import json
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema

from clients.afosto.check import Difference, check_documents

SCHEMA = (Path(__file__).parents[3] / "simulators/afosto/schema.graphql").read_text()


def renamed(line: str, to: str) -> str:
    assert line in SCHEMA
    return SCHEMA.replace(line, to)


def test_every_document_and_every_input_fits_the_schema_we_assume() -> None:
    assert check_documents(SCHEMA) == []


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_schema_may_come_as_the_answer_of_an_introspection(wrapped: bool) -> None:
    schema = introspection_from_schema(build_schema(SCHEMA))
    assert check_documents(json.dumps({"data": schema} if wrapped else schema)) == []


def test_a_field_that_is_not_there_is_named_for_each_document_that_asks_for_it() -> None:
    found = check_documents(renamed("  carrier: String # assumed\n  item_ids", "  carrier: String\n  items"))
    assert {difference.document for difference in found} >= {"order", "cancel_items", "set_parcel_status"}
    assert all("'item_ids'" in difference.message and "'Parcel'" in difference.message for difference in found)


def test_an_input_field_that_is_not_there_is_named_although_no_document_shows_it() -> None:
    found = check_documents(renamed("  track_trace_url: String # assumed\n  carrier: String # assumed\n}", "}"))
    assert [difference.document for difference in found] == ["add_track_trace"]
    assert "'track_trace_url'" in found[0].message


def test_an_input_field_that_is_demanded_and_not_sent_is_named() -> None:
    found = check_documents(renamed("input OpenOrderInput {", "input OpenOrderInput {\n  payment_id: String!"))
    assert [difference.document for difference in found] == ["open_order"]
    assert "payment_id" in found[0].message


def test_a_query_that_is_not_there_is_named() -> None:
    line = next(line for line in SCHEMA.splitlines() if line.startswith("  orders("))
    found = check_documents(renamed(line, ""))
    assert [difference.document for difference in found] == ["changed_orders", "channel_orders", "orders_by_reference"]
    assert isinstance(found[0], Difference)
    assert "'orders'" in found[0].message
