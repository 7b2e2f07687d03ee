"""Terms in Postgres: every edition of the policies, with the calendars, read in one statement.

terms = await stored_terms.load(connection, workspace_id)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.sla.hours import Hours, Version
from inbox.sla.terms import Edition, Place, Terms

EVERYTHING = """
SELECT (SELECT json_agg(json_build_object('version', version, 'valid_from', valid_from, 'policies', policies,
                                          'includes_waiting', includes_waiting) ORDER BY version)
        FROM sla_edition WHERE workspace_id = $1)::text AS editions,
       (SELECT json_object_agg(id, versions ORDER BY id) FROM calendar WHERE workspace_id = $1)::text AS calendars
"""
NOTHING = Terms((), {})


async def load(connection: Connection, workspace_id: UUID) -> Terms:
    """What holds in this workspace, and what held before."""
    row = await connection.fetchrow(EVERYTHING, workspace_id)
    assert row is not None
    if row["editions"] is None:
        return NOTHING
    return _terms(row["editions"], row["calendars"] or "{}")


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
def _terms(editions: str, calendars: str) -> Terms:
    laid_out = {
        name: _hours(versions) for name, versions in msgspec.json.decode(calendars, type=dict[str, msgspec.Raw]).items()
    }
    return Terms(msgspec.json.decode(editions, type=list[Edition]), laid_out)


def _hours(versions: msgspec.Raw) -> Hours:
    return _laid_out(bytes(versions))


@lru_cache(maxsize=256)
def _laid_out(versions: bytes) -> Hours:
    return Hours(msgspec.json.decode(versions, type=list[Version]))
