"""Meta asks an app to forget a person: a form with a `signed_request`, which is a signature and what it signs.

Meta, Data Deletion Request Callback: base64url(HMAC-SHA256 of the payload as it stands).base64url(JSON with user_id).
"""

import base64
import binascii
import hashlib
import hmac
import json
from urllib.parse import parse_qs

from inbox.platforms.base import App

ALGORITHM = "HMAC-SHA256"


def person(app: App, body: bytes) -> str | None:
    """The id of whoever is to be forgotten, if one of the app's secrets signed it."""
    form = parse_qs(body.decode("utf-8", "replace"))
    signature, dot, payload = form.get("signed_request", [""])[0].partition(".")
    if not dot or not _signed(app, _plain(signature), payload):
        return None
    try:
        told = json.loads(_plain(payload))
    except ValueError:
        return None
    if not isinstance(told, dict) or str(told.get("algorithm", ALGORITHM)).upper() != ALGORITHM:
        return None
    user = told.get("user_id")
    return str(user) if isinstance(user, str | int) and not isinstance(user, bool) and str(user).strip() else None


def signed_request(secret: str, told: dict[str, object]) -> bytes:
    """As Meta posts it."""
    payload = _coded(json.dumps(told).encode())
    signature = _coded(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest())
    return f"signed_request={signature}.{payload}".encode()


def _signed(app: App, signature: bytes, payload: str) -> bool:
    fits = [
        hmac.compare_digest(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest(), signature)
        for secret in app.secrets
        if secret
    ]
    return any(fits)


def _plain(coded: str) -> bytes:
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _coded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()
