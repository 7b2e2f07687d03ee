"""Terms in Postgres: every edition of the policies, with the calendars and who has them, read in one statement.

terms = await stored_terms.load(connection, workspace_id)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.sla.channel_hours import ChannelHours, Kept
from inbox.sla.hours import Hours, Version
from inbox.sla.terms import Edition, Place, Terms

EVERYTHING = """
SELECT (SELECT json_agg(json_build_object('version', version, 'valid_from', valid_from, 'policies', policies,
                                          'includes_waiting', includes_waiting) ORDER BY version)
        FROM sla_edition WHERE workspace_id = $1)::text AS editions,
       (SELECT json_object_agg(id, versions ORDER BY id) FROM calendar WHERE workspace_id = $1)::text AS calendars,
       (SELECT json_object_agg(channel_id, kept ORDER BY channel_id) FROM (
            SELECT channel_id, json_agg(json_build_object('valid_from', valid_from,
                                                          'calendar', coalesce(calendar_id::text, ''))
                                        ORDER BY valid_from) AS kept
            FROM channel_hours WHERE workspace_id = $1 GROUP BY channel_id) k)::text AS channels
"""
NOTHING = Terms((), {})


async def load(connection: Connection, workspace_id: UUID) -> Terms:
    """What holds in this workspace, and what held before."""
    row = await connection.fetchrow(EVERYTHING, workspace_id)
    assert row is not None
    if row["editions"] is None and row["calendars"] is None:
        return NOTHING
    return _terms(row["editions"] or "[]", row["calendars"] or "{}", row["channels"] or "{}")


async def places(
    connection: Connection, workspace_id: UUID, conversation_ids: set[UUID], known: Mapping[UUID, Place]
) -> dict[str, Place]:
    """Where these conversations are, by name; `known`: some whose rows are not written yet."""
    found = {str(name): place for name, place in known.items() if name in conversation_ids}
    if missing := conversation_ids - known.keys():
        for row in await connection.fetch(
            "SELECT id, channel_id, platform, kind FROM conversation WHERE workspace_id = $1 AND id = ANY($2)",
            workspace_id,
            sorted(missing),
        ):
            found[str(row["id"])] = Place(str(row["channel_id"]), row["platform"], row["kind"])
    return found


def read_versions(stored: str) -> list[Version]:
    """The versions of a calendar as they are stored. Raises msgspec.ValidationError."""
    return msgspec.json.decode(stored, type=list[Version])


# Laying out the years of a calendar takes longer than everything else about a batch, and they seldom change.
@lru_cache(maxsize=256)
def _terms(editions: str, calendars: str, channels: str) -> Terms:
    laid_out = {
        name: laid_out_once(bytes(versions))
        for name, versions in msgspec.json.decode(calendars, type=dict[str, msgspec.Raw]).items()
    }
    return Terms(msgspec.json.decode(editions, type=list[Edition]), laid_out, channel_hours(channels))


def channel_hours(stored: str) -> ChannelHours:
    """Of all channels, as EVERYTHING tells them."""
    return ChannelHours(msgspec.json.decode(stored, type=dict[str, list[Kept]]))


@lru_cache(maxsize=256)
def laid_out_once(versions: bytes) -> Hours:
    """A calendar as it is stored; the same one for the same versions, so that its years are laid out once."""
    return Hours(msgspec.json.decode(versions, type=list[Version]))
