"""Whether an act of unknown outcome is there, and what has become of what we hold."""

from datetime import timedelta

from inbox.platforms.base import Absent, Act, Action, Attachment, Author, CannotTell, Kind, Known, Sent, Unknown
from inbox.platforms.youtube.simulator import YouTube as Network
from tests.platforms.youtube.conftest import ANA, BOB, Connected, acts, ago, outgoing


def known(*comments: str) -> list[Known]:
    return [Known(external_id=comment, kind=Kind.COMMENT, at=ago(days=1)) for comment in comments]


async def test_a_reply_that_arrived_is_found(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    act = outgoing(target=comment, thread=comment, root=video)
    assert isinstance(await shop.look(act), Absent)
    network.mischief.hang_after_posting = 1
    assert isinstance(await shop.send(act), Unknown)
    found = await shop.look(act)
    assert isinstance(found, Sent)
    assert found.external_id == network.heard[-1].external_id
    assert found.permalink.endswith(found.external_id)


async def test_a_reply_that_names_somebody_is_found_by_the_words_as_posted(
    network: Network, shop: Connected, video: str
) -> None:
    first = await network.comment(ANA, post=video, text="How?")
    reply = await network.comment(BOB, post=video, parent=first, text="same")
    act = outgoing(target=reply, thread=first, target_author=Author("UCb", "@bob", "bob"))
    await shop.send(act)
    assert isinstance(await shop.look(act), Sent)


async def test_others_older_ones_and_other_words_are_not_taken_for_ours(
    network: Network, shop: Connected, video: str
) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    await network.comment(BOB, post=video, parent=comment, text="Hold it for ten seconds.")
    await network.elsewhere(target=comment, text="Hold it for ten seconds.", at=ago(minutes=30))
    await network.elsewhere(target=comment, text="Hold it for nine seconds.")
    assert isinstance(await shop.look(outgoing(target=comment)), Absent)


async def test_the_same_words_twice_are_no_telling(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    for _ in range(2):
        await network.elsewhere(target=comment, text="Hold it for ten seconds.")
    assert isinstance(await shop.look(outgoing(target=comment)), CannotTell)


async def test_behind_many_replies_there_is_no_telling(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="How?")
    for number in range(501):
        await network.comment(BOB, post=video, parent=comment, text=f"reply {number}")
    assert isinstance(await shop.look(outgoing(target=comment)), CannotTell)


async def test_the_state_of_a_comment_tells(network: Network, shop: Connected, video: str) -> None:
    comment = await network.comment(ANA, post=video, text="Hm")
    hide, show, delete = (
        outgoing(action, target=comment, text="") for action in (Action.HIDE, Action.UNHIDE, Action.DELETE)
    )
    assert isinstance(await shop.look(hide), Absent)
    assert isinstance(await shop.look(show), Sent)
    assert isinstance(await shop.look(delete), Absent)
    await network.hold(comment)
    assert isinstance(await shop.look(hide), Sent)
    assert isinstance(await shop.look(show), Absent)
    assert isinstance(await shop.look(delete), Absent)
    await network.reject(comment)
    assert isinstance(await shop.look(delete), Sent)
    assert isinstance(await shop.look(show), CannotTell)
    network.strict_ids = True
    assert isinstance(await shop.look(delete), Sent)
    network.mischief.token_revoked = True
    assert isinstance(await shop.look(delete), CannotTell)
    assert isinstance(await shop.look(outgoing(target=comment)), CannotTell)


async def test_what_is_held_back_and_not_found_by_its_id_is_not_called_deleted(
    network: Network, shop: Connected, video: str
) -> None:
    comment = await network.comment(ANA, post=video, text="Hm")
    await network.hold(comment)
    network.strict_ids = True
    assert isinstance(await shop.look(outgoing(Action.DELETE, target=comment, text="")), Absent)


async def test_what_we_hold_is_read_again(network: Network, shop: Connected, video: str) -> None:
    stays = await network.comment(ANA, post=video, text="stays", at=ago(days=20))
    edited = await network.comment(ANA, post=video, text="befroe", at=ago(days=20))
    reply = await network.comment(BOB, post=video, parent=stays, text="goes", at=ago(days=19))
    held = await network.comment(BOB, post=video, text="held", at=ago(days=18))
    await network.hold(held)
    await network.edit(edited, "before")
    await network.delete(reply)
    polled = await shop.connector.reread(shop.http, shop.account, known(stays, edited, reply, held))
    events = [event for payload in polled.payloads for event in shop.connector.normalise(payload)]
    assert sorted(acts(events)) == sorted([(Act.EDITED, edited), (Act.DELETED, reply)])
    assert {event.external_id for event in events if event.act is Act.WROTE} == {stays, edited}
    assert polled.cost == network.used


async def test_among_more_held_than_we_read_nothing_is_called_gone(
    network: Network, shop: Connected, video: str
) -> None:
    gone = await network.comment(ANA, post=video, text="gone")
    for number in range(510):
        await network.hold(await network.comment(BOB, post=video, text=f"held {number}"))
    await network.delete(gone)
    polled = await shop.connector.reread(shop.http, shop.account, known(gone))
    assert polled.payloads == []
    assert isinstance(await shop.look(outgoing(Action.DELETE, target=gone, text="")), CannotTell)


async def test_a_hundred_at_once_are_two_questions(network: Network, shop: Connected, video: str) -> None:
    made = [await network.comment(ANA, post=video, text=f"said {number}") for number in range(100)]
    polled = await shop.connector.reread(shop.http, shop.account, known(*made))
    assert polled.cost == len(network.app.calls) == 2
    assert len(polled.payloads[0]["items"]) == 100


async def test_of_a_hundred_those_gone_are_found_though_they_spoil_the_answer(
    network: Network, shop: Connected, video: str
) -> None:
    made = [await network.comment(ANA, post=video, text=f"said {number}") for number in range(100)]
    network.strict_ids = True
    for comment in (made[3], made[77]):
        await network.delete(comment)
    polled = await shop.connector.reread(shop.http, shop.account, known(*made))
    events = [event for payload in polled.payloads for event in shop.connector.normalise(payload)]
    assert acts(events) == [(Act.DELETED, made[3]), (Act.DELETED, made[77])]


async def test_a_picture_is_found_where_it_is_now(network: Network, shop: Connected, video: str) -> None:
    """Trap 12: its signed address holds for six hours."""
    comment = await network.comment(ANA, post=video, text="", image="https://lh3.example/old")
    [event] = await shop.polled()
    [picture] = event.attachments
    assert picture.url == "https://lh3.example/old"
    network.memory.items[comment].image = "https://lh3.example/new"
    media = await shop.connector.locate(shop.http, shop.account, picture)
    assert media
    assert media.url == "https://lh3.example/new"
    await network.delete(comment)
    assert await shop.connector.locate(shop.http, shop.account, picture) is None
    network.strict_ids = True
    assert await shop.connector.locate(shop.http, shop.account, picture) is None
    plain = await shop.connector.locate(shop.http, shop.account, Attachment("image", "https://x.example/a.png"))
    assert plain
    assert plain.url == "https://x.example/a.png"


def test_reading_again_is_a_duty_of_thirty_days(shop: Connected) -> None:
    assert shop.connector.capabilities.retention.reread == timedelta(days=30)
