"""Encryption at rest: the keys in force, and what is done with them. Knows no model, no database.

A sealed text is `sealed:` and a Fernet token, made with the newest key. Any of the keys opens it:
those of FIELD_ENCRYPTION_KEYS, then those derived from SECRET_KEY and its fallbacks, so that what
was written before the first key was set stays readable until `rotate_keys` has passed over it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PREFIX = "sealed:"
SETTING = "FIELD_ENCRYPTION_KEYS"


class UnreadableError(Exception):
    """A sealed text that no key opens: it was changed, or its key is not among those given."""

    def __init__(self) -> None:
        super().__init__("A stored text is damaged, or encrypted with a key that is not given.")


@dataclass(frozen=True)
class Key:
    """A key as Fernet takes it: 32 bytes in URL-safe base64."""

    secret: bytes = field(repr=False)
    is_derived: bool
    """Made from SECRET_KEY or one of its fallbacks, not set by the operator."""

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that name the key and tell nothing of it."""
        return _derive(base64.urlsafe_b64decode(self.secret), b"fingerprint")[:8].hex()

    @cached_property
    def fernet(self) -> Fernet:
        """What seals and opens with this key alone."""
        return Fernet(self.secret)


@dataclass(frozen=True)
class Keyring:
    """Keys, newest first."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        """The one that seals."""
        return self.keys[0]

    @cached_property
    def fernet(self) -> MultiFernet:
        """What seals with the newest and opens with any."""
        return MultiFernet([key.fernet for key in self.keys])

    @cached_property
    def digest_key(self) -> bytes:
        """For digests of what must not be guessed."""
        return _derive(base64.urlsafe_b64decode(self.newest.secret), b"digest")


def keyring() -> Keyring:
    """The keys in force. Raises ImproperlyConfigured where FIELD_ENCRYPTION_KEYS can't be used:
    nothing may be sealed with another key instead.
    """
    for wrong in settings.SETTINGS_WRONG:
        if wrong.name == SETTING:
            raise ImproperlyConfigured(wrong.sentence)
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _keyring(tuple(settings.FIELD_ENCRYPTION_KEYS), tuple(secrets))


@lru_cache(maxsize=4)
def _keyring(given: tuple[str, ...], secrets: tuple[str, ...]) -> Keyring:
    derived = (_derive(secret.encode(), b"field encryption") for secret in secrets)
    return Keyring(
        (
            *(Key(secret.encode(), is_derived=False) for secret in given),
            *(Key(base64.urlsafe_b64encode(raw), is_derived=True) for raw in derived),
        )
    )


def _derive(secret: bytes, purpose: bytes) -> bytes:
    """32 bytes that belong to this secret and this purpose alone."""
    return HKDF(SHA256(), 32, salt=None, info=b"incidentportal: " + purpose).derive(secret)


def seal(text: str) -> str:
    """The text as it may lie in the database."""
    token = keyring().fernet.encrypt(text.encode("utf-8", "surrogatepass"))
    return PREFIX + token.decode("ascii")


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises UnreadableError, and lets nothing through, where it is not
    what `seal` made with one of the keys.
    """
    try:
        opened = keyring().fernet.decrypt(_token(sealed))
        return opened.decode("utf-8", "surrogatepass")
    except (InvalidToken, UnicodeDecodeError):
        raise UnreadableError from None


def is_of(key: Key, sealed: str) -> bool:
    """Whether this key alone opens it."""
    try:
        key.fernet.decrypt(_token(sealed))
    except (InvalidToken, UnreadableError):
        return False
    return True


def resealed(sealed: str) -> str:
    """The same text, sealed with the newest key. Raises UnreadableError."""
    try:
        return PREFIX + keyring().fernet.rotate(_token(sealed)).decode("ascii")
    except InvalidToken:
        raise UnreadableError from None


def _token(sealed: str) -> bytes:
    if not sealed.startswith(PREFIX) or not sealed.isascii():
        raise UnreadableError
    return sealed.removeprefix(PREFIX).encode("ascii")


def keyed_digest(content: bytes) -> str:
    """64 hexadecimal digits: equal for equal contents while the newest key is the same, and not to
    be guessed without it.
    """
    return hmac.new(keyring().digest_key, content, hashlib.sha256).hexdigest()
