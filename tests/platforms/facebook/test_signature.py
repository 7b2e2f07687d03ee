"""Whether a delivery is Meta's: the published vectors, and every way to pretend."""

from datetime import UTC, datetime

import pytest

from inbox.platforms.base import App
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.signature import proof, sign

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLAIN = b'{"object":"page","entry":[{"id":"42","time":1790000000,"changes":[]}]}'
PLAIN_SIGNED = "sha256=aa1ef6a886f6f0b3fedba1089ba2642fd35f449a09b63957d06ce4ece3931f88"
ESCAPED = rb'{"text":"caf\u00e9 \ud83d\ude00"}'
ESCAPED_SIGNED = "sha256=b656fe7b4a797936552e219571ceff3d2d69342425080187f5c04eb68dc5cd7a"


def app(*secrets: str, verify_token: str = "") -> App:
    return App(id="demo", platform="facebook", secrets=list(secrets), verify_token=verify_token)


def verified(app: App, body: bytes, header: str) -> bool:
    return Facebook().verify(app, {"x-hub-signature-256": header}, body, NOW)


@pytest.mark.parametrize(("body", "signature"), [(PLAIN, PLAIN_SIGNED), (ESCAPED, ESCAPED_SIGNED)])
def test_the_published_vectors(body: bytes, signature: str) -> None:
    assert sign("app-secret", body) == signature
    assert verified(app("app-secret"), body, signature)


def test_the_published_proof() -> None:
    assert proof("app-secret", "EAAtoken") == "9f9f0867bc3df2d00cecd6aa6fb78e65b64c050401bd6ec5b84d98503d443d34"


def test_the_previous_secret_still_counts_and_a_third_does_not() -> None:
    assert verified(app("new", "app-secret"), PLAIN, PLAIN_SIGNED)
    assert verified(app("app-secret", "old"), PLAIN, PLAIN_SIGNED)
    assert not verified(app("new", "other"), PLAIN, PLAIN_SIGNED)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        pytest.param(PLAIN, "", id="unsigned"),
        pytest.param(PLAIN, "sha1=e746a175d630e04e901793ec897a3f4683ffe1a0", id="the old sha1 alone"),
        pytest.param(PLAIN, PLAIN_SIGNED.removeprefix("sha256="), id="no algorithm"),
        pytest.param(PLAIN, PLAIN_SIGNED.upper(), id="upper case"),
        pytest.param(PLAIN, PLAIN_SIGNED[:-1], id="cut off"),
        pytest.param(PLAIN, "sha256=é", id="beyond ascii"),
        pytest.param(PLAIN + b" ", PLAIN_SIGNED, id="one byte more"),
        pytest.param('{"text":"café 😀"}'.encode(), ESCAPED_SIGNED, id="the same text encoded anew"),
    ],
)
def test_anything_else_is_refused(body: bytes, header: str) -> None:
    assert not verified(app("app-secret"), body, header)


def test_a_legacy_header_beside_the_new_one_changes_nothing() -> None:
    headers = {"x-hub-signature": "sha1=00", "x-hub-signature-256": PLAIN_SIGNED}
    assert Facebook().verify(app("app-secret"), headers, PLAIN, NOW)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_believed(secrets: tuple[str, ...]) -> None:
    assert not verified(app(*secrets), PLAIN, sign("", PLAIN))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": "tok", "hub.challenge": "115"}, "115"),
        ({"hub.mode": "subscribe", "hub.verify_token": "other", "hub.challenge": "115"}, None),
        ({"hub.mode": "unsubscribe", "hub.verify_token": "tok", "hub.challenge": "115"}, None),
        ({"hub.verify_token": "tök"}, None),
        ({}, None),
    ],
)
def test_the_handshake(query: dict[str, str], told: str | None) -> None:
    assert Facebook().challenge(app("s", verify_token="tok"), query) == told


def test_no_handshake_without_a_verify_token_of_ours() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "115"}
    assert Facebook().challenge(app("s"), query) is None
