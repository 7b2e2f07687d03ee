"""METRICS.md, "Words", sentence by sentence: when somebody waits, from when, until when."""

import pytest

from inbox.sla.episodes import fold
from inbox.sla.facts import AnyFact
from tests.sla.telling import (
    answered_too,
    answers,
    asks,
    at,
    closes,
    decides,
    deletes,
    edits,
    ends,
    hides,
    judges,
    merges,
    only,
    reapplies,
    reopens,
    resolves,
    restored,
    says,
    snoozes,
    told,
    types_elsewhere,
    undoes,
    withdrawn,
)

OPENING = [
    pytest.param([], [], id="nobody wrote, nobody waits"),
    pytest.param([says("m1", "09:00")], [], id="thanks opens nothing"),
    pytest.param([asks("m1", "09:00")], ["ana m1: 09:00- waiting"], id="a question opens a waiting"),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1", "m2")],
        ["ana m1 m2: 09:00-10:00 answered by r1"],
        id="a second message joins and does not reset the waiting",
    ),
    pytest.param(
        [asks("m1", "09:00"), says("m2", "09:30"), answers("r1", "10:00", "m1")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="a message that needs no reply does not join",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), asks("m2", "11:00")],
        ["ana m1: 09:00-10:00 answered by r1", "ana m2: 11:00- waiting"],
        id="a question after the answer opens the next waiting",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10", "ben"), answers("r1", "10:00", "m1")],
        ["ana m1: 09:00-10:00 answered by r1", "ben m2: 09:10- waiting"],
        id="an answer to one customer leaves another in the same thread waiting",
    ),
    pytest.param(
        [asks("m1", "09:00", ""), asks("m2", "09:10", ""), answers("r1", "10:00", "m1")],
        ["?m1 m1: 09:00-10:00 answered by r1", "?m2 m2: 09:10- waiting"],
        id="an item without a known author is its own author",
    ),
    pytest.param(
        [asks("m1", "09:00", imported=True), asks("m2", "d9 09:00")],
        ["ana m1: 09:00- waiting", "ana m2: d9 09:00- waiting"],
        id="a live question does not join what was back-filled",
    ),
]

COVERING = [
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1")],
        ["ana m1: 09:00-10:00 answered by r1", "ana m2: 09:30- waiting"],
        id="an answer that had not seen a question leaves it waiting from its own time",
    ),
    pytest.param(
        [asks("m2", "09:30"), answers("r1", "10:00", "m2"), asks("m1", "09:00", recorded="11:00")],
        ["ana m1: 09:00- waiting", "ana m2: 09:30-10:00 answered by r1"],
        id="a question that came in late, older than the answered one, waits from its own time too",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1"), answered_too("r1", "10:05", "m2")],
        ["ana m1 m2: 09:00-10:00 answered by r1"],
        id="that reply answered it too",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "09:10", "m1"), asks("m2", "09:30"), answered_too("r1", "10:05", "m2")],
        ["ana m1 m2: 09:00-09:10 answered by r1"],
        id="that older reply answered it too, so it never waited",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), answers("r2", "10:05", "m1")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="the first of two answers counts",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10", "ben"), answers("r1", "10:00", "m1", "m2")],
        ["ana m1: 09:00-10:00 answered by r1", "ben m2: 09:10-10:00 answered by r1"],
        id="an answer may name several people",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00")],
        ["ana m1: 09:00- waiting"],
        id="a message addressed to nobody, or a proactive one, covers nothing",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10", "ben"), types_elsewhere("r1", "10:00", ["ana"])],
        ["ana m1: 09:00-10:00 answered by r1", "ben m2: 09:10- waiting"],
        id="typed in the platform's app: the earlier items of the parent's author",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10", "ben"), types_elsewhere("r1", "10:00", ["ana", "ben"])],
        ["ana m1: 09:00-10:00 answered by r1", "ben m2: 09:10-10:00 answered by r1"],
        id="typed in the platform's app: and of anyone it @-names",
    ),
    pytest.param(
        [asks("m1", "09:00"), types_elsewhere("r1", "10:00", ["ana"]), asks("m2", "10:01")],
        ["ana m1: 09:00-10:00 answered by r1", "ana m2: 10:01- waiting"],
        id="typed in the platform's app: not the later ones",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:30"), types_elsewhere("r1", "10:00", dm=True)],
        ["ana m1 m2: 09:00-10:00 answered by r1"],
        id="typed in the platform's app, in a DM: all earlier items",
    ),
    pytest.param(
        [
            types_elsewhere("r1", "10:00"),
            asks("m1", "09:00", recorded="10:30"),
            answered_too("r1", "10:30", to=["ana"]),
        ],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="typed in the platform's app, and its parent came in later than it",
    ),
    pytest.param(
        [asks("m1", "09:00"), types_elsewhere("r1", "09:00", ["ana"])],
        ["ana m1: 09:00-09:00 answered by r1"],
        id="an answer of the same instant comes after the question",
    ),
    pytest.param(
        [asks("m1", "09:00:05"), answers("r1", "09:00:01", "m1")],
        ["ana m1: 09:00:05-09:00:05 answered by r1"],
        id="an answer sorts after what it covers, whatever the clocks say",
    ),
    pytest.param(
        [asks("m1", "08:00"), asks("m2", "09:00:05"), answers("r1", "09:00:01", "m1", "m2")],
        ["ana m1 m2: 08:00-09:00:01 answered by r1"],
        id="a covered item whose clock is ahead does not lengthen the others' waiting",
    ),
]

CLOSING_NOTHING = [
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "09:01", "m1", human=False)],
        ["ana m1: 09:00- waiting"],
        id="a bot's answer",
    ),
    pytest.param(
        [asks("m1", "09:00"), types_elsewhere("r1", "09:01", dm=True, human=False)],
        ["ana m1: 09:00- waiting"],
        id="written elsewhere, automatic or so it seems",
    ),
    pytest.param(
        [asks("m1", "09:00"), snoozes("09:10", "d2 09:00"), snoozes("09:20", None)],
        ["ana m1: 09:00- waiting"],
        id="a snooze",
    ),
    pytest.param(
        [asks("m1", "09:00"), snoozes("09:10", "d2 09:00"), answers("r1", "10:00", "m1"), reopens("10:10")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="snooze and reopen change nothing",
    ),
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="resolving",
    ),
    pytest.param(
        [asks("m1", "09:00"), hides("m1", "09:30")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="hiding",
    ),
    pytest.param(
        [asks("m1", "09:00"), deletes("m1", "09:30", "ours")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="deleting it ourselves",
    ),
    pytest.param(
        [asks("m1", "09:00"), deletes("m1", "09:29", "unknown"), deletes("m1", "09:30", "ours")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="deleting it ourselves, told once more by the platform",
    ),
    pytest.param(
        [asks("m1", "09:00"), closes("09:30", "m1")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="closing it unanswered",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), withdrawn("r1", "10:01", "failed")],
        ["ana m1: 09:00- waiting"],
        id="a send that the platform reported failed later",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), withdrawn("r1", "d5 10:00", "removed")],
        ["ana m1: 09:00- waiting"],
        id="an answer that the platform removed",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), withdrawn("r1", "10:00", "held")],
        ["ana m1: 09:00- waiting"],
        id="an answer that the platform holds",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), withdrawn("r1", "d2 10:00", "deleted_by_us")],
        ["ana m1: 09:00- waiting"],
        id="an answer that we deleted within 24 hours",
    ),
]

LEAVING_THE_QUEUE = [
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30"), answers("r1", "d2 09:00", "m1")],
        ["ana m1: 09:00-d2 09:00 answered by r1"],
        id="a later answer still answers it",
    ),
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30"), reopens("09:40")],
        ["ana m1: 09:00- waiting"],
        id="reopened, it is back on the queue",
    ),
    pytest.param(
        [asks("m1", "09:00"), hides("m1", "09:30"), hides("m1", "09:40", hidden=False)],
        ["ana m1: 09:00- waiting"],
        id="shown again, it is back on the queue",
    ),
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30"), asks("m2", "09:40")],
        ["ana m1 m2: 09:00- waiting"],
        id="a new question brings the waiting back, from its first start",
    ),
    pytest.param(
        [asks("m1", "09:00"), closes("09:30", "m1"), asks("m2", "09:40", "ben")],
        ["ana m1: 09:00- waiting, closed unanswered", "ben m2: 09:40- waiting"],
        id="somebody else's question does not",
    ),
    pytest.param(
        [asks("m1", "09:00", recorded="10:00"), resolves("09:30")],
        ["ana m1: 09:00- waiting"],
        id="what we had not received cannot have been closed",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), resolves("10:01")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="resolving what is answered closes nothing unanswered",
    ),
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30", by="")],
        ["ana m1: 09:00- waiting"],
        id="the status rule takes nobody off the queue who waits",
    ),
    pytest.param(
        [asks("m1", "09:00"), resolves("09:30"), resolves("09:40", by="")],
        ["ana m1: 09:00- waiting, closed unanswered"],
        id="nor does it bring anybody back",
    ),
]

STANDING = [
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), withdrawn("r1", "d2 10:00:01", "deleted_by_us")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="an answer that we deleted after more than a day had been one",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            answers("r1", "10:00", "m1"),
            withdrawn("r1", "10:01", "failed"),
            answers("r2", "11:00", "m1"),
        ],
        ["ana m1: 09:00-11:00 answered by r2"],
        id="the next answer counts instead",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            answers("r1", "10:00", "m1"),
            withdrawn("r1", "10:01", "held"),
            restored("r1", "15:00", "14:00"),
        ],
        ["ana m1: 09:00-14:00 answered by r1"],
        id="held and then let through, it counts from when it could be read",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            answers("r1", "10:00", "m1"),
            withdrawn("r1", "10:01", "failed"),
            restored("r1", "12:00", "10:00"),
        ],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="called failed by mistake, it counts from the start",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            types_elsewhere("r1", "10:00", dm=True, human=False),
            judges("r1", "d2 09:00", human=True),
        ],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="an agent says that a person wrote it",
    ),
    pytest.param(
        [asks("m1", "09:00"), types_elsewhere("r1", "10:00", dm=True), judges("r1", "d2 09:00", human=False)],
        ["ana m1: 09:00- waiting"],
        id="an agent says that no person wrote it",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            types_elsewhere("r1", "10:00", dm=True),
            judges("r1", "11:00", human=False),
            judges("r1", "11:05", human=True),
        ],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="the last word about it counts",
    ),
]

ENDED_BY_THE_CUSTOMER = [
    pytest.param([asks("m1", "09:00"), deletes("m1", "09:30")], ["ana m1: 09:00-09:30 ended, deleted"], id="deleted"),
    pytest.param(
        [asks("m1", "09:00"), deletes("m1", "09:30", "unknown")],
        ["ana m1: 09:00-09:30 ended, removed"],
        id="removed by we cannot tell whom",
    ),
    pytest.param(
        [asks("m1", "09:00"), says("m2", "09:30"), ends("09:30", "m1", why="never_mind")],
        ["ana m1: 09:00-09:30 ended, never_mind"],
        id="never mind",
    ),
    pytest.param(
        [asks("m1", "09:00"), ends("09:30", "m1")], ["ana m1: 09:00-09:30 ended, by_phone"], id="answered by phone"
    ),
    pytest.param(
        [asks("m1", "09:00"), ends("09:30", "m1", why="by_somebody_else")],
        ["ana m1: 09:00-09:30 ended, by_somebody_else"],
        id="answered by somebody else",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "09:20", "m1"), deletes("m1", "09:30")],
        ["ana m1: 09:00-09:20 answered by r1"],
        id="deleted after the answer, it stays answered",
    ),
    pytest.param(
        [asks("m1", "09:00"), deletes("m1", "09:30"), answers("r1", "10:00", "m1")],
        ["ana m1: 09:00-09:30 ended, deleted"],
        id="answered after it was deleted, it stays ended",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10"), deletes("m1", "09:30"), answers("r1", "10:00", "m1", "m2")],
        ["ana m1 m2: 09:00-10:00 answered by r1"],
        id="one of two deleted, the waiting goes on from its start",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10"), deletes("m1", "09:30"), deletes("m2", "09:40")],
        ["ana m1 m2: 09:00-09:40 ended, deleted"],
        id="both deleted, it ends with the last",
    ),
    pytest.param(
        [deletes("m1", "08:59"), asks("m1", "09:00", recorded="09:10")],
        ["ana m1: 09:00-09:00 ended, deleted"],
        id="a tombstone wins whatever the order",
    ),
    pytest.param(
        [asks("m1", "09:00"), deletes("m1", "09:30"), edits("m1", "09:40")],
        ["ana m1: 09:00-09:30 ended, deleted"],
        id="what is deleted cannot ask again",
    ),
]

EDITING = [
    pytest.param(
        [says("m1", "09:00"), edits("m1", "10:00")],
        ["ana m1: 10:00- waiting"],
        id="an edit that first makes an item need a reply counts from the edit",
    ),
    pytest.param(
        [asks("m1", "09:00"), edits("m1", "10:00", needs=False)],
        ["ana m1: 09:00-10:00 ended, edited_away"],
        id="an edit that takes the question away is an end by the customer",
    ),
    pytest.param(
        [asks("m1", "09:00"), edits("m1", "10:00"), answers("r1", "11:00", "m1")],
        ["ana m1: 09:00-11:00 answered by r1"],
        id="an edit while waiting changes nothing",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), edits("m1", "11:00")],
        ["ana m1: 09:00-10:00 answered by r1", "ana m1: 11:00- waiting"],
        id="an edit after the answer opens anew",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            edits("m1", "09:55", recorded="10:30"),
            answers("r1", "10:00", "m1", seen={"m1": "09:00"}),
        ],
        ["ana m1: 09:00-10:00 answered by r1", "ana m1: 09:55- waiting"],
        id="an edit that the answer had not seen waits from its own time",
    ),
    pytest.param(
        [asks("m1", "09:00"), edits("m1", "09:55"), answers("r1", "10:00", "m1", seen={"m1": "09:55"})],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="an edit that the answer had seen is answered with it",
    ),
    pytest.param(
        [asks("m1", "09:00"), edits("m1", "10:00", needs=False), edits("m1", "11:00")],
        ["ana m1: 09:00-10:00 ended, edited_away", "ana m1: 11:00- waiting"],
        id="taken away and asked again",
    ),
    pytest.param(
        [asks("m1", "09:00"), answers("r1", "10:00", "m1"), edits("m1", "11:00", needs=False)],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="an edit to thanks after the answer changes nothing",
    ),
    pytest.param(
        [edits("m1", "10:00"), says("m1", "09:00", recorded="10:30")],
        ["ana m1: 10:00- waiting"],
        id="an edit that came in before its item",
    ),
]

THE_AGENTS_WORD = [
    pytest.param(
        [asks("m1", "09:00"), decides("m1", "09:30", needs=False)],
        ["ana m1: 09:00-09:30 never asked"],
        id="no reply was needed",
    ),
    pytest.param(
        [says("m1", "09:00"), decides("m1", "09:30", needs=True)],
        ["ana m1: 09:00- waiting"],
        id="a reply was needed after all, and since the beginning",
    ),
    pytest.param(
        [asks("m1", "09:00"), decides("m1", "09:30", needs=False), decides("m1", "09:31", needs=True)],
        ["ana m1: 09:00- waiting"],
        id="the last word counts",
    ),
    pytest.param(
        [asks("m1", "09:00"), decides("m1", "09:30", needs=False), edits("m1", "10:00")],
        ["ana m1: 09:00-09:30 never asked"],
        id="a mended comma does not unsay it",
    ),
    pytest.param(
        [says("m1", "09:00"), decides("m1", "09:30", needs=True), edits("m1", "10:00", needs=False)],
        ["ana m1: 09:00- waiting"],
        id="nor does it unsay a yes",
    ),
    pytest.param(
        [says("m1", "09:00"), decides("m1", "09:30", needs=False), edits("m1", "10:00")],
        ["ana m1: 10:00- waiting"],
        id="an edit into a question is judged afresh",
    ),
    pytest.param(
        [
            says("m1", "09:00"),
            edits("m1", "09:20", recorded="11:00"),
            decides("m1", "09:30", needs=False, seen="09:00"),
        ],
        ["ana m1: 09:20- waiting"],
        id="the word was about the text they saw, not about one still under way",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10"), decides("m1", "09:30", needs=False)],
        ["ana m1: 09:00-09:30 never asked", "ana m2: 09:10- waiting"],
        id="one of two needed none",
    ),
    pytest.param(
        [asks("m1", "09:00"), asks("m2", "09:10"), decides("m2", "09:30", needs=False), answers("r1", "10:00", "m1")],
        ["ana m1: 09:00-10:00 answered by r1"],
        id="said within a real waiting, it is only noted there",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            asks("m2", "09:10"),
            decides("m1", "09:30", needs=False),
            decides("m2", "09:30", needs=False),
        ],
        ["ana m1 m2: 09:00-09:30 never asked"],
        id="said of both, it is one that was never asked",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            answers("r1", "09:05", "m1"),
            asks("m2", "09:10"),
            decides("m1", "09:30", needs=False),
            decides("m2", "09:30", needs=False),
        ],
        ["ana m1: 09:00-09:30 never asked", "ana m2: 09:10-09:30 never asked"],
        id="with an answer between them they are two",
    ),
    pytest.param(
        [says("m1", "09:00"), reapplies("m1", "d3 09:00", needs=True, revision="09:00")],
        ["ana m1: 09:00- waiting"],
        id="a changed rule re-applied holds from the beginning",
    ),
    pytest.param(
        [
            asks("m1", "09:00"),
            decides("m1", "09:30", needs=False),
            reapplies("m1", "d3 09:00", needs=True, revision="09:00"),
        ],
        ["ana m1: 09:00-09:30 never asked"],
        id="a re-applied rule does not unsay the agent's word",
    ),
]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        *OPENING,
        *COVERING,
        *CLOSING_NOTHING,
        *LEAVING_THE_QUEUE,
        *STANDING,
        *ENDED_BY_THE_CUSTOMER,
        *EDITING,
        *THE_AGENTS_WORD,
    ],
)
def test_who_waits_and_how_long(facts: list[AnyFact], expected: list[str]) -> None:
    assert told(facts) == expected
    assert told(reversed(facts)) == expected


def test_undoing_gives_back_what_was_before() -> None:
    phoned, closed, said = ends("09:30", "m1"), closes("09:31", "m1"), decides("m1", "09:32", needs=False)
    facts = [asks("m1", "09:00"), phoned, closed, said]
    assert told([*facts, *(undoes(act, "09:40") for act in (phoned, closed, said))]) == ["ana m1: 09:00- waiting"]


def test_what_a_customer_did_cannot_be_undone() -> None:
    asked, answered = asks("m1", "09:00"), answers("r1", "10:00", "m1")
    facts = [asked, answered, undoes(asked, "11:00"), undoes(answered, "11:00")]
    assert told(facts) == ["ana m1: 09:00-10:00 answered by r1"]


def test_an_undone_reply_elsewhere_mark_waits_again() -> None:
    too = answered_too("r1", "10:05", "m2")
    facts = [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1"), too, undoes(too, "10:06")]
    assert told(facts) == ["ana m1: 09:00-10:00 answered by r1", "ana m2: 09:30- waiting"]


def test_an_echo_of_our_own_send_adds_nothing() -> None:
    echo = types_elsewhere("r1", "10:00:30", dm=True)
    facts = [asks("m1", "09:00"), asks("m2", "09:30"), answers("r1", "10:00", "m1"), echo]
    assert told(facts) == ["ana m1: 09:00-10:00 answered by r1", "ana m2: 09:30- waiting"]


def test_a_child_that_came_before_its_parent_is_folded_where_it_belongs() -> None:
    facts = [
        asks("m2", "09:10", here="provisional"),
        merges("provisional", "c", "09:20"),
        asks("m1", "09:00", recorded="09:20"),
        answers("r1", "10:00", "m1", "m2"),
    ]
    folded = fold(facts)
    assert told(facts) == ["ana m1 m2: 09:00-10:00 answered by r1"]
    assert {episode.conversation for episode in folded.episodes} == {"c"}
    assert set(folded.conversations) == {"c"}


def test_conversations_merged_in_a_circle_still_end_somewhere() -> None:
    facts = [asks("m1", "09:00", here="a"), merges("a", "b", "09:10"), merges("b", "a", "09:20")]
    assert [episode.conversation for episode in fold(facts).episodes] == ["a"]


def test_a_platforms_late_delivery_is_blamed_on_nobody() -> None:
    facts = [asks("m1", "09:00", recorded="10:50"), answers("r1", "11:00", "m1")]
    episode = only(fold(facts))
    assert (episode.customer_waited, episode.team_took) == (at("02:00") - at("00:00"), at("00:10") - at("00:00"))
    assert not episode.clamped
    assert not episode.team_clamped


def test_answered_before_we_had_received_it_the_team_took_no_time_and_it_is_flagged() -> None:
    facts = [asks("m1", "09:00", recorded="10:50"), types_elsewhere("r1", "10:00", ["ana"])]
    episode = only(fold(facts))
    assert (episode.customer_waited, episode.team_took) == (at("01:00") - at("00:00"), at("00:00") - at("00:00"))
    assert episode.team_clamped


def test_below_zero_is_zero_and_flagged() -> None:
    episode = only(fold([asks("m1", "09:00:05"), answers("r1", "09:00:01", "m1")]))
    assert episode.customer_waited == at("00:00") - at("00:00")
    assert episode.clamped


def test_an_edit_without_a_time_of_its_own_is_labelled() -> None:
    episode = only(fold([says("m1", "09:00"), edits("m1", "10:00", as_seen=True)]))
    assert episode.opened_as_seen


def test_what_was_back_filled_is_marked_and_waits_apart_from_the_queue() -> None:
    folded = fold([asks("m1", "09:00", imported=True), asks("m2", "d9 09:00")])
    assert [episode.before_connection for episode in folded.episodes] == [True, False]
    standing = folded.conversations["c"]
    assert (standing.waiting, standing.imported) == (1, 1)
    assert standing.oldest_waiting_since == at("d9 09:00")


def test_the_summary_says_who_waits_since_when_and_for_what() -> None:
    facts = [
        asks("m1", "09:00"),
        asks("m2", "09:10", "ben"),
        asks("m3", "09:20", "cem"),
        answers("r1", "10:00", "m1"),
        closes("10:05", "m3"),
    ]
    standing = fold(facts).conversations["c"]
    assert (standing.waiting, standing.closed_unanswered, standing.items) == (1, 1, ("m2",))
    assert standing.oldest_waiting_since == at("09:10")


def test_forty_ask_and_twelve_are_answered_by_name() -> None:
    facts: list[AnyFact] = [asks(f"m{n}", f"09:{n:02}", f"person{n}") for n in range(40)]
    facts += [answers(f"r{n}", f"10:{n:02}", f"m{n}") for n in range(12)]
    states = [episode.state for episode in fold(facts).episodes]
    assert (states.count("answered"), states.count("waiting")) == (12, 28)


def test_never_asked_remembers_who_said_so_when_and_why() -> None:
    episode = only(
        fold([asks("m1", "09:00"), answers("r1", "09:20", "m1"), decides("m1", "09:30", needs=False, by="lee")])
    )
    assert (episode.state, episode.ended_by, episode.reason) == ("never_asked", "lee", "Not for us.")
    assert (episode.ended_at, episode.answer, episode.customer_waited) == (at("09:30"), "r1", None)


def test_an_answer_after_the_word_that_none_was_needed_is_no_answer_to_it() -> None:
    facts = [asks("m1", "09:00"), decides("m1", "09:30", needs=False), types_elsewhere("r1", "10:00", dm=True)]
    assert only(fold(facts)).answer == ""
