"""A network put away and taken up again knows everybody and everything, so that old conversations go on."""

from datetime import UTC, datetime
from random import Random

import pytest

from inbox.demo import acting, history, stages
from inbox.demo.cast import Cast
from inbox.demo.stages import Stage
from inbox.platforms.base import Kind
from inbox.supervisor import simulated_platforms

NOW = datetime.now(UTC)


async def told(stage: Stage, size: float = 0.1) -> Stage:
    past = history.of(stage.kinds, Cast(), now=NOW, size=size)
    await history.write(stage, await history.begin(stage, past), pause=0)
    return stage


@pytest.mark.parametrize("name", simulated_platforms())
async def test_a_network_goes_on_where_it_was(installation, name):
    stage = await told(stages.build(installation.settings, name))
    stage.notes.channel = "01a20bb9-3141-79e2-83ba-5211932d71d7"
    for kind in stage.answerable:
        who, post = Cast().somebody(Random(2)), stage.notes.posts[-1] if stage.notes.posts else ""
        asked = await acting.open_thread(stage, kind, who, "Is it still to be had?", post=post)
        acting.waits(stage, asked, kind, who, "stock")
    stage.save()
    again = stages.build(installation.settings, name)
    assert again.recall(stage.notes.channel)
    assert again.network.keep() == stage.network.keep()
    assert again.network.connection == stage.network.connection
    assert again.notes == stage.notes
    assert {ask.kind for ask in again.notes.asks} == stage.answerable
    who = Cast().somebody(Random(1))
    for ask in again.notes.asks:
        assert await acting.go_on(again, ask.kind, who, "The same here!", below=ask.external_id)


@pytest.mark.parametrize("name", simulated_platforms())
async def test_what_another_channel_heard_is_not_taken_up(installation, name):
    stage = await told(stages.build(installation.settings, name))
    stage.notes.channel = "01a20bb9-3141-79e2-83ba-5211932d71d7"
    stage.save()
    assert not stages.build(installation.settings, name).recall("01a20bb9-0000-79e2-83ba-5211932d71d7")


def test_an_answer_in_private_answers_all_that_was_asked_there_and_one_in_public_only_what_it_stands_below(
    installation,
):
    built = (stages.build(installation.settings, name) for name in simulated_platforms())
    stage = next(one for one in built if {Kind.DM, Kind.COMMENT} <= one.answerable)
    ana, ben = Cast().regulars[:2]
    for number, (kind, who) in enumerate([(Kind.DM, ana), (Kind.DM, ana), (Kind.DM, ben), (Kind.COMMENT, ana)]):
        acting.waits(stage, str(number), kind, who, "late")
    stage.closes(target="1")
    assert [ask.external_id for ask in stage.notes.asks] == ["2", "3"]
    stage.closes(target="3", who="")
    assert [ask.external_id for ask in stage.notes.asks] == ["2"]
    stage.closes(who=ben.person.external_id)
    assert stage.notes.asks == []


def test_where_all_answers_stand_below_who_began_the_next_one_is_for_who_joined_in(installation):
    stage = stages.build(installation.settings, "linkedin")
    ana, ben = Cast().regulars[:2]
    acting.waits(stage, "top", Kind.COMMENT, ana, "late")
    acting.waits(stage, "joined", Kind.COMMENT, ben, "late", below="top")
    for who in (ana, ben):
        asked = stage.closes(target="top")
        assert asked
        assert asked.who == who.person.external_id
    assert stage.closes(target="top") is None
