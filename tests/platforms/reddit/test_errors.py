"""What Reddit's answers mean: codes in answers that say 200, codes of the newer kind, and every doubt unknown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, ErrorClass, NotHere, Outcome, Refused, Unknown
from inbox.platforms.reddit.connector import Reddit
from inbox.platforms.reddit.refusals import retry_at, wait
from inbox.platforms.reddit.simulator import RedditSimulator
from tests.platforms.reddit.house import ANA, Connected, outgoing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = Account(platform="reddit", external_id="brandco", credentials={"access_token": "token"})


def refused_200(code: str, words: str = "no.", field: str | None = "x", **more: Any) -> dict[str, Any]:
    return {"json": {"errors": [[code, words, field]], **more}}


async def sent_into(answer: Callable[[httpx.Request], httpx.Response], account: Account = ACCOUNT) -> Outcome:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await Reddit().send(http, account, outgoing(Action.REPLY, target="t1_abc"))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("RATELIMIT", ErrorClass.RATE_LIMITED),
        ("QUOTA_FILLED", ErrorClass.QUOTA_EXHAUSTED),
        ("USER_REQUIRED", ErrorClass.AUTH_EXPIRED),
        ("THREAD_LOCKED", ErrorClass.POLICY_BLOCKED),
        ("TOO_OLD", ErrorClass.WINDOW_CLOSED),
        ("DELETED_COMMENT", ErrorClass.PARENT_GONE),
        ("DELETED_LINK", ErrorClass.PARENT_GONE),
        ("NO_TEXT", ErrorClass.INVALID),
        ("TOO_LONG", ErrorClass.TOO_LONG),
        ("USER_DOESNT_EXIST", ErrorClass.RECIPIENT_UNAVAILABLE),
        ("NOT_WHITELISTED_BY_USER_MESSAGE", ErrorClass.RECIPIENT_UNAVAILABLE),
        ("USER_BLOCKED", ErrorClass.RECIPIENT_UNAVAILABLE),
        ("SUBREDDIT_NOEXIST", ErrorClass.INVALID),
        ("SUBMIT_VALIDATION_BODY_BLACKLISTED_STRING", ErrorClass.POLICY_BLOCKED),
        ("A_CODE_NOBODY_KNOWS", ErrorClass.INVALID),
    ],
)
async def test_trap_9_a_200_can_be_a_refusal(code: str, meaning: ErrorClass) -> None:
    outcome = await sent_into(lambda _: httpx.Response(200, json=refused_200(code, "Not today.")))
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert outcome.message == f"Reddit says: Not today ({code})."


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (
            400,
            {"reason": "PARAMETER_REQUIRED", "message": "Bad Request", "explanation": "This field is required."},
            "invalid",
        ),
        (
            400,
            {"reason": "TOO_LONG", "message": "Bad Request", "explanation": "Too long.", "fields": ["body"]},
            "too_long",
        ),
        (400, {"reason": "USER_DOESNT_EXIST", "message": "Bad Request"}, "recipient_unavailable"),
        (400, {"message": "Bad Request", "error": 400}, "invalid"),
        (401, {"message": "Unauthorized", "error": 401}, "auth_expired"),
        (403, {"message": "Forbidden", "error": 403, "reason": "private"}, "permission_missing"),
        (403, "<html>blocked</html>", "permission_missing"),
        (404, {"message": "Not Found", "error": 404}, "parent_gone"),
        (413, "too large", "too_long"),
        (429, "<html>whoa there, pardner!</html>", "rate_limited"),
        (429, {"message": "Too Many Requests", "error": 429, "reason": "NO_TEXT"}, "rate_limited"),
    ],
)
async def test_each_status_has_its_class(status: int, body: Any, meaning: str) -> None:
    content = {"text": body} if isinstance(body, str) else {"json": body}
    outcome = await sent_into(lambda _: httpx.Response(status, **content))
    assert isinstance(outcome, Refused)
    assert outcome.error == meaning


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(httpx.Response(500, json=refused_200("NO_TEXT")), id="500 whatever it says"),
        pytest.param(httpx.Response(503, text="<html>busy</html>"), id="a gateway"),
        pytest.param(httpx.Response(408, json={"message": "late", "reason": "LATE"}), id="408"),
        pytest.param(httpx.Response(302, headers={"location": "https://www.reddit.com/login"}), id="a redirect"),
        pytest.param(httpx.Response(400, text="proxy says no"), id="a 400 that is not Reddit's"),
        pytest.param(httpx.Response(404, text="not found"), id="a 404 that is not Reddit's"),
        pytest.param(httpx.Response(200, text="<html>guest network</html>"), id="a 200 nobody can read"),
        pytest.param(httpx.Response(200, content=b"\xff\xfe"), id="a 200 that is no text"),
        pytest.param(httpx.Response(200, json={}), id="a 200 without a name"),
        pytest.param(httpx.Response(200, json=[]), id="a 200 that is a list"),
        pytest.param(httpx.Response(200, json={"json": {"errors": "?"}}), id="errors that are none"),
        pytest.param(httpx.Response(200, json={"json": {"errors": [[]]}}), id="an error without a code"),
        pytest.param(httpx.Response(200, json={"json": {"errors": [], "data": {"things": []}}}), id="nothing made"),
        pytest.param(httpx.Response(200, json={"success": False, "jquery": []}), id="the oldest kind of no"),
        pytest.param(httpx.Response(200, json=refused_200("SOMETHING_IS_BROKEN")), id="Reddit's own trouble"),
    ],
)
async def test_every_doubt_is_unknown(response: httpx.Response) -> None:
    outcome = await sent_into(lambda _: response)
    assert isinstance(outcome, Unknown)
    assert outcome.reason


async def test_errors_that_are_null_are_none() -> None:
    thing = {"kind": "t1", "data": {"name": "t1_new", "created_utc": 1790000700.0}}
    told = {"json": {"errors": None, "data": {"things": [thing]}}}
    outcome = await sent_into(lambda _: httpx.Response(200, json=told))
    assert not isinstance(outcome, Refused | Unknown)
    assert outcome.external_id == "t1_new"


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_before_any_byte_it_is_a_definite_no(error: type[httpx.RequestError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    outcome = await sent_into(broken)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError])
async def test_after_the_first_byte_it_is_unknown(error: type[httpx.RequestError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    assert isinstance(await sent_into(broken), Unknown)


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "tokén"])
async def test_a_token_no_header_can_hold_leaves_nothing(token: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    outcome = await sent_into(
        answer, Account(platform="reddit", external_id="brandco", credentials={"access_token": token})
    )
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.AUTH_EXPIRED
    assert asked == []


@pytest.mark.parametrize(
    ("words", "field", "expected"),
    [
        ("Take a break for 9 minutes before trying again.", None, timedelta(minutes=9)),
        ("Looks like you've been doing that a lot. Try again in 1 minute.", None, timedelta(minutes=1)),
        ("Take a break for 43 seconds before trying again.", None, timedelta(seconds=43)),
        ("Take a break for 1 second before trying again.", None, timedelta(seconds=1)),
        ("Take a break for 120 milliseconds before trying again.", None, timedelta(milliseconds=120)),
        ("you are doing that too much. try again in 2 hours.", None, timedelta(hours=2)),
        ("try again in 1 minute 30 seconds", None, timedelta(seconds=90)),
        ("try again in 9 minutes.", 533.4, timedelta(seconds=533.4)),
        ("try again later", 12, timedelta(seconds=12)),
        ("try again later", None, None),
        ("try again in 9 minutes.", float("nan"), timedelta(minutes=9)),
        ("try again in 999999 hours", None, timedelta(days=1)),
        ("try again in 0 seconds", None, None),
    ],
)
def test_how_long_a_ratelimit_asks_us_to_wait(words: str, field: Any, expected: timedelta | None) -> None:
    assert wait(words, field) == expected


async def test_a_ratelimit_tells_until_when() -> None:
    before = datetime.now(UTC)
    told = refused_200("RATELIMIT", "Take a break for 9 minutes before trying again.", "ratelimit")
    outcome = await sent_into(lambda _: httpx.Response(200, json=told))
    assert isinstance(outcome, Refused)
    assert outcome.retry_at is not None
    assert outcome.retry_at >= before + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "369"}, timedelta(seconds=369)),
        ({"x-ratelimit-reset": "12.5"}, timedelta(seconds=12.5)),
        ({"retry-after": "30", "x-ratelimit-reset": "369"}, timedelta(seconds=30)),
        ({"retry-after": "Mon, 23 Nov 2026 12:03:00 GMT"}, timedelta(minutes=3)),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "-1"}, None),
        ({"x-ratelimit-reset": "inf"}, None),
        ({}, None),
    ],
)
def test_when_a_429_may_be_tried_again(headers: dict[str, str], expected: timedelta | None) -> None:
    assert retry_at(httpx.Headers(headers), NOW) == (None if expected is None else NOW + expected)


async def test_a_code_that_means_something_else_today_is_a_setting(network: RedditSimulator, shop: Connected) -> None:
    asked = await network.mention(ANA, text="u/brandco?")
    shop.set(error_classes={"NEW_RULE": "policy_blocked", "TOO_OLD": "nonsense"})
    for code, meaning in (("NEW_RULE", ErrorClass.POLICY_BLOCKED), ("TOO_OLD", ErrorClass.WINDOW_CLOSED)):
        network.mischief.statuses.append((200, {}, refused_200(code)))
        outcome = await shop.send(outgoing(Action.REPLY, target=asked))
        assert isinstance(outcome, Refused)
        assert outcome.error is meaning


async def test_the_network_refuses_as_it_does(network: RedditSimulator, shop: Connected) -> None:
    post = await network.publish("Lamp")
    gone, locked = [await network.comment(ANA, post=post, text=text) for text in ("a", "b")]
    await network.delete(gone)
    network.memory.items[locked].locked = True
    errors = []
    for act in (
        outgoing(Action.REPLY, target=gone),
        outgoing(Action.REPLY, target=locked),
        outgoing(Action.DM, recipient="nobody_at_all"),
    ):
        outcome = await shop.send(act)
        assert isinstance(outcome, Refused)
        errors.append(outcome.error)
    assert errors == [ErrorClass.PARENT_GONE, ErrorClass.POLICY_BLOCKED, ErrorClass.RECIPIENT_UNAVAILABLE]
    assert network.heard == []


async def test_a_revoked_sign_in_stops_everything(network: RedditSimulator, shop: Connected) -> None:
    network.mischief.token_revoked = True
    outcome = await shop.send(outgoing(Action.REPLY, target="t1_abc"))
    assert isinstance(outcome, Refused)
    for asked in (
        shop.connector.check(shop.http, shop.account),
        shop.connector.poll(shop.http, shop.account, {}),
        shop.connector.refresh(shop.http, shop.account),
    ):
        with pytest.raises(NotHere) as refusal:
            await asked
        assert refusal.value.error is outcome.error is ErrorClass.AUTH_EXPIRED


async def test_an_agent_that_is_not_ours_is_turned_away(network: RedditSimulator, shop: Connected) -> None:
    shop.set(user_agent="python-requests/2")
    outcome = await shop.send(outgoing(Action.REPLY, target="t1_abc"))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.RATE_LIMITED
