"""How what we send to other programs is signed: as Standard Webhooks says, so that any of its libraries checks it.

secret = new_secret()                                   # whsec_...
signed([secret], "msg_1", now, body)                    # {"webhook-id": ..., "webhook-signature": "v1,..."}

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def new_secret() -> str:
    """32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(keys: Sequence[str], name: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one try. While a secret is being changed there is a signature with each."""
    stamp = str(int(at.timestamp()))
    content = f"{name}.{stamp}.".encode() + body
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_signature(key, content)}" for key in keys),
    }


def _signature(key: str, content: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode()
