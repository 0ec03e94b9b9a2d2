"""Passwords: what one must be like, and how it is hashed."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, phrase

SHORTEST, LONGEST = 12, 500
"""Characters of a password. No other rule: what makes a password hard to guess is its length."""

# OWASP's figures for Argon2id: 19 MiB and two rounds, some tens of milliseconds. Several sign-ins may run at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked where there is no user, so that both answers take equally long.
_NOBODY = _HASHER.hash("nobody has this password")


def check_strength(name: str, password: str) -> None:
    """Raise NeedsPerson (weak-password) for a password that a user of this name may not have."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise _weak(phrase("it has %(count)s characters", count=len(password)))
    if name.casefold() in password.casefold() and len(password) - len(name) < SHORTEST // 2:
        raise _weak(phrase("it is little more than the user's name"))
    if len(set(password)) < SHORTEST // 3:
        raise _weak(phrase("it repeats a few characters"))


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, with its salt and parameters."""
    return _HASHER.hash(_normal(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of this hash. Without a hash it is not, which takes as long to say."""
    try:
        _HASHER.verify(password_hash or _NOBODY, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _normal(password: str) -> str:
    # Keyboards write "ü" in two ways. What no password can be has no UTF-8 form.
    return unicodedata.normalize("NFKC", password[: LONGEST + 1]).encode(errors="replace").decode()


def _weak(why: Phrase) -> NeedsPerson:
    return NeedsPerson(
        phrase("the password cannot be used: %(why)s", why=why),
        reason=Reason.WEAK_PASSWORD,
        resolution=phrase(
            "choose one with at least %(least)s characters, such as four words that do not belong together",
            least=SHORTEST,
        ),
    )
