"""Whether a delivery is Meta's: the published vectors, with the Instagram app's own secret."""

from datetime import UTC, datetime

import pytest

from inbox.platforms.base import App
from inbox.platforms.instagram.connector import Instagram

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLAIN = b'{"object":"page","entry":[{"id":"42","time":1790000000,"changes":[]}]}'
PLAIN_SIGNED = "sha256=aa1ef6a886f6f0b3fedba1089ba2642fd35f449a09b63957d06ce4ece3931f88"
ESCAPED = rb'{"text":"caf\u00e9 \ud83d\ude00"}'
ESCAPED_SIGNED = "sha256=b656fe7b4a797936552e219571ceff3d2d69342425080187f5c04eb68dc5cd7a"


def verified(secrets: list[str], body: bytes, header: str) -> bool:
    app = App(id="demo", platform="instagram", secrets=secrets)
    return Instagram().verify(app, {"x-hub-signature-256": header}, body, NOW)


@pytest.mark.parametrize(("body", "signature"), [(PLAIN, PLAIN_SIGNED), (ESCAPED, ESCAPED_SIGNED)])
def test_the_published_vectors(body: bytes, signature: str) -> None:
    assert verified(["app-secret"], body, signature)
    assert verified(["meta-app-secret", "app-secret"], body, signature), "every secret is tried"


@pytest.mark.parametrize("header", ["", "sha1=e746a175d630e04e901793ec897a3f4683ffe1a0", PLAIN_SIGNED.upper()])
def test_anything_else_is_refused(header: str) -> None:
    assert not verified(["app-secret"], PLAIN, header)
    assert not verified(["another"], PLAIN, PLAIN_SIGNED)


def test_the_handshake() -> None:
    app = App(id="demo", platform="instagram", secrets=["s"], verify_token="tok")
    query = {"hub.mode": "subscribe", "hub.verify_token": "tok", "hub.challenge": "115"}
    assert Instagram().challenge(app, query) == "115"
    assert Instagram().challenge(app, {**query, "hub.verify_token": "other"}) is None
