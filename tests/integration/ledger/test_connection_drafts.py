"""Connection drafts in the ledger: what is kept, who may change it, and its secrets when keys change."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger.ledger import Ledger
from ledger.people.users import Role
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet, new_key
from ledger.stores.connection_drafts import ConnectionDraft

OLD, NEW = new_key(), new_key()


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(Database(database_url), KeySet([OLD]))
    opened.users.add("anna", Role.OPERATOR, "four words without connection")
    yield opened
    opened.close()


def begun(ledger: Ledger) -> ConnectionDraft:
    """Begin a draft and type the secrets of its first steps."""
    draft = ledger.connection_drafts.find(ledger.connection_drafts.begin("anna"))
    assert draft
    typed = replace(draft, name="corner", client_id="client", client_secret="hush", afosto_key="key")
    assert ledger.connection_drafts.save(typed, "anna") == 2
    return replace(typed, version=2)


def test_a_second_begin_uses_the_draft_that_is_still_empty(ledger: Ledger) -> None:
    first = ledger.connection_drafts.begin("anna")
    assert ledger.connection_drafts.begin("anna") == first
    begun(ledger)
    assert ledger.connection_drafts.begin("anna") != first


def test_only_who_made_the_last_change_may_change_an_older_version(ledger: Ledger) -> None:
    draft = replace(begun(ledger), version=1)
    assert ledger.connection_drafts.save(draft, "berta") is None
    assert ledger.connection_drafts.save(draft, "anna") == 3


def test_one_request_at_a_time_connects_a_draft(ledger: Ledger) -> None:
    draft, drafts = begun(ledger), ledger.connection_drafts
    assert [drafts.claim(draft, "anna"), drafts.claim(draft, "anna")] == [True, False]
    assert drafts.save(draft, "anna") is None
    assert not drafts.remove(draft.id)
    drafts.release(draft.id)
    assert drafts.claim(draft, "anna")


def test_its_secrets_are_sealed_and_follow_the_keys(ledger: Ledger, database_url: str) -> None:
    draft = begun(ledger)
    row = ledger.database.row("connection_drafts.find", {"id": draft.id})
    assert row
    assert b"hush" not in bytes(row["client_secret"])
    rotating = Ledger(ledger.database, KeySet([NEW, OLD]))
    assert rotating.connection_drafts.rotate_keys() == 1
    found = Ledger(ledger.database, KeySet([NEW])).connection_drafts.find(draft.id)
    assert found
    assert (found.client_secret, found.afosto_key) == ("hush", "key")


def test_a_secret_whose_key_is_gone_is_typed_again(ledger: Ledger) -> None:
    draft = begun(ledger)
    found = Ledger(ledger.database, KeySet([NEW])).connection_drafts.find(draft.id)
    assert found
    assert (found.client_secret, found.afosto_key, found.name) == (None, None, "corner")


def test_the_draft_of_a_user_who_is_removed_stays_for_operators(ledger: Ledger) -> None:
    draft = begun(ledger)
    ledger.users.remove("anna")
    (left,) = ledger.connection_drafts.known()
    assert (left.id, left.owner) == (draft.id, None)
