"""What leaves, to which path, and what is refused before it leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from inbox.platforms.base import Account, Action, Attachment, Author, ErrorClass, Kind, Outgoing, Refused, Sent, Unknown
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from inbox.platforms.simulation import Heard
from tests.platforms.instagram.conftest import ANA, LI, US, outgoing

PICTURE = Attachment("image", "https://files.example/a.jpg")


def asked(network: Network) -> list[tuple[str, str, dict[str, Any]]]:
    """The writes."""
    return [call for call in network.app.calls if call[0] != "GET"]


async def test_a_message(network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account) -> None:
    await network.dm(ANA, text="Hello")
    sent = await instagram.send(http, account, outgoing(Action.DM, text="Grüße 😀"))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].text == "Grüße 😀"
    assert sent.thread == ANA.external_id
    body = {"recipient": {"id": "7001"}, "messaging_type": "RESPONSE", "message": {"text": "Grüße 😀"}}
    assert asked(network) == [("POST", f"{US}/messages", body)]


async def test_a_picture_and_a_quote(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    mid = await network.dm(ANA, text="Hello")
    account.settings["quote_replies"] = True
    await instagram.send(http, account, outgoing(Action.DM, text="", target=mid, attachments=[PICTURE]))
    body = asked(network)[0][2]
    assert body["message"] == {"attachment": {"type": "image", "payload": {"url": PICTURE.url}}}
    assert body["reply_to"] == {"mid": mid}


async def test_a_reply_goes_below_the_comment(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New beans!")
    comment = await network.comment(ANA, post=post, text="How much?")
    sent = await instagram.send(http, account, outgoing(Action.REPLY, target=comment, thread=comment, root=post))
    assert isinstance(sent, Sent)
    assert asked(network) == [("POST", f"{comment}/replies", {"message": "On its way!"})]
    assert network.memory.items[sent.external_id].parent == comment


async def test_who_answers_an_answer_names_the_person(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New beans!")
    root = await network.comment(ANA, post=post, text="How much?")
    below = await network.comment(LI, post=post, parent=root, text="Same question")
    li = Author("7002", "Li Wei", "li.wei")
    for text in ("4 euros", "@Li.Wei 4 euros"):
        act = outgoing(Action.REPLY, target=below, thread=root, root=post, text=text, target_author=li)
        assert isinstance(await instagram.send(http, account, act), Sent)
    assert asked(network) == [
        ("POST", f"{root}/replies", {"message": "@li.wei 4 euros"}),
        ("POST", f"{root}/replies", {"message": "@Li.Wei 4 euros"}),
    ]


async def test_a_mention_is_answered_where_it_stands(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.mention_in_comment(ANA, text="@nordwindcoffee?")
    post = network.memory.items[comment].post
    caption = await network.mention(LI, text="@nordwindcoffee rocks")
    acts = [
        outgoing(Action.REPLY, kind=Kind.MENTION, target=comment, thread=comment, root=post, text="Hi"),
        outgoing(Action.REPLY, kind=Kind.MENTION, target=caption, thread=caption, text="Thanks"),
    ]
    for act in acts:
        assert isinstance(await instagram.send(http, account, act), Sent)
    assert asked(network) == [
        ("POST", f"{US}/mentions", {"media_id": post, "comment_id": comment, "message": "Hi"}),
        ("POST", f"{US}/mentions", {"media_id": caption, "message": "Thanks"}),
    ]


async def test_a_private_reply_is_possible_once(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Where is my order?")
    act = outgoing(Action.PRIVATE_REPLY, target=comment, thread=comment)
    first, second = await instagram.send(http, account, act), await instagram.send(http, account, act)
    assert isinstance(first, Sent)
    assert first.thread == ANA.external_id
    assert asked(network)[0][2]["recipient"] == {"comment_id": comment}
    assert isinstance(second, Refused)
    assert second.error is ErrorClass.DUPLICATE


@pytest.mark.parametrize(
    ("action", "method", "body"),
    [
        (Action.HIDE, "POST", {"hide": True}),
        (Action.UNHIDE, "POST", {"hide": False}),
        (Action.DELETE, "DELETE", {}),
    ],
)
async def test_acts_on_a_comment(
    network: Network,
    instagram: Instagram,
    http: httpx.AsyncClient,
    account: Account,
    action: Action,
    method: str,
    body: dict[str, Any],
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Buy followers!")
    sent = await instagram.send(http, account, outgoing(action, target=comment, thread=comment, text=""))
    assert isinstance(sent, Sent)
    assert asked(network) == [(method, comment, body)]
    assert network.heard == [Heard(action.value, "", target=comment)]


async def test_the_token_stands_in_no_address_and_a_proof_is_sent_where_it_is_wanted(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    seen: list[httpx.Request] = []

    async def look(request: httpx.Request) -> None:
        seen.append(request)

    http.event_hooks = {"request": [look]}
    await network.dm(ANA, text="Hello")
    for wanted in (False, True):
        account.settings["appsecret_proof"] = wanted
        await instagram.send(http, account, outgoing(Action.DM))
        assert (b"appsecret_proof" in seen[-1].content) is wanted
    assert all(network.token not in str(request.url) for request in seen)


TWO = [PICTURE, Attachment("image", "https://files.example/b.jpg")]


@pytest.mark.parametrize(
    ("act", "meaning"),
    [
        pytest.param(outgoing(Action.DM, text="ä" * 501), ErrorClass.TOO_LONG, id="bytes are counted, not letters"),
        pytest.param(outgoing(Action.DM, text="😀" * 251), ErrorClass.TOO_LONG, id="an emoji is four bytes"),
        pytest.param(outgoing(Action.REPLY, target="1", text="x" * 2201), ErrorClass.TOO_LONG, id="a long comment"),
        pytest.param(
            outgoing(Action.REPLY, target="2", thread="1", text="x" * 2195), ErrorClass.TOO_LONG, id="a name counts too"
        ),
        pytest.param(outgoing(Action.DM, text=" "), ErrorClass.INVALID, id="nothing"),
        pytest.param(outgoing(Action.DM, recipient=""), ErrorClass.INVALID, id="nobody"),
        pytest.param(outgoing(Action.DM, attachments=[PICTURE]), ErrorClass.INVALID, id="text and a picture"),
        pytest.param(outgoing(Action.DM, text="", attachments=TWO), ErrorClass.INVALID, id="two pictures"),
        pytest.param(
            outgoing(Action.DM, text="", attachments=[Attachment("file", "https://f.example/a.pdf")]),
            ErrorClass.INVALID,
            id="a file",
        ),
        pytest.param(
            outgoing(Action.REPLY, target="1", attachments=[PICTURE]), ErrorClass.INVALID, id="a picture in a comment"
        ),
        pytest.param(outgoing(Action.REPLY, target=""), ErrorClass.INVALID, id="a reply to nothing"),
        pytest.param(outgoing(Action.REPLY, target="../me"), ErrorClass.INVALID, id="a path for an id"),
        pytest.param(outgoing(Action.HIDE, kind=Kind.MENTION, target="1"), ErrorClass.INVALID, id="hiding elsewhere"),
        pytest.param(
            outgoing(Action.PRIVATE_REPLY, kind=Kind.MENTION, target="1"), ErrorClass.INVALID, id="privately elsewhere"
        ),
        pytest.param(
            outgoing(Action.PRIVATE_REPLY, target="1", window_until=datetime.now(UTC) - timedelta(hours=1)),
            ErrorClass.WINDOW_CLOSED,
            id="a private reply after a week",
        ),
        pytest.param(
            outgoing(Action.DM, last_customer_item_at=datetime.now(UTC) - timedelta(hours=25)),
            ErrorClass.WINDOW_CLOSED,
            id="a message after a day",
        ),
    ],
)
async def test_refused_without_a_request(
    network: Network,
    instagram: Instagram,
    http: httpx.AsyncClient,
    account: Account,
    act: Outgoing,
    meaning: ErrorClass,
) -> None:
    outcome = await instagram.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert network.app.calls == []


async def test_what_just_fits_is_sent(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    await network.dm(ANA, text="Hello")
    assert isinstance(await instagram.send(http, account, outgoing(Action.DM, text="ä" * 500)), Sent)
    account.settings["comment_limit"] = 3
    refused = await instagram.send(http, account, outgoing(Action.REPLY, target="1", thread="1", text="four"))
    assert isinstance(refused, Refused)
    assert "at most 3 characters" in refused.message


async def test_seven_days_for_people_with_the_permission(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    account.settings["human_agent"] = network.human_agent = True
    ago = datetime.now(UTC) - timedelta(hours=30)
    await network.dm(ANA, text="Hello", at=ago)
    assert isinstance(await instagram.send(http, account, outgoing(Action.DM, last_customer_item_at=ago)), Sent)
    assert (asked(network)[0][2]["messaging_type"], asked(network)[0][2]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert instagram.window(Kind.DM, ago, Action.DM, {"human_agent": True}) == ago + timedelta(days=7)


def error(code: int, subcode: int = 0, **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) No.", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    ("status", "code", "subcode", "meaning"),
    [
        (400, 4, 0, ErrorClass.RATE_LIMITED),
        (400, 80002, 0, ErrorClass.RATE_LIMITED),
        (429, 9999, 0, ErrorClass.RATE_LIMITED),
        (403, 10, 2534022, ErrorClass.WINDOW_CLOSED),
        (403, 10, 0, ErrorClass.PERMISSION_MISSING),
        (403, 200, 0, ErrorClass.PERMISSION_MISSING),
        (400, 100, 2018001, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 100, 33, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 551, 0, ErrorClass.RECIPIENT_UNAVAILABLE),
        (400, 100, 0, ErrorClass.INVALID),
        (401, 190, 463, ErrorClass.AUTH_EXPIRED),
        (400, 368, 0, ErrorClass.POLICY_BLOCKED),
        (400, 506, 0, ErrorClass.DUPLICATE),
        (200, 190, 0, ErrorClass.AUTH_EXPIRED),  # trap 9: a 200 that is an error
    ],
)
async def test_each_code_has_its_class(status: int, code: int, subcode: int, meaning: ErrorClass) -> None:
    account = Account(platform="instagram", external_id=US, credentials={"access_token": "IGAAtoken12345"})
    answer = httpx.MockTransport(lambda _: httpx.Response(status, json=error(code, subcode)))
    async with httpx.AsyncClient(transport=answer) as http:
        outcome = await Instagram().send(http, account, outgoing(Action.DM))
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert "Instagram says: " in outcome.message
    assert "account" in outcome.message or "Instagram" in outcome.message


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, json=error(1)),
        httpx.Response(400, json=error(2, is_transient=True)),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text='{"message_id":"'),
        httpx.Response(200, json={}),
    ],
)
async def test_every_doubt_is_unknown(response: httpx.Response) -> None:
    account = Account(platform="instagram", external_id=US, credentials={"access_token": "IGAAtoken12345"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response)) as http:
        for act in (
            outgoing(Action.DM),
            outgoing(Action.REPLY, target="1", thread="1"),
            outgoing(Action.HIDE, target="1"),
        ):
            assert isinstance(await Instagram().send(http, account, act), Unknown)


@pytest.mark.parametrize("mischief", ["fail_after_posting", "hang_after_posting", "garble", "refuse"])
async def test_done_and_not_said_so_is_unknown(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account, mischief: str
) -> None:
    await network.dm(ANA, text="Hello")
    setattr(network.mischief, mischief, 1)
    assert isinstance(await instagram.send(http, account, outgoing(Action.DM)), Unknown)
    assert len(network.heard) == (0 if mischief == "refuse" else 1)
