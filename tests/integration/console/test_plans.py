"""A page is planned for what it asks for, also after the connection has asked often."""

from tests.support.console.people import Desk


def test_no_query_of_a_page_gets_a_plan_for_every_filter(desk: Desk) -> None:
    viewer = desk.user("viewer")
    for _ in range(8):
        viewer.get("/stores")
    prepared = desk.ledger.database.transaction(
        lambda session: session.execute("select count(*) as statements from pg_prepared_statements").fetchone()
    )
    assert prepared == {"statements": 0}
