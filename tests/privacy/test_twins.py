"""What was read of somebody to know them again is gone with them, and with what it was read from."""

from __future__ import annotations

from typing import Any

from inbox.desk import apart, consents
from inbox.flow import names, purging, readers
from inbox.flow import words as letting
from inbox.flow.twinning import Twins
from tests.privacy.home import Home

ANA, BO, STRANGER = "90017734455001", "90017734455002", "90017734455003"
MAIL = "Write to zenobia@quillfeather.example about order Q-77301"
TABLES = ("contact_sign", "contact_twin", "contact_apart", "contact_consent")


async def story(home: Home) -> tuple[Any, Any]:
    """Two who gave the same address, of one of whom something was decided."""
    await home.road.says(STRANGER, "Hello?", at="08:50", mid="s_1")
    for who, minute in ((ANA, "09:00"), (BO, "09:02")):
        await home.road.says(who, MAIL, at=minute, mid=f"m_{who}")
        await home.owner.execute(
            "UPDATE contact_identity SET name = 'Zenobia Quill', handle = 'zenobia.q_84' WHERE external_id = $1", who
        )
        await home.road.says(who, "Hello?", at="09:05", mid=f"n_{who}")
    await looks(home)
    assert await home.owner.fetchval("SELECT count(*) FROM contact_twin") == 1
    one, other = await home.contact(ANA), await home.contact(BO)
    async with home.world.database.session(home.world.workspace_id) as session:
        await apart.say(session, one, await home.contact(STRANGER), by=home.world.agent)
        await consents.note(session, one, "Zenobia said so", by=home.world.agent)
    await looks(home)
    for table in TABLES:
        assert await home.owner.fetchval(f"SELECT count(*) FROM {table}") > 0, table
    return one, other


async def looks(home: Home) -> None:
    while (await readers.turn(home.world.database, Twins(), home.world.workspace_id)).read:
        pass


async def kept(home: Home, who: Any) -> list[str]:
    """The kinds of signs of one person."""
    found = await home.owner.fetch(
        """SELECT s.kind FROM contact_sign s JOIN contact_identity i ON i.id = s.identity_id
           WHERE i.contact_id = $1 ORDER BY s.kind""",
        who,
    )
    return [row["kind"] for row in found]


async def test_an_erased_person_leaves_nothing_behind(home: Home) -> None:
    one, other = await story(home)
    assert await home.knows("q-77301") or await home.knows("Q77301")
    assert (await home.erases(ANA)).status_code == 200
    await looks(home)
    assert await kept(home, one) == []
    assert await kept(home, other) == ["email", "handle", "name", "order"]
    for table in TABLES[1:]:
        assert await home.owner.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    await home.erases(BO)
    await looks(home)
    for canary in ("zenobia", "Q77301", "quill"):
        assert not await home.knows(canary), canary


async def test_a_batch_read_before_the_erasure_and_written_after_it_brings_nothing_back(home: Home) -> None:
    one, _ = await story(home)
    await home.road.says(ANA, MAIL, at="09:20", mid="m_last")
    await home.erases(ANA)
    await looks(home)
    assert await kept(home, one) == []


async def test_words_that_are_let_go_tell_nothing_any_more(home: Home) -> None:
    one, other = await story(home)
    message = await home.owner.fetchval("SELECT id FROM message WHERE external_id = $1", f"m_{ANA}")
    await home.owner.execute("UPDATE message SET purge_due_at = now() - interval '1 hour' WHERE id = $1", message)
    async with home.world.database.tenant(home.world.workspace_id) as connection:
        hasher = await names.known(home.world.database, connection)
        await letting.let_go(connection, home.world.workspace_id, [message], hasher)
    assert await kept(home, one) == ["handle", "name"]
    assert await kept(home, other) == ["email", "handle", "name", "order"]


async def test_names_that_are_let_go_tell_nothing_any_more(home: Home) -> None:
    one, _ = await story(home)
    identity = await home.owner.fetchval("SELECT id FROM contact_identity WHERE external_id = $1", ANA)
    async with home.world.database.tenant(home.world.workspace_id) as connection:
        await purging.unname(connection, home.world.workspace_id, [identity])
    assert await kept(home, one) == ["email", "order"]


async def test_what_somebody_agreed_to_is_in_what_we_hold_of_them(home: Home) -> None:
    one, _ = await story(home)
    held = (await home.admin.get(f"/contacts/{one}/export")).json()
    assert [(told["how"], told["withdrawn_at"]) for told in held["consents"]] == [("Zenobia said so", None)]
