"""The secrets at rest: which of them a key fits."""

import pytest

from ledger.postgres.encryption import KeySet, new_key
from schemas.errors import ConfigurationError

OLD, NEW = new_key(), new_key()


def test_a_secret_fits_the_keys_that_can_decrypt_it() -> None:
    token = KeySet([OLD]).encrypt("a secret")
    for keys, fits in (([OLD], True), ([NEW, OLD], True), ([NEW], False)):
        assert KeySet(keys).fits(token) is fits


@pytest.mark.parametrize("place", range(0, 100, 9))
def test_a_secret_that_was_altered_fits_no_key(place: int) -> None:
    token = bytearray(KeySet([OLD]).encrypt("a secret"))
    token[place] = ord("A") if token[place] != ord("A") else ord("B")
    keys = KeySet([OLD])
    assert not keys.fits(bytes(token))
    with pytest.raises(ConfigurationError, match="fits none of the keys"):
        keys.require_fit(bytes(token))
    with pytest.raises(ConfigurationError, match="fits none of the keys"):
        keys.decrypt(bytes(token))


@pytest.mark.parametrize("token", [b"", b"no token", b"gAAAAA", "\N{SNOWMAN}".encode()])
def test_what_is_no_secret_fits_no_key(token: bytes) -> None:
    assert not KeySet([OLD]).fits(token)
