"""What leaves, to which path, and what is refused before it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Attachment, ErrorClass, Kind, Outgoing, Refused, Sent
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from inbox.platforms.simulation import Heard
from tests.platforms.facebook.conftest import ANA, LI, outgoing

PICTURE = Attachment("image", "https://files.example/a.jpg")


@pytest.fixture
async def post(network: Network) -> str:
    return await network.publish("New beans!")


def asked(network: Network) -> list[tuple[str, str, dict[str, Any]]]:
    """The writes, without what proves who asks."""
    plain = ("appsecret_proof", "access_token")
    return [
        (method, path, {name: value for name, value in params.items() if name not in plain})
        for method, path, params in network.app.calls
        if method != "GET"
    ]


async def test_a_message(network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    before = datetime.now(UTC)
    sent = await facebook.send(http, account, outgoing(Action.DM, text="Grüße 😀", target="m_1"))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "Grüße 😀"
    assert before <= sent.at <= datetime.now(UTC)
    assert sent.thread == ANA.external_id
    body = {
        "recipient": {"id": "7001"},
        "messaging_type": "RESPONSE",
        "message": {"text": "Grüße 😀", "metadata": "inbox:msg:42"},
    }
    assert asked(network) == [("POST", "1040/messages", body)]


async def test_a_message_that_quotes(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    mid = await network.dm(ANA, text="Hello")
    account.settings["quote_replies"] = True
    await facebook.send(http, account, outgoing(Action.DM, target=mid))
    assert asked(network)[0][2]["reply_to"] == {"mid": mid}


async def test_a_picture_by_message(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    sent = await facebook.send(http, account, outgoing(Action.DM, text="", attachments=[PICTURE]))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].image == PICTURE.url
    attachment = {"type": "image", "payload": {"url": PICTURE.url}}
    assert asked(network)[0][2]["message"] == {"metadata": "inbox:msg:42", "attachment": attachment}


async def test_trap_8_a_reply_goes_below_and_never_over_a_comment(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, post: str
) -> None:
    comment = await network.comment(ANA, post=post, text="How much?")
    act = outgoing(Action.REPLY, target=comment, thread=comment, root=post, text="4 euros")
    sent = await facebook.send(http, account, act)
    assert isinstance(sent, Sent)
    assert asked(network) == [("POST", f"{comment}/comments", {"message": "4 euros"})]
    assert network.memory.items[comment].text == "How much?"
    assert network.memory.items[sent.external_id].parent == comment
    assert sent.permalink.endswith(
        f"?comment_id={comment.rpartition('_')[2]}&reply_comment_id={sent.external_id.rpartition('_')[2]}"
    )


async def test_a_reply_to_a_review_and_to_a_visitor(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    rating = await network.review(ANA, text="Cold", positive=False)
    visit = await network.visit(LI, text="Open parcel")
    for kind, target in ((Kind.REVIEW, rating), (Kind.MENTION, visit)):
        act = outgoing(Action.REPLY, kind=kind, target=target, thread=target, text="Sorry!")
        sent = await facebook.send(http, account, act)
        assert isinstance(sent, Sent)
        assert network.memory.items[sent.external_id].post == target
    assert [path for _, path, _ in asked(network)] == [f"{rating}/comments", f"{visit}/comments"]


async def test_a_picture_in_a_comment(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, post: str
) -> None:
    comment = await network.comment(ANA, post=post, text="How does it look?")
    await facebook.send(http, account, outgoing(Action.REPLY, target=comment, text="So:", attachments=[PICTURE]))
    assert asked(network)[0][2] == {"message": "So:", "attachment_url": PICTURE.url}


async def test_a_private_reply_is_possible_once(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, post: str
) -> None:
    comment = await network.comment(ANA, post=post, text="Where is my order?")
    act = outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment, root=post, text="May I ask its number?")
    first, second = await facebook.send(http, account, act), await facebook.send(http, account, act)
    assert isinstance(first, Sent)
    assert first.thread == ANA.external_id
    assert asked(network)[0][2]["recipient"] == {"comment_id": comment}
    assert isinstance(second, Refused)
    assert second.error is ErrorClass.DUPLICATE


async def test_a_visitor_is_answered_privately_by_the_post(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    visit = await network.visit(LI, text="Open parcel")
    act = outgoing(Action.PRIVATE_REPLY, kind=Kind.MENTION, target=visit, thread=visit)
    assert isinstance(await facebook.send(http, account, act), Sent)
    assert asked(network)[0][2]["recipient"] == {"post_id": visit}


@pytest.mark.parametrize(
    ("action", "method", "edge", "body"),
    [
        (Action.HIDE, "POST", "", {"is_hidden": True}),
        (Action.UNHIDE, "POST", "", {"is_hidden": False}),
        (Action.LIKE, "POST", "/likes", {}),
        (Action.UNLIKE, "DELETE", "/likes", {}),
        (Action.DELETE, "DELETE", "", {}),
    ],
)
async def test_acts_on_a_comment(
    network: Network,
    facebook: Facebook,
    http: httpx.AsyncClient,
    account: Account,
    post: str,
    action: Action,
    method: str,
    edge: str,
    body: dict[str, Any],
) -> None:
    comment = await network.comment(ANA, post=post, text="Buy followers!")
    sent = await facebook.send(http, account, outgoing(action, target=comment, thread=comment, text=""))
    assert isinstance(sent, Sent)
    assert sent.external_id == ""
    assert asked(network) == [(method, f"{comment}{edge}", body)]
    assert network.heard == [Heard(action.value, "", target=comment)]


async def test_a_success_that_is_none_is_a_no(account: Account) -> None:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"success": False}))
    ) as http:
        outcome = await Facebook().send(http, account, outgoing(Action.HIDE, target="900_901"))
    assert isinstance(outcome, Refused)


async def test_every_call_proves_itself_and_no_address_holds_the_token(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    seen: list[httpx.Request] = []

    async def look(request: httpx.Request) -> None:
        seen.append(request)

    http.event_hooks = {"request": [look]}
    await network.dm(ANA, text="Hello")
    await facebook.send(http, account, outgoing(Action.DM))
    await facebook.poll(http, account, {})
    await facebook.look(http, account, outgoing(Action.DM))
    assert len(seen) >= 4
    for request in seen:
        assert network.token not in str(request.url)
        assert request.headers["authorization"] == f"Bearer {network.token}"
        assert b"appsecret_proof" in request.content or "appsecret_proof" in request.url.params


def acts_refused_by_us() -> list[Any]:
    two = [PICTURE, Attachment("image", "https://files.example/b.jpg")]
    return [
        pytest.param(outgoing(Action.DM, text="x" * 2001), ErrorClass.TOO_LONG, id="a long message"),
        pytest.param(outgoing(Action.DM, text="😀" * 1001), ErrorClass.TOO_LONG, id="emoji count twice"),
        pytest.param(outgoing(Action.REPLY, target="1_2", text="x" * 8001), ErrorClass.TOO_LONG, id="a long comment"),
        pytest.param(outgoing(Action.DM, text="  "), ErrorClass.INVALID, id="nothing"),
        pytest.param(outgoing(Action.DM, recipient=""), ErrorClass.INVALID, id="nobody"),
        pytest.param(outgoing(Action.DM, attachments=[PICTURE]), ErrorClass.INVALID, id="text and a file"),
        pytest.param(outgoing(Action.DM, text="", attachments=two), ErrorClass.INVALID, id="two files"),
        pytest.param(
            outgoing(Action.DM, text="", attachments=[Attachment("location", "geo:1,2")]),
            ErrorClass.INVALID,
            id="a place",
        ),
        pytest.param(
            outgoing(Action.REPLY, target="1_2", attachments=[Attachment("video", "https://v")]),
            ErrorClass.INVALID,
            id="a video in a comment",
        ),
        pytest.param(outgoing(Action.REPLY, target=""), ErrorClass.INVALID, id="a reply to nothing"),
        pytest.param(outgoing(Action.REPLY, target="1_2/../me"), ErrorClass.INVALID, id="a path for an id"),
        pytest.param(outgoing(Action.REPLY, target=".."), ErrorClass.INVALID, id="dots for an id"),
        pytest.param(outgoing(Action.DELETE, target="1?x=2"), ErrorClass.INVALID, id="a query for an id"),
        pytest.param(outgoing(Action.PRIVATE_REPLY, target=""), ErrorClass.INVALID, id="a private reply to nothing"),
        pytest.param(
            outgoing(Action.HIDE, kind=Kind.MENTION, target="7005_940", thread="7005_940"),
            ErrorClass.INVALID,
            id="hiding on somebody else's page",
        ),
        pytest.param(
            outgoing(Action.PRIVATE_REPLY, kind=Kind.MENTION, target="7005_940", thread="7005_940"),
            ErrorClass.INVALID,
            id="a private reply on somebody else's page",
        ),
    ]


@pytest.mark.parametrize(("act", "meaning"), acts_refused_by_us())
async def test_refused_without_a_request(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account, act: Outgoing, meaning: ErrorClass
) -> None:
    outcome = await facebook.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert network.app.calls == []


# Windows


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("last", "until", "human", "told"),
    [
        pytest.param(1, None, False, ("RESPONSE", ""), id="an hour ago"),
        pytest.param(23.9, 0.1, False, ("RESPONSE", ""), id="just in time"),
        pytest.param(24.1, -0.1, False, None, id="just too late"),
        pytest.param(24.1, -0.1, True, ("MESSAGE_TAG", "HUMAN_AGENT"), id="too late but for a person"),
        pytest.param(24.1, 143.9, True, ("MESSAGE_TAG", "HUMAN_AGENT"), id="the window already widened"),
        pytest.param(1, 167, True, ("RESPONSE", ""), id="within a day no tag is used"),
        pytest.param(167.9, None, True, ("MESSAGE_TAG", "HUMAN_AGENT"), id="nearly seven days"),
        pytest.param(168.1, None, True, None, id="after seven days"),
        pytest.param(48, 120, False, ("RESPONSE", ""), id="an ad opened seven days"),
        pytest.param(None, 1, False, ("RESPONSE", ""), id="only the window is known"),
        pytest.param(None, -1, False, None, id="only the window is known, and it is over"),
        pytest.param(None, -1, True, ("MESSAGE_TAG", "HUMAN_AGENT"), id="the same, for a person"),
        pytest.param(None, -145, True, None, id="the same, after seven days"),
        pytest.param(None, None, False, ("RESPONSE", ""), id="nothing is known: Facebook decides"),
    ],
)
async def test_the_window(
    network: Network,
    facebook: Facebook,
    http: httpx.AsyncClient,
    account: Account,
    last: float | None,
    until: float | None,
    human: bool,
    told: tuple[str, str] | None,
) -> None:
    now = datetime.now(UTC)
    account.settings["human_agent"] = network.human_agent = human
    await network.dm(ANA, text="Hello", at=now - hours(1))
    act = outgoing(
        Action.DM,
        last_customer_item_at=None if last is None else now - hours(last),
        window_until=None if until is None else now + hours(until),
    )
    outcome = await facebook.send(http, account, act)
    if told is None:
        assert isinstance(outcome, Refused)
        assert outcome.error is ErrorClass.WINDOW_CLOSED
        assert network.app.calls == []
    else:
        assert isinstance(outcome, Sent)
        body = asked(network)[0][2]
        assert (body["messaging_type"], body.get("tag", "")) == told


async def test_the_network_says_no_where_we_did_not_know_better(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello", at=datetime.now(UTC) - hours(30))
    outcome = await facebook.send(http, account, outgoing(Action.DM))
    stranger = await facebook.send(http, account, outgoing(Action.DM, recipient="9999"))
    assert isinstance(outcome, Refused)
    assert isinstance(stranger, Refused)
    assert (outcome.error, stranger.error) == (ErrorClass.WINDOW_CLOSED, ErrorClass.RECIPIENT_UNAVAILABLE)


async def test_a_private_reply_is_too_late_after_seven_days(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    act = outgoing(Action.PRIVATE_REPLY, target="1_2", window_until=datetime.now(UTC) - hours(1))
    outcome = await facebook.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.WINDOW_CLOSED
    assert network.app.calls == []


def test_windows_as_shown_in_the_composer() -> None:
    facebook, last = Facebook(), datetime(2026, 11, 23, tzinfo=UTC)
    assert facebook.window(Kind.DM, last, Action.DM) == last + hours(24)
    assert facebook.window(Kind.DM, last, Action.DM, {"human_agent": True}) == last + hours(168)
    assert facebook.window(Kind.COMMENT, last, Action.PRIVATE_REPLY) == last + hours(168)
    assert facebook.window(Kind.COMMENT, last, Action.REPLY) is None
