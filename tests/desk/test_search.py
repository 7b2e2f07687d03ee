"""Finding what was ever written: by words, phrases and people, and nothing that has gone or that one may not see."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.desk import candidates, conversations, replies, search, tags
from inbox.desk.search import SearchPage
from inbox.flow import erasing
from inbox.ground.errors import Invalid
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from tests.desk.story import Desk

UTC = ZoneInfo("UTC")


async def found(desk: Desk, q: str, *, by: Agent | None = None, **more: Any) -> SearchPage:
    async with desk.database.session(desk.workspace_id) as session:
        return await search.page(session, by or desk.ana, q, zone=UTC, **more)


async def lines(desk: Desk, q: str, **more: Any) -> list[str]:
    """What was found, with [ ] around what matched."""
    return [
        "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in hit.line)
        for hit in (await found(desk, q, **more)).items
    ]


async def test_words_phrases_beginnings_and_every_language(desk: Desk):
    await desk.hears("7001", "The lamp arrived broken, I want a refund", ago=60 * 24 * 300)
    await desk.hears("7002", "Größe und Café: wrong size, please", ago=50)
    await desk.hears("7003", "我在东京大学 <script>alert(1)</script>", ago=40)
    await desk.hears("7004", "size wrong, order #4711-B for ana.b@example.com", ago=30)
    assert await lines(desk, "refund") == ["The lamp arrived broken, I want a [refund]"]
    assert await lines(desk, "BROKEN lam") == ["The [lamp] arrived [broken], I want a refund"]
    assert await lines(desk, '"wrong size"') == ["Größe und Café: [wrong size], please"]
    assert len(await lines(desk, "wrong size")) == 2
    assert await lines(desk, "size -lamp -cafe ") == ["[size] wrong, order #4711-B for ana.b@example.com"]
    assert await lines(desk, "grosse cafe ") == ["[Größe] und [Café]: wrong size, please"]
    assert await lines(desk, "东京") == ["我在[东京]大学 <script>alert(1)</script>"]
    assert await lines(desk, "4711 ") == ["size wrong, order #[4711]-B for ana.b@example.com"]
    assert await lines(desk, "ana.b@example.com") == ["size wrong, order #4711-B for [ana.b@example.com]"]
    assert await lines(desk, "nobody-wrote-this") == []
    assert await lines(desk, "   ") == []


async def test_a_conversation_comes_once_with_its_best_message_and_how_many_more(desk: Desk):
    thread = await desk.hears("7001", "A refund, and the refund form", ago=60)
    await desk.hears("7001", "Is the refund on its way at last, or what became of that", ago=50)
    await desk.hears("7002", "No money back", ago=40)
    (hit,) = (await found(desk, "refund")).items
    assert (hit.conversation.id, hit.more) == (thread, 1)
    assert hit.line[1].text == "refund"
    assert hit.author is not None


async def test_operators_narrow_what_is_found(desk: Desk):
    dm = await desk.hears("7001", "Where is my lamp?", ago=600)
    old = await desk.hears("7009", "Lamps of old", ago=60 * 24 * 40)
    comment = await desk.sees_comment("8001", "Nice lamp! https://example.com", ago=60)
    await desk.is_called("8001", "Zoë García", handle="zo_garcia")
    await desk.does(tags.put_on, dm, "vip", by=desk.ana)
    await desk.posts(dm, "Your lamp is on its way", by=desk.ana, ago=30)
    await desk.does(conversations.resolve, comment, by=desk.ana)

    async def which(q: str) -> set[str]:
        names = {dm: "dm", comment: "comment", old: "old"}
        return {names[hit.conversation.id] for hit in (await found(desk, q)).items}

    assert await which("lamp ") == {"dm", "comment"}
    assert await which("lamp") == {"dm", "comment", "old"}
    for q in ("kind:comment", "from:garcia", "from:@zo_garcia", "from:zoe", "is:resolved", "has:link"):
        assert await which(f"{q} lamp") == {"comment"}, q
    for q in ("tag:vip", "kind:dm after:7d", "from:me", "from:us", "-nice -old"):
        assert await which(f"lamp {q} ") == {"dm"}, q
    for q in ("kind:comment", "from:garcia", "is:resolved", "has:link"):
        assert await which(q) == {"comment"}, q
    for q in ("tag:vip", "from:me", "platform:facebook kind:dm after:7d", "assignee:nobody tag:vip"):
        assert await which(q) == {"dm"}, q
    assert await which("lamps before:7d") == await which("before:7d") == {"old"}
    assert await which("lamp tag:nothing") == set()
    assert await which("lamp from:nobody-at-all") == set()
    for q in ("platform:myspace", "channel:elsewhere", "assignee:nobody assignee:me", "assignee:zzz"):
        with pytest.raises(Invalid):
            await found(desk, q)


async def test_people_are_found_by_any_part_of_their_name(desk: Desk):
    await desk.hears("7001", "Hello", ago=60)
    await desk.is_called("7001", "Zoë García Márquez", handle="zo_garcia")
    for q in ("garcia", "marq", "ZOË", "@zo_garcia"):
        assert [person.name for person in (await found(desk, q)).people] == ["Zoë García Márquez"], q
    assert (await found(desk, "garcia", by=desk.otto)).people == []


async def test_what_has_gone_is_not_found(desk: Desk, owner: Any):
    thread = await desk.hears("7001", "My secret is pineapple", ago=60)
    await desk.does(note, thread, "He said pineapple", by=desk.ana)
    assert len(await lines(desk, "pineapple")) == 1
    assert (await found(desk, "has:note pineapple")).items[0].visibility == "note"
    (contact,) = await desk.rows("SELECT contact_id FROM contact_identity WHERE workspace_id = $1")
    people = await erasing.of_contact(desk.database, desk.workspace_id, contact["contact_id"])
    await erasing.erase(desk.database, desk.workspace_id, people, by=desk.world.admin)
    assert await lines(desk, "secret") == []


async def test_nobody_finds_what_they_may_not_see(desk: Desk, database: Any):
    await desk.hears("7001", "Between us: pineapple", ago=60)
    assert (await found(desk, "pineapple", by=desk.otto)).items == []
    other = await Desk.make(database, name="Other")
    assert (await found(other, "pineapple")).items == []
    async with database.app.acquire() as connection:  # no workspace set
        asked = "SELECT * FROM search_messages('pineapple', '-infinity', 'infinity', $1, false, NULL, 10)"
        assert await connection.fetch(asked, candidates.LAST) == []


async def test_a_common_word_is_read_piece_by_piece_to_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """However little is read at once, going on finds everything, each conversation once and the newest first."""
    monkeypatch.setattr(candidates, "MOST", 4)
    monkeypatch.setattr(candidates, "ENOUGH", 3)
    monkeypatch.setattr(candidates, "BUDGET", 3)
    threads = [await desk.hears(f"70{n:02}", f"lamp number {n}", ago=60 * 24 * n + 5) for n in range(1, 12)]
    threads.append(await desk.hears("7001", "lamp again", ago=60 * 24 * 30))  # a conversation that was shown before
    met: list[Any] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = await found(desk, "lamp", cursor=cursor, limit=2)
        met += [hit.conversation.id for hit in page.items]
        cursor, pages = page.next, pages + 1
        assert pages < 40
    assert sorted(met) == sorted(set(threads))
    assert met[0] == threads[0]
    assert pages > 3


async def note(session: Any, thread: Any, text: str, *, by: Agent) -> None:
    await replies.send(session, thread, replies.Reply(visibility="note", text=text), by=by, key=new_id().hex)
