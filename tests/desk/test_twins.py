"""Who may be the same person: suggested for reasons one can check, decided by people, never merged by itself."""

from __future__ import annotations

import asyncio
import random

import pytest

from inbox.desk import apart, cards, consents, fields, merges, pairing, sign_rows, twins
from inbox.desk.apart import OneNow
from inbox.desk.merges import AlreadyMerged, SaidApart
from inbox.desk.weighing import FEW
from inbox.flow import twinning
from inbox.ground.db import again
from inbox.ground.errors import EarshotError, Forbidden, Invalid, NotFound
from inbox.people.access import Role
from tests.desk.story import Desk
from tests.desk.twins import contact, knows, looks, meets, nobody, pairs, suggested, told, writes_again
from tests.flow.road import Road

MAIL = "My address is Ana@Ruiz.example, please"


# Why


async def test_the_same_unusual_handle_on_two_networks_may_be_an_impostor(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "ana_ruiz", "Ana.Ruiz_84", on="reddit")
    await meets(desk, "7003", "Bo", "bo.bergman")
    assert told(await suggested(desk)) == [({one, other}, ["handle"], "possible", ["impostor"])]


async def test_an_address_both_wrote_in_private_makes_it_likely(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana", says=MAIL)
    other = await meets(desk, "7002", "A. R.", on="reddit", says="write to ana@ruiz.example!")
    (twin,) = await suggested(desk)
    assert told([twin]) == [({one, other}, ["email"], "likely", [])]
    assert (twin.reasons[0].values, twin.reasons[0].is_open) == (["ana@ruiz.example"], False)
    assert twin.one.seen_at is not None


async def test_what_was_written_in_public_could_be_copied(desk: Desk) -> None:
    await meets(desk, "7001", "Ana", says="Order A-10442 please", openly=True)
    await meets(desk, "7002", "Someone", on="reddit", says="My order is A-10442, refund it to me")
    (twin,) = await suggested(desk)
    assert (twin.level, twin.reasons[0].is_open, twin.cautions) == ("possible", True, ["impostor"])


async def test_what_agents_filled_in_counts(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz")
    other = await meets(desk, "7002", "Anna", on="reddit", says="Call me: 0600 111 222")
    assert await pairs(desk) == []
    await knows(desk, one, "Mobile", "+34 600 111 222")
    assert told(await suggested(desk)) == [({one, other}, ["phone"], "likely", [])]
    await knows(desk, one, "Mobile", None)
    assert await pairs(desk) == [], "it was a mistake"


async def test_a_field_of_the_workspace_is_named(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "Ana Ruiz"), await meets(desk, "7002", "Anna", on="reddit")
    for who in (one, other):
        await knows(desk, who, "Customer number", "C-448812")
        await knows(desk, who, "Likes", "green tea")
    (twin,) = await suggested(desk)
    assert [(reason.kind, reason.title, reason.values) for reason in twin.reasons] == [
        ("field", "Customer number", ["C-448812"])
    ]
    (field,) = [one for one in await desk.does(fields.all_of, desk.ana) if one.title == "Customer number"]
    await desk.does(fields.remove, field.id, by=desk.world.admin)
    assert await pairs(desk) == []
    assert await desk.rows("SELECT 1 FROM contact_sign WHERE workspace_id = $1 AND kind = 'field'") == []


async def test_a_name_alone_says_nothing_and_with_a_place_a_little(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "Ana Ruíz"), await meets(desk, "7002", "ana ruiz", on="reddit")
    await meets(desk, "7003", "Ana Ruiz", on="threads")
    assert await pairs(desk) == []
    for who in (one, other):
        await knows(desk, who, "City", "Madrid")
    assert told(await suggested(desk)) == [({one, other}, ["place"], "possible", ["impostor"])]


async def test_each_naming_the_others_account_is_likely_and_one_alone_is_not(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana", "ana.r")
    other = await meets(desk, "7002", "rz", "rz84", on="reddit", says="I am https://www.instagram.com/Ana.R/ there")
    assert told(await suggested(desk)) == [({one, other}, ["links"], "possible", ["impostor"])]
    await writes_again(desk, "7001", "and reddit.com/user/rz84 is me")
    assert told(await suggested(desk)) == [({one, other}, ["linked"], "likely", [])]


async def test_what_many_share_tells_of_nobody(desk: Desk) -> None:
    everybody = [await meets(desk, f"70{number:02}", f"Person {number}", on="reddit") for number in range(FEW + 1)]
    for who in everybody[:FEW]:
        await knows(desk, who, "Mail", "office@firm.example")
    await looks(desk)
    assert len(await desk.rows(PAIRS)) == FEW * (FEW - 1) / 2
    await knows(desk, everybody[FEW], "Mail", "office@firm.example")
    assert await pairs(desk) == []
    await knows(desk, everybody[FEW], "Mail", None)
    await looks(desk)
    assert len(await desk.rows(PAIRS)) == FEW * (FEW - 1) / 2


async def test_somebody_with_many_accounts_does_not_fill_the_list(desk: Desk) -> None:
    for number, platform in enumerate(["reddit", "instagram", "telegram", "threads", "pinterest", "mastodon"]):
        await meets(desk, f"70{number:02}", "Ana Ruiz", "ana.ruiz_84", on=platform)
    await looks(desk)
    found = await desk.does(twins.page, by=desk.ana)
    assert found.more
    assert 3 <= len(found.items) <= 6, "of fifteen"
    while found.items:
        twin = found.items[0]
        await desk.does(merges.merge, twin.one.contact.id, twin.other.contact.id, by=desk.ana)
        found = await desk.does(twins.page, by=desk.ana)
    assert len((await desk.does(cards.newest, desk.ana, cursor=None, limit=9)).items) == 1


# Whoever wants to be taken for somebody


async def test_letters_that_only_look_alike_are_a_warning(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84", says=MAIL)
    other = await meets(desk, "7002", "\u0410na Ruiz", "\u0430na.ruiz_84", says=MAIL)
    (twin,) = await suggested(desk)
    assert told([twin]) == [
        ({one, other}, ["email", "lookalike", "lookalike_name"], "possible", ["lookalike", "same_network"])
    ]
    assert set(twin.reasons[1].values) == {"ana.ruiz_84", "\u0430na.ruiz_84"}


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "‮Ana Ruiz", "A" * 400, "Ana\u200bRuiz Gomez", "%s' OR 1=1 --", "💥" * 90]
)
async def test_a_hostile_name_breaks_nothing(desk: Desk, name: str) -> None:
    one = await meets(desk, "7001", name, "ana.ruiz_84")
    other = await meets(desk, "7002", name, "ana.ruiz_84", on="reddit")
    assert await pairs(desk) == [{one, other}]


# What people decide


async def test_not_the_same_is_remembered_whatever_is_merged_and_split(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "Ana R", "ana.ruiz_84", on="reddit")
    third = await meets(desk, "7003", "ruiz", on="threads", says=MAIL)
    fourth = await meets(desk, "7004", "somebody", on="telegram", says=MAIL)
    await looks(desk)
    await desk.does(apart.say, one, other, by=desk.ana)
    assert await pairs(desk) == [{third, fourth}]
    merged = await desk.does(merges.merge, third, one, by=desk.ana)
    await desk.does(merges.merge, fourth, other, by=desk.sam)
    assert await pairs(desk) == [], "the two persons have accounts that are not the same"
    (said,) = await desk.does(apart.newest, by=desk.ana)
    assert ({said.one.id, said.other.id}, said.by) == ({third, fourth}, desk.ana.id)
    with pytest.raises(SaidApart):
        await desk.does(merges.merge, third, fourth, by=desk.sam)
    whole = await desk.does(merges.merge, third, fourth, by=desk.sam, anyway=True)
    assert await pairs(desk) == []
    assert await desk.does(apart.newest, by=desk.ana) == []
    for merge in (whole.merges[-1].id, merged.merges[0].id):
        await desk.does(merges.split, third, merge, by=desk.ana)
    assert await pairs(desk) == [{third, fourth}], "and those two alone: what was said of the others holds"
    await desk.does(apart.take_back, other, one, by=desk.sam)
    assert sorted(map(sorted, await pairs(desk))) == sorted(map(sorted, [{third, fourth}, {one, fourth}]))
    lines = await desk.rows(
        "SELECT verb, by FROM audit_entry WHERE workspace_id = $1 AND verb LIKE '%apart%' ORDER BY at"
    )
    assert [tuple(row) for row in lines] == [
        ("contact_said_apart", desk.ana.id),
        ("contact_apart_taken_back", desk.sam.id),
    ]


async def test_whoever_is_merged_is_suggested_no_more_and_split_is_again(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "Ana R", "ana.ruiz_84", on="reddit")
    assert await pairs(desk) == [{one, other}]
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert (await desk.does(twins.page, by=desk.ana)).items == [], "at once, whatever the reader has read"
    with pytest.raises(OneNow):
        await desk.does(apart.say, one, other, by=desk.ana)
    await desk.does(merges.split, one, merged.merges[0].id, by=desk.ana)
    assert await pairs(desk) == [{one, other}]


@pytest.mark.parametrize("_", range(5))
async def test_two_agents_who_decide_at_once_do_not_both_win(desk: Desk, _: int) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "Ana R", "ana.ruiz_84", on="reddit")
    await looks(desk)
    outcomes = await asyncio.gather(
        again(lambda: desk.does(merges.merge, one, other, by=desk.ana)),
        again(lambda: desk.does(apart.say, other, one, by=desk.sam)),
        again(lambda: desk.does(merges.merge, other, one, by=desk.sam)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, EarshotError)]
    assert len(refused) == 2
    assert all(isinstance(outcome, (AlreadyMerged, OneNow, SaidApart)) for outcome in refused)
    assert not any(isinstance(outcome, BaseException) for outcome in outcomes if outcome not in refused)
    assert await pairs(desk) == []


async def test_saying_it_twice_says_it_once(desk: Desk) -> None:
    one, other = await meets(desk, "7001", "Ana Ruiz"), await meets(desk, "7002", "Bo")
    for who in (desk.ana, desk.sam):
        await desk.does(apart.say, one, other, by=who)
    assert len(await desk.heard("contact.said_apart")) == 1
    for _ in range(2):
        await desk.does(apart.take_back, one, other, by=desk.ana)
    assert len(await desk.heard("contact.apart_taken_back")) == 1
    with pytest.raises(Forbidden):
        await desk.does(apart.say, one, other, by=desk.rea)
    with pytest.raises(Invalid):
        await desk.does(apart.say, one, one, by=desk.ana)
    with pytest.raises(NotFound):
        await desk.does(apart.say, one, nobody(), by=desk.ana)


# Whom the platform's rules protect


async def test_where_the_rules_ask_for_consent_nothing_is_even_kept(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84", says=MAIL)
    other = await meets(desk, "7002", "Ana Ruiz", "ana.ruiz_84", on="x", says=MAIL)
    assert await pairs(desk) == []
    (row,) = await desk.rows(
        """SELECT count(*) FROM contact_sign s JOIN contact_identity i ON i.id = s.identity_id
           WHERE s.workspace_id = $1 AND i.platform = 'x'"""
    )
    assert row["count"] == 0
    theirs = await desk.does(twins.of_contact, other, by=desk.ana)
    assert ([one.platform for one in theirs.withheld], theirs.consent, theirs.items) == (["x"], None, [])
    assert "only if that person agreed" in theirs.withheld[0].note
    noted = await desk.does(consents.note, other, "Wrote it on 26 November", by=desk.ana)
    assert noted == await desk.does(consents.note, other, "again", by=desk.sam), "the first note holds"
    assert told(await suggested(desk)) == [({one, other}, ["email", "handle", "name"], "likely", [])]
    theirs = await desk.does(twins.of_contact, other, by=desk.ana)
    assert (theirs.withheld, theirs.consent, theirs.items[0].one.contact.id) == ([], noted, other)
    await desk.does(consents.withdraw, other, by=desk.sam)
    assert (await desk.does(twins.page, by=desk.ana)).items == [], "at once"
    assert await pairs(desk) == []
    assert (await desk.does(twins.of_contact, other, by=desk.ana)).consent is None
    (kept,) = await desk.rows("SELECT * FROM contact_consent WHERE workspace_id = $1")
    assert (kept["by"], kept["withdrawn_by"]) == (desk.ana.id, desk.sam.id)
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert len(merged.identities) == 2, "by hand a person may"


async def test_consent_stands_on_the_person(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "Ana R", on="x", says=MAIL)
    third = await meets(desk, "7003", "Somebody", on="reddit", says=MAIL)
    merged = await desk.does(merges.merge, one, other, by=desk.ana)
    assert await pairs(desk) == []
    await desk.does(consents.note, other, "", by=desk.ana)
    assert await pairs(desk) == [{one, third}]
    await desk.does(merges.split, one, merged.merges[0].id, by=desk.ana)
    assert (await desk.does(twins.page, by=desk.ana)).items == [], "it was noted on the contact that stays"
    assert await pairs(desk) == []


# Who may know


async def test_an_agent_learns_nothing_of_channels_they_do_not_see(desk: Desk) -> None:
    await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84", says=MAIL)
    await desk.world.channel(external_id="4711")
    await Road(desk.world, "4711").says("7002", MAIL, at="00:05")
    await desk.is_called("7002", "Ana R", handle="ana.ruiz_84")
    assert len(await pairs(desk)) == 1
    cleo = await desk.world.member(Role.AGENT, "Cleo", channel_ids=[desk.world.channel_id])
    for who in (cleo, desk.otto):
        assert await pairs(desk, who) == []
    assert (await desk.does(twins.of_contact, await contact(desk, "7001"), by=cleo)).items == []
    hidden = await contact(desk, "7002")
    for verb in (apart.say, apart.take_back):
        with pytest.raises(NotFound):
            await desk.does(verb, await contact(desk, "7001"), hidden, by=cleo)
    with pytest.raises(NotFound):
        await desk.does(twins.of_contact, hidden, by=cleo)
    await desk.does(apart.say, await contact(desk, "7001"), hidden, by=desk.ana)
    assert await desk.does(apart.newest, by=cleo) == []


async def test_nor_why_from_what_was_written_there(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84")
    other = await meets(desk, "7002", "Bo", "ana.ruiz_84")
    await desk.world.channel(external_id="4711")
    road = Road(desk.world, "4711")
    await road.says("7001", MAIL, at="00:05")
    await road.says("7002", MAIL, at="00:06")
    cleo = await desk.world.member(Role.AGENT, "Cleo", channel_ids=[desk.world.channel_id])
    both = {frozenset(who): why for who, why, *_ in told(await suggested(desk))}
    assert both
    for who, why, level, _ in told(await suggested(desk, cleo)):
        assert (who, why, level) == ({one, other}, ["handle"], "possible")


# What is let go


async def test_what_was_written_otherwise_since_is_a_reason_no_more(desk: Desk) -> None:
    await desk.hears("7001", MAIL, ago=60, mid="m_1")
    await meets(desk, "7002", "Ana", on="reddit", says=MAIL)
    assert len(await pairs(desk)) == 1
    await desk.road.arrives(desk.road.edit("7001", "Never mind", at="00:10", mid="m_1", number=1))
    assert await pairs(desk) == []


async def test_whoever_was_known_before_is_walked_through_once(desk: Desk) -> None:
    one = await meets(desk, "7001", "Ana Ruiz", "ana.ruiz_84", says=MAIL)
    other = await meets(desk, "7002", "Ana R", "ana.ruiz_84", on="reddit", says=MAIL)
    await looks(desk)
    for table in ("contact_sign", "contact_twin"):
        await desk.rows(f"DELETE FROM {table} WHERE workspace_id = $1")
    await desk.rows(
        "INSERT INTO contact_sign_walk (workspace_id, last_id) VALUES ($1, '00000000-0000-0000-0000-000000000000')"
    )
    assert await twinning.unread(desk.database) == [desk.workspace_id]
    while await twinning.walk(desk.database, desk.workspace_id):
        pass
    assert told(await suggested(desk)) == [({one, other}, ["email", "handle"], "likely", [])]
    assert await twinning.unread(desk.database) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happens_in_whatever_order_the_pairs_are_those_of_a_look_at_everything(
    desk: Desk, seed: int
) -> None:
    chance = random.Random(seed)
    handles = ["ana.ruiz_84", "ana_ruiz_84", "bo.bergman", "cleo2010", ""]
    words = [MAIL, "order A-10442", "call 0600 111 222", "Hello?"]
    names = [f"70{number:02}" for number in range(7)]
    for who in names:
        await meets(desk, who, chance.choice(["Ana Ruiz", "Bo Bergman"]), chance.choice(handles), on="reddit")
    for _ in range(12):
        who = chance.choice(names)
        match chance.randrange(3):
            case 0:
                await writes_again(desk, who, chance.choice(words))
            case 1:
                await desk.is_called(who, "Ana Ruiz", handle=chance.choice(handles))
                await writes_again(desk, who, "I have another name")
            case 2:
                await knows(desk, await contact(desk, who), "Mail", chance.choice(["ana@ruiz.example", None]))
        if chance.random() < 0.5:
            await looks(desk)
    await looks(desk)
    kept = await desk.rows(PAIRS)
    await desk.rows("DELETE FROM contact_twin WHERE workspace_id = $1")
    async with desk.database.tenant(desk.workspace_id) as connection:
        everybody = [row["id"] for row in await desk.rows("SELECT id FROM contact_identity WHERE workspace_id = $1")]
        changed = await sign_rows.read(connection, desk.workspace_id, everybody, with_messages=True)
        assert not changed.accounts, "no sign is missing, and none is left over"
        await pairing.fold(connection, desk.workspace_id, sign_rows.Changed(set(everybody)))
    assert await desk.rows(PAIRS) == kept


PAIRS = "SELECT one_id, other_id, score FROM contact_twin WHERE workspace_id = $1 ORDER BY 1, 2"
