"""What all addresses of the API for other systems share: the token before each request, and the usual refusals."""

from flask_smorest import Blueprint

from gateway.bodies import BodyParser
from gateway.callers import admit

# Refusals of every address, for its description.
NOT_SENT = {
    401: "The token is missing, unknown, or revoked.",
    429: "The token has used up its requests and tasks; Retry-After says after how many seconds the next is allowed.",
    503: "The database does not answer; nothing was done.",
}
# The security of every operation, as OpenAPI writes it.
TOKEN: list[dict[str, list[str]]] = [{"token": []}]
# An id of the database is a bigint; this is the largest one.
IDS = "int(max=9223372036854775807)"


class ApiBlueprint(Blueprint):
    """A blueprint that admits callers by their token, and reads request bodies with our parser."""

    ARGUMENTS_PARSER = BodyParser()


def api_blueprint(name: str, description: str) -> ApiBlueprint:
    """Return a blueprint for a part of the API; each of its requests needs a token."""
    blueprint = ApiBlueprint(name, __name__, url_prefix="/v1", description=description)
    blueprint.before_request(admit)
    return blueprint
