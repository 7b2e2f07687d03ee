"""The ledger of an episode: every line that made its number, in words a person can read."""

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from inbox.sla.ledger import in_english, ledger, replay
from tests.sla.telling import (
    answers,
    asks,
    assigns,
    at,
    clock,
    closes,
    decides,
    deletes,
    edits,
    hides,
    reopens,
    resolves,
    says,
    snoozes,
    withdrawn,
)


def read(facts: list[AnyFact], place: int = 0) -> list[str]:
    """The ledger of an episode, line by line."""
    folded = fold(facts)
    return [f"{clock(entry.at)} {in_english(entry)}" for entry in ledger(folded, folded.episodes[place])]


def test_from_start_to_answer() -> None:
    facts = [
        assigns("08:00", "kim", "first line"),
        asks("m1", "09:00"),
        asks("m2", "09:10"),
        snoozes("09:12", "d2 09:00"),
        snoozes("09:13", None),
        assigns("09:15", "lee"),
        answers("r1", "09:20", "m1"),
        withdrawn("r1", "09:21", "failed"),
        answers("r2", "09:30", "m1", "m2", human=False),
        answers("r3", "10:00", "m1", "m2"),
        assigns("11:00", "sue"),
    ]
    assert read(facts) == [
        "09:00 Started by m1.",
        "09:00 Needs a reply: It asks something. (question, version 1)",
        "09:00 Held by kim, team first line.",
        "09:10 m2 joined; the waiting goes on from its start.",
        "09:12 Snoozed until 2026-11-24T09:00:00+00:00; the waiting goes on.",
        "09:13 Woken from its snooze.",
        "09:15 Held by lee, team nobody.",
        "09:20 r1 stopped nothing (failed).",
        "09:30 r2 stopped nothing (automatic).",
        "10:00 Answered by r3.",
    ]


def test_taken_off_the_queue_and_put_back() -> None:
    facts = [
        asks("m1", "09:00"),
        resolves("09:10"),
        reopens("09:20"),
        hides("m1", "09:30"),
        hides("m1", "09:40", hidden=False),
        closes("09:50", "m1"),
        deletes("m1", "10:00", "ours"),
    ]
    assert read(facts)[2:] == [
        "09:10 The conversation was resolved; the waiting goes on.",
        "09:20 The conversation was reopened.",
        "09:30 m1 was hidden; the waiting goes on.",
        "09:40 m1 was shown again.",
        "09:50 m1 was taken off the queue unanswered; the waiting goes on.",
        "10:00 m1 was deleted by us; the waiting goes on.",
    ]


def test_what_the_customer_takes_back() -> None:
    facts = [asks("m1", "09:00"), asks("m2", "09:10"), deletes("m1", "09:20"), edits("m2", "09:30", needs=False)]
    assert read(facts)[2:] == [
        "09:10 m2 joined; the waiting goes on from its start.",
        "09:20 m1 waits no longer (deleted); something else still does.",
        "09:30 Ended by the customer (edited_away).",
    ]


def test_what_the_agent_says() -> None:
    facts = [
        says("m1", "09:00"),
        decides("m1", "09:30", needs=True),
        asks("m2", "09:10"),
        decides("m2", "09:40", needs=False),
    ]
    assert read(facts) == [
        "09:00 Started by m1.",
        "09:00 Needs a reply, says kim: A question.",
        "09:40 m2 needs no reply, says kim: Not for us.",
    ]
    assert read([asks("m1", "09:00"), decides("m1", "09:30", needs=False)])[-1] == (
        "09:30 Left out: no reply was needed, says kim: Not for us."
    )


def test_where_the_start_is_not_the_platforms_time() -> None:
    assert read([asks("m1", "09:00", as_seen=True)])[0] == (
        "09:00 Started by m1, counted from when we saw it: the platform gave no time."
    )
    assert read([says("m1", "09:00"), edits("m1", "10:00")])[0] == "10:00 Started when m1 was edited."
    assert "09:00 Written before the channel was connected: it rings no timer." in read(
        [asks("m1", "09:00", imported=True)]
    )


def test_replaying_the_ledger_gives_the_number() -> None:
    folded = fold([asks("m1", "09:00"), answers("r1", "10:12", "m1"), asks("m2", "11:00")])
    answered, waiting = folded.episodes
    assert replay(ledger(folded, answered)) == answered.customer_waited == at("01:12") - at("00:00")
    assert replay(ledger(folded, waiting)) is None
