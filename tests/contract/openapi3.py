"""The vendor's Swagger 2.0 file as OpenAPI 3, which openapi-core reads: the same calls, and nothing added.

A request may hold only what the file describes: a name that it does not know is an error here.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from requests import PreparedRequest

Json = dict[str, Any]
# The file does not list these for any call; its own example links and the vendor's client use them.
PAGING = ("page", "size")


class RequestCheck:
    """Checks requests to the shop at `base_url` against the vendor's file."""

    def __init__(self, swagger: Mapping[str, Any], base_url: str) -> None:
        self._document = as_openapi3(swagger, base_url)
        self._openapi = OpenAPI.from_dict(self._document)
        self._base_url = base_url

    def errors(self, request: PreparedRequest) -> list[str]:
        """What is wrong with a request by the file; [] for nothing."""
        found = RequestsOpenAPIRequest(request)
        return [*map(_words, self._openapi.iter_request_errors(found)), *self._unknown(found)]

    def _unknown(self, request: RequestsOpenAPIRequest) -> list[str]:
        """Query parameters that the file does not know: the library lets them pass."""
        path = self._path_of(request)
        operation = self._document["paths"].get(path, {}).get(request.method, {})
        known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        return [f"unknown parameter {name}" for name in request.parameters.query if name not in {*known, *PAGING}]

    def _path_of(self, request: RequestsOpenAPIRequest) -> str | None:
        steps = f"{request.host_url}{request.path}".removeprefix(self._base_url).split("/")
        fitting = (path for path in self._document["paths"] if _fits(path.split("/"), steps))
        return min(fitting, key=lambda path: path.count("{"), default=None)


def as_openapi3(swagger: Mapping[str, Any], base_url: str) -> Json:
    """Give the document in the newer format, for the shop at `base_url`."""
    definitions = swagger["definitions"]
    paths = {
        path: {method: _operation(operation, definitions) for method, operation in operations.items()}
        for path, operations in swagger["paths"].items()
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "ePages Beyond", "version": "2023"},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": definitions},
    }
    moved: Json = _moved(document)
    return moved


def _operation(operation: Mapping[str, Any], definitions: Mapping[str, Any]) -> Json:
    parameters = operation.get("parameters", ())
    plain = [_parameter(each) for each in parameters if each["in"] != "body"]
    found: Json = {"parameters": plain, "responses": {"default": {"description": ""}}}
    for body in (each for each in parameters if each["in"] == "body"):
        schema = definitions[body["schema"]["$ref"].rpartition("/")[2]]
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _closed(schema)}}}
    return found


def _parameter(parameter: Mapping[str, Any]) -> Json:
    kept = {key: parameter[key] for key in ("name", "in", "required")}
    return {**kept, "schema": {"type": parameter["type"]}}


def _closed(schema: Any) -> Any:
    """A schema that takes no names but its own; where the file lists none, it says nothing about them."""
    schema = copy.deepcopy(schema)
    if isinstance(schema, dict):
        schema = {key: _closed(inner) if key != "example" else inner for key, inner in schema.items()}
        if schema.get("type") == "object" and schema.get("properties"):
            schema["additionalProperties"] = False
    return schema


def _moved(value: Any) -> Any:
    """The same with every reference to where the newer format keeps schemas."""
    if isinstance(value, dict):
        return {str(key): _moved(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner) for inner in value]
    return value.replace("#/definitions/", "#/components/schemas/") if isinstance(value, str) else value


def _fits(pattern: list[str], steps: list[str]) -> bool:
    pairs = zip(pattern, steps, strict=False)
    return len(pattern) == len(steps) and all(p.startswith("{") or p == s for p, s in pairs)


def _words(error: Exception) -> str:
    return "; ".join(_causes(error))


def _causes(error: BaseException | None) -> Iterator[str]:
    if error is not None:
        inner = getattr(error, "schema_errors", None)
        yield "; ".join(each.message for each in inner) if inner else str(error)
        yield from _causes(error.__cause__)
