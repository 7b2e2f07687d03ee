"""What a rise of a pin's comments becomes, and what becomes nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from inbox.platforms.base import Act, Incoming, Kind, Unreadable
from inbox.platforms.pinterest.connector import Pinterest
from inbox.platforms.pinterest.simulator import Pinterest as Network
from tests.platforms.pinterest.conftest import ANA, LI, Polling


def told(events: list[Incoming]) -> list[tuple[str, str]]:
    return [(event.external_id, event.text.partition(":")[0]) for event in events]


async def test_the_first_count_is_silent(network: Network, sweep: Polling) -> None:
    lamp = await network.publish("Lamp")
    await network.comment(ANA, post=lamp, text="Nice")
    events, cursor, _ = await sweep({})
    assert events == []
    assert cursor["counts"] == {lamp: [1, 0, None]}
    assert (await sweep(cursor))[0] == []


async def test_more_comments_are_one_task_with_all_that_is_known(network: Network, sweep: Polling) -> None:
    lamp = await network.publish("Lamp", at=datetime(2026, 10, 1, 10, tzinfo=UTC))
    await network.comment(ANA, post=lamp, text="Nice")
    _, cursor, _ = await sweep({})
    before = datetime.now(UTC)
    for _ in range(3):
        await network.comment(LI, post=lamp, text="How much?")
    [task], cursor, _ = await sweep(cursor)
    assert task.text == "3 new comments on pin “Lamp”: answer them on Pinterest."
    assert (task.act, task.kind, task.external_id) == (Act.WROTE, Kind.COMMENT, f"{lamp}:4")
    assert (task.thread, task.lane, task.author) == (lamp, lamp, None)
    assert task.as_seen
    assert before <= task.at <= datetime.now(UTC)
    assert task.permalink == f"https://www.pinterest.com/pin/{lamp}/"
    assert "no way" in task.reply_refused
    assert task.post is not None
    assert task.post.text.startswith("Lamp\n\nSince it was published: 300 impressions")
    assert task.post.at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert (await sweep(cursor))[0] == []


async def test_the_same_rise_seen_twice_is_the_same_task(network: Network, sweep: Polling) -> None:
    """The house may have kept the task and lost the cursor."""
    lamp = await network.publish("Lamp")
    _, cursor, _ = await sweep({})
    await network.comment(ANA, post=lamp, text="Nice")
    [once], _, _ = await sweep(cursor)
    [again], _, _ = await sweep(cursor)
    assert once.external_id == again.external_id == f"{lamp}:1"


async def test_each_pin_is_counted_for_itself(network: Network, sweep: Polling) -> None:
    lamp, chair = await network.publish("Lamp"), await network.publish("Chair")
    _, cursor, _ = await sweep({})
    await network.comment(ANA, post=lamp, text="Nice")
    await network.comment(ANA, post=chair, text="Nice")
    await network.comment(LI, post=chair, text="Nice")
    events, _, _ = await sweep(cursor)
    assert sorted(told(events)) == sorted(
        [(f"{lamp}:1", "1 new comment on pin “Lamp”"), (f"{chair}:2", "2 new comments on pin “Chair”")]
    )


async def test_a_deleted_comment_makes_no_task_and_the_next_one_does(network: Network, sweep: Polling) -> None:
    lamp = await network.publish("Lamp")
    for _ in range(5):
        await network.comment(ANA, post=lamp, text="Nice")
    _, cursor, _ = await sweep({})
    await network.delete(f"{lamp}:5")
    for _ in range(2):
        events, cursor, _ = await sweep(cursor)
        assert events == []
    assert cursor["counts"][lamp] == [4, 1, None]
    await network.comment(LI, post=lamp, text="And me")
    [task], _, _ = await sweep(cursor)
    assert task.text.startswith("1 new comment ")
    # The number had been 5 before: another name, or this task would be taken for one that was told.
    assert task.external_id == f"{lamp}:5:1"


async def test_a_number_that_is_low_for_once_is_not_believed(network: Network, sweep: Polling) -> None:
    lamp = await network.publish("Lamp")
    for _ in range(40):
        await network.comment(ANA, post=lamp, text="Nice")
    _, cursor, _ = await sweep({})
    network.pins[lamp].comments = 0
    events, cursor, _ = await sweep(cursor)
    assert events == []
    network.pins[lamp].comments = 40
    events, cursor, _ = await sweep(cursor)
    assert events == []
    await network.comment(ANA, post=lamp, text="Nice")
    events, _, _ = await sweep(cursor)
    assert told(events) == [(f"{lamp}:41", "1 new comment on pin “Lamp”")]


async def test_a_pin_that_is_not_counted_is_no_zero(network: Network, sweep: Polling) -> None:
    lamp = await network.publish("Lamp")
    network.pins[lamp].comments, network.pins[lamp].counted = 7, False
    _, cursor, _ = await sweep({})
    assert cursor["counts"][lamp][0] is None
    network.pins[lamp].counted = True
    events, cursor, _ = await sweep(cursor)
    assert events == []
    network.pins[lamp].counted = False
    _, cursor, _ = await sweep(cursor)
    assert cursor["counts"][lamp][0] == 7


async def test_a_pin_made_since_the_last_count_began_with_none(network: Network, sweep: Polling) -> None:
    await network.publish("Lamp")
    _, cursor, _ = await sweep({})
    chair = await network.publish("Chair")
    await network.comment(ANA, post=chair, text="First!")
    events, _, _ = await sweep(cursor)
    assert told(events) == [(f"{chair}:1", "1 new comment on pin “Chair”")]


async def test_an_old_pin_that_was_not_shown_before_is_counted_silently(network: Network, sweep: Polling) -> None:
    """It was secret, or on a board that was."""
    await network.publish("Lamp")
    _, cursor, _ = await sweep({})
    chair = await network.publish("Chair", at=datetime.now(UTC) - timedelta(days=90))
    network.pins[chair].comments = 12
    events, cursor, _ = await sweep(cursor)
    assert events == []
    await network.comment(ANA, post=chair, text="Nice")
    events, _, _ = await sweep(cursor)
    assert told(events) == [(f"{chair}:13", "1 new comment on pin “Chair”")]


async def test_our_own_answer_there_is_counted_like_any_other(network: Network, sweep: Polling) -> None:
    """Pinterest gives no way to tell; the limits say so."""
    lamp = await network.publish("Lamp")
    _, cursor, _ = await sweep({})
    asked = await network.comment(ANA, post=lamp, text="How much?")
    _, cursor, _ = await sweep(cursor)
    await network.elsewhere(target=asked, text="9 euros")
    events, _, _ = await sweep(cursor)
    assert len(events) == 1
    assert any("own answers" in sentence for sentence in Pinterest.capabilities.limits)


async def test_it_goes_on_from_what_it_kept(network: Network) -> None:
    lamp = await network.publish("Lamp")
    await network.comment(ANA, post=lamp, text="Nice")
    again = Network(account="549", secrets=["app-secret", "older"])
    again.recall(network.keep())
    assert again.pins == network.pins
    assert again.connection["credentials"] == network.connection["credentials"]


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "page"},
        {"object": "pin_comments", "account": "1", "pin": {"id": "1"}, "before": 0, "count": 1},
        {"object": "pin_comments", "account": "1", "seen_at": 1790000600000, "pin": {}, "before": 0, "count": 1},
        {"object": "pin_comments", "account": "1", "seen_at": 1790000600000, "pin": {"id": "1"}, "count": 1},
    ],
)
def test_what_is_no_count_is_said(payload: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        Pinterest().normalise(payload)
