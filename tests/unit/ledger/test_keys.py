"""A set of keys tells whether it fits a secret without decrypting it."""

import pytest

from ledger.postgres.encryption import KeySet, new_key
from schemas.errors import ConfigurationError

OLD, NEW = new_key(), new_key()
TOKEN = KeySet([OLD]).encrypt("hush-hush")


def test_a_key_that_is_being_replaced_still_fits() -> None:
    KeySet([NEW, OLD]).check(TOKEN)


@pytest.mark.parametrize(
    ("keys", "token"),
    [
        pytest.param([NEW], TOKEN, id="another key"),
        pytest.param([OLD], TOKEN[:-1], id="cut"),
        pytest.param([OLD], TOKEN[:20] + b"AAAA" + TOKEN[24:], id="changed"),
        pytest.param([OLD], b"", id="empty"),
    ],
)
def test_what_does_not_fit_is_refused_as_it_is_when_decrypted(keys: list[str], token: bytes) -> None:
    with pytest.raises(ConfigurationError) as decrypted:
        KeySet(keys).decrypt(token)
    with pytest.raises(ConfigurationError) as checked:
        KeySet(keys).check(token)
    assert str(checked.value) == str(decrypted.value)
