"""Somebody asks what we hold of them, or to be forgotten; and is somebody new if they write again."""

from __future__ import annotations

from typing import Any

from inbox.flow import purging
from inbox.flow.split import split
from inbox.ground.db import Connection
from inbox.platforms.registry import platforms
from tests.privacy.home import Home

ZEBRA, BO = "90017734455001", "7002"
SAID = "The zebra of Kilimanjaro eats porcelain, where is it?"
PUBLIC = "Does the zebra of Kilimanjaro ship to Spain?"


def told(home: Home, text: str, *, mid: str, at: str = "09:00") -> dict[str, Any]:
    return home.road.dm(ZEBRA, text, at=at, mid=mid)


async def story(home: Home) -> None:
    """A private conversation and a public one, of which somebody else is a part too."""
    road = home.road
    await road.says(ZEBRA, SAID, at="09:00", mid="m_1")
    await road.arrives(road.edit(ZEBRA, SAID + " Please!", at="09:01", mid="m_1", number=1))
    await road.answers_elsewhere("We look for it, dear customer!", at="09:05", to=ZEBRA, mid="m_2")
    root = await road.comments(ZEBRA, PUBLIC, at="09:10", id="900_1")
    await road.comments(BO, "And to France?", at="09:12", under=root, id="900_2")
    await home.owner.execute(
        "UPDATE contact_identity SET name = 'Zenobia Quillfeather', handle = 'zenobia' WHERE external_id = $1", ZEBRA
    )
    await home.owner.execute(
        """UPDATE contact SET name = 'Zenobia Quillfeather' WHERE id = (
               SELECT contact_id FROM contact_identity WHERE external_id = $1)""",
        ZEBRA,
    )


async def test_nothing_of_somebody_who_asked_to_be_forgotten_lies_anywhere(home: Home) -> None:
    await story(home)
    private, public = [row["id"] for row in await home.road.conversations()]
    await home.notes(private, f"She wrote “{SAID}” to us")
    await home.drafts(private, "Dear Zenobia Quillfeather, we")
    # What waits, what could not be placed, and what could not be read.
    await home.road.arrives(home.road.edit(ZEBRA, SAID, at="09:30", mid="m_unknown", number=1))
    await home.road.stored(told(home, SAID, mid="m_7"))
    await split(home.world.database, platforms(), home.world.safe)
    await home.owner.execute("UPDATE inbound_event SET state = 'quarantined' WHERE state = 'new'")
    await home.world.app("facebook", "main", ["secret"])
    await home.road.stored(b'{"entry": "' + f"{ZEBRA} {SAID}".encode() + b'"')
    await home.road.placed()
    canaries = (ZEBRA, "Kilimanjaro", "Zenobia", "Quillfeather")
    for canary in canaries:
        assert await home.knows(canary), canary
    before = await home.numbers()

    answer = await home.erases(ZEBRA)
    assert (answer.status_code, answer.json()) == (200, {"messages": 2})
    for canary in canaries:
        assert not await home.knows(canary), canary
    assert await home.numbers() == before
    assert await home.road.differences() == 0
    assert await home.knows("And to France?"), "others stay"
    assert await home.knows("We look for it, dear customer!"), "and so do we"
    line = await home.audit("contact_erased")
    assert (line["by"], line["data"]) == (
        home.world.admin.id,
        '{"contact": "%s"}'
        % (await home.owner.fetchval("SELECT contact_id FROM contact_identity WHERE erased_at IS NOT NULL")),
    )
    thread = (await home.admin.get(f"/conversations/{public}")).json()
    first, second = thread["messages"]
    assert (first["text"], first["purged"], first["erased"], first["author"]["name"]) == ("", True, True, "")
    assert second["text"] == "And to France?"


async def test_nor_in_what_no_page_is_told_any_more(home: Home) -> None:
    await story(home)
    await home.owner.execute("UPDATE feed_head SET min_seq = seq + 1")
    await home.erases(ZEBRA)
    for canary in (ZEBRA, "Kilimanjaro", "Zenobia", "Quillfeather"):
        assert not await home.knows(canary), canary


async def test_nor_in_an_earlier_wording_of_ours(home: Home) -> None:
    await story(home)
    await home.road.answers_elsewhere("We found your order!", at="09:06", to=ZEBRA, mid="m_3")
    for name, earlier in (("m_2", f"You wrote: {SAID}"), ("m_3", "We found your parcel!")):
        await home.owner.execute("UPDATE message SET revisions = 1 WHERE external_id = $1", name)
        await home.owner.execute(
            """INSERT INTO message_revision (workspace_id, message_id, revision, text, at)
               SELECT workspace_id, id, 0, $2, now() FROM message WHERE external_id = $1""",
            name,
            earlier,
        )
    told = "UPDATE event SET body = replace(convert_from(body, 'UTF8'), $1, $2)::bytea"
    await home.owner.execute(told, '"We look for it, dear customer!"', f'"You wrote: {SAID}"')
    await home.erases(ZEBRA)
    assert not await home.knows("Kilimanjaro")
    assert await home.knows("We found your parcel!"), "what is ours alone stays"


async def test_what_is_told_of_old_messages_later_brings_nothing_back(home: Home) -> None:
    await story(home)
    await home.erases(ZEBRA)
    before = await home.numbers()
    road = home.road
    await road.arrives(told(home, SAID, mid="m_1"))
    await road.arrives(road.edit(ZEBRA, SAID + " Now!", at="09:40", mid="m_1", number=2))
    await road.arrives(road.comment(ZEBRA, PUBLIC, at="09:10", id="900_1"))
    await road.changes("edited", "900_1", at="09:41", message=PUBLIC + " Or Italy?")
    assert await home.numbers() == before
    assert not await home.knows("Kilimanjaro"), "not even aside"
    assert not await home.knows(ZEBRA)


async def test_a_reply_by_somebody_else_still_finds_its_thread(home: Home) -> None:
    await story(home)
    await home.erases(ZEBRA)
    await home.road.comments(BO, "Hello? France?", at="10:00", under="900_1", id="900_9")
    assert len(await home.road.conversations()) == 2
    assert await home.road.differences() == 0


async def test_whoever_writes_again_is_somebody_new(home: Home) -> None:
    await story(home)
    await home.erases(ZEBRA)
    await home.road.says(ZEBRA, "Hello, it is me again?", at="11:00", mid="m_9")
    conversations = await home.road.conversations()
    assert len(conversations) == 3
    assert conversations[-1]["message_count"] == 1
    people = await home.owner.fetch("SELECT erased_at FROM contact_identity WHERE external_id LIKE 'erased:%'")
    assert len(people) == 1
    assert await home.contact(ZEBRA)
    assert (await home.erases(ZEBRA)).json() == {"messages": 1}, "and may be forgotten again"
    assert not await home.knows(ZEBRA)
    assert await home.road.differences() == 0


async def test_an_erasure_that_broke_off_is_finished_by_asking_again(home: Home) -> None:
    await story(home)
    contact = await home.contact(ZEBRA)
    await home.erases(ZEBRA)
    message = await home.owner.fetchval("SELECT id FROM message WHERE erased ORDER BY id LIMIT 1")
    await home.owner.execute("UPDATE message SET erased = false, text = 'left over' WHERE id = $1", message)
    answer = await home.admin.post(f"/contacts/{contact}/erasure", json={})
    assert answer.json() == {"messages": 1}
    assert not await home.knows("left over")


async def test_nobody_can_be_written_to_who_is_not_known_any_more(home: Home) -> None:
    await story(home)
    private, public = [row["id"] for row in await home.road.conversations()]
    item = await home.owner.fetchval("SELECT id FROM message WHERE external_id = '900_1'")
    await home.erases(ZEBRA)
    for thread, visibility, reply_to in ((private, "private", None), (public, "public", str(item))):
        answer = await home.admin.post(
            f"/conversations/{thread}/messages",
            json={"visibility": visibility, "text": "Hello?", "reply_to": reply_to, "anyway": True},
            headers={"Idempotency-Key": visibility},
        )
        assert answer.status_code == 422, answer.text
        assert "erased" in answer.json()["detail"]


async def test_rules_that_end_later_do_not_stumble_over_who_was_erased(home: Home) -> None:
    await story(home)
    await home.erases(ZEBRA)
    for one in await purging.homes(home.world.database, platforms()):
        await purging.purge(home.world.database, platforms(), one)
    assert await home.road.differences() == 0


async def test_everything_we_hold_of_somebody_is_one_file(home: Home, owner: Connection) -> None:
    await story(home)
    private, _ = [row["id"] for row in await home.road.conversations()]
    await home.notes(private, "Difficult customer")
    contact = await home.contact(ZEBRA)
    answer = await home.admin.get(f"/contacts/{contact}/export")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="person-{contact}.json"'
    held = answer.json()
    (identity,) = held["identities"]
    assert (identity["external_id"], identity["name"], identity["handle"]) == (ZEBRA, "Zenobia Quillfeather", "zenobia")
    assert [thread["kind"] for thread in held["conversations"]] == ["dm", "comment"]
    texts = [[message["text"] for message in thread["messages"]] for thread in held["conversations"]]
    assert texts == [[SAID + " Please!", "We look for it, dear customer!"], [PUBLIC]], "nobody else's, and no note"
    assert held["conversations"][0]["messages"][0]["earlier"][0]["text"] == SAID
    line = await home.audit("contact_exported")
    assert (line["by"], line["data"]) == (home.world.admin.id, f'{{"contact": "{contact}"}}')


async def test_who_is_one_person_with_them_is_exported_and_erased_with_them(home: Home) -> None:
    await story(home)
    zebra, bo = await home.contact(ZEBRA), await home.contact(BO)
    merged = await home.admin.post(f"/contacts/{bo}/merges", json={"contact_id": str(zebra)})
    assert merged.status_code == 201, merged.text
    held = (await home.admin.get(f"/contacts/{zebra}/export")).json()
    assert {one["external_id"] for one in held["identities"]} == {ZEBRA, BO}
    assert (held["contact_id"], [one["merged_id"] for one in held["merges"]]) == (str(bo), [str(zebra)])
    before = await home.numbers()
    assert (await home.erases(ZEBRA)).json() == {"messages": 3}
    for canary in (ZEBRA, "Kilimanjaro", "Zenobia", "And to France?"):
        assert not await home.knows(canary), canary
    assert await home.numbers() == before
    (split,) = (await home.admin.get(f"/contacts/{bo}")).json()["merges"]
    assert (await home.admin.delete(f"/contacts/{bo}/merges/{split['id']}")).status_code == 200, "even then"


async def test_what_we_know_of_somebody_is_exported_and_erased(home: Home) -> None:
    await story(home)
    zebra, bo = await home.contact(ZEBRA), await home.contact(BO)
    made = await home.admin.post("/contact-fields", json={"title": "Animal", "kind": "text"})
    for who, name in ((zebra, "okapi"), (bo, "lemur")):
        await home.admin.post(f"/contacts/{who}/notes", json={"text": f"Wants a {name} note"})
        await home.admin.put(f"/contacts/{who}/tags/{name}-tag")
        await home.admin.put(f"/contacts/{who}/fields/{made.json()['id']}", json={"value": f"{name} value"})
    held = (await home.admin.get(f"/contacts/{zebra}/export")).json()
    assert [one["text"] for one in held["notes"]] == ["Wants a okapi note"]
    assert (held["tags"], held["values"]) == (["okapi-tag"], [{"field": "Animal", "value": "okapi value"}])
    await home.erases(ZEBRA)
    for words in ("okapi note", "okapi value"):
        assert not await home.knows(words), words
    assert await home.owner.fetchval("SELECT count(*) FROM contact_tag WHERE contact_id = $1", zebra) == 0
    for words in ("lemur note", "lemur value", "lemur-tag"):
        assert await home.knows(words), "others stay"
