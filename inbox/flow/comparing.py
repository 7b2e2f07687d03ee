"""Reconciling: what a platform tells when asked, beside what had reached us by itself.

Looked at before a page is stored, so that what is missing there can be told from what was here already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from inbox.flow import names
from inbox.ground.crypto import Safe
from inbox.ground.db import Database
from inbox.platforms.base import Act, Connector, Unreadable

log = structlog.get_logger("hearing")


@dataclass(slots=True)
class Compared:
    """Items a catch-up told of, and how many of them were here."""

    told: int = 0
    held: int = 0

    def add(self, other: Compared) -> None:
        """One more page."""
        self.told += other.told
        self.held += other.held


async def compare(
    database: Database,
    safe: Safe,
    connector: Connector,
    workspace_id: UUID,
    channel_id: UUID,
    payloads: Sequence[dict[str, Any]],
) -> Compared:
    """Which of the messages in these payloads had been taken in before."""
    written: set[str] = set()
    for payload in payloads:
        try:
            written |= {one.external_id for one in connector.normalise(payload) if one.act is Act.WROTE}
        except Unreadable:
            continue  # quarantined on its own road
        except Exception as error:
            log.info("page could not be compared", platform=connector.name, error=type(error).__name__)
    if not written:
        return Compared()
    async with database.tenant(workspace_id) as connection:
        hasher = await names.hasher(database, connection, safe)
        held = await connection.fetchval(
            """SELECT count(*) FROM unnest($4::bytea[]) AS k(hash), LATERAL (
                   SELECT 1 FROM inbound_key WHERE workspace_id = $1 AND channel_id = $2 AND act = $3
                       AND external_hash = k.hash AND revision = 0 LIMIT 1) f""",
            workspace_id,
            channel_id,
            str(Act.WROTE),
            [hasher.of(one) for one in written],
        )
    return Compared(len(written), held)
