"""What X's answers mean: each problem its class, every doubt unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, ErrorClass, NotHere, Refused, Sent, Unknown
from inbox.platforms.x import problems
from inbox.platforms.x.connector import X
from tests.platforms.x.conftest import answering, outgoing

ACCOUNT = Account(platform="x", external_id="1040", credentials={"access_token": "secret-token"})
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def sent_into(told: httpx.Response | Exception, action: Action = Action.DM) -> Sent | Refused | Unknown:
    http, _ = answering(told)
    async with http:
        return await X().send(http, ACCOUNT, outgoing(action, target="2090000000000000001"))


def problem(kind: str, detail: str = "No.", **more: Any) -> dict[str, Any]:
    return {"title": "Problem", "type": f"https://api.x.com/2/problems/{kind}", "detail": detail, **more}


def numbered(code: int, message: str = "No.") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


BLANK = {"type": "about:blank", "title": "Forbidden", "status": 403}


@pytest.mark.parametrize(
    ("status", "body", "action", "meaning"),
    [
        (400, problem("invalid-request"), Action.REPLY, ErrorClass.INVALID),
        (400, problem("invalid-request", "Your reply tweet ID is invalid."), Action.REPLY, ErrorClass.PARENT_GONE),
        (401, {"title": "Unauthorized", "type": "about:blank"}, Action.REPLY, ErrorClass.AUTH_EXPIRED),
        (401, {}, Action.DM, ErrorClass.AUTH_EXPIRED),
        (402, {"title": "CreditsDepleted", "detail": "No credits."}, Action.REPLY, ErrorClass.QUOTA_EXHAUSTED),
        (403, problem("client-forbidden"), Action.REPLY, ErrorClass.PERMISSION_MISSING),
        (403, problem("unsupported-authentication"), Action.REPLY, ErrorClass.PERMISSION_MISSING),
        (403, problem("not-authorized-for-resource"), Action.HIDE, ErrorClass.PERMISSION_MISSING),
        (403, BLANK | {"detail": "You are not permitted: missing scope tweet.write"}, Action.REPLY,
         ErrorClass.PERMISSION_MISSING),
        (403, BLANK | {"detail": "You are not allowed to create a Tweet with duplicate content."}, Action.REPLY,
         ErrorClass.DUPLICATE),
        (403, BLANK | {"detail": "Reply is not allowed, you have not been mentioned."}, Action.REPLY,
         ErrorClass.POLICY_BLOCKED),
        (403, BLANK | {"detail": "You replied to a post that is deleted or not visible to you."}, Action.REPLY,
         ErrorClass.PARENT_GONE),
        (403, BLANK | {"detail": "The enrolled account does not have any credits."}, Action.REPLY,
         ErrorClass.QUOTA_EXHAUSTED),
        (403, BLANK | {"detail": "Your account is temporarily locked."}, Action.REPLY, ErrorClass.POLICY_BLOCKED),
        (403, BLANK | {"detail": "You cannot send messages to this user."}, Action.DM,
         ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, numbered(349), Action.DM, ErrorClass.RECIPIENT_UNAVAILABLE),
        (403, numbered(187), Action.REPLY, ErrorClass.DUPLICATE),
        (403, numbered(186), Action.REPLY, ErrorClass.TOO_LONG),
        (403, numbered(385), Action.REPLY, ErrorClass.PARENT_GONE),
        (403, numbered(433), Action.REPLY, ErrorClass.POLICY_BLOCKED),
        (403, numbered(226, "This looks automated."), Action.REPLY, ErrorClass.POLICY_BLOCKED),
        (403, numbered(326), Action.DM, ErrorClass.POLICY_BLOCKED),
        (403, numbered(185), Action.REPLY, ErrorClass.RATE_LIMITED),
        (404, problem("resource-not-found"), Action.REPLY, ErrorClass.PARENT_GONE),
        (404, problem("resource-not-found"), Action.DM, ErrorClass.RECIPIENT_UNAVAILABLE),
        (413, {"title": "Payload too large"}, Action.REPLY, ErrorClass.TOO_LONG),
        (429, problem("rate-limit-exceeded"), Action.DM, ErrorClass.RATE_LIMITED),
        (429, problem("usage-capped", "Usage cap exceeded: Monthly product cap"), Action.DM,
         ErrorClass.QUOTA_EXHAUSTED),
        (429, {}, Action.DM, ErrorClass.RATE_LIMITED),
        (200, {"errors": [problem("resource-not-found")]}, Action.REPLY, ErrorClass.PARENT_GONE),  # trap 9
        (200, {"errors": [{"title": "Odd"}]}, Action.REPLY, ErrorClass.INVALID),
        (418, {"title": "Odd"}, Action.DM, ErrorClass.INVALID),
    ],
)  # fmt: skip
async def test_each_problem_has_its_class(
    status: int, body: dict[str, Any], action: Action, meaning: ErrorClass
) -> None:
    outcome = await sent_into(httpx.Response(status, json=body), action)
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert outcome.message


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(httpx.Response(500, json=problem("internal-error")), id="500"),
        pytest.param(httpx.Response(503, json=problem("rate-limit-exceeded")), id="503 whatever it says"),
        pytest.param(httpx.Response(502, text="<html>Bad gateway</html>"), id="a gateway"),
        pytest.param(httpx.Response(404, text="not found"), id="4xx without a problem"),
        pytest.param(httpx.Response(403, json={"hm": 1}), id="4xx with something else"),
        pytest.param(httpx.Response(302, headers={"location": "https://example.org"}), id="a redirect"),
        pytest.param(httpx.Response(201, text='{"data":{"id":"'), id="half an answer"),
        pytest.param(httpx.Response(201, json={}), id="a yes without an id"),
        pytest.param(httpx.Response(201, json={"data": {"id": None}}), id="a yes with an empty id"),
        pytest.param(httpx.Response(201, json=[1]), id="a list"),
        pytest.param(httpx.ReadTimeout("slow"), id="a timeout after the request had left"),
        pytest.param(httpx.RemoteProtocolError("cut"), id="cut off"),
        pytest.param(httpx.WriteError("cut"), id="cut off while writing"),
    ],
)
@pytest.mark.parametrize("action", [Action.REPLY, Action.DM])
async def test_every_doubt_is_unknown(told: httpx.Response | Exception, action: Action) -> None:
    assert isinstance(await sent_into(told, action), Unknown)


@pytest.mark.parametrize("told", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("x")])
async def test_what_never_left_may_be_tried_again(told: Exception) -> None:
    outcome = await sent_into(told)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


async def test_a_partial_answer_is_an_answer() -> None:
    """Trap 9: 200 with `data` and `errors`."""
    told = {"data": {"id": "2090000000000000009", "text": "x"}, "errors": [problem("not-authorized-for-field")]}
    assert isinstance(await sent_into(httpx.Response(201, json=told), Action.REPLY), Sent)


async def test_hiding_that_did_not_happen_is_a_no() -> None:
    outcome = await sent_into(httpx.Response(200, json={"data": {"hidden": False}}), Action.HIDE)
    assert isinstance(outcome, Refused)
    doubt = await sent_into(httpx.Response(200, json={"data": {}}), Action.HIDE)
    assert isinstance(doubt, Unknown)


async def test_no_sentence_holds_the_token() -> None:
    outcome = await sent_into(httpx.Response(403, json=BLANK | {"detail": "Token secret-token is bad."}))
    assert isinstance(outcome, Refused)
    assert "secret-token" not in outcome.message
    assert "Token … is bad." in outcome.message


def stamp(at: datetime) -> str:
    return str(int(at.timestamp()))


@pytest.mark.parametrize(
    ("headers", "found", "expected"),
    [
        ({"x-rate-limit-reset": stamp(NOW + timedelta(minutes=9))}, ErrorClass.RATE_LIMITED, timedelta(minutes=9)),
        ({"x-rate-limit-reset": stamp(NOW - timedelta(minutes=9))}, ErrorClass.RATE_LIMITED, None),
        ({"retry-after": "30"}, ErrorClass.RATE_LIMITED, timedelta(seconds=30)),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, ErrorClass.RATE_LIMITED, timedelta(minutes=1)),
        ({"retry-after": "soon"}, ErrorClass.RATE_LIMITED, None),
        (
            {
                "x-rate-limit-reset": stamp(NOW + timedelta(minutes=9)),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": stamp(NOW + timedelta(hours=20)),
            },
            ErrorClass.RATE_LIMITED,
            timedelta(hours=20),
        ),
        ({"x-rate-limit-reset": stamp(NOW + timedelta(days=9))}, ErrorClass.RATE_LIMITED, timedelta(days=1)),
        ({}, ErrorClass.QUOTA_EXHAUSTED, timedelta(hours=1)),
        ({"x-rate-limit-reset": stamp(NOW + timedelta(minutes=9))}, ErrorClass.INVALID, None),
    ],
)
def test_when_to_ask_again(headers: dict[str, str], found: ErrorClass, expected: timedelta | None) -> None:
    assert problems.retry_at(headers, NOW, found) == (None if expected is None else NOW + expected)


async def test_a_limit_that_names_its_end_is_obeyed() -> None:
    reset = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=9)
    told = httpx.Response(429, json=problem("rate-limit-exceeded"), headers={"x-rate-limit-reset": stamp(reset)})
    outcome = await sent_into(told)
    assert isinstance(outcome, Refused)
    assert outcome.retry_at == reset
    http, _ = answering(told)
    async with http:
        with pytest.raises(NotHere) as refusal:
            await X().check(http, ACCOUNT)
    assert refusal.value.retry_at == reset
