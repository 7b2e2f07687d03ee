"""What WhatsApp's answers mean: each code its class, every doubt unknown."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import (
    Account,
    Action,
    ErrorClass,
    Refused,
    Unknown,
)
from inbox.platforms.whatsapp.connector import WhatsApp
from tests.platforms.whatsapp.conftest import outgoing


async def answered(status: int, body: Any, headers: dict[str, str] | None = None) -> Any:
    account = Account(platform="whatsapp", external_id="1060", credentials={"access_token": "EAAtoken"})

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers=headers)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await WhatsApp().send(http, account, outgoing(Action.DM, "7001000"))


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (401, 190, ErrorClass.AUTH_EXPIRED),
        (401, 0, ErrorClass.AUTH_EXPIRED),
        (400, 4, ErrorClass.RATE_LIMITED),
        (400, 80007, ErrorClass.RATE_LIMITED),
        (429, 130429, ErrorClass.RATE_LIMITED),
        (429, 131048, ErrorClass.RATE_LIMITED),
        (429, 131056, ErrorClass.RATE_LIMITED),
        (400, 131047, ErrorClass.WINDOW_CLOSED),
        (400, 131026, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 131030, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 131021, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 131062, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 131051, ErrorClass.INVALID),
        (400, 131052, ErrorClass.INVALID),
        (400, 131053, ErrorClass.INVALID),
        (400, 131008, ErrorClass.INVALID),
        (400, 131009, ErrorClass.INVALID),
        (400, 132000, ErrorClass.INVALID),
        (404, 132001, ErrorClass.INVALID),
        (400, 132005, ErrorClass.TOO_LONG),
        (400, 132007, ErrorClass.POLICY_BLOCKED),
        (400, 132015, ErrorClass.POLICY_BLOCKED),
        (400, 131000, ErrorClass.TRANSIENT),
        (400, 131016, ErrorClass.TRANSIENT),
        (400, 131057, ErrorClass.TRANSIENT),
        (403, 131031, ErrorClass.POLICY_BLOCKED),
        (403, 368, ErrorClass.POLICY_BLOCKED),
        (400, 131037, ErrorClass.POLICY_BLOCKED),
        (400, 131049, ErrorClass.POLICY_BLOCKED),
        (400, 131050, ErrorClass.POLICY_BLOCKED),
        (400, 131042, ErrorClass.PERMISSION_MISSING),
        (403, 10, ErrorClass.PERMISSION_MISSING),
        (403, 200, ErrorClass.PERMISSION_MISSING),
        (200, 131047, ErrorClass.WINDOW_CLOSED),  # trap 9: a 200 that is an error
    ],
)
async def test_each_code_has_its_class(status: int, code: int, meaning: ErrorClass) -> None:
    outcome = await answered(status, {"error": {"message": f"(#{code}) No.", "code": code}})
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert f"(#{code}) No." in outcome.message


async def test_a_number_that_is_gone_is_a_missing_permission_and_no_missing_message() -> None:
    outcome = await answered(400, {"error": {"message": "does not exist", "code": 100, "error_subcode": 33}})
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.PERMISSION_MISSING


async def test_how_long_to_wait_is_obeyed() -> None:
    error = {"error": {"message": "slow", "code": 130429}}
    outcome = await answered(429, error, {"retry-after": "30"})
    assert isinstance(outcome, Refused)
    assert outcome.retry_at is not None
    assert outcome.retry_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"error": {"message": "(#131000) Something went wrong", "code": 131000}}),
        (503, {"error": {"message": "(#131016) Service unavailable", "code": 131016}}),
        (500, {"error": {"message": "An unknown error occurred", "code": 1}}),
        (400, {"error": {"message": "Please retry", "code": 2, "is_transient": True}}),
        (502, "Bad Gateway"),
        (200, "what?"),
        (200, {}),
        (200, {"messages": [{}]}),
    ],
)
async def test_every_doubt_is_unknown(status: int, body: Any) -> None:
    assert isinstance(await answered(status, body), Unknown)
