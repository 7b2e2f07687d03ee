"""Rules as they are kept: who may, in what order, and nothing runs that nobody has seen a dry run of."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.ground.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.rules import keeping, trials
from inbox.rules.actions import Act
from inbox.rules.judging import All, Is
from tests.rules.office import Rules, rule


async def test_only_a_wording_that_was_tried_is_switched_on_and_the_old_one_runs_until_then(office: Rules) -> None:
    kept = await office.kept(rule())
    with pytest.raises(Invalid, match="dry run"):
        await office.does(keeping.switch_on, kept.id, new_id(), by=office.world.admin)
    tried = await office.tried(kept.id)
    assert tried.trial is not None
    with pytest.raises(Forbidden):
        await office.does(keeping.switch_on, kept.id, tried.trial.id, by=office.sam)
    on = await office.does(keeping.switch_on, kept.id, tried.trial.id, by=office.world.admin)
    assert (on.running, on.edition) == (1, 1)
    same = await office.does(keeping.change, kept.id, rule("Renamed"), by=office.sam)
    assert (same.edition, same.title, same.running) == (1, "Renamed", 1)
    changed = await office.does(keeping.change, kept.id, rule(actions=[Act("tag", "other")]), by=office.sam)
    assert (changed.edition, changed.running, changed.trial) == (2, 1, None)
    thread = await office.hears("7001", "I want a refund!", ago=5)
    await office.works()
    assert (await office.conversation(thread)).tags == ["money"]
    with pytest.raises(Invalid, match="dry run"):
        await office.does(keeping.switch_on, kept.id, tried.trial.id, by=office.world.admin)
    await office.on(kept.id)
    other = await office.hears("7002", "I want a refund!", ago=5)
    await office.works()
    assert (await office.conversation(other)).tags == ["other"]
    off = await office.does(keeping.switch_off, kept.id, by=office.sam)
    assert off.running is None
    verbs = [
        row["verb"]
        for row in await office.rows(
            "SELECT verb FROM audit_entry WHERE workspace_id = $1 AND conversation_id IS NULL ORDER BY at, id"
        )
    ]
    assert verbs == [
        "rule_made",
        "rule_switched_on",
        "rule_changed",
        "rule_changed",
        "rule_switched_on",
        "rule_switched_off",
    ]


async def test_a_deleted_rule_is_out_of_sight_and_its_reasons_can_still_be_read(office: Rules) -> None:
    made = await office.runs(rule())
    thread = await office.hears("7001", "I want a refund!", ago=5)
    await office.works()
    await office.does(keeping.remove, made.id, by=office.sam)
    assert await office.does(keeping.all_of, office.ana) == []
    assert await office.verdicts(thread) == [("Money", "fired")]
    with pytest.raises(NotFound):
        await office.does(trials.ask, made.id, by=office.sam)
    with pytest.raises(NotFound):
        await office.does(keeping.change, made.id, rule(), by=office.sam)


async def test_an_order_that_somebody_else_changed_meanwhile_is_refused(office: Rules) -> None:
    one, two = await office.kept(rule("One")), await office.kept(rule("Two"))
    ordered = await office.does(keeping.reorder, [two.id, one.id], by=office.sam)
    assert [rule.title for rule in ordered] == ["Two", "One"]
    for ids in ([one.id], [one.id, one.id], [one.id, two.id, new_id()]):
        with pytest.raises(Conflict):
            await office.does(keeping.reorder, ids, by=office.sam)


@pytest.mark.parametrize(
    ("asked", "field", "why"),
    [
        ({"title": " "}, "title", "A title has"),
        ({"actions": []}, "actions", "at least one thing"),
        ({"actions": [Act("post")]}, "actions", "no action"),
        ({"actions": [Act("tag")]}, "actions", "A tag has"),
        ({"actions": [Act("prioritise", "9")]}, "actions", "A priority is"),
        ({"actions": [Act("snooze", "0")]}, "actions", "a year at most"),
        ({"actions": [Act("assign", str(new_id()))]}, "actions", "Nobody of that name"),
        ({"actions": [Act("no_reply_needed")]}, "actions", "Say why"),
        ({"trigger": "waiting"}, "minutes", "how many minutes"),
        ({"trigger": "waiting", "minutes": 5, "actions": [Act("no_reply_needed", "Late")]}, "actions", "unsaid"),
        ({"conditions": All((Is("nobody_knows"),))}, "conditions", "no condition"),
    ],
)
async def test_what_could_not_run_is_not_kept(office: Rules, asked: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        await office.kept(rule(**asked))
    assert refused.value.extra["field"] == field
