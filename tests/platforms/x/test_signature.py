"""Whether a delivery is X's, and whether we can prove to X who we are: the published vectors, and every pretence."""

import json
from datetime import UTC, datetime

import pytest

from inbox.platforms.base import App
from inbox.platforms.x.connector import X
from inbox.platforms.x.signature import sign

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BODY = b'{"data":{"event_uuid":"1","event_type":"dm.received"}}'
SIGNED = "sha256=cJ839pJx8Jy6o9fDROwRingtLmZR6qdcGLSZ8KhzEiY="
CHALLENGED = "sha256=S/mG8E9n5SjoGuCqHguvP8K8uuu5ogCPF0dOpIdyZlk="


def app(*secrets: str) -> App:
    return App(id="demo", platform="x", secrets=list(secrets))


def verified(app: App, body: bytes, header: str) -> bool:
    return X().verify(app, {"x-twitter-webhooks-signature": header}, body, NOW)


def test_the_published_delivery() -> None:
    assert sign("consumer-secret", BODY) == SIGNED
    assert verified(app("consumer-secret"), BODY, SIGNED)


def test_the_published_challenge_is_answered_with_json() -> None:
    told = X().challenge(app("consumer-secret", "older"), {"crc_token": "challenge_string"})
    assert told is not None
    assert json.loads(told) == {"response_token": CHALLENGED}
    assert X.challenge_type == "application/json"


def test_the_previous_secret_still_counts_and_a_third_does_not() -> None:
    assert verified(app("new", "consumer-secret"), BODY, SIGNED)
    assert not verified(app("new", "other"), BODY, SIGNED)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        pytest.param(BODY, "", id="unsigned"),
        pytest.param(BODY, SIGNED.removeprefix("sha256="), id="no algorithm"),
        pytest.param(BODY, SIGNED[:-1], id="cut off"),
        pytest.param(BODY, "sha256=é", id="beyond ascii"),
        pytest.param(BODY + b" ", SIGNED, id="one byte more"),
        pytest.param(BODY, CHALLENGED, id="another message's"),
    ],
)
def test_anything_else_is_refused(body: bytes, header: str) -> None:
    assert not verified(app("consumer-secret"), body, header)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_believed_and_nothing_proved(secrets: tuple[str, ...]) -> None:
    assert not verified(app(*secrets), BODY, sign("", BODY))
    assert X().challenge(app(*secrets), {"crc_token": "t"}) is None


def test_no_answer_without_a_question() -> None:
    assert X().challenge(app("s"), {}) is None
    assert X().challenge(app("s"), {"crc_token": ""}) is None
