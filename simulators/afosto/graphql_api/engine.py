"""Executes GraphQL documents for a tenant. Parsed and validated documents are cached by query text."""

import logging
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from ariadne import graphql_sync, make_executable_schema
from graphql import (
    IDLE,
    REMOVE,
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    Visitor,
    VisitorAction,
    parse,
    print_ast,
    validate,
    visit,
)

from simulators.afosto.graphql_api.resolvers import bindables
from simulators.afosto.tenant.errors import Refused
from simulators.afosto.tenant.tenant import Tenant

log = logging.getLogger(__name__)
# Refusals are answers; the library would log each one as an error.
silent = logging.getLogger(f"{__name__}.refusals")
silent.setLevel(logging.CRITICAL + 1)

DOCUMENTS_KEPT = 500


class Engine:
    """The executable schema without the query fields in `hidden`."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._schema = make_executable_schema(_schema_text(hidden), *bindables(hidden))
        self._prepared: dict[str, tuple[DocumentNode, list[GraphQLError]]] = {}

    def execute(self, tenant: Tenant, request: object) -> dict[str, Any]:
        """The answer to one request body (`query`, `variables`, `operationName`); errors are inside."""
        if not isinstance(request, dict) or not isinstance(request.get("query"), str):
            return failure(GraphQLError("The body must be an object with a query."))
        try:
            document, faults = self._prepare(request["query"])
        except GraphQLError as error:
            return failure(error)
        _, answer = graphql_sync(
            self._schema,
            request,
            context_value=tenant,
            query_document=document,
            query_validator=lambda *_, **__: faults,
            error_formatter=format_error,
            logger=silent,
        )
        return dict(answer)

    def _prepare(self, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
        if text not in self._prepared:
            if len(self._prepared) >= DOCUMENTS_KEPT:
                self._prepared.clear()
            document = parse(text)
            self._prepared[text] = document, validate(self._schema, document)
        return self._prepared[text]


@cache
def engine(hidden: frozenset[str]) -> Engine:
    """The engine for tenants that lack these query fields."""
    return Engine(hidden)


def failure(error: Refused | GraphQLError) -> dict[str, Any]:
    """An answer of one error and no data."""
    if isinstance(error, Refused):
        return {"data": None, "errors": [{"message": str(error), "extensions": error.extensions}]}
    return {"data": None, "errors": [format_error(error)]}


def format_error(error: GraphQLError, debug: bool = False) -> dict[str, Any]:
    """An error as documented (message, path, extensions); an error before execution has no code."""
    formatted: dict[str, Any] = {"message": error.message}
    if error.path is None:
        return formatted
    formatted["path"] = [str(step) for step in error.path]
    cause = error.original_error
    if not isinstance(cause, Refused):
        log.error("a resolver failed: %s", error.message, exc_info=cause)
        cause = Refused("INTERNAL_SERVER_ERROR", error.message)
    return formatted | {"extensions": cause.extensions}


def root_fields(request: object) -> tuple[str, ...]:
    """The root fields that a request body asks for; empty when it cannot be read."""
    if not isinstance(request, Mapping) or not isinstance(request.get("query"), str):
        return ()
    return _fields_of(request["query"], request.get("operationName"))


@lru_cache(DOCUMENTS_KEPT)
def _fields_of(text: str, name: str | None) -> tuple[str, ...]:
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return ()
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if name is None or (node.name and node.name.value == name)]
    selected = [field for node in chosen for field in node.selection_set.selections]
    return tuple(field.name.value for field in selected if isinstance(field, FieldNode))


def _schema_text(hidden: frozenset[str]) -> str:
    text = (files("simulators.afosto") / "schema.graphql").read_text("utf-8")
    return print_ast(visit(parse(text), _Without(hidden)))


class _Without(Visitor):
    """Removes fields from a schema document."""

    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__()
        self._hidden = hidden

    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> VisitorAction:
        return REMOVE if node.name.value in self._hidden else IDLE
