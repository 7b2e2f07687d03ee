"""Files that came with messages, for whoever may see the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from inbox.ground.db import Connection
from inbox.ground.errors import NotFound
from inbox.people.access import Agent
from inbox.platforms.base import Attachment

# What a browser shows and cannot run; everything else, SVG and HTML before all, is handed over as bytes without a name.
SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "application/pdf",
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """Where the bytes lie, and what they may be called."""

    key: str
    mime: str
    name: str


async def find(connection: Connection, attachment_id: UUID, by: Agent) -> File:
    """One file. Raises NotFound also where its channel is not theirs, or its message was deleted or purged."""
    row = await connection.fetchrow(
        """SELECT a.key, a.mime, a.position, a.channel_id, m.attachments FROM attachment a
           JOIN message m ON m.workspace_id = a.workspace_id AND m.id = a.message_id
           WHERE a.workspace_id = $1 AND a.id = $2 AND a.state = 'stored' AND m.deleted_at IS NULL
               AND m.purged_at IS NULL""",
        by.workspace_id,
        attachment_id,
    )
    if row is None or not by.sees(row["channel_id"]):
        raise NotFound("There is no such file.")
    stored = row["attachments"]
    told = msgspec.json.decode(stored, type=list[Attachment]) if isinstance(stored, str) else []
    name = told[row["position"]].name if row["position"] < len(told) else ""
    mime = row["mime"] if row["mime"] in SHOWN else "application/octet-stream"
    return File(row["key"], mime, name or str(attachment_id))
