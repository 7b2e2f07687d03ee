"""Where somebody who asked a platform to have their data deleted may see whether it is. Never whose it was."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from inbox.flow import deletions
from inbox.ground.db import Database
from inbox.ground.errors import NotFound

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""
SAID = {
    "en": {
        "title": "Deletion of your data",
        "pending": "Your request of {asked} has arrived and is being worked on. Look here again in an hour.",
        "done": "Done: what was held of you here was deleted on {done}.",
    },
    "es": {
        "title": "Borrado de sus datos",
        "pending": "Su solicitud del {asked} ha llegado y se está tramitando. Vuelva a mirar aquí dentro de una hora.",
        "done": "Hecho: lo que aquí se guardaba de usted se borró el {done}.",
    },
}


@get("/deletions/{code:str}", include_in_schema=False, media_type="text/html")
async def read_deletion(
    code: FromPath[str],
    request: Request[Any, Any, State],
    database: NamedDependency[Database],
) -> Response[str]:
    """Pending or done, in a plain page."""
    standing = await deletions.standing(database, code[:100])
    if standing is None:
        raise NotFound("There is no such request.")
    language = "es" if request.headers.get("accept-language", "").lower().startswith("es") else "en"
    said = SAID[language]
    text = said["done" if standing.done_at else "pending"].format(
        asked=f"{standing.asked_at:%Y-%m-%d %H:%M} UTC",
        done=f"{standing.done_at:%Y-%m-%d %H:%M} UTC" if standing.done_at else "",
    )
    page = PAGE.format(language=language, title=escape(said["title"]), text=escape(text))
    return Response(
        page,
        media_type="text/html",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )


doors = [read_deletion]
