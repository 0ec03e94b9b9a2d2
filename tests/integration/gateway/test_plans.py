"""A list is planned for what it asks for, also after the connection has asked often."""

import pytest

from schemas.states import Right
from tests.support.connector.gateway import Doors


@pytest.mark.parametrize("path", ["/v1/stores?state=fresh", "/v1/jobs?reason=drift", "/v1/jobs/reasons"])
def test_no_query_of_a_list_gets_a_plan_for_every_filter(doors: Doors, path: str) -> None:
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ])
    for _ in range(8):
        answer = doors.app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    prepared = doors.ledger.database.transaction(
        lambda session: session.execute("select count(*) as statements from pg_prepared_statements").fetchone()
    )
    assert prepared == {"statements": 0}
