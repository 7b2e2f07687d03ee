"""What Facebook's answers mean: each code its class, every doubt unknown."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, ErrorClass, NotHere, Refused, Sent, Unknown
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from inbox.platforms.meta.graph import retry_at, usage
from tests.platforms.facebook.conftest import ANA, outgoing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def error(code: int, subcode: int = 0, **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) No.", "code": code, "error_subcode": subcode, "fbtrace_id": "A1", **more}}


async def sent_into(
    answer: Callable[[httpx.Request], httpx.Response], action: Action = Action.DM
) -> Sent | Refused | Unknown:
    account = Account(platform="facebook", external_id="1040", credentials={"access_token": "EAAtoken"})
    act = outgoing(action, target="900_901")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await Facebook().send(http, account, act)


@pytest.mark.parametrize(
    ("status", "code", "subcode", "meaning"),
    [
        (400, 4, 0, ErrorClass.RATE_LIMITED),
        (400, 17, 0, ErrorClass.RATE_LIMITED),
        (403, 32, 0, ErrorClass.RATE_LIMITED),
        (400, 613, 0, ErrorClass.RATE_LIMITED),
        (400, 80001, 0, ErrorClass.RATE_LIMITED),
        (400, 80006, 0, ErrorClass.RATE_LIMITED),
        (400, 80009, 0, ErrorClass.RATE_LIMITED),
        (429, 9999, 0, ErrorClass.RATE_LIMITED),
        (403, 10, 2018278, ErrorClass.WINDOW_CLOSED),
        (403, 10, 2534022, ErrorClass.WINDOW_CLOSED),
        (403, 10, 1893063, ErrorClass.POLICY_BLOCKED),
        (403, 10, 2018300, ErrorClass.POLICY_BLOCKED),
        (403, 10, 0, ErrorClass.PERMISSION_MISSING),
        (403, 3, 0, ErrorClass.PERMISSION_MISSING),
        (403, 200, 0, ErrorClass.PERMISSION_MISSING),
        (403, 230, 0, ErrorClass.PERMISSION_MISSING),
        (403, 299, 0, ErrorClass.PERMISSION_MISSING),
        (400, 200, 1545041, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 100, 2018001, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 551, 0, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 100, 0, ErrorClass.INVALID),
        (401, 190, 0, ErrorClass.AUTH_EXPIRED),
        (400, 190, 458, ErrorClass.AUTH_EXPIRED),
        (400, 190, 460, ErrorClass.AUTH_EXPIRED),
        (400, 190, 463, ErrorClass.AUTH_EXPIRED),
        (400, 190, 467, ErrorClass.AUTH_EXPIRED),
        (400, 102, 0, ErrorClass.AUTH_EXPIRED),
        (400, 368, 0, ErrorClass.POLICY_BLOCKED),
        (400, 506, 0, ErrorClass.DUPLICATE),
        (400, 10900, 0, ErrorClass.DUPLICATE),
        (400, 1349195, 0, ErrorClass.POLICY_BLOCKED),
        (400, 1404078, 0, ErrorClass.POLICY_BLOCKED),
        (200, 190, 0, ErrorClass.AUTH_EXPIRED),  # trap 9: a 200 that is an error
    ],
)
async def test_each_code_has_its_class(status: int, code: int, subcode: int, meaning: ErrorClass) -> None:
    outcome = await sent_into(lambda _: httpx.Response(status, json=error(code, subcode)))
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert f"(#{code}) No." in outcome.message


async def test_a_missing_comment_and_a_missing_person_are_told_apart() -> None:
    def gone(_: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json=error(100, 33))

    comment, person = await sent_into(gone, Action.REPLY), await sent_into(gone, Action.DM)
    assert isinstance(comment, Refused)
    assert isinstance(person, Refused)
    assert (comment.error, person.error) == (ErrorClass.PARENT_GONE, ErrorClass.RECIPIENT_UNAVAILABLE)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(httpx.Response(500, json=error(1)), id="code 1"),
        pytest.param(httpx.Response(400, json=error(1, 1357046)), id="code 1 that Meta says is sent all the same"),
        pytest.param(httpx.Response(400, json=error(2, is_transient=True)), id="code 2, transient"),
        pytest.param(httpx.Response(400, json=error(100, is_transient=True)), id="a refusal called transient"),
        pytest.param(httpx.Response(400, json=error(1, 2018278)), id="code 1 whatever it adds"),
        pytest.param(httpx.Response(500, json=error(190)), id="500 whatever it says"),
        pytest.param(httpx.Response(503, json=error(4)), id="503 whatever it says"),
        pytest.param(httpx.Response(502, text="<html>Bad gateway</html>"), id="a gateway"),
        pytest.param(httpx.Response(400, json=error(987654)), id="a code nobody knows"),
        pytest.param(httpx.Response(404, text="not found"), id="4xx without a Graph error"),
        pytest.param(httpx.Response(302, headers={"location": "https://example.org"}), id="a redirect"),
        pytest.param(httpx.Response(200, text='{"message_id":"m_'), id="a broken 200"),
        pytest.param(httpx.Response(200, json={}), id="a 200 without an id"),
        pytest.param(httpx.Response(200, json=[]), id="a 200 that is a list"),
        pytest.param(httpx.Response(200, content=b"\xff\xfe"), id="a 200 that is no text"),
        pytest.param(httpx.Response(200, json={"error": "?"}), id="a 200 with an unreadable error"),
    ],
)
async def test_every_doubt_is_unknown(response: httpx.Response) -> None:
    outcome = await sent_into(lambda _: response)
    assert isinstance(outcome, Unknown)
    assert outcome.reason


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_before_any_byte_it_is_a_definite_no(error: type[httpx.RequestError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    outcome = await sent_into(broken)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_after_the_first_byte_it_is_unknown(error: type[httpx.RequestError]) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    assert isinstance(await sent_into(broken), Unknown)


async def test_nobody_at_the_port_is_a_definite_no(http: httpx.AsyncClient, account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    account.settings["api_url"] = f"http://127.0.0.1:{port}"
    outcome = await Facebook().send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "tokén"])
async def test_a_token_no_header_can_hold_leaves_nothing(token: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"message_id": "m_1"})

    account = Account(platform="facebook", external_id="1040", credentials={"access_token": token})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        outcome = await Facebook().send(http, account, outgoing(Action.DM))
        with pytest.raises(NotHere) as refusal:
            await Facebook().check(http, account)
    assert isinstance(outcome, Refused)
    assert outcome.error is refusal.value.error is ErrorClass.AUTH_EXPIRED
    assert asked == []


async def test_a_token_never_stands_in_a_sentence() -> None:
    said = "Malformed access token EAAtoken, or EAABsbCS1iHgBAKZC7"
    outcome = await sent_into(lambda _: httpx.Response(400, json=error(190, error_user_msg=said)))
    assert isinstance(outcome, Refused)
    assert "EAA" not in outcome.message
    assert "Malformed access token …" in outcome.message


async def test_the_sentence_for_people_is_metas_own_if_it_has_one() -> None:
    outcome = await sent_into(lambda _: httpx.Response(400, json=error(551, error_user_msg="They left.")))
    assert isinstance(outcome, Refused)
    assert "Facebook says: They left. (551)" in outcome.message


BUSINESS = '{"1040":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":7},{"call_count":12}]}'


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "120"}, timedelta(seconds=120)),
        ({"retry-after": format_datetime(NOW + timedelta(minutes=3), usegmt=True)}, timedelta(minutes=3)),
        ({"x-business-use-case-usage": BUSINESS}, timedelta(minutes=7)),
        ({"x-business-use-case-usage": BUSINESS, "retry-after": "30"}, timedelta(minutes=7)),
        ({"retry-after": "9999999"}, timedelta(days=1)),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"retry-after": "Thu, 01 Jan 2970 00:00:00"}, None),
        ({"x-business-use-case-usage": "not json"}, None),
        ({"x-business-use-case-usage": '{"1040":[{"estimated_time_to_regain_access":0}]}'}, None),
        ({}, None),
    ],
)
def test_every_form_of_retry_later(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_at(headers, NOW) == (None if wait is None else NOW + wait)


async def test_a_limit_tells_until_when() -> None:
    before = datetime.now(UTC)
    answer = httpx.Response(400, json=error(80006), headers={"x-business-use-case-usage": BUSINESS})
    outcome = await sent_into(lambda _: answer)
    assert isinstance(outcome, Refused)
    assert outcome.retry_at is not None
    assert before + timedelta(minutes=7) <= outcome.retry_at <= datetime.now(UTC) + timedelta(minutes=7)


@pytest.mark.parametrize(
    ("headers", "percent"),
    [
        ({"x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":30}'}, 30),
        ({"x-page-usage": '{"call_count":81}'}, 81),
        ({"x-app-usage": '{"call_count":28}', "x-business-use-case-usage": BUSINESS}, 100),
        ({"x-app-usage": "[]"}, 0),
        ({}, 0),
    ],
)
def test_the_fullest_allowance_counts(headers: dict[str, str], percent: float) -> None:
    assert usage(headers) == percent


@pytest.mark.parametrize(
    ("status", "headers", "meaning"),
    [(429, {"retry-after": "60"}, ErrorClass.RATE_LIMITED), (500, {}, None), (401, {}, None)],
)
async def test_answers_given_before_anything_is_done(
    network: Network,
    facebook: Facebook,
    http: httpx.AsyncClient,
    account: Account,
    status: int,
    headers: dict[str, str],
    meaning: ErrorClass | None,
) -> None:
    await network.dm(ANA, text="Hello")
    network.mischief.statuses.append((status, headers, {"error": {"code": 1, "message": "?"}}))
    outcome = await facebook.send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused if meaning else Unknown)
    assert network.heard == []


@pytest.mark.parametrize("mischief", ["fail_after_posting", "hang_after_posting", "garble"])
async def test_done_and_not_said_so_is_unknown(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, mischief: str
) -> None:
    await network.dm(ANA, text="Hello")
    setattr(network.mischief, mischief, 1)
    assert isinstance(await facebook.send(http, account, outgoing(Action.DM)), Unknown)
    assert [heard.text for heard in network.heard] == ["On its way!"]
    assert isinstance(await facebook.send(http, account, outgoing(Action.DM)), Sent)


async def test_cut_before_anything_is_done_is_unknown_too(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    network.mischief.refuse = 1
    assert isinstance(await facebook.send(http, account, outgoing(Action.DM)), Unknown)
    assert network.heard == []


async def test_too_slow_is_unknown(network: Network, facebook: Facebook, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    network.mischief.slow = 0.5
    async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.05), trust_env=False) as http:
        assert isinstance(await facebook.send(http, account, outgoing(Action.DM)), Unknown)


async def test_a_revoked_token_stops_everything(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    network.mischief.token_revoked = True
    outcome = await facebook.send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    for read in (facebook.check(http, account), facebook.poll(http, account, {})):
        with pytest.raises(NotHere) as refusal:
            await read
        assert refusal.value.error is outcome.error is ErrorClass.AUTH_EXPIRED


async def test_without_the_right_proof_nothing_is_allowed(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    account.app_secrets[:] = ["another"]
    network.secrets = ["app-secret"]
    outcome = await facebook.send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    assert "appsecret_proof" in outcome.message
