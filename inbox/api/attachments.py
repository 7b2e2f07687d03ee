"""Files that came with messages: always a download, in a sandbox of its own, never a page of ours."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from inbox.desk import attachments
from inbox.ground.db import Database
from inbox.ground.errors import NotFound
from inbox.ground.files import Files, Missing
from inbox.people.access import Agent

SANDBOX = "default-src 'none'; sandbox"


@get("/attachments/{attachment_id:uuid}", summary="Download an attachment", media_type="application/octet-stream")
async def read_attachment(
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    files: NamedDependency[Files],
    agent: NamedDependency[Agent],
) -> Response[bytes]:
    """The bytes as the customer sent them. The name is only ever what it is saved as."""
    async with database.tenant(agent.workspace_id) as connection:
        file = await attachments.find(connection, attachment_id, agent)
    try:  # outside: a bucket may be far away
        content = await files.get(file.key)
    except Missing:
        raise NotFound("This file is gone from where attachments are kept.") from None
    return Response(
        content,
        media_type=file.mime,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')[:300]}",
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": "private, max-age=86400, immutable",
        },
    )


doors = [read_attachment]
