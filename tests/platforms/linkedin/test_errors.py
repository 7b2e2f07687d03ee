"""What LinkedIn's answers mean: each status its class, every doubt unknown."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import time_machine

from inbox.platforms.base import Account, Action, ErrorClass, NotHere, Refused, Sent, Unknown
from inbox.platforms.linkedin.connector import LinkedIn
from inbox.platforms.linkedin.rest import meaning, retry_at
from inbox.platforms.linkedin.simulator import LinkedIn as Network
from tests.platforms.linkedin.conftest import ANA, PAGE, outgoing

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
COMMENT = "urn:li:comment:(urn:li:activity:7001,7002)"
THROTTLED = "Comment create throttled: creation rate limit exceeded for member"
IMAGES = "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields [/content]"


async def sent_into(answer: Callable[[httpx.Request], httpx.Response]) -> Sent | Refused | Unknown:
    account = Account(platform="linkedin", external_id=PAGE, credentials={"access_token": "AQtoken"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await LinkedIn().send(http, account, outgoing(Action.REPLY, target=COMMENT))


def error(status: int, message: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, json={"status": status, "code": "X", "message": message})


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (401, "The token used in the request has been revoked by the user", ErrorClass.AUTH_EXPIRED),
        (403, "The member is not an administrator of the company", ErrorClass.PERMISSION_MISSING),
        (403, IMAGES, ErrorClass.INVALID),
        (404, "Not found", ErrorClass.PARENT_GONE),
        (409, "Already there", ErrorClass.DUPLICATE),
        (400, "message :: text :: length of 1251 exceeds the maximum", ErrorClass.TOO_LONG),
        (400, "object :: is not a URN", ErrorClass.INVALID),
        (422, "Unprocessable", ErrorClass.INVALID),
        (429, THROTTLED, ErrorClass.RATE_LIMITED),
        (429, "Resource level throttle APPLICATION DAY limit", ErrorClass.QUOTA_EXHAUSTED),
    ],
)
async def test_each_status_has_its_class(status: int, message: str, expected: ErrorClass) -> None:
    outcome = await sent_into(error(status, message))
    assert isinstance(outcome, Refused)
    assert outcome.error is expected
    assert message in outcome.message


async def test_a_version_that_was_put_to_rest_is_named() -> None:
    outcome = await sent_into(error(426, "Requested version 20250401 is not active"))
    assert isinstance(outcome, Refused)
    assert "`version`" in outcome.message
    assert "202607" in outcome.message


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(httpx.Response(500, json={"message": "x"}), id="500"),
        pytest.param(httpx.Response(502, text="<html>"), id="502"),
        pytest.param(httpx.Response(408), id="408"),
        pytest.param(httpx.Response(302, headers={"location": "/"}), id="a redirect"),
        pytest.param(httpx.Response(201, text="<html>"), id="201 that is no JSON"),
        pytest.param(httpx.Response(201, json={}), id="201 without a name"),
        pytest.param(httpx.Response(201, json=[1]), id="201 with a list"),
    ],
)
async def test_every_doubt_is_unknown(response: httpx.Response) -> None:
    assert isinstance(await sent_into(lambda _: response), Unknown)


async def test_a_broken_connection_is_unknown_and_none_at_all_is_a_no() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    assert isinstance(await sent_into(broken), Unknown)
    outcome = await sent_into(unreachable)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


@time_machine.travel(NOW, tick=False)
async def test_a_minute_is_a_minute_and_a_day_ends_at_midnight_utc() -> None:
    minute, day = await sent_into(error(429, THROTTLED)), await sent_into(error(429, "Daily"))
    assert isinstance(minute, Refused)
    assert isinstance(day, Refused)
    assert minute.retry_at == NOW + timedelta(minutes=1)
    assert day.retry_at == datetime(2026, 11, 24, tzinfo=UTC)


def test_what_linkedin_says_itself_comes_first() -> None:
    limited = ErrorClass.RATE_LIMITED
    assert retry_at(limited, {"retry-after": "90"}, NOW) == NOW + timedelta(seconds=90)
    later = format_datetime(NOW + timedelta(minutes=5))
    assert retry_at(ErrorClass.QUOTA_EXHAUSTED, {"retry-after": later}, NOW) == NOW + timedelta(minutes=5)
    assert retry_at(limited, {"retry-after": "nonsense"}, NOW) == NOW + timedelta(minutes=1)
    assert retry_at(limited, {"retry-after": "9999999"}, NOW) == NOW + timedelta(days=1)
    assert retry_at(ErrorClass.INVALID, {"retry-after": "90"}, NOW) is None


def test_only_4xx_says_that_nothing_was_done() -> None:
    assert meaning(500, "") is None
    assert meaning(302, "") is None
    assert meaning(425, "") is None


async def test_the_token_is_never_repeated() -> None:
    outcome = await sent_into(error(400, "Malformed token AQtoken"))
    assert isinstance(outcome, Refused)
    assert "AQtoken" not in outcome.message


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", None])
async def test_a_token_that_cannot_be_one_is_refused_without_asking(token: str | None) -> None:
    account = Account(platform="linkedin", external_id=PAGE, credentials={"access_token": token})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(201))) as http:
        outcome = await LinkedIn().send(http, account, outgoing(Action.REPLY, target=COMMENT))
        assert isinstance(outcome, Refused)
        assert outcome.error is ErrorClass.AUTH_EXPIRED
        with pytest.raises(NotHere):
            await LinkedIn().check(http, account)


@pytest.mark.parametrize("fault", ["hang_after_posting", "fail_after_posting", "garble"])
async def test_done_without_our_hearing_of_it_is_unknown(
    fault: str, network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Really?")
    setattr(network.mischief, fault, 1)
    outcome = await linkedin.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment))
    assert isinstance(outcome, Unknown)
    assert [heard.text for heard in network.heard] == ["On its way!"]


async def test_a_read_out_of_reach_is_transient(linkedin: LinkedIn, http: httpx.AsyncClient, account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    account.settings["api_url"] = f"http://127.0.0.1:{port}"
    with pytest.raises(NotHere) as refusal:
        await linkedin.poll(http, account, {})
    assert refusal.value.error is ErrorClass.TRANSIENT


async def test_a_revoked_token_ends_the_poll(
    network: Network, linkedin: LinkedIn, http: httpx.AsyncClient, account: Account
) -> None:
    network.mischief.token_revoked = True
    with pytest.raises(NotHere) as refusal:
        await linkedin.poll(http, account, {})
    assert refusal.value.error is ErrorClass.AUTH_EXPIRED
