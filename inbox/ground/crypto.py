"""Sealing what must not be read from a stolen table: AES-GCM under a key per purpose, from SECRET_KEY."""

import hashlib
import hmac
import os
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"


class CannotOpen(RuntimeError):
    """Sealed under another SECRET_KEY, or damaged."""


class Safe:
    """Seals and opens. `context` (a table, a row) is bound in: a sealed value moved to another row does not open."""

    def __init__(self, secret_key: str, *previous: str) -> None:
        self._keys = [_derive(key, "seal") for key in (secret_key, *previous)]

    def seal(self, value: Any, context: str) -> bytes:
        """Envelope: a fresh data key seals the value, our key seals the data key."""
        data_key, outer, inner = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
        bound = context.encode()
        wrapped = AESGCM(self._keys[0]).encrypt(outer, data_key, bound)
        return VERSION + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, msgspec.json.encode(value), bound)

    def open(self, sealed: bytes, context: str) -> Any:
        """Raises CannotOpen."""
        outer, wrapped, inner, body = sealed[1:13], sealed[13:61], sealed[61:73], sealed[73:]
        for key in self._keys:
            try:
                data_key = AESGCM(key).decrypt(outer, wrapped, context.encode())
                return msgspec.json.decode(AESGCM(data_key).decrypt(inner, body, context.encode()))
            except InvalidTag:
                continue
        raise CannotOpen("This was sealed with another SECRET_KEY.")


class Hasher:
    """A keyed hash of outside ids: enough to know one again, not enough to read it back.

    Its key is made once for an installation and kept sealed, because what was hashed is kept for ever and must still
    be known after SECRET_KEY has been changed.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, external_id: str) -> bytes:
        """16 bytes."""
        return hmac.new(self._key, external_id.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:16]


def _derive(secret_key: str, purpose: str) -> bytes:
    return hmac.new(secret_key.encode(), f"earshot {purpose}".encode(), hashlib.sha256).digest()
