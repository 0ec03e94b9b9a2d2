"""Checks our GraphQL documents against a schema, to list all differences on the first day with a real account."""

import json
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_operation_ast,
    get_variable_values,
    parse,
    validate,
)

from clients.afosto.documents import document, document_names
from clients.afosto.samples import sample_variables

# Documents that Afosto need not support, and what the connector does without them.
OPTIONAL = {
    "changed_orders": "each open order is looked at by itself instead, once in CONNECTOR_WALK_PERIOD",
    "channel_orders": "a reconciliation asks for each order by itself instead, and sees no doubles and orphans",
    "inventory_changes": "all SKUs are compared instead, each CONNECTOR_POLL_INTERVAL",
    "order_prices": "the console shows by how much totals differ, and not which part of the order differs",
    "orders_by_reference": "after a restore of the database, orders are found again by links and marks alone",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a document uses something that the schema does not have.

    `instead` says what the connector does without the document; None if it needs the document.
    """

    document: str
    message: str
    instead: str | None


def check_documents(schema_text: str) -> list[Difference]:
    """Validate every document, and the input that the client sends with it, against a schema; empty if all are valid.

    The schema is SDL or the JSON of an introspection. Each difference names the wrong field or type.
    """
    schema = _schema(schema_text)
    differences = {name: _of_document(schema, name) for name in document_names()}
    for name, variables in sample_variables():
        # If the document has errors already, checking its input would only report the same missing types again.
        if not differences[name]:
            differences[name] = _of_input(schema, name, variables)
    return [
        Difference(name, message, OPTIONAL.get(name)) for name, messages in differences.items() for message in messages
    ]


def _of_document(schema: GraphQLSchema, name: str) -> list[str]:
    return [error.message for error in validate(schema, parse(document(name)))]


def _of_input(schema: GraphQLSchema, name: str, variables: dict[str, Any]) -> list[str]:
    operation = get_operation_ast(parse(document(name)))
    definitions = operation.variable_definitions if operation else ()
    outcome = get_variable_values(schema, definitions or (), variables)
    # graphql-core prints the whole sample after the error; we cut it off.
    return [error.message.partition(" Found: ")[0] for error in outcome] if isinstance(outcome, list) else []


def introspection_query() -> str:
    """Return the introspection query; `check_documents` accepts its answer."""
    return get_introspection_query(descriptions=False)


def _schema(text: str) -> GraphQLSchema:
    if not text.lstrip().startswith("{"):
        return build_schema(text)
    answer = json.loads(text)
    return build_client_schema(answer.get("data", answer))
