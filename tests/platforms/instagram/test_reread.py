"""Reading again what we hold: other words, nothing any more, or at last the words of a mention."""

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import pytest

from inbox.platforms.base import Account, Act, Incoming, Kind, Known, NotHere
from inbox.platforms.instagram.connector import Instagram
from inbox.platforms.instagram.simulator import Instagram as Network
from tests.platforms.instagram.conftest import ANA, LI


def known(kind: Kind, external_id: str, *, thread: str = "", root: str = "", ours: bool = False) -> Known:
    at = datetime.now(UTC)
    return Known(external_id=external_id, kind=kind, at=at, thread=thread or external_id, root=root, ours=ours)


async def told(
    instagram: Instagram, http: httpx.AsyncClient, account: Account, items: Sequence[Known]
) -> list[Incoming]:
    polled = await instagram.reread(http, account, items)
    return [event for payload in polled.payloads for event in instagram.normalise(payload)]


async def test_edits_and_deletions_that_no_webhook_tells(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=root, text="Same")
    message = await network.dm(ANA, text="Hello")
    ours = await network.elsewhere(target=message, text="Hi")
    await network.edit(root, "How much is it?")
    await network.delete(reply)
    network.memory.items[message].text = "Hello!"
    items = [
        known(Kind.COMMENT, root, root=post),
        known(Kind.COMMENT, reply, root=post, thread=root),
        known(Kind.DM, message, thread=ANA.external_id),
        known(Kind.DM, ours, thread=ANA.external_id, ours=True),
    ]
    events = {event.external_id: event for event in await told(instagram, http, account, items)}
    assert {one: (event.act, event.text, event.ours) for one, event in events.items()} == {
        root: (Act.EDITED, "How much is it?", False),
        reply: (Act.DELETED, "", False),
        message: (Act.EDITED, "Hello!", False),
        ours: (Act.EDITED, "Hi", True),
    }
    assert {event.revision for event in events.values()} == {None, 0}
    assert (events[root].thread, events[reply].parent, events[root].lane) == (root, root, post)
    assert events[message].thread == events[ours].thread == ANA.external_id


async def test_an_answer_to_a_story_is_no_edit_for_want_of_the_story(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    """Told with its words alone it would look changed, and lose the story it answers."""
    answer, mention = await network.story(ANA, text="Love it"), await network.story(LI)
    items = [known(Kind.DM, answer, thread=ANA.external_id), known(Kind.DM, mention, thread=LI.external_id)]
    assert await told(instagram, http, account, items) == []


async def test_a_mention_gets_its_words_and_its_author(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.mention_in_comment(ANA, text="ask @nordwindcoffee")
    post = network.memory.items[comment].post
    caption = await network.mention(LI, text="@nordwindcoffee rocks")
    items = [known(Kind.MENTION, comment, root=post), known(Kind.MENTION, caption)]
    first, second = await told(instagram, http, account, items)
    assert (first.act, first.text, first.external_id) == (Act.EDITED, "ask @nordwindcoffee", comment)
    assert (second.act, second.text, second.external_id) == (Act.EDITED, "@nordwindcoffee rocks", caption)
    assert first.author is not None
    assert (first.author.external_id, first.author.handle) == ("", "ana.r")
    assert first.permalink.startswith("https://www.instagram.com/p/")


async def test_a_mention_that_cannot_be_read_stays_as_it_is(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.mention_in_comment(ANA, text="private")
    post = network.memory.items[comment].post
    await network.delete(comment)
    assert await told(instagram, http, account, [known(Kind.MENTION, comment, root=post)]) == []
    network.mischief.token_revoked = True
    with pytest.raises(NotHere):
        await told(instagram, http, account, [known(Kind.MENTION, comment, root=post)])


async def test_one_mention_that_is_not_shown_does_not_hide_the_rest(instagram: Instagram) -> None:
    """The house asks for the same hundred again until an answer comes, so one refusal would stop them all for good."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "comment_id(31)" in request.url.params["fields"]:
            return httpx.Response(403, json={"error": {"code": 10, "message": "(#10) No."}})
        told = {"text": "@nordwindcoffee", "username": "ana.r", "timestamp": "2026-11-20T10:00:00+0000"}
        return httpx.Response(200, json={"mentioned_comment": told})

    account = Account(platform="instagram", external_id="1784", credentials={"access_token": "IGAAtoken12345"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        items = [known(Kind.MENTION, one, root="30") for one in ("31", "32")]
        (event,) = await told(instagram, http, account, items)
    assert (event.external_id, event.text) == ("32", "@nordwindcoffee")


async def test_what_is_gone_with_its_post_is_not_called_gone(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    """It may be that we lost the right to see it."""
    post = await network.publish("New!")
    comment = await network.comment(ANA, post=post, text="Hm")
    await network.delete(post)
    assert await told(instagram, http, account, [known(Kind.COMMENT, comment, root=post)]) == []


async def test_an_old_message_is_never_called_gone(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    oldest = await network.dm(ANA, text="First")
    for number in range(25):
        await network.dm(ANA, text=f"No. {number}")
    assert await told(instagram, http, account, [known(Kind.DM, oldest, thread="7001")]) == []


async def test_what_a_colleague_hid_elsewhere_is_found_once(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    comment = known(Kind.COMMENT, await network.comment(ANA, post=post, text="Spam"), root=post)
    network.memory.items[comment.external_id].hidden = True
    first = await told(instagram, http, account, [comment])
    again = await told(instagram, http, account, [comment])
    assert [event.act for event in first] == [Act.EDITED, Act.HID]
    assert first[1].revision == again[1].revision


async def test_one_among_many_is_found_in_few_requests(
    network: Network, instagram: Instagram, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    ids = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(100)]
    await network.delete(ids[37])
    events = await told(instagram, http, account, [known(Kind.COMMENT, one, root=post) for one in ids])
    assert [event.external_id for event in events if event.act is Act.DELETED] == [ids[37]]
    assert len(network.app.calls) < 20
