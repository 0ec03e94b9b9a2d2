"""Holds our GraphQL documents against a schema: the first day with a real account is spent on this list."""

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

# Documents that Afosto need not understand, and what is done where it does not.
OPTIONAL = {
    "changed_orders": "each open order is looked at by itself instead, once in CONNECTOR_WALK_PERIOD",
    "channel_orders": "a reconciliation asks for each order by itself instead, and sees no doubles and orphans",
    "inventory_changes": "all SKUs are compared instead, each CONNECTOR_POLL_INTERVAL",
    "orders_by_reference": "after a restore of the database, orders are found again by links and marks alone",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a document asks for what the schema does not have.

    `instead` says what is done without the document; None where the connector needs it.
    """

    document: str
    message: str
    instead: str | None


def check_documents(schema_text: str) -> list[Difference]:
    """Validate every document, and the input the client sends with it, against a schema; empty when all fit.

    The schema is given as SDL or as the JSON of an introspection. Each difference names the field or type at fault.
    """
    schema = _schema(schema_text)
    differences = {name: _of_document(schema, name) for name in document_names()}
    for name, variables in sample_variables():
        # Types that the document itself could not find would only be reported again.
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
    # graphql-core shows the whole sample after the fault.
    return [error.message.partition(" Found: ")[0] for error in outcome] if isinstance(outcome, list) else []


def introspection_query() -> str:
    """Return the query whose answer `check_documents` takes."""
    return get_introspection_query(descriptions=False)


def _schema(text: str) -> GraphQLSchema:
    if not text.lstrip().startswith("{"):
        return build_schema(text)
    answer = json.loads(text)
    return build_client_schema(answer.get("data", answer))
