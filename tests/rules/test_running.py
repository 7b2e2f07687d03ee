"""Rules at work: once for each message, in order, seen by each other, in their own name, and never without end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from inbox.desk import alarms, conversations, decisions, notifications, policies, tags, teams, webhooks
from inbox.flow import readers
from inbox.flow.announcing import Webhooks
from inbox.flow.notifying import Notifications
from inbox.ground.errors import Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from inbox.realtime.shapes import NotificationOut
from inbox.rules import keeping, looks, running
from inbox.rules.actions import Act
from inbox.rules.conditions import CONDITIONS
from inbox.rules.judging import All, Is, Not
from inbox.rules.judging import Any as Any_
from tests.desk.story import minutes_ago
from tests.rules.office import Rules, rule

REFUND = "I want a refund!"


async def test_a_message_is_looked_at_once_and_what_the_rule_did_is_told_in_its_name(office: Rules) -> None:
    made = await office.runs(
        rule(
            actions=[
                Act("tag", "Money"),
                Act("prioritise", "3"),
                Act("assign", str(office.ana.id)),
            ]
        )
    )
    thread = await office.hears("7001", REFUND, ago=5)
    assert await office.works() == 1
    after = await office.conversation(thread)
    assert (after.tags, after.priority, after.assignee_id, after.status) == (["money"], 3, office.ana.id, "open")
    lines = await office.rows(
        "SELECT verb, by, data FROM audit_entry WHERE workspace_id = $1 AND conversation_id = $2", thread
    )
    assert {row["verb"] for row in lines} == {"tagged", "prioritised", "assigned"}
    assert all(row["by"] is None and f'"rule_id": "{made.id}"' in row["data"] for row in lines)
    (look,) = await office.looks(thread)
    assert [(one.what, one.found) for one in look.verdicts] == [("fired", [(True, "refund")])]
    assert await office.works() == 0
    await office.hears("7001", "And my other order?", ago=4)
    await office.works()
    assert await office.verdicts(thread) == [("Money", "fired"), ("Money", "no")]
    assert (await office.does(keeping.one, made.id, office.sam)).fired == 1


async def test_it_is_given_to_a_team_and_rules_below_see_that(office: Rules) -> None:
    team = await office.does(teams.make, teams.Wanted(name="Refunds", member_ids=[office.ana.id]), by=office.sam)
    await office.runs(rule("To the team", actions=[Act("entrust", str(team.id))]))
    await office.runs(
        rule("Below", conditions=All((Is("entrusted_to", (str(team.id),)),)), actions=[Act("prioritise", "3")])
    )
    thread = await office.hears("7001", REFUND, ago=5)
    other = await office.hears("7002", "Hello, are you open?", ago=4)
    await office.works()
    given = await office.conversation(thread)
    assert (given.team_id, given.priority) == (team.id, 3)
    assert (await office.conversation(other)).team_id is None
    with pytest.raises(Invalid, match="no such team"):
        await office.kept(rule(actions=[Act("entrust", str(new_id()))]))


async def test_the_webhook_that_a_rule_calls_is_told_whatever_else_it_wants_and_no_other_is(office: Rules) -> None:
    admin, safe = office.world.admin, office.world.safe
    hook, other = [
        await office.does(webhooks.make, safe, webhooks.Wanted(url=f"https://{host}/in", kinds=kinds), by=admin)
        for host, kinds in (("erp.example", ["channel.changed"]), ("chat.example", list(webhooks.KINDS)))
    ]
    made = await office.runs(rule(actions=[Act("call", str(hook.id))]))
    thread = await office.hears("7001", REFUND, ago=5)
    await office.works()
    while office.workspace_id in await readers.behind(office.database, Webhooks()):
        await readers.turn(office.database, Webhooks(), office.workspace_id)
    sent = await office.rows(
        """SELECT d.webhook_id, d.conversation_id, a.data FROM webhook_delivery d
           JOIN audit_entry a ON a.id = d.activity_id WHERE d.workspace_id = $1 AND d.kind = 'conversation.called'"""
    )
    assert [(row["webhook_id"], row["conversation_id"]) for row in sent] == [(hook.id, thread)]
    assert f'"rule_id": "{made.id}"' in sent[0]["data"]
    assert "erp.example" in sent[0]["data"]
    assert "/in" not in sent[0]["data"], "what is behind the host may be a secret"

    await office.does(webhooks.change, hook.id, webhooks.Wanted(state="off"), by=admin)
    late = await office.hears("7002", REFUND, ago=4)
    await office.works()
    (look,) = await office.looks(late)
    assert look.verdicts[0].failed == ["That webhook is switched off."]
    await office.does(webhooks.remove, hook.id, by=admin)
    later = await office.hears("7003", REFUND, ago=3)
    await office.works()
    (look,) = await office.looks(later)
    assert look.verdicts[0].failed == ["That webhook is gone."]
    with pytest.raises(Invalid, match="no such webhook"):
        await office.kept(rule(actions=[Act("call", str(hook.id))]))
    assert other.state == webhooks.ON


async def test_each_sees_what_those_above_did_and_stop_ends_it(office: Rules) -> None:
    await office.runs(rule("First", actions=[Act("tag", "money")]))
    await office.runs(
        rule("Second", conditions=All((Is("tagged", ("money",)),)), actions=[Act("prioritise", "4")], stop=True)
    )
    await office.runs(rule("Third", conditions=All(), actions=[Act("tag", "all")]))
    thread = await office.hears("7001", REFUND, ago=5)
    other = await office.hears("7002", "Hello, are you open?", ago=4)
    await office.works()
    assert await office.verdicts(thread) == [("First", "fired"), ("Second", "fired"), ("Third", "stopped")]
    assert await office.verdicts(other) == [("First", "no"), ("Second", "no"), ("Third", "fired")]
    assert (await office.conversation(thread)).priority == 4
    ids = [one.id for one in await office.does(keeping.all_of, office.ana)]
    await office.does(keeping.reorder, ids[::-1], by=office.sam)
    third = await office.hears("7003", REFUND, ago=3)
    await office.works()
    assert await office.verdicts(third) == [("Third", "fired"), ("Second", "no"), ("First", "fired")]


async def test_what_cannot_be_done_is_said_and_the_rest_is_done(office: Rules) -> None:
    await office.runs(rule(actions=[Act("hide"), Act("tag", "money"), Act("snooze", "60"), Act("prioritise", "2")]))
    thread = await office.hears("7001", REFUND, ago=5)
    await office.works()
    after = await office.conversation(thread)
    assert (after.tags, after.status, after.priority) == (["money"], "snoozed", 2)
    (look,) = await office.looks(thread)
    assert look.verdicts[0].failed == ["Facebook does not offer this here."]


async def test_a_comment_is_hidden_as_an_agent_would_and_only_while_the_rule_is_on(office: Rules) -> None:
    made = await office.runs(rule(actions=[Act("hide")]))
    thread = await office.sees_comment("8001", REFUND, ago=5)
    await office.works()
    (asked,) = await office.rows("SELECT action, rule_id, asked_by FROM outbound_message WHERE workspace_id = $1")
    assert (asked["action"], asked["rule_id"], asked["asked_by"]) == ("hide", made.id, None)
    assert await office.lines(thread) == ["asked_to_hide"]


async def test_no_reply_is_needed_says_the_rule_and_the_agents_word_is_final(office: Rules) -> None:
    await office.runs(
        rule(conditions=All((Is("kind", ("dm",)),)), actions=[Act("no_reply_needed", "A robot wrote it.")])
    )
    thread = await office.hears("7001", "Is this a question?", ago=5)
    other = await office.hears("7002", "Is this one too?", ago=5)
    message = await office.message(other, "Is this one too?")
    await office.does(decisions.needs_reply, message.id, False, "Spam", by=office.ana)
    await office.does(decisions.needs_reply, message.id, True, "", by=office.ana)
    await office.works()
    assert (await office.message(thread, "Is this a question?")).needs_reply_reason == "A robot wrote it."
    assert (await office.conversation(thread)).waiting_count == 0
    assert (await office.conversation(other)).waiting_count == 1


async def test_rules_that_set_each_other_off_come_to_an_end(office: Rules) -> None:
    ping = rule(
        "Ping", trigger="tagged", tag="ping", conditions=All(), actions=[Act("untag", "ping"), Act("tag", "pong")]
    )
    pong = rule(
        "Pong", trigger="tagged", tag="pong", conditions=All(), actions=[Act("untag", "pong"), Act("tag", "ping")]
    )
    await office.runs(ping)
    await office.runs(pong)
    thread = await office.hears("7001", REFUND, ago=5)
    await office.does(tags.put_on, thread, "ping", by=office.ana)
    await office.works()
    assert await office.verdicts(thread) == [
        ("Ping", "fired"),
        ("Pong", "fired"),
        ("Ping", "fired"),
        ("Pong", "too_deep"),
    ]


async def test_one_that_fires_without_end_is_switched_off_and_people_see_why(
    office: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MOST_A_MINUTE", 3)
    made = await office.runs(rule(conditions=All()))
    for n in range(5):
        await office.hears(f"700{n}", "Hello", ago=2)
    await office.works()
    after = await office.does(keeping.one, made.id, office.sam)
    assert after.running is None
    assert "fired more than" in after.off_reason
    assert [event.rule.off_reason for event in await office.heard("rule.switched_off") if event.rule] == [
        after.off_reason
    ]
    await office.hears("7009", "Hello", ago=1)
    assert await office.works() == 0


async def test_a_waiting_is_looked_at_at_its_instant_and_once(office: Rules) -> None:
    early = await office.hears("7000", "Since before", ago=30)
    soon = await office.hears("7001", "A moment ago", ago=5)
    unless = Not(Is("tagged", ("vip",)))
    late = rule("Late", trigger="waiting", minutes=10, conditions=unless, actions=[Act("prioritise", "4")])
    made = await office.runs(late)
    asked = "SELECT conversation_id, due_at - waiting_since AS after FROM rule_due WHERE workspace_id = $1"
    assert [tuple(row) for row in await office.rows(asked)] == [(soon, timedelta(minutes=10))]
    await office.does(tags.put_on, early, "old", by=office.ana)
    await office.works()
    assert await office.looks(early) == []  # that was before the rule
    await office.rows("UPDATE rule_due SET due_at = now() WHERE workspace_id = $1 RETURNING 1")
    await office.works()
    assert await office.looks(soon) == []  # ten minutes are not over, whatever the row says
    assert [tuple(row) for row in await office.rows(asked)] == [(soon, timedelta(minutes=10))]
    await office.rows(
        "UPDATE rule SET on_since = now() - interval '1 day' WHERE workspace_id = $1 AND id = $2 RETURNING 1", made.id
    )
    thread = await office.hears("7002", "Where is my order?", ago=15)
    await office.works()
    assert (await office.conversation(thread)).priority == 4
    await office.hears("7002", "Hello?", ago=14)
    await office.works()
    assert await office.verdicts(thread) == [("Late", "fired")]  # the same waiting
    await office.posts(thread, "On its way!", by=office.ana, ago=13)
    await office.hears("7002", "And now?", ago=12)
    await office.works()
    assert await office.verdicts(thread) == [("Late", "fired"), ("Late", "fired")]


async def test_a_promise_at_risk_or_broken_is_looked_at_once_each_and_a_dry_run_finds_what_rang(
    office: Rules,
) -> None:
    admin = office.world.admin
    promised = [policies.WantedPolicy(name="Everybody", first="1 hour")]
    since = minutes_ago(60 * 24)
    await office.does(policies.put, policies.Wanted(policies=promised, version=0), by=admin, since=since)
    soon = rule("Soon", trigger="at_risk", conditions=All(), actions=[Act("prioritise", "3")])
    broken = rule("Broken", trigger="breached", conditions=All(), actions=[Act("prioritise", "4")])
    await office.runs(soon)
    await office.runs(broken)
    thread = await office.hears("7001", "Where is my order?", ago=50)
    late = await office.hears("7002", "Where is mine?", ago=70)
    quick = await office.hears("7003", "And mine?", ago=90)
    await office.posts(quick, "There.", by=office.ana, ago=20)
    for _ in range(2):
        await alarms.ring(office.database, office.workspace_id)
        await office.works()
    assert await office.verdicts(thread) == [("Soon", "fired")]
    assert await office.verdicts(late) == [("Broken", "fired")]
    assert await office.verdicts(quick) == []  # whoever answered late, nobody waits there
    assert [(await office.conversation(one)).priority for one in (thread, late)] == [3, 4]
    trial = (await office.tried((await office.kept(rule(trigger="breached", conditions=All()))).id)).trial
    assert trial is not None
    assert (trial.looked, trial.fired) == (2, 2)


async def test_a_rule_may_begin_with_a_resolution_alone_or_with_whatever_was_promised(office: Rules) -> None:
    promised = [policies.WantedPolicy(name="Everybody", first="10 hours", resolution="1 hour")]
    since = minutes_ago(60 * 24)
    await office.does(policies.put, policies.Wanted(policies=promised, version=0), by=office.world.admin, since=since)
    whole = rule("Whole", trigger="resolution_breached", conditions=All(), actions=[Act("prioritise", "3")])
    await office.runs(whole)
    await office.runs(rule("Any", trigger="breached", conditions=All(), actions=[Act("prioritise", "4")]))
    thread = await office.hears("7001", "Where is my order?", ago=70)
    for _ in range(2):
        await alarms.ring(office.database, office.workspace_id)
        await office.works()
    assert sorted(await office.verdicts(thread)) == [("Any", "fired"), ("Whole", "fired")]
    kept = await office.kept(rule(trigger="resolution_breached", conditions=All()))
    trial = (await office.tried(kept.id)).trial
    assert trial is not None
    assert (trial.looked, trial.fired) == (1, 1)


async def test_who_is_answered_in_time_is_none_of_its_business(office: Rules) -> None:
    await office.runs(rule("Late", trigger="waiting", minutes=1, conditions=All(), actions=[Act("prioritise", "4")]))
    thread = await office.hears("7001", "Where is my order?", ago=0)
    await office.works()
    await office.does(
        conversations.resolve, thread, by=office.ana, unanswered=conversations.Unanswered(how="close_unanswered")
    )
    await office.rows(
        """UPDATE rule_due SET due_at = now(), waiting_since = waiting_since - interval '1 minute'
           WHERE workspace_id = $1 RETURNING 1"""
    )
    await office.works()
    assert (await office.conversation(thread)).priority == 0
    assert await office.looks(thread) == []


async def test_two_workers_and_a_batch_of_many_do_each_once(office: Rules) -> None:
    made = await office.runs(rule(conditions=Any_((Is("contains", ("refund",)), Is("asks")))))
    for n in range(12):
        await office.hears(f"71{n:02}", REFUND, ago=5)
    await office.reads()
    both = [running.work(office.database, office.workspace_id, limit=4) for _ in range(6)]
    await asyncio.gather(*both)
    await office.works()
    assert (await office.does(keeping.one, made.id, office.sam)).fired == 12
    assert len(await office.rows("SELECT 1 FROM audit_entry WHERE workspace_id = $1 AND verb = 'tagged'")) == 12


async def test_what_was_there_before_the_connection_is_left_alone(office: Rules) -> None:
    await office.runs(rule(conditions=All()))
    await office.connected(ago=60)
    thread = await office.hears("7001", REFUND, ago=120)
    await office.works()
    assert (await office.conversation(thread)).tags == []


async def test_nothing_that_is_kept_of_rules_holds_a_customers_words(office: Rules, owner: Any) -> None:
    everything = Any_((Is("contains", ("refund",)), *(Is(name) for name, one in CONDITIONS.items() if not one.takes)))
    await office.runs(rule(conditions=everything))
    await office.hears("7001", "A refund for canary@example.com, please: https://canary.example", ago=5)
    await office.is_called("7001", "Canary Bird", handle="canary")
    await office.works()
    await office.tried((await office.kept(rule())).id)
    for table in ("rule_look", "rule_firing", "rule_due", "rule_trial"):
        rows = await owner.fetch(f"SELECT t::text AS row FROM {table} t")
        assert rows or table == "rule_due"
        assert not [row for row in rows if "canary" in row["row"].lower()]


async def test_what_is_old_is_let_go(office: Rules, owner: Any) -> None:
    await office.runs(rule())
    thread = await office.hears("7001", "A refund, please", ago=5)
    await office.works()
    await owner.execute("UPDATE rule_look SET at = at - interval '31 days'")
    assert await looks.forget(office.database) == 1
    assert await office.looks(thread) == []
    await owner.execute("UPDATE rule_firing SET at = at - interval '91 days'")
    assert await looks.forget(office.database) == 1


async def test_whom_a_rule_points_a_conversation_out_to_is_told_and_whose_rule_was_switched_off_too(
    office: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [Act("assign", str(office.ana.id)), Act("notify", "assignee"), Act("notify", "supervisors")]
    await office.runs(rule(actions=[*acts, Act("notify", str(office.rea.id))]))
    thread = await office.hears("7001", "A refund, please", ago=5)
    await office.works()
    (of_ana,) = [one for one in await told(office, office.ana) if one.kind == "rule"]
    assert (of_ana.conversation_id, of_ana.by) == (thread, None)
    for who in (office.sam, office.world.admin, office.rea):
        assert [one.kind for one in await told(office, who)] == ["rule"]
    assert await told(office, office.otto) == []  # who does not see the channel, and was not named
    monkeypatch.setattr(running, "MOST_A_MINUTE", 0)
    await office.hears("7002", "A refund, please", ago=5)
    await office.works()
    assert "rule_stopped" in [one.kind for one in await told(office, office.sam)]
    assert "rule_stopped" not in [one.kind for one in await told(office, office.ana)]


async def told(office: Rules, who: Agent) -> list[NotificationOut]:
    """The list behind somebody's bell."""
    while office.workspace_id in await readers.behind(office.database, Notifications()):
        await readers.turn(office.database, Notifications(), office.workspace_id)
    return (await office.does(notifications.page, who, cursor=None, limit=50)).items
