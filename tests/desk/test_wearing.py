"""Policies for people tagged so, and for those who write in a language: chosen when they ask, and when it changes."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from inbox.desk import knowing, ledger, merges, policies
from inbox.desk.policies import Wanted, WantedPolicy
from inbox.ground.errors import Invalid
from inbox.sla.facts import ContactLabelled, Written
from tests.desk.story import Desk, minutes_ago
from tests.desk.test_merges import contact
from tests.desk.test_policy_trials import kept, long_ago

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

VIP = WantedPolicy(name="Important people", first="1 hour", next="1 hour", contact_tags=["VIP"])
SPANISH = WantedPolicy(name="In Spanish", first="4 hours", next="4 hours", languages=["es"])
ALL = WantedPolicy(name="Everybody", first="8 hours", next="8 hours")


async def policy(desk: Desk, thread: UUID) -> str:
    """What was promised last to who waits there."""
    row = (await desk.rows("SELECT policy FROM episode WHERE workspace_id = $1 AND conversation_id = $2", thread))[-1]
    names = await desk.rows(
        """SELECT p->>'name' AS name FROM sla_edition, jsonb_array_elements(policies) p
           WHERE workspace_id = $1 AND p->>'id' = $2""",
        row["policy"],
    )
    return str(names[0]["name"]) if names else ""


async def told(desk: Desk, thread: UUID) -> list[str]:
    """The ledger of the waiting there, as far as it speaks of promises."""
    (episode, *_) = await desk.does(ledger.of, thread, by=desk.ana)
    return [
        line.text.partition(":")[0]
        for line in episode.lines
        if line.code in ("promised", "promised_anew", "in_language", "as_contact")
    ]


async def test_whoever_wears_the_tag_when_they_ask_is_promised_what_is_for_them(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, VIP, ALL)
    first = await desk.hears("7001", "Hello, is anybody there?", ago=60 * 20)
    await desk.posts(first, "We are!", by=desk.ana, ago=60 * 20 - 1)
    await desk.is_called("7001", "Person 7001")
    await desk.does(knowing.put_on, await contact(desk, "7001"), "VIP", by=desk.ana)
    thread = await desk.hears("7001", "Where is my order?", ago=10)
    other = await desk.hears("7002", "Where is my order?", ago=10)
    public = await desk.sees_comment("7001", "Is this still available?", ago=5)
    assert [await policy(desk, one) for one in (thread, other, public)] == [VIP.name, ALL.name, VIP.name]
    assert (await desk.conversation(thread)).due_at == minutes_ago(-50)
    assert await told(desk, thread) == [
        "Promised by “Important people” (version 1)",
        "“Important people” is for people tagged vip.",
    ]


async def test_a_tag_put_on_or_taken_off_while_they_wait_changes_what_is_promised(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, VIP, ALL)
    thread = await desk.hears("7001", "Where is my order?", ago=10)
    who = await contact(desk, "7001")
    assert await policy(desk, thread) == ALL.name
    await desk.does(knowing.put_on, who, "vip", by=desk.ana)
    assert await policy(desk, thread) == VIP.name
    assert (await desk.conversation(thread)).due_at == minutes_ago(-50)
    await desk.does(knowing.take_off, who, "vip", by=desk.ana)
    assert (await desk.conversation(thread)).due_at == minutes_ago(10 - 480)
    assert await told(desk, thread) == [
        "Promised by “Everybody” (version 1)",
        "From now on “Important people” (version 1) holds",
        "“Important people” is for people tagged vip.",
        "From now on “Everybody” (version 1) holds",
    ]


async def test_what_is_late_stays_late_whoever_they_turn_out_to_be(desk: Desk, owner: Owner) -> None:
    slow = WantedPolicy(name="Friends", first="80 hours", contact_tags=["friend"])
    await long_ago(desk, owner, slow, WantedPolicy(name="Everybody", first="1 hour"))
    thread = await desk.hears("7001", "Where is my order?", ago=90)
    await desk.does(knowing.put_on, await contact(desk, "7001"), "friend", by=desk.ana)
    assert (await desk.conversation(thread)).due_at == minutes_ago(30)


async def test_whoever_is_merged_with_somebody_wears_what_they_wear_and_no_more_once_split(
    desk: Desk, owner: Owner
) -> None:
    await long_ago(desk, owner, VIP, ALL)
    mine = await desk.hears("7001", "Where is my order?", ago=20)
    theirs = await desk.sees_comment("7002", "Is this still available?", ago=10)
    one, other = await contact(desk, "7001"), await contact(desk, "7002")
    await desk.does(knowing.put_on, other, "vip", by=desk.ana)
    assert [await policy(desk, thread) for thread in (mine, theirs)] == [ALL.name, VIP.name]
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert [await policy(desk, thread) for thread in (mine, theirs)] == [VIP.name, VIP.name]
    await desk.does(merges.split, one, merged.merges[-1].id, by=desk.ana)
    assert [await policy(desk, thread) for thread in (mine, theirs)] == [ALL.name, VIP.name]


async def test_in_a_public_thread_each_is_promised_what_is_for_them(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, VIP, ALL)
    thread = await desk.sees_comment("7001", "Is this still available?", ago=20, id="900_1")
    await desk.sees_comment("7002", "And in red?", ago=10, under="900_1")
    await desk.does(knowing.put_on, await contact(desk, "7002"), "vip", by=desk.ana)
    found = await desk.rows(
        "SELECT due_at FROM episode WHERE workspace_id = $1 AND conversation_id = $2 ORDER BY opened_at", thread
    )
    assert [row["due_at"] for row in found] == [minutes_ago(20 - 480), minutes_ago(10 - 60)]


async def test_where_no_policy_looks_at_a_tag_no_fact_tells_of_it(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, ALL)
    await desk.hears("7001", "Where is my order?", ago=20)
    who = await contact(desk, "7001")
    await desk.does(knowing.put_on, who, "vip", by=desk.ana)
    await desk.does(knowing.put_on, who, "grumpy", by=desk.ana)
    await desk.hears("7001", "Hello?", ago=10)
    assert await desk.road.told(ContactLabelled) == []
    await kept(desk, owner, VIP, ALL)
    (fact,) = await desk.road.told(ContactLabelled)
    assert fact.tags == ("vip",)
    await desk.does(knowing.put_on, who, "angry", by=desk.ana)
    await desk.hears("7001", "Anybody?", ago=5)
    assert len(await desk.road.told(ContactLabelled)) == 1
    assert [one.contact_tags for one in await desk.road.told(Written)] == [(), (), ("vip",)]


async def test_a_policy_that_begins_to_look_at_a_tag_finds_who_waits_and_wears_it(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, ALL)
    threads = [await desk.hears(who, "Where is my order?", ago=20) for who in ("7001", "7002", "7003")]
    one, two, _ = [await contact(desk, who) for who in ("7001", "7002", "7003")]
    await desk.does(knowing.put_on, one, "vip", by=desk.ana)
    await desk.does(merges.merge, two, one, by=desk.ana)
    await kept(desk, owner, VIP, ALL)
    assert [await policy(desk, thread) for thread in threads] == [VIP.name, VIP.name, ALL.name]


async def test_a_language_is_that_of_what_opened_the_waiting(desk: Desk, owner: Owner) -> None:
    await long_ago(desk, owner, SPANISH, ALL)
    thread = await desk.hears("7001", "¿Dónde está mi pedido?", ago=20, language="es-MX")
    await desk.hears("7001", "Hello, is anybody there?", ago=10, language="en")
    unknown = await desk.hears("7002", "¿Dónde está mi pedido?", ago=20)
    other = await desk.hears("7003", "Wo ist es?", ago=20, language="de")
    assert [await policy(desk, one) for one in (thread, unknown, other)] == [SPANISH.name, ALL.name, ALL.name]
    assert await told(desk, thread) == [
        "Promised by “In Spanish” (version 1)",
        "“In Spanish” is for who writes in Spanish.",
    ]


async def test_languages_are_given_by_their_codes(desk: Desk) -> None:
    for wrong in ("Spanish", "es-MX", "", "ES"):
        one = WantedPolicy(name="One", first="1 hour", languages=[wrong])
        with pytest.raises(Invalid) as found:
            await desk.does(policies.put, Wanted(policies=[one], version=0), by=desk.world.admin)
        assert found.value.extra["field"] == "policies[0].languages"
    made = await desk.does(policies.put, Wanted(policies=[SPANISH, VIP], version=0), by=desk.world.admin)
    assert [(one.languages, one.contact_tags) for one in made.policies] == [(["es"], []), ([], ["vip"])]


@pytest.mark.parametrize("turn", range(3))
async def test_whoever_is_tagged_while_their_message_comes_is_promised_what_is_for_them(
    desk: Desk, owner: Owner, turn: int
) -> None:
    """Whichever is first: nobody waits with a tag that no policy was told of."""
    await long_ago(desk, owner, VIP, ALL)
    before = await desk.hears("7001", "Hello", ago=300)
    who = await contact(desk, "7001")

    async def tags_them() -> None:
        await asyncio.sleep(turn * 0.01)
        await desk.does(knowing.put_on, who, "vip", by=desk.ana)

    thread, _ = await asyncio.gather(desk.hears("7001", "Where is my order?", ago=2), tags_them())
    assert thread == before
    assert await policy(desk, thread) == VIP.name
    (row,) = await desk.rows(
        "SELECT due_at - opened_at AS allowed FROM episode WHERE workspace_id = $1 AND state = 'waiting'"
    )
    assert row["allowed"] == timedelta(hours=1)


@pytest.mark.parametrize("seed", range(4))
async def test_after_whatever_is_done_to_contacts_the_table_is_what_a_recompute_gives(
    desk: Desk, owner: Owner, seed: int
) -> None:
    draw = random.Random(seed)
    await long_ago(desk, owner, VIP, WantedPolicy(name="Press", first="2 hours", contact_tags=["press"]), ALL)
    people = [f"70{n}" for n in range(6)]
    threads = {who: await desk.hears(who, "Where is my order?", ago=draw.randint(1, 40)) for who in people}
    homes = {who: await contact(desk, who) for who in people}
    merged: list[tuple[UUID, UUID]] = []
    for _ in range(16):
        who, other = draw.sample(people, 2)
        try:
            match draw.choice(["tag", "tag", "untag", "merge", "split", "ask"]):
                case "tag":
                    tag = draw.choice(["vip", "press", "other"])
                    await desk.does(knowing.put_on, homes[who], tag, by=desk.ana)
                case "untag":
                    await desk.does(knowing.take_off, homes[who], draw.choice(["vip", "press"]), by=desk.ana)
                case "merge":
                    card = await desk.does(merges.merge, homes[who], homes[other], by=desk.ana)
                    merged.append((card.id, card.merges[-1].id))
                case "split" if merged:
                    await desk.does(merges.split, *merged.pop(), by=desk.ana)
                case _:
                    await desk.hears(who, "Hello?", ago=0.5)
        except merges.AlreadyMerged:
            continue
    assert await desk.road.differences() == 0
    for who, thread in threads.items():
        tags = (await desk.does(knowing.hold, homes[who], by=desk.ana)).tags
        expected = VIP.name if "vip" in tags else "Press" if "press" in tags else ALL.name
        assert await policy(desk, thread) == expected, who
