"""People who write from several networks, for stories about who is the same."""

from __future__ import annotations

from uuid import UUID

from inbox.desk import fields, knowing, twins
from inbox.desk.twin_shapes import TwinOut
from inbox.flow import readers
from inbox.flow.twinning import Twins
from inbox.ground.ids import new_id
from inbox.people.access import Agent
from tests.desk.story import Desk


async def contact(desk: Desk, who: str) -> UUID:
    """The contact this account came with."""
    (row,) = await desk.rows(
        "SELECT contact_id FROM contact_identity WHERE workspace_id = $1 AND external_id = $2", who
    )
    return UUID(str(row["contact_id"]))


async def meets(
    desk: Desk, who: str, name: str, handle: str = "", *, on: str = "instagram", says: str = "", openly: bool = False
) -> UUID:
    """Somebody writes from a network; gives their contact."""
    hears = desk.sees_comment if openly else desk.hears
    await hears(who, says or "Where is my parcel?", ago=60)
    await _writes_from(desk, who, on)
    await desk.is_called(who, name, handle=handle)
    return await contact(desk, who)


async def writes_again(desk: Desk, who: str, text: str) -> None:
    """The same account, from its network."""
    (row,) = await desk.rows("SELECT * FROM contact_identity WHERE workspace_id = $1 AND external_id = $2", who)
    await _writes_from(desk, who, "facebook")  # where every story's road begins
    await desk.hears(who, text, ago=5)
    await _writes_from(desk, who, row["platform"])
    await desk.is_called(who, row["name"], handle=row["handle"])


async def _writes_from(desk: Desk, who: str, platform: str) -> None:
    await desk.rows(
        "UPDATE contact_identity SET platform = $3 WHERE workspace_id = $1 AND external_id = $2", who, platform
    )


async def looks(desk: Desk) -> None:
    """The reader comes to the end of the feed."""
    while (await readers.turn(desk.database, Twins(), desk.workspace_id)).read:
        pass


async def suggested(desk: Desk, by: Agent | None = None) -> list[TwinOut]:
    """Who may be the same, as an agent is told."""
    await looks(desk)
    return (await desk.does(twins.page, by=by or desk.ana)).items


def told(found: list[TwinOut]) -> list[tuple[set[UUID], list[str], str, list[str]]]:
    """Who, why, how likely, and with which warning."""
    return [
        (
            {one.one.contact.id, one.other.contact.id},
            [reason.kind for reason in one.reasons],
            one.level,
            list(one.cautions),
        )
        for one in found
    ]


async def pairs(desk: Desk, by: Agent | None = None) -> list[set[UUID]]:
    return [who for who, *_ in told(await suggested(desk, by))]


async def knows(desk: Desk, who: UUID, title: str, value: str | None) -> None:
    """What stands in a field of the workspace's own."""
    known = {one.title: one.id for one in await desk.does(fields.all_of, desk.world.admin)}
    if title not in known:
        known[title] = (await desk.does(fields.make, title, "text", [], by=desk.world.admin)).id
    await desk.does(knowing.fill_in, who, known[title], value, by=desk.ana)


def nobody() -> UUID:
    return new_id()
