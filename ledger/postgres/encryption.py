"""New secrets, and secrets at rest: of a rotating set of Fernet keys the first encrypts, all of them decrypt."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from schemas.advice import ENTER_SECRETS
from schemas.errors import ConfigurationError

# Bytes at the end of a token.
_SIGNATURE = 32
_NO_KEY = ENTER_SECRETS()


class KeySet:
    """The keys of CONNECTOR_KEYS. To rotate: put a new key first, `connector keys rotate`, drop the old one."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ConfigurationError(
                "CONNECTOR_KEYS holds something that is no Fernet key; take the one you kept"
            ) from error
        # https://github.com/fernet/spec: the first half of a key signs, the other one encrypts.
        self._signing_keys = [base64.urlsafe_b64decode(key)[:16] for key in keys]

    def encrypt(self, secret: str) -> bytes:
        """Return the secret as a Fernet token of the first key."""
        return self.encrypt_bytes(secret.encode())

    def encrypt_bytes(self, content: bytes) -> bytes:
        """Return any content as a Fernet token of the first key."""
        return self._fernet.encrypt(content)

    def decrypt(self, token: bytes) -> str:
        """Return the secret; raises ConfigurationError when none of the keys fits."""
        return self.decrypt_bytes(token).decode()

    def decrypt_bytes(self, token: bytes) -> bytes:
        """Return the content of a token; raises ConfigurationError as `decrypt` does."""
        try:
            return self._fernet.decrypt(bytes(token))
        except InvalidToken as error:
            raise ConfigurationError(_NO_KEY) from error

    def require_fit(self, token: bytes) -> None:
        """Raise ConfigurationError when none of the keys fits."""
        if not self.fits(token):
            raise ConfigurationError(_NO_KEY)

    def fits(self, token: bytes) -> bool:
        """Whether one of the keys decrypts a token: the key that signed it does, so checking the signature suffices.

        It takes a third of the time of `decrypt`.
        """
        try:
            content = base64.urlsafe_b64decode(token)
        except binascii.Error:
            return False
        signed, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
        return any(hmac.compare_digest(hmac.digest(key, signed, "sha256"), signature) for key in self._signing_keys)

    def rotate(self, token: bytes) -> bytes:
        """Return the same secret, written with the first key."""
        return self.encrypt(self.decrypt(token))


def new_key() -> str:
    """Return a new key for CONNECTOR_KEYS."""
    return Fernet.generate_key().decode()


def new_secret() -> str:
    """Return a new secret for another system: a token of the API, or what events are signed with."""
    return f"connector_{secrets.token_urlsafe(32)}"
