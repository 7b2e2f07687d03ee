"""Web Push on the wire: a message that only one browser can read, and a proof of who sends it. Pure.

key = PushKey.fresh()
body = sealed(b"...", Receiver(p256dh, auth))                       # RFC 8291 over RFC 8188, one record
headers = {"Authorization": key.proof(endpoint, "https://desk.example.com", now)}    # VAPID, RFC 8292
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LARGEST = 3_000  # bytes of a message: every push service takes 4,096 sealed
RECORD = 4_096
PROOF_LASTS = timedelta(hours=12)  # a push service refuses one of more than 24
LAST_RECORD = b"\x02"


class NotAReceiver(ValueError):
    """These are no keys of a browser."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A browser's own keys: `public`, an uncompressed point on P-256 of 65 bytes; `auth`, 16 bytes."""

    public: bytes
    auth: bytes

    @classmethod
    def read(cls, p256dh: str, auth: str) -> Self:
        """From what a browser tells, in base64url. Raises NotAReceiver."""
        try:
            made = cls(unpacked(p256dh), unpacked(auth))
            _point(made.public)
        except ValueError as error:
            raise NotAReceiver(str(error)) from error
        if len(made.public) != 65 or len(made.auth) != 16:
            raise NotAReceiver("The keys are of another length.")
        return made


def sealed(
    message: bytes,
    receiver: Receiver,
    *,
    salt: bytes | None = None,
    own: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message. `salt` and `own` are fresh for each; only the RFC's own example gives them."""
    salt, own = salt or os.urandom(16), own or ec.generate_private_key(ec.SECP256R1())
    public = _raw(own.public_key())
    shared = own.exchange(ec.ECDH(), _point(receiver.public))
    info = b"WebPush: info\0" + receiver.public + public
    secret = _derived(shared, receiver.auth, info, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(key).encrypt(nonce, message + LAST_RECORD, None)


class PushKey:
    """An installation's own key, by which push services know it again. Browsers subscribe to its public half."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private

    @classmethod
    def fresh(cls) -> Self:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, kept: str) -> Self:
        """From what `kept` gave."""
        return cls(ec.derive_private_key(int.from_bytes(unpacked(kept), "big"), ec.SECP256R1()))

    @property
    def kept(self) -> str:
        """The secret itself, to be sealed."""
        return packed(self._private.private_numbers().private_value.to_bytes(32, "big"))

    @property
    def public(self) -> str:
        """As a browser wants it: the `applicationServerKey`."""
        return packed(_raw(self._private.public_key()))

    def proof(self, endpoint: str, contact: str, now: datetime) -> str:
        """The Authorization header for one push service. `contact`: a https: or mailto: address of whoever runs us."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + PROOF_LASTS).timestamp()),
            "sub": contact,
        }
        said = ".".join(packed(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(self._private.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        signature = packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={said}.{signature}, k={self.public}"


def packed(content: bytes) -> str:
    """base64url without padding, as every part of Web Push writes it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _point(public: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)


def _raw(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
