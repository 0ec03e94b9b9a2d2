"""Holds our GraphQL documents against a schema: the first day with a real account is spent on this list."""

import json
from dataclasses import dataclass

from graphql import GraphQLSchema, build_client_schema, build_schema, get_introspection_query, parse, validate

from clients.afosto.documents import document, document_names


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a document asks for what the schema does not have."""

    document: str
    message: str


def check_documents(schema_text: str) -> list[Difference]:
    """Validate every document against a schema, given as SDL or as the JSON of an introspection; empty when all fit."""
    schema = _schema(schema_text)
    return [
        Difference(name, error.message)
        for name in document_names()
        for error in validate(schema, parse(document(name)))
    ]


def introspection_query() -> str:
    """Return the query whose answer `check_documents` takes."""
    return get_introspection_query(descriptions=False)


def _schema(text: str) -> GraphQLSchema:
    if not text.lstrip().startswith("{"):
        return build_schema(text)
    answer = json.loads(text)
    return build_client_schema(answer.get("data", answer))
