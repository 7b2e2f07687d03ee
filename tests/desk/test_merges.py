"""Two contacts are one person, and two again: nothing is lost, no number changes, nobody is told who may not know."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from inbox.desk import cards, contacts, merges
from inbox.desk.cards import ContactOut
from inbox.desk.merges import AlreadyMerged
from inbox.ground.db import again
from inbox.ground.errors import EarshotError, Forbidden, Invalid, NotFound
from inbox.ground.ids import new_id
from inbox.people.access import Agent, Role
from tests.desk.story import Desk
from tests.flow.road import Road


async def contact(desk: Desk, who: str) -> UUID:
    """The contact this account came with."""
    (row,) = await desk.rows(
        "SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND external_id = $2", who
    )
    return UUID(str(row["contact_id"]))


async def meets(desk: Desk, *people: str) -> list[UUID]:
    for who in people:
        await desk.hears(who, "Where is my order?", ago=60)
        await desk.is_called(who, f"Person {who}", handle=f"p{who}")
    return [await contact(desk, who) for who in people]


async def card(desk: Desk, who: UUID, by: Agent | None = None) -> ContactOut:
    return await desk.does(cards.card, who, by=by or desk.ana)


async def accounts(desk: Desk, who: UUID) -> set[str]:
    return {one.handle.removeprefix("p") for one in (await card(desk, who)).identities}


async def numbers(desk: Desk) -> list[Any]:
    """All that is measured, to the letter."""
    found = [await desk.rows(f"SELECT * FROM {table} WHERE workspace_id = $1 ORDER BY 2, 3") for table in MEASURED]
    return [tuple(row) for rows in found for row in rows]


MEASURED = ("episode", "fact", "conversation", "message")


async def test_a_merge_and_its_split_leave_everything_as_it_was(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "7002")
    thread = await desk.hears("7002", "Hello? Anybody?", ago=30)
    await desk.posts(thread, "On its way!", by=desk.ana, ago=10)
    before, apart = await numbers(desk), [await card(desk, one), await card(desk, other)]
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert await numbers(desk) == before
    assert (merged.id, merged.contact_ids, len(merged.identities)) == (one, [one, other], 2)
    assert await card(desk, other) == merged, "whoever asks for the other is given the person"
    (merge,) = merged.merges
    assert (merge.by, merge.name, merge.identity_ids) == (
        desk.ana.id,
        apart[1].name,
        [one.id for one in apart[1].identities],
    )
    done = await desk.does(merges.split, other, merge.id, by=desk.sam)
    assert (done.contact_id, done.split_id) == (one, other)
    assert [await card(desk, one), await card(desk, other)] == apart
    assert await numbers(desk) == before
    lines = await desk.rows("SELECT verb, by FROM audit_entry WHERE workspace_id = $1 AND verb LIKE 'contact%'")
    assert {(row["verb"], row["by"]) for row in lines} == {
        ("contact_merged", desk.ana.id),
        ("contact_split", desk.sam.id),
    }
    told = [event for event in await desk.heard() if event.contact]
    assert [(event.name, event.by) for event in told] == [
        ("contact.merged", desk.ana.id),
        ("contact.split", desk.sam.id),
    ]
    assert all(event.contact and event.contact.contact_ids == [one, other] for event in told)


async def test_a_chain_comes_apart_in_any_order(desk: Desk) -> None:
    a, b, c = await meets(desk, "7001", "7002", "7003")
    first = (await desk.does(merges.merge, a, b, by=desk.ana)).merges[-1].id
    whole = await desk.does(merges.merge, c, a, by=desk.ana)
    (second,) = {one.id for one in whole.merges} - {first}
    assert await accounts(desk, b) == {"7001", "7002", "7003"}
    assert {one.id: len(one.identity_ids) for one in whole.merges} == {first: 1, second: 2}
    await desk.does(merges.split, c, first, by=desk.ana)
    assert (await accounts(desk, b), await accounts(desk, c)) == ({"7002"}, {"7001", "7003"})
    await desk.does(merges.merge, b, c, by=desk.ana)
    await desk.does(merges.split, a, second, by=desk.ana)
    assert (await accounts(desk, a), await accounts(desk, b)) == ({"7001"}, {"7002", "7003"})
    with pytest.raises(NotFound, match="no such merge"):
        await desk.does(merges.split, a, second, by=desk.ana)


async def test_what_cannot_be_one_is_refused(desk: Desk) -> None:
    a, b, c = await meets(desk, "7001", "7002", "7003")
    await desk.does(merges.merge, a, b, by=desk.ana)
    for kept, other in ((b, c), (c, b), (b, a), (a, b)):
        with pytest.raises(AlreadyMerged):
            await desk.does(merges.merge, kept, other, by=desk.ana)
    with pytest.raises(Invalid, match="same contact"):
        await desk.does(merges.merge, a, a, by=desk.ana)
    for nobody in (new_id(), await contact(await stranger(desk), "7009")):
        with pytest.raises(NotFound):
            await desk.does(merges.merge, a, nobody, by=desk.ana)
    with pytest.raises(Forbidden):
        await desk.does(merges.merge, a, c, by=desk.rea)


async def stranger(desk: Desk) -> Desk:
    """Somebody wrote to another workspace."""
    other = await Desk.make(desk.database, name="Other")
    await other.hears("7009", "Hello?", ago=5)
    return other


async def test_who_sees_one_channel_sees_the_accounts_that_wrote_there(desk: Desk) -> None:
    (one,) = await meets(desk, "7001")
    await desk.world.channel(external_id="4711")
    await Road(desk.world, "4711").says("7002", "Is anybody there?", at="00:05")
    await desk.is_called("7002", "Person 7002", handle="p7002")
    other = await contact(desk, "7002")
    cleo = await desk.world.member(Role.AGENT, "Cleo", channel_ids=[desk.world.channel_id])
    with pytest.raises(NotFound):
        await desk.does(merges.merge, one, other, by=cleo)
    await desk.does(merges.merge, other, one, by=desk.ana)
    seen = await card(desk, one, by=cleo)
    assert ([account.handle for account in seen.identities], seen.name) == (["p7001"], "Person 7001")
    for who in (desk.otto, cleo):
        found = await desk.does(cards.called, who, "person", cursor=None, limit=9)
        assert [len(one.identities) for one in found.items] == ([1] if who is cleo else [])
        assert (await desk.does(cards.called, who, "person 7002", cursor=None, limit=9)).items == []
    with pytest.raises(NotFound):
        await card(desk, one, by=desk.otto)
    hidden = (await card(desk, other)).identities[0].id
    with pytest.raises(NotFound):
        await desk.does(cards.of_identity, hidden, by=cleo)


async def test_people_are_listed_once_whatever_they_are_found_by(desk: Desk) -> None:
    a, b, c = await meets(desk, "7001", "7002", "7003")
    await desk.does(merges.merge, a, c, by=desk.ana)
    assert [one.id for one in (await desk.does(cards.newest, desk.ana, cursor=None, limit=9)).items] == [b, a]
    first = await desk.does(cards.newest, desk.ana, cursor=None, limit=1)
    rest = await desk.does(cards.newest, desk.ana, cursor=first.next, limit=1)
    assert ([one.id for one in first.items + rest.items], rest.next) == ([b, a], None)
    for q, found in (("person", [a, b]), ("@p7003", [a]), ("Person 7002", [b]), ("nobody", [])):
        page = await desk.does(cards.called, desk.ana, q, cursor=None, limit=1)
        told = [one.id for one in page.items]
        if page.next:
            told += [one.id for one in (await desk.does(cards.called, desk.ana, q, cursor=page.next, limit=9)).items]
        assert told == found, q


class Model:
    """Who is one person with whom, told as plainly as can be: every merge that stands ties two together."""

    def __init__(self, people: list[UUID]) -> None:
        self.people, self.ties = people, dict[UUID, tuple[UUID, UUID]]()

    def person(self, one: UUID) -> UUID:
        above = [kept for kept, merged in self.ties.values() if merged == one]
        return self.person(above[0]) if above else one

    def together(self, one: UUID) -> set[UUID]:
        return {other for other in self.people if self.person(other) == self.person(one)}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_whatever_is_merged_split_and_said_at_once_is_what_a_plain_model_says(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    names = [f"70{number:02}" for number in range(6)]
    people = await meets(desk, *names)
    model, said, refused = Model(people), len(people), 0

    async def merges_two(kept: UUID, other: UUID) -> tuple[UUID, UUID, UUID]:
        merged = await again(lambda: desk.does(merges.merge, kept, other, by=desk.ana))
        (mine,) = await desk.rows(
            "SELECT id FROM contact_merge WHERE workspace_id = $1 AND merged_id = $2 ORDER BY at DESC LIMIT 1", other
        )
        assert other in merged.contact_ids
        return mine["id"], kept, other

    async def splits(merge_id: UUID) -> UUID:
        _, other = model.ties[merge_id]
        await again(lambda: desk.does(merges.split, other, merge_id, by=desk.sam))
        return merge_id

    async def writes(who: str) -> None:
        await desk.hears(who, chance.choice(["Where is it?", "Thanks!"]), ago=chance.uniform(1, 50))

    for _ in range(8):
        acts: list[Any] = [writes(chance.choice(names)) for _ in range(2)]
        acts += [splits(one) for one in chance.sample(sorted(model.ties), min(len(model.ties), chance.randrange(3)))]
        acts += [merges_two(*chance.sample(people, 2)) for _ in range(3)]
        chance.shuffle(acts)
        for outcome in await asyncio.gather(*acts, return_exceptions=True):
            if isinstance(outcome, EarshotError):
                refused += 1
            elif isinstance(outcome, BaseException):
                raise outcome
            elif isinstance(outcome, tuple):
                model.ties[outcome[0]] = outcome[1:]
            elif outcome is not None:
                del model.ties[outcome]
        said += 2
        for one in people:
            told = await card(desk, one)
            assert set(told.contact_ids) == model.together(one)
            assert told.id == model.person(one)
            assert len(told.identities) == len(told.contact_ids)
    assert refused > 0
    assert len(await desk.rows("SELECT 1 FROM message WHERE workspace_id = $1")) == said
    for merge_id in chance.sample(sorted(model.ties), len(model.ties)):
        await splits(merge_id)
    assert [await accounts(desk, one) for one in people] == [{name} for name in names]
    assert len(await desk.rows("SELECT 1 FROM contact_identity WHERE workspace_id = $1")) == len(people)


async def test_a_name_that_was_only_told_is_found(desk: Desk) -> None:
    await meets(desk, "7001")
    async with desk.database.tenant(desk.workspace_id) as connection:
        assert len(await contacts.called(connection, desk.workspace_id, "@P70")) == 1
