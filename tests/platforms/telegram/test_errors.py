"""What Telegram's answers mean: each refusal its class, every doubt unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from inbox.platforms.base import (
    Account,
    Action,
    CannotTell,
    ErrorClass,
    NotHere,
    Refused,
    Unknown,
)
from inbox.platforms.telegram.connector import Telegram
from inbox.platforms.telegram.simulator import Telegram as Network
from tests.platforms.telegram.conftest import ANA, Desk, outgoing


async def answered(status: int, body: Any, headers: dict[str, str] | None = None) -> Any:
    account = Account(platform="telegram", external_id="1040", credentials={"bot_token": "1040:AAHdqTcvCH1vGWJ"})

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers=headers)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await Telegram().send(http, account, outgoing(Action.DM))


@pytest.mark.parametrize(
    ("code", "said", "meaning"),
    [
        (400, "Bad Request: message to be replied not found", ErrorClass.PARENT_GONE),
        (400, "Bad Request: message to delete not found", ErrorClass.PARENT_GONE),
        (400, "Bad Request: MESSAGE_ID_INVALID", ErrorClass.PARENT_GONE),
        (400, "Bad Request: message is too long", ErrorClass.TOO_LONG),
        (400, "Bad Request: chat not found", ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, "Bad Request: PEER_ID_INVALID", ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, "Bad Request: not enough rights to send text messages to the chat", ErrorClass.PERMISSION_MISSING),
        (400, "Bad Request: BUSINESS_CONNECTION_INVALID", ErrorClass.PERMISSION_MISSING),
        (400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", ErrorClass.WINDOW_CLOSED),
        (400, "Bad Request: can't parse entities", ErrorClass.INVALID),
        (401, "Unauthorized", ErrorClass.AUTH_EXPIRED),
        (404, "Not Found", ErrorClass.AUTH_EXPIRED),
        (403, "Forbidden: bot was blocked by the user", ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, "Forbidden: user is deactivated", ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, "Forbidden: bot can't initiate conversation with a user", ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, "Forbidden: bot was kicked from the supergroup chat", ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, "Forbidden: not enough rights to send photos", ErrorClass.PERMISSION_MISSING),
        (409, "Conflict: something", ErrorClass.INVALID),
        (413, "Request Entity Too Large", ErrorClass.TOO_LONG),
        (429, "Too Many Requests: retry after 14", ErrorClass.RATE_LIMITED),
    ],
)
async def test_each_refusal_has_its_class(code: int, said: str, meaning: ErrorClass) -> None:
    outcome = await answered(code, {"ok": False, "error_code": code, "description": said})
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert said in outcome.message


async def test_how_long_to_wait_is_obeyed() -> None:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 14}}
    before = datetime.now(UTC)
    outcome = await answered(429, body)
    assert isinstance(outcome, Refused)
    assert outcome.retry_at is not None
    assert before + timedelta(seconds=14) <= outcome.retry_at <= datetime.now(UTC) + timedelta(seconds=14)
    proxy = await answered(429, "slow down", {"retry-after": "3"})
    assert isinstance(proxy, Refused)
    assert proxy.error is ErrorClass.RATE_LIMITED
    assert proxy.retry_at is not None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
        (502, "Bad Gateway"),
        (200, "what?"),
        (200, {"ok": True}),
        (200, {"ok": True, "result": True}),
        (200, {"ok": True, "result": {}}),
        (403, "a proxy's page"),
        (302, {}),
    ],
)
async def test_every_doubt_is_unknown(status: int, body: Any) -> None:
    assert isinstance(await answered(status, body), Unknown)


@pytest.mark.parametrize("trouble", ["hang_after_posting", "fail_after_posting", "garble"])
async def test_done_and_not_answered_is_unknown_and_cannot_be_looked_for(
    network: Network, desk: Desk, trouble: str
) -> None:
    await network.dm(ANA, text="Hello")
    setattr(network.mischief, trouble, 1)
    assert isinstance(await desk.does(Action.DM), Unknown)
    assert len(network.heard) == 1
    look = await desk.connector.look(desk.http, desk.account, outgoing(Action.DM))
    assert isinstance(look, CannotTell)


async def test_what_never_left_is_a_definite_no(network: Network, desk: Desk) -> None:
    account = msgspec.structs.replace(desk.account, settings={"api_url": "http://127.0.0.1:9", "poll_timeout": 0})
    outcome = await desk.connector.send(desk.http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT
    with pytest.raises(NotHere) as away:
        await desk.connector.poll(desk.http, account, {})
    assert away.value.error is ErrorClass.TRANSIENT


async def test_a_revoked_token(network: Network, desk: Desk) -> None:
    network.mischief.token_revoked = True
    outcome = await desk.does(Action.DM)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.AUTH_EXPIRED


@pytest.mark.parametrize("status", [400, 500])
async def test_a_token_that_telegram_repeats_is_told_to_nobody(status: int) -> None:
    said = "Bad Request: bot1040:AAHdqTcvCH1vGWJ is wrong"
    outcome = await answered(status, {"ok": False, "error_code": status, "description": said})
    assert isinstance(outcome, Refused | Unknown)
    message = outcome.message if isinstance(outcome, Refused) else outcome.reason
    assert "bot… is wrong" in message
    assert "AAHdqTcvCH1vGWJ" not in message


async def test_the_echo_can_be_first(network: Network, desk: Desk) -> None:
    network.through_business = network.mischief.echo_first = True
    message = await network.dm(ANA, text="Hello")
    sent = await desk.does(Action.DM, thread=message.rpartition(":")[0])
    assert [event.external_id for event in await desk.polled()] == [message, sent.external_id]
