"""Whether a delivery is LinkedIn's, and how the address is proved ours: the vectors, and every way to pretend."""

import json
from datetime import UTC, datetime

import pytest

from inbox.platforms.base import App
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.signature import sign

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CODE = "6f1c2a7e-0b3d-4c55-9a1e-2f6d3b7c8e90"
PLAIN = b'{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}'
SIGNED = "4168af67cea95f7d24a882bff847d768c543da81e033c71278c6350cb5edf632"


def app(*secrets: str) -> App:
    return App(id="demo", platform="linkedin", secrets=list(secrets))


def verified(app: App, body: bytes, header: str) -> bool:
    return LinkedIn().verify(app, {"x-li-signature": header}, body, NOW)


def test_the_published_vector_of_a_delivery() -> None:
    assert sign("client-secret", PLAIN) == SIGNED
    assert verified(app("client-secret"), PLAIN, SIGNED)


def test_the_published_vector_of_a_challenge() -> None:
    answer = LinkedIn().challenge(app("client-secret", "older"), {"challengeCode": CODE, "applicationId": "1"})
    assert answer is not None
    assert json.loads(answer) == {
        "challengeCode": CODE,
        "challengeResponse": "78171a411fd80ea32b001b4a3d072c95bb60138df2ea1ceb45ad2853889199f6",
    }
    assert LinkedIn.challenge_type == "application/json"


def test_a_challenge_without_a_code_or_a_secret_is_refused() -> None:
    assert LinkedIn().challenge(app("client-secret"), {}) is None
    assert LinkedIn().challenge(app(""), {"challengeCode": CODE}) is None
    assert LinkedIn().challenge(app(), {"challengeCode": CODE}) is None


def test_the_previous_secret_still_counts_and_a_third_does_not() -> None:
    assert verified(app("new", "client-secret"), PLAIN, SIGNED)
    assert verified(app("client-secret", "old"), PLAIN, SIGNED)
    assert not verified(app("new", "other"), PLAIN, SIGNED)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        pytest.param(PLAIN, "", id="unsigned"),
        pytest.param(PLAIN, f"hmacsha256={SIGNED}", id="the prefix in the header, where it does not belong"),
        pytest.param(PLAIN, SIGNED.upper(), id="upper case"),
        pytest.param(PLAIN, SIGNED[:-1], id="cut off"),
        pytest.param(PLAIN, "é", id="beyond ascii"),
        pytest.param(PLAIN + b" ", SIGNED, id="one byte more"),
        pytest.param(b"hmacsha256=" + PLAIN, SIGNED, id="the prefix in the body"),
    ],
)
def test_anything_else_is_refused(body: bytes, header: str) -> None:
    assert not verified(app("client-secret"), body, header)
