"""Who is there: whoever has a page open, whatever they look at, and nobody else."""

from __future__ import annotations

from inbox.ground.db import Database
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.realtime.presence import Presence
from tests.world import World


async def test_whoever_has_a_page_open_is_there_whatever_they_look_at(database: Database, settings: Settings) -> None:
    world, other = await World.make(database), await World.make(database, name="Other")
    presence, told = Presence(settings.redis_url), list[bytes]()
    presence.listen(lambda _workspace, _conversation, _channel, frame: told.append(frame))
    thread, ana = new_id(), world.agent

    presence.here(ana, "a list")
    presence.here(world.supervisor, "a report")
    presence.here(other.agent, "elsewhere")
    assert presence.present(world.workspace_id) == {ana.id: "here", world.supervisor.id: "here"}
    assert told == [], "that somebody is there is nothing a thread would show"

    presence.shows(ana, "a list", thread, world.channel_id, "viewing")
    assert presence.present(world.workspace_id)[ana.id] == "viewing"
    presence.here(ana, "a second page")
    presence.shows(ana, "a list", thread, world.channel_id, "idle")
    assert presence.present(world.workspace_id)[ana.id] == "here", "one page is enough"
    presence.here(ana, "a list")
    assert presence.people(world.workspace_id, thread) == []
    presence.gone(ana, "a list")
    assert presence.present(world.workspace_id)[ana.id] == "here"
    presence.gone(ana, "a second page")
    assert presence.present(world.workspace_id) == {world.supervisor.id: "here"}
