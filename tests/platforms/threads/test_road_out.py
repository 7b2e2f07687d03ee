"""Replying in two requests, hiding, and looking for what may have been posted."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from inbox.platforms.base import (
    Absent,
    Account,
    Action,
    Attachment,
    CannotTell,
    ErrorClass,
    Kind,
    Lookup,
    Outgoing,
    Refused,
    Sent,
    Unknown,
)
from inbox.platforms.simulation import Heard
from inbox.platforms.threads.connector import Threads
from inbox.platforms.threads.sending import length
from inbox.platforms.threads.simulator import Threads as Network
from tests.platforms.threads.conftest import ANA, LI, US, outgoing


@pytest.fixture
async def reply(network: Network) -> str:
    return await network.comment(ANA, post=await network.publish("New beans!"), text="When?")


async def test_a_reply_is_made_and_then_published(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str
) -> None:
    sent = await threads.send(http, account, outgoing(target=reply))
    assert isinstance(sent, Sent)
    made, published = network.app.calls
    assert made == ("POST", "me/threads", {"media_type": "TEXT", "text": "On its way!", "reply_to_id": reply})
    assert (published[1], set(published[2])) == ("me/threads_publish", {"creation_id"})
    assert network.memory.items[sent.external_id].parent == reply
    assert network.heard == [Heard("reply", sent.external_id, "On its way!", target=reply, recipient="7001")]


async def test_a_mention_is_answered_too(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account
) -> None:
    mention = await network.mention(LI, text="@nordwindcoffee!")
    sent = await threads.send(http, account, outgoing(kind=Kind.MENTION, target=mention, thread=mention))
    assert isinstance(sent, Sent)
    assert network.memory.items[sent.external_id].post == mention


@pytest.mark.parametrize(("action", "hidden"), [(Action.HIDE, True), (Action.UNHIDE, False)])
async def test_hiding(
    network: Network,
    threads: Threads,
    http: httpx.AsyncClient,
    account: Account,
    reply: str,
    action: Action,
    hidden: bool,
) -> None:
    act = outgoing(action, target=reply, text="")
    assert isinstance(await threads.send(http, account, act), Sent)
    assert network.app.calls == [("POST", f"{reply}/manage_reply", {"hide": hidden})]
    assert isinstance(await threads.look(http, account, act), Sent)
    other = outgoing(Action.UNHIDE if hidden else Action.HIDE, target=reply)
    assert isinstance(await threads.look(http, account, other), Absent)


async def test_what_stands_deeper_cannot_be_hidden_by_itself(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str
) -> None:
    post = network.memory.items[reply].post
    deep = await network.comment(LI, post=post, parent=reply, text="Same")
    outcome = await threads.send(http, account, outgoing(Action.HIDE, target=deep))
    assert isinstance(outcome, Refused)
    assert "Only top-level replies" in outcome.message


@pytest.mark.parametrize(
    ("act", "meaning"),
    [
        pytest.param(outgoing(target="1", text="x" * 501), ErrorClass.TOO_LONG, id="too long"),
        pytest.param(outgoing(target="1", text="😀" * 126), ErrorClass.TOO_LONG, id="an emoji counts four"),
        pytest.param(outgoing(target="1", text=" "), ErrorClass.INVALID, id="nothing"),
        pytest.param(outgoing(target=""), ErrorClass.INVALID, id="a reply to nothing"),
        pytest.param(outgoing(target="../me"), ErrorClass.INVALID, id="a path for an id"),
        pytest.param(
            outgoing(target="1", attachments=[Attachment("image", "https://f.example/a.jpg")]),
            ErrorClass.INVALID,
            id="a picture",
        ),
        pytest.param(outgoing(Action.HIDE, kind=Kind.MENTION, target="1"), ErrorClass.INVALID, id="hiding elsewhere"),
        pytest.param(outgoing(Action.DELETE, target="1"), ErrorClass.INVALID, id="deleting"),
    ],
)
async def test_refused_without_a_request(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, act: Outgoing, meaning: ErrorClass
) -> None:
    outcome = await threads.send(http, account, act)
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning
    assert network.app.calls == []


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("ab", 2), ("äß", 2), ("日本", 2), ("😀", 4), ("❤️", 6), ("👩‍💻", 11), ("x" * 500, 500)]
)
def test_how_long_a_text_is(text: str, count: int) -> None:
    assert length(text) == count


def answering(first: Any, second: Any = None) -> Callable[[httpx.Request], httpx.Response]:
    """Answers the making so, and the publishing so."""

    def answer(request: httpx.Request) -> httpx.Response:
        told = second if request.url.path.endswith("_publish") else first
        if isinstance(told, Exception):
            raise told
        status, body = told
        return httpx.Response(status, json=body) if body is not None else httpx.Response(status, text="<html>")

    return answer


MADE = (200, {"id": "555"})
ACCOUNT = Account(platform="threads", external_id=US, credentials={"access_token": "THAAtoken123"})


async def sent_into(answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await Threads().send(http, ACCOUNT, outgoing(target="1"))


@pytest.mark.parametrize(
    "first",
    [
        (502, None),
        (200, None),
        (200, {}),
        httpx.ReadTimeout("?"),
        httpx.ConnectError("?"),
        (400, {"error": {"code": 1}}),
    ],
)
async def test_until_it_is_published_nobody_has_seen_it_so_every_failure_is_a_sure_no(first: Any) -> None:
    outcome = await sent_into(answering(first))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.TRANSIENT


@pytest.mark.parametrize("second", [(502, None), (200, None), (200, {}), httpx.ReadTimeout("?"), httpx.ReadError("?")])
async def test_once_it_was_to_be_published_every_doubt_is_unknown(second: Any) -> None:
    assert isinstance(await sent_into(answering(MADE, second)), Unknown)


@pytest.mark.parametrize(
    ("status", "code", "subcode", "meaning"),
    [
        (400, 4, 0, ErrorClass.RATE_LIMITED),
        (429, 9999, 0, ErrorClass.RATE_LIMITED),
        (403, 10, 0, ErrorClass.PERMISSION_MISSING),
        (400, 100, 33, ErrorClass.PARENT_GONE),
        (400, 100, 0, ErrorClass.INVALID),
        (401, 190, 463, ErrorClass.AUTH_EXPIRED),
        (400, 368, 0, ErrorClass.POLICY_BLOCKED),
    ],
)
@pytest.mark.parametrize("step", [1, 2])
async def test_each_code_has_its_class(status: int, code: int, subcode: int, meaning: ErrorClass, step: int) -> None:
    no = (status, {"error": {"code": code, "error_subcode": subcode, "message": "No."}})
    outcome = await sent_into(answering(no) if step == 1 else answering(MADE, no))
    assert isinstance(outcome, Refused)
    assert outcome.error is meaning


# Looking


def test_the_look_is_declared_weak() -> None:
    assert Threads.lookup is Lookup.WEAK


@pytest.mark.parametrize("mischief", ["fail_after_posting", "hang_after_posting", "garble"])
async def test_a_reply_whose_answer_was_lost_is_found(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str, mischief: str
) -> None:
    act = outgoing(target=reply)
    assert isinstance(await threads.look(http, account, act), Absent)
    setattr(network.mischief, mischief, 1)
    assert isinstance(await threads.send(http, account, act), Unknown)
    found = await threads.look(http, account, act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[0].external_id
    assert found.permalink.startswith("https://www.threads.net/@nordwindcoffee/post/")


async def test_a_crash_between_the_two_requests_leaves_nothing_to_find(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str
) -> None:
    network.mischief.refuse = 1
    act = outgoing(target=reply)
    assert isinstance(await threads.send(http, account, act), Unknown)
    assert len(network.drafts) == 1
    assert isinstance(await threads.look(http, account, act), Absent)


async def test_the_same_words_elsewhere_are_another_reply_and_twice_are_no_telling(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str
) -> None:
    other = await network.comment(LI, post=network.memory.items[reply].post, text="And I?")
    await network.elsewhere(target=other, text="On its way!")
    act = outgoing(target=reply)
    assert isinstance(await threads.look(http, account, act), Absent)
    await threads.send(http, account, act)
    assert isinstance(await threads.look(http, account, act), Sent)
    await network.elsewhere(target=reply, text="on its  way!")
    assert isinstance(await threads.look(http, account, act), CannotTell)
    network.mischief.token_revoked = True
    assert isinstance(await threads.look(http, account, act), CannotTell)


# The day's replies


async def test_a_reply_is_counted_and_the_network_says_when_it_is_enough(
    network: Network, threads: Threads, http: httpx.AsyncClient, account: Account, reply: str
) -> None:
    assert threads.cost(outgoing(target=reply)) == 1.0
    assert threads.cost(outgoing(Action.HIDE, target=reply)) == 0.0
    network.quota = 1
    assert isinstance(await threads.send(http, account, outgoing(target=reply)), Sent)
    assert (await threads.check(http, account)).granted == ["0 of 1 replies left within 24 hours"]
    outcome = await threads.send(http, account, outgoing(target=reply))
    assert isinstance(outcome, Refused)
    assert outcome.error is ErrorClass.RATE_LIMITED
