"""Held for review: what nobody else reads yet, shown, thrown out, or taken back into review."""

from inbox.platforms.base import Act, Action, Incoming, Sent
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, acts, ago, outgoing, written


def of(events: list[Incoming], comment: str) -> list[Incoming]:
    return [event for event in events if event.external_id == comment]


async def test_what_is_held_comes_in_hidden(network: Network, shop: Connected, video: str) -> None:
    held = await network.comment(ANA, post=video, text="Is this held?", at=ago(hours=1))
    spam = await network.comment(BOB, post=video, text="WIN A PHONE", at=ago(minutes=30))
    public = await network.comment(BOB, post=video, text="Nice", at=ago(minutes=20))
    await network.hold(held)
    await network.hold(spam, spam=True)
    events = await shop.polled()
    assert {event.external_id: event.hidden for event in events} == {held: True, spam: True, public: False}
    assert acts(events) == []
    assert await shop.polled() == []


async def test_of_a_public_thread_only_the_held_reply_is_hidden(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    reply = await network.comment(BOB, post=video, parent=first, text="you ******", at=ago(minutes=30))
    await network.hold(reply)
    events = await shop.polled()
    assert all(not event.hidden for event in of(events, first))
    assert [event.hidden for event in of(events, reply)] == [True]


async def test_shown_by_a_colleague_in_studio(network: Network, shop: Connected, video: str) -> None:
    held = await network.comment(ANA, post=video, text="Held", at=ago(hours=1))
    await network.hold(held)
    await shop.polled()
    await network.approve(held)
    events = await shop.polled()
    [shown] = [event for event in events if event.act is Act.UNHID]
    assert (shown.external_id, shown.as_seen, bool(shown.revision)) == (held, True, True)
    assert acts(await shop.polled()) == []


async def test_shown_so_late_that_it_stands_deep_in_the_list(network: Network, shop: Connected, video: str) -> None:
    """Its own time keeps it where it was written, so the list's first page never tells; and then it is watched."""
    held = await network.comment(ANA, post=video, text="Held", at=ago(days=20))
    await network.hold(held)
    for number in range(110):
        await network.comment(BOB, post=video, text=f"said {number}", at=ago(days=2, minutes=-number))
    await shop.polled()
    await shop.polled()
    await network.approve(held)
    assert acts(await shop.polled()) == [(Act.UNHID, held)]
    reply = await network.comment(BOB, post=video, parent=held, text="I had not seen this")
    await shop.polled()
    assert reply in [event.external_id for payload in shop.payloads for event in shop.connector.normalise(payload)]


async def test_a_held_reply_is_shown(network: Network, shop: Connected, video: str) -> None:
    first = await network.comment(ANA, post=video, text="How?", at=ago(hours=1))
    reply = await network.comment(BOB, post=video, parent=first, text="like this", at=ago(minutes=30))
    await network.hold(reply)
    await shop.polled()
    await network.approve(reply)
    assert (Act.UNHID, reply) in acts(await shop.polled())


async def test_thrown_out_by_a_colleague_in_studio(network: Network, shop: Connected, video: str) -> None:
    held = await network.comment(ANA, post=video, text="Held", at=ago(hours=1))
    await network.hold(held)
    await shop.polled()
    await network.reject(held)
    assert acts(await shop.polled()) == []  # missing once is not gone
    assert acts(await shop.polled()) == [(Act.DELETED, held)]
    assert acts(await shop.polled()) == []


async def test_a_public_comment_is_taken_back_into_review_and_shown_again(
    network: Network, shop: Connected, video: str
) -> None:
    comment = await network.comment(ANA, post=video, text="Hm", at=ago(hours=1))
    await shop.polled()
    await network.hold(comment)
    assert acts(await shop.polled()) == [(Act.HID, comment)]
    await network.approve(comment)
    assert acts(await shop.polled()) == [(Act.UNHID, comment)]


async def test_from_one_list_of_the_held_to_the_other_is_no_news(network: Network, shop: Connected, video: str) -> None:
    held = await network.comment(ANA, post=video, text="Held", at=ago(hours=1))
    await network.hold(held)
    await shop.polled()
    await network.hold(held, spam=True)
    assert await shop.polled() == []


async def test_what_is_on_its_way_between_two_lists_is_not_called_gone(
    network: Network, shop: Connected, video: str
) -> None:
    public = await network.comment(ANA, post=video, text="Hm", at=ago(hours=1))
    held = await network.comment(ANA, post=video, text="Held", at=ago(hours=1))
    await network.hold(held)
    await shop.polled()
    for comment in (public, held):
        network.memory.items[comment].status = "on its way"
    assert acts(await shop.polled()) == []
    await network.hold(public)
    await network.approve(held)
    assert sorted(acts(await shop.polled())) == sorted([(Act.HID, public), (Act.UNHID, held)])
    assert acts(await shop.polled() + await shop.polled()) == []
    assert shop.cursor.get("suspects", []) == []


async def test_a_queue_longer_than_we_read_lets_nothing_be_called_gone(
    network: Network, shop: Connected, video: str
) -> None:
    for number in range(620):
        await network.hold(
            await network.comment(ANA, post=video, text=f"held {number}", at=ago(hours=50 - number / 30))
        )
    await shop.polled()
    assert len([one for one in shop.asked("commentThreads") if one["moderationStatus"] == "heldForReview"]) == 5
    for number in range(30):
        await network.hold(await network.comment(BOB, post=video, text=f"more {number}", at=ago(minutes=number)))
    assert acts(await shop.polled() + await shop.polled()) == []


async def test_an_agent_approves_hides_and_rejects(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="Hm", at=ago(hours=1))
    await network.hold(comment)
    for action, status in ((Action.UNHIDE, "published"), (Action.HIDE, "heldForReview")):
        sent = await shop.send(outgoing(action, target=comment, text=""))
        assert isinstance(sent, Sent)
        assert network.memory.items[comment].status == status
    author = (await shop.polled())[0].author
    assert isinstance(await shop.send(outgoing(Action.DELETE, target=comment, target_author=author, text="")), Sent)
    assert network.memory.items[comment].status == "rejected"
    assert written(await shop.polled()) == []
