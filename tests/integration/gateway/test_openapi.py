"""Schemathesis asks the gateway everything its own description permits, and much that it does not."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from local.servers.services import Services
from local.servers.startup import free_port
from schemas.messages import PUBLIC_TASKS
from schemas.states import Right
from tests.support.connector.gateway import WEBHOOK_SECRET, Doors, open_doors, sign

EXAMPLES = 10  # requests of each kind to each operation
BOUNDED = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


class Insider:
    """Stands before the application and makes each caller somebody who holds the token and the webhook's secret."""

    def __init__(self, doors: Doors) -> None:
        doors.store("shop")
        self._app = doors.app
        self._token = doors.ledger.tokens.add("fuzz", PUBLIC_TASKS, [], [Right.READ, Right.WRITE])
        self._endpoint = doors.ledger.webhooks.add("shop", WEBHOOK_SECRET)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on, with what opens the door."""
        body = _about_the_shop(environ["wsgi.input"].read())
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self._token}"
        environ["HTTP_X_AFOSTO_HMAC_SHA256"] = sign(body)
        environ["PATH_INFO"] = re.sub(r"^(/webhooks/afosto/).+", rf"\g<1>{self._endpoint}", environ["PATH_INFO"])
        environ["PATH_INFO"] = re.sub(r"^(/v1/(?:stores|orders)/)[^/]+", r"\g<1>shop", environ["PATH_INFO"])
        return self._app(environ, start_response)


def _about_the_shop(body: bytes) -> bytes:
    """Where a body names a store, name the one there is: no random name would meet it."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    named = isinstance(document, dict) and isinstance(document.get("store"), str)
    return json.dumps({**document, "store": "shop"}).encode() if named else body


@pytest.fixture
def doors(fresh_services: Services) -> Iterator[Doors]:
    nobody = f"http://127.0.0.1:{free_port()}/{{store}}"
    with open_doors(fresh_services, GATEWAY_CALLS_PER_MINUTE="1000000", EPAGES_URL=nobody) as opened:
        yield opened


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("inside", [True, False], ids=["an insider", "a stranger"])
def test_no_request_is_answered_with_a_server_error(doors: Doors, inside: bool, mode: GenerationMode) -> None:
    seen: Counter[int] = Counter()

    def ask(case: Case[Any]) -> None:
        answer = case.call()
        seen[answer.status_code] += 1
        # No vendor is there to be asked.
        asked = case.path.startswith("/v1/stores") and answer.status_code == 503
        assert answer.status_code < 500 or asked, f"{case.as_curl_command()} is answered with {answer.status_code}"

    described = schemathesis.openapi.from_wsgi("/openapi.json", Insider(doors) if inside else doors.app)
    for operation in described.get_all_operations():
        assert isinstance(operation, Ok)
        # Nothing can be wrong about a request that takes nothing.
        with suppress(Unsatisfiable):
            BOUNDED(given(case=operation.ok().as_strategy(generation_mode=mode))(ask))()
    print(dict(seen))
    assert seen.total() > 5 * EXAMPLES


def test_the_description_leaves_out_the_keywords_that_are_the_connector_s_own(doors: Doors) -> None:
    described = doors.app.test_client().get("/openapi.json").json
    assert described is not None
    taken = {
        name: set(described["components"]["schemas"][f"{name}Message"]["properties"]) for name in ("Order", "Poll")
    }
    assert taken == {"Order": {"store", "order"}, "Poll": {"store", "cursor"}}
