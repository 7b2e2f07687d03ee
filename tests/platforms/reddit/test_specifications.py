"""Every request we make, against the addresses that Reddit's best known client uses."""

import json
import re
from pathlib import Path

import pytest

from inbox.platforms.base import Action, Kind, Known, Signal
from inbox.platforms.reddit.simulator import RedditSimulator
from inbox.platforms.reddit.simulator_http import Call
from tests.platforms.reddit.house import ANA, LI, Connected, outgoing

REDDIT = Path(__file__).parents[4] / "shared" / "specs" / "reddit" / "endpoints.json"
pytestmark = pytest.mark.skipif(not REDDIT.is_file(), reason="Reddit's endpoints do not lie beside this checkout")

# As recorded in that client's own traffic, and in Reddit's documentation.
WRITES = {
    "comment": {"api_type", "thing_id", "text"},
    "compose": {"api_type", "to", "subject", "text"},
    "del": {"api_type", "id"},
    "remove": {"api_type", "id", "spam"},
    "approve": {"api_type", "id"},
    "read_message": {"api_type", "id"},
    "modmail_conversation": {"body", "isAuthorHidden", "isInternal"},
    "modmail_read": {"conversationIds"},
}
BELOW = {"user": ("comments", "submitted"), "subreddit": ("comments", "new")}


def endpoints() -> dict[str, re.Pattern[str]]:
    told: dict[str, str] = json.loads(REDDIT.read_text("utf-8"))
    patterns = {}
    for name, path in told.items():
        whole = re.sub(r"\\\{\w+\\\}", r"[\\w+-]+", re.escape(path.strip("/")))
        below = "|".join(BELOW.get(name, ()))
        patterns[name] = re.compile(rf"{whole}/(?:{below})" if below else whole)
    return patterns


@pytest.fixture
async def calls(network: RedditSimulator, shop: Connected) -> list[Call]:
    """Everything this connector ever asks, once."""
    shop.set(watch=["gadgets", "all: brandco"])
    post = await network.publish("Lamp")
    asked = await network.comment(ANA, post=post, text="Sizes?")
    ours = await network.elsewhere(target=asked, text="oops")
    message = await network.dm(ANA, text="Hello")
    mail = await network.modmail(LI, text="Why?")
    thread = mail.rpartition("_")[0]
    await shop.polled()
    acts = [
        outgoing(Action.REPLY, target=asked, thread=asked, root=post),
        outgoing(Action.DM, target=message, thread=message, recipient="ana_r"),
        outgoing(Action.DM, target=mail, thread=thread),
        outgoing(Action.PRIVATE_REPLY, target=asked, recipient="ana_r", text="In private"),
        *(outgoing(action, target=asked) for action in (Action.HIDE, Action.UNHIDE)),
        outgoing(Action.DELETE, target=ours),
    ]
    for act in acts:
        await shop.look(act)
        await shop.send(act)
    for thread_of, name in ((message, message), (thread, mail)):
        await shop.connector.signal(shop.http, shop.account, Signal.SEEN, thread=thread_of, message=name)
    held = Known(external_id=asked, kind=Kind.COMMENT, at=acts[0].created_at)
    await shop.connector.reread(shop.http, shop.account, [held])
    await shop.connector.person(shop.http, shop.account, "ana_r")
    await shop.connector.check(shop.http, shop.account)
    return [call for call in network.app.calls if call.path != "api/v1/access_token"]


async def test_every_address_is_known(calls: list[Call]) -> None:
    known, used = endpoints(), set[str]()
    for call in calls:
        names = {name for name, pattern in known.items() if pattern.fullmatch(call.path)}
        assert names, f"{call.method} {call.path} is in no specification"
        used |= names
    assert {
        *("me", "inbox", "sent", "user", "user_about", "submission", "info", "subreddit", "subreddit_about", "search"),
        *("modmail_conversations", "modmail_conversation", *WRITES),
    } <= used


async def test_every_write_has_the_fields_it_needs_and_no_others(calls: list[Call]) -> None:
    known, checked = endpoints(), set[str]()
    for call in calls:
        if call.method != "POST":
            assert call.form == {}
            continue
        [name] = [
            name
            for name in WRITES
            if known[name].fullmatch(call.path) and (name != "modmail_conversation" or "body" in call.form)
        ]
        assert set(call.form) == WRITES[name]
        checked.add(name)
    assert checked == set(WRITES)


async def test_a_reply_never_goes_where_it_would_overwrite(calls: list[Call]) -> None:
    """Trap 8: /api/editusertext takes the same fields as /api/comment."""
    assert not any("editusertext" in call.path for call in calls)


async def test_nothing_is_ever_marked_as_read_by_polling(calls: list[Call]) -> None:
    inbox = [call for call in calls if call.path == "message/inbox"]
    assert inbox
    assert {call["mark"] for call in inbox} == {"false"}
    mail = [call for call in calls if call.method == "GET" and re.fullmatch(r"api/mod/conversations/\w+", call.path)]
    assert mail
    assert {call["markRead"] for call in mail} == {"false"}
