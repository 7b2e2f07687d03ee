"""How Meta proves that a delivery is its own, and how we prove that a call is ours."""

import hashlib
import hmac
from collections.abc import Iterable


def sign(secret: str, body: bytes) -> str:
    """The `X-Hub-Signature-256` of these raw bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(secrets: Iterable[str], header: str, body: bytes) -> bool:
    """Whether any of the secrets signed these bytes. An empty secret signs nothing: anybody could use it."""
    claimed = header.encode("utf-8", "surrogateescape")
    # Every secret is tried, so the time taken does not tell which one fitted.
    fits = [hmac.compare_digest(sign(secret, body).encode(), claimed) for secret in secrets if secret]
    return any(fits)


def proof(secret: str, token: str) -> str:
    """The `appsecret_proof` that goes with a token: without it a stolen token is useless elsewhere."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
