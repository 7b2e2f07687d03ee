"""Who writes to us, where, when and about what; what share of them we answer; and how personally."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from inbox.desk import merges, saved_replies
from inbox.desk.saved_replies import Wanted
from inbox.ground.errors import Forbidden
from inbox.ground.ids import new_id
from inbox.reports import audience, touch
from inbox.reports.audience import AudienceOut
from inbox.reports.touch import TouchOut
from tests.desk.story import Desk, minutes_ago
from tests.reports.test_audits import DAY, a_quarter


async def audience_of(desk: Desk, channels: Sequence[UUID] = ()) -> AudienceOut:
    return await desk.does(audience.read, None, None, channels, by=desk.sam)


async def touch_of(desk: Desk) -> TouchOut:
    return await desk.does(touch.read, None, None, (), by=desk.sam)


async def test_people_kinds_hours_and_what_share_we_answer(desk: Desk) -> None:
    await a_quarter(desk)
    found = await audience_of(desk)
    assert (found.now.items, found.now.people, found.now.askers, found.now.returning) == (6, 4, 3, 1)
    assert [(one.name, one.items, one.people, one.before) for one in found.kinds] == [
        ("comment", 2, 2, 0),
        ("dm", 4, 2, 1),
    ]
    assert [(one.name, one.items, one.people, one.before) for one in found.networks] == [("facebook", 6, 4, 1)]
    assert sum(found.hours) == 6
    asked = minutes_ago(40 * DAY)
    assert found.hours[asked.weekday() * 24 + asked.hour] >= 1
    assert (found.answering.n, found.answering.answered, found.answering.waiting) == (3, 2, 1)
    assert found.answering.within_week.value == pytest.approx(2 / 3)
    assert found.words is None
    assert found.overlap == []


async def test_languages_count_people_and_a_channel_alone_is_counted_alone(desk: Desk) -> None:
    other = await desk.world.channel("mastodon", name="Lamps")
    await desk.hears("ana", "Where is my order?", ago=DAY)
    await desk.hears("ana", "Hello?", ago=DAY - 1)
    await desk.hears("ben", "¿Dónde está?", ago=DAY)
    await desk.rows("UPDATE message SET language = 'en' WHERE workspace_id = $1 RETURNING 1")
    await desk.rows("UPDATE message SET language = 'es' WHERE workspace_id = $1 AND text LIKE '¿%' RETURNING 1")
    found = await audience_of(desk)
    assert [(one.name, one.items, one.people) for one in found.languages] == [("en", 2, 1), ("es", 1, 1)]
    assert (await audience_of(desk, [other])).now.people == 0
    assert (await audience_of(desk, [desk.world.channel_id])).now.people == 2


async def test_words_rise_by_people_and_names_and_spam_do_not(desk: Desk) -> None:
    for number in range(32):
        await desk.hears(f"old{number}", "When do you open, please?", ago=120 * DAY)
        await desk.hears(f"new{number}", "My lamp arrived broken, Zelda! <b>Why</b> @shop", ago=3 * DAY)
    await desk.is_called("new1", "Zelda")
    found = await audience_of(desk)
    assert found.words is not None
    assert {one.word for one in found.words} == {"lamp", "arrived", "broken", "why"}
    assert {(one.people, one.of, one.before, one.of_before) for one in found.words} == {(32, 32, 0, 32)}
    assert found.sampled == 1
    await desk.rows("UPDATE conversation SET is_spam = true WHERE workspace_id = $1 AND preview LIKE 'My%' RETURNING 1")
    assert (await audience_of(desk)).words is None


async def test_overlap_is_of_persons_that_somebody_merged(desk: Desk) -> None:
    await desk.hears("ana", "Where is my order?", ago=DAY)
    await desk.hears("ben", "Where is my order?", ago=DAY)
    other = await desk.world.channel("mastodon", name="Lamps")
    accounts = await desk.rows("SELECT external_id, id, contact_id FROM contact_identity WHERE workspace_id = $1")
    known = {one["external_id"]: one for one in accounts}
    contact, account, thread = new_id(), new_id(), new_id()
    async with desk.database.tenant(desk.workspace_id) as connection:
        for sql, *values in (
            ("INSERT INTO contact (workspace_id, id, name) VALUES ($1, $2, 'A.')", contact),
            (
                """INSERT INTO contact_identity (workspace_id, id, contact_id, platform, external_id)
                   VALUES ($1, $2, $3, 'mastodon', 'ana@example')""",
                *(account, contact),
            ),
            (
                """INSERT INTO conversation (workspace_id, id, channel_id, platform, kind, thread_key, identity_id,
                       last_message_at) VALUES ($1, $2, $3, 'mastodon', 'mention', 't', $4, now())""",
                *(thread, other, account),
            ),
            (
                """INSERT INTO message (workspace_id, id, conversation_id, channel_id, direction, visibility, kind,
                       identity_id, at) VALUES ($1, $2, $3, $4, 'in', 'public', 'mention', $5, now())""",
                *(new_id(), thread, other, account),
            ),
        ):
            await connection.execute(sql, desk.workspace_id, *values)
    assert (await audience_of(desk)).overlap == []
    await desk.does(merges.merge, known["ana"]["contact_id"], contact, by=desk.sam)
    found = await audience_of(desk)
    assert [(one.here, one.there, one.people) for one in found.overlap] == [
        ("facebook", "mastodon", 1),
        ("mastodon", "facebook", 1),
    ]
    assert (found.now.people, found.now.met) == (3, 2)
    assert {one.name: one.people for one in found.networks} == {"facebook": 2, "mastodon": 1}


async def test_replies_as_they_were_saved_and_the_same_in_a_row(desk: Desk) -> None:
    saved = Wanted(title="Way", text="Hello {{contact.first_name|there}}, it is on its way!", shared=True)
    await desk.does(saved_replies.make, saved, by=desk.sam)
    for number in range(5):
        thread = await desk.hears(f"c{number}", "Where is my order?", ago=60 + number)
        await desk.posts(thread, f"Hello C{number}, it is on its way!", by=desk.sam, ago=50 - number)
    for number in range(5):
        thread = await desk.hears(f"d{number}", "Is it broken?", ago=30)
        await desk.posts(thread, "We are on it.", by=desk.ana, ago=20 - number)
    await desk.posts(thread, "I looked: it is the bulb.", by=desk.ana, ago=5)
    found = await touch_of(desk)
    assert (found.saved.n, found.saved.of) == (5, 11)
    assert (found.same.n, found.same.of, found.run) == (5, 11, 5)
    assert [one.text for one in found.saved.rows] == [
        f"Hello C{number}, it is on its way!" for number in (4, 3, 2, 1, 0)
    ]
    assert {one.text for one in found.same.rows} == {"We are on it."}
    assert found.all_of_them
    with pytest.raises(Forbidden):
        await desk.does(touch.read, None, None, (), by=desk.ana)
    with pytest.raises(Forbidden):
        await desk.does(audience.read, None, None, (), by=desk.ana)


async def test_an_answer_only_holds_if_we_answer_again_before_they_say_anything(desk: Desk) -> None:
    held = await desk.hears("ana", "Is it broken?", ago=100)
    await desk.posts(held, "We look into it.", by=desk.ana, ago=90)
    await desk.posts(held, "It is the bulb.", by=desk.ana, ago=80)
    asked = await desk.hears("ben", "Is it broken?", ago=100)
    await desk.posts(asked, "Which one?", by=desk.ana, ago=90)
    await desk.hears("ben", "The blue one", ago=85)
    await desk.posts(asked, "It is the bulb.", by=desk.ana, ago=80)
    once = await desk.hears("cleo", "Is it broken?", ago=100)
    await desk.posts(once, "It is the bulb.", by=desk.ana, ago=80)
    public = await desk.sees_comment("dai", "Does it ship?", ago=70, id="900_1")
    await desk.sees_comment("eva", "Is it red?", ago=69, under="900_1", id="900_2")
    (first,) = [one for one in await desk.messages(public) if one.text == "Does it ship?"]
    (second,) = [one for one in await desk.messages(public) if one.text == "Is it red?"]
    await desk.posts(public, "It does.", by=desk.ana, ago=60, reply_to=first.id, answers=[first.id])
    await desk.posts(public, "It is.", by=desk.ana, ago=50, reply_to=second.id, answers=[second.id], anyway=True)
    found = await touch_of(desk)
    assert (found.holding.n, found.holding.of) == (1, 5)
    assert [(one.conversation_id, one.text) for one in found.holding.rows] == [(held, "It is the bulb.")]
