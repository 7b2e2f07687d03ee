"""Messages that Meta has approved beforehand, as far as they can be filled with text alone."""

import re
from typing import Any

from inbox.platforms.base import ErrorClass, NotHere, Template
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.reading import record, records, words

PAGES = 20
FIELDS = "name,language,status,category,parameter_format,components"
HOLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


async def templates(graph: Graph) -> list[Template]:
    """All of them, by name. Raises NotHere."""
    waba = safe_id(str(graph.account.credentials.get("waba_id") or ""))
    if not waba:
        raise NotHere(ErrorClass.INVALID, "This channel has no WhatsApp Business Account id: connect it again.")
    found: list[Template] = []
    params = {"fields": FIELDS, "limit": "100"}
    for _ in range(PAGES):
        answer = await graph.get(f"{waba}/message_templates", **params)
        found += filter(None, map(_template, records(answer.get("data"))))
        paging = record(answer.get("paging"))
        after = words(record(paging.get("cursors")).get("after"))
        if not after or not paging.get("next"):
            break
        params["after"] = after
    return sorted(found, key=lambda one: (one.name, one.language))


def _template(told: dict[str, Any]) -> Template | None:
    """None for one that is not approved, or asks for more than numbered words in its body."""
    parts = {words(part.get("type")).upper(): part for part in records(told.get("components"))}
    body, header = words(record(parts.get("BODY")).get("text")), record(parts.get("HEADER"))
    holes = HOLE.findall(body)
    numbered = sorted(set(holes), key=int) if all(hole.isdecimal() for hole in holes) else None
    fits = (
        words(told.get("status")).upper() == "APPROVED"
        and words(told.get("category")).upper() != "AUTHENTICATION"
        and numbered is not None
        and numbered == [str(place) for place in range(1, len(numbered) + 1)]
        and words(header.get("format")).upper() in ("", "TEXT")
        and not HOLE.search(words(header.get("text")))
        and not any(_asks(button) for button in records(record(parts.get("BUTTONS")).get("buttons")))
    )
    name, language = words(told.get("name")), words(told.get("language"))
    return Template(name=name, language=language, body=body, parameters=numbered or []) if fits and name else None


def _asks(button: dict[str, Any]) -> bool:
    return bool(HOLE.search(words(button.get("url")))) or words(button.get("type")).upper() in (
        "COPY_CODE",
        "FLOW",
        "OTP",
    )
