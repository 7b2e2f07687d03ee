"""Dry runs: what a rule would have done, told before it does anything, without doing anything."""

from __future__ import annotations

from inbox.rules import trials
from inbox.rules.actions import Act
from inbox.rules.judging import All, Is
from tests.rules.office import Rules, rule

DAY = 24 * 60


async def test_what_it_would_have_done_is_counted_by_day_and_shown_and_nothing_is_done(office: Rules) -> None:
    refund = await office.hears("7001", "A refund, please", ago=2 * DAY)
    await office.sees_comment("8001", "refund refund", ago=DAY)
    await office.hears("7002", "Are you open?", ago=5)
    kept = await office.kept(rule())
    trial = (await office.tried(kept.id)).trial
    assert trial is not None
    assert (trial.state, trial.edition, trial.looked, trial.fired) == ("done", 1, 3, 2)
    assert list(trial.days.values()) == [1, 1]
    assert [one.conversation_id for one in trial.examples][-1] == refund
    seen = await office.does(trials.samples, kept.id, by=office.ana)
    assert [one.message.text for one in seen if one.message] == ["refund refund", "A refund, please"]
    assert await office.does(trials.samples, kept.id, by=office.otto) == []  # who sees no channel
    assert (await office.conversation(refund)).tags == []
    assert await office.rows("SELECT 1 FROM rule_firing WHERE workspace_id = $1") == []
    assert [
        event.rule.trial.fired for event in await office.heard("rule.tried") if event.rule and event.rule.trial
    ] == [2]


async def test_who_waited_too_long_is_counted_whether_they_were_answered_or_not(office: Rules) -> None:
    await office.hears("7001", "Still waiting", ago=300)
    late = await office.hears("7002", "Answered late", ago=300)
    await office.posts(late, "Sorry!", by=office.ana, ago=10)
    soon = await office.hears("7003", "Answered soon", ago=300)
    await office.posts(soon, "Here you are.", by=office.ana, ago=290)
    kept = await office.kept(rule(trigger="waiting", minutes=240, conditions=All(), actions=[Act("prioritise", "4")]))
    trial = (await office.tried(kept.id)).trial
    assert trial is not None
    assert (trial.looked, trial.fired) == (2, 2)
    asked = All((Is("contains", ("answered late",)),))
    kept = await office.kept(rule(trigger="waiting", minutes=240, conditions=asked))
    trial = (await office.tried(kept.id)).trial
    assert trial is not None
    assert [one.conversation_id for one in trial.examples] == [late]
