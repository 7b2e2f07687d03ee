"""Reading again what we hold: other words, or nothing any more."""

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import pytest

from inbox.platforms.base import Account, Act, Attachment, Incoming, Kind, Known, Media
from inbox.platforms.facebook.connector import Facebook
from inbox.platforms.facebook.simulator import Facebook as Network
from tests.platforms.facebook.conftest import ANA, LI


def known(kind: Kind, external_id: str, *, thread: str = "", root: str = "") -> Known:
    return Known(external_id=external_id, kind=kind, at=datetime.now(UTC), thread=thread or external_id, root=root)


async def told(facebook: Facebook, http: httpx.AsyncClient, account: Account, items: Sequence[Known]) -> list[Incoming]:
    polled = await facebook.reread(http, account, items)
    return [event for payload in polled.payloads for event in facebook.normalise(payload)]


async def test_edits_and_what_is_gone(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    root = await network.comment(ANA, post=post, text="How much?")
    reply = await network.comment(LI, post=post, parent=root, text="Same")
    message = await network.dm(ANA, text="Hello")
    visit = await network.visit(LI, text="Open parcel")
    network.mischief.mute = True
    await network.edit(root, "How much is it?")
    await network.edit(message, "Hello!")
    await network.delete(reply)
    await network.delete(visit)
    items = [
        known(Kind.COMMENT, root, root=post),
        known(Kind.COMMENT, reply, root=post, thread=root),
        known(Kind.DM, message, thread=ANA.external_id),
        known(Kind.MENTION, visit),
    ]
    events = {event.external_id: event for event in await told(facebook, http, account, items)}
    assert {one: (event.act, event.kind) for one, event in events.items()} == {
        root: (Act.EDITED, Kind.COMMENT),
        reply: (Act.DELETED, Kind.COMMENT),
        message: (Act.EDITED, Kind.DM),
        visit: (Act.DELETED, Kind.MENTION),
    }
    assert (events[root].text, events[root].revision) == ("How much is it?", None)
    assert (events[message].text, events[message].revision) == ("Hello!", None)
    assert (events[root].thread, events[reply].parent) == (root, root)
    assert events[root].lane == events[reply].lane == post


async def test_one_among_a_hundred_is_found_in_few_requests(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    post = await network.publish("New!")
    ids = [await network.comment(ANA, post=post, text=f"No. {number}") for number in range(100)]
    await network.delete(ids[37])
    events = await told(facebook, http, account, [known(Kind.COMMENT, one, root=post) for one in ids])
    assert len(events) == 100
    assert [event.external_id for event in events if event.act is Act.DELETED] == [ids[37]]
    assert len(network.app.calls) < 20


async def test_what_we_may_no_longer_read_is_not_called_gone(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    comment = await network.comment(ANA, post=await network.publish("New!"), text="Hm")
    await network.delete(comment)
    network.scopes.remove("pages_read_user_content")
    assert await told(facebook, http, account, [known(Kind.COMMENT, comment)]) == []


async def test_an_old_message_and_a_mention_elsewhere_are_never_called_gone(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    items = [known(Kind.DM, "m_old", thread="7001"), known(Kind.MENTION, "7005_940")]
    assert await told(facebook, http, account, items) == []


async def test_a_picture_does_not_look_like_an_edit(
    network: Network, facebook: Facebook, http: httpx.AsyncClient, account: Account
) -> None:
    message = await network.dm(ANA, text="", image="https://s.example/x.jpg?signed=1")
    assert await told(facebook, http, account, [known(Kind.DM, message, thread="7001")]) == []


@pytest.mark.parametrize(
    ("attachment", "media"),
    [
        (Attachment("image", "https://s.example/x.jpg"), Media("https://s.example/x.jpg")),
        (Attachment("share", "https://example.org"), None),
        (Attachment("location", "geo:1,2"), None),
        (Attachment("audio"), None),
    ],
)
async def test_where_the_bytes_are(
    facebook: Facebook, http: httpx.AsyncClient, account: Account, attachment: Attachment, media: Media | None
) -> None:
    assert await facebook.locate(http, account, attachment) == media
