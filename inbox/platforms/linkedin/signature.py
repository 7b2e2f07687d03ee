"""How LinkedIn proves that a delivery is its own, and how we prove that the address is ours."""

import hashlib
import hmac
import json
from collections.abc import Iterable

# The prefix is part of what is signed, not of the header.
PREFIX = b"hmacsha256="


def sign(secret: str, body: bytes) -> str:
    """The `X-LI-Signature` of these raw bytes."""
    return hmac.new(secret.encode(), PREFIX + body, hashlib.sha256).hexdigest()


def signed(secrets: Iterable[str], header: str, body: bytes) -> bool:
    """Whether any of the secrets signed these bytes. An empty secret signs nothing: anybody could use it."""
    claimed = header.encode("utf-8", "surrogateescape")
    # Every secret is tried, so the time taken does not tell which one fitted.
    fits = [hmac.compare_digest(sign(secret, body).encode(), claimed) for secret in secrets if secret]
    return any(fits)


def response(secret: str, code: str) -> str:
    """What only the owner of the secret can make of a challenge code."""
    return hmac.new(secret.encode(), code.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def answer(secrets: Iterable[str], code: str) -> str | None:
    """The JSON that LinkedIn wants within three seconds, again every two hours; None without a code or a secret."""
    secret = next((one for one in secrets if one), "")
    if not code or not secret:
        return None
    return json.dumps({"challengeCode": code, "challengeResponse": response(secret, code)})
