"""The ASGI app of the ePages simulator: many shops at `/STORE/api`, and the control API at `/_sim`."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from simulators.epages.api import orders_api, processes_api, products_api
from simulators.epages.api.calls import endpoint, refusal
from simulators.epages.control import control_api
from simulators.epages.hosting.registry import Registry
from simulators.epages.hosting.tokens import Denied
from simulators.epages.model.errors import Refused
from simulators.faults import FaultPlan
from simulators.injector import FaultyApp


def create_app() -> Starlette:
    """A simulator without shops; open them over the control API."""
    registry = Registry()
    app = Starlette(routes=_routes(registry), middleware=[Middleware(FaultyApp, plan_of=_Plans(registry))])
    app.state.registry = registry
    return app


class _Plans:
    """Finds the fault plan of a request by the store in its path; the control API gets no faults."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, scope: Scope) -> FaultPlan | None:
        hosted = self._registry.shops.get(scope["path"].split("/", 2)[1])
        return hosted.plan if hosted else None


def _routes(registry: Registry) -> list[Route]:
    calls = (*orders_api.ROUTES, *processes_api.ROUTES, *products_api.ROUTES)
    return [
        *control_api.routes(registry),
        Route("/{store}/api/oauth/token", _token_endpoint(registry), methods=["POST"]),
        *(
            Route(f"/{{store}}/api{path}", endpoint(registry, scope, handler), methods=[method])
            for method, path, scope, handler in calls
        ),
    ]


def _token_endpoint(registry: Registry) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            tokens = registry.get(request.path_params["store"]).tokens
            if request.query_params.get("grant_type") != "client_credentials":
                description = "Unsupported grant type"
                return JSONResponse({"error": "unsupported_grant_type", "error_description": description}, 400)
            return JSONResponse(tokens.issue(request.headers.get("authorization", "")))
        except (Denied, Refused) as error:
            return refusal(error)

    return handle
