"""The description of our doors, and a page to read it on that is entirely our own: no CDN, no inline script."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath
from litestar.types import Method

from inbox.ground.errors import NotFound

ASSETS = Path(__file__).parent / "assets"
KINDS = {".html": "text/html", ".js": "application/javascript", ".css": "text/css"}
VERSION = "1.0"
INTRODUCTION = """Earshot's own page uses these doors and no others.

**Signing in.** A browser signs in with `POST /api/v1/session` and sends the `csrf` it was given as `X-CSRF-Token`
with everything that changes something. A program sends an API token as `Authorization: Bearer`.

**Lists** are `{"items": [...], "next": cursor}`; give `next` back as `cursor`.

**Refusals** are `application/problem+json`: `detail` is a sentence for people, `code` a word for programs.

**Times** are ISO 8601 in UTC, ids are UUIDs."""

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for whoever asked."},
        "code": {"type": "string", "description": "A word for programs, e.g. not_found."},
        "errors": {
            "type": "array",
            "description": "For code invalid: each field that was wrong.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


class NoPages(Router):
    """Litestar would add pages of its own, whose scripts come from elsewhere."""

    def register(self, value: Any) -> list[Any]:
        return []


def _name(handler: HTTPRouteHandler, _method: Method, _path: object) -> str:
    return handler.handler_name


def config() -> OpenAPIConfig:
    """What Litestar is told about describing us."""
    return OpenAPIConfig(
        title="Earshot",
        version=VERSION,
        description=INTRODUCTION,
        use_handler_docstrings=True,
        operation_id_creator=_name,
        openapi_router=NoPages("/api/v1/description", route_handlers=[]),
    )


def written(app: Litestar) -> bytes:
    """OpenAPI 3.1 of everything below /api/v1, as JSON."""
    # Page[MemberOut] is called Page_inbox.realtime.shapes.MemberOut_ by Litestar.
    return re.sub(rb"\bPage_[\w.]*?(\w+)_(?=\")", rb"\1Page", msgspec.json.encode(_describe(app)))


def _describe(app: Litestar) -> dict[str, Any]:
    described = app.openapi_schema.to_schema()
    components = described.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "earshot_session"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    described["security"] = [{"session": []}, {"token": []}]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    open_doors = {
        handler.handler_name
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if handler.opt.get("open")
    }
    for methods in described["paths"].values():
        for operation in methods.values():
            responses = operation["responses"]
            responses.pop("400", None)  # Litestar's own shape of a refusal, which is not ours
            responses["default"] = {"description": "Refused: the detail says why.", "content": problem}
            if operation["operationId"] in open_doors:
                operation["security"] = []
    return described


@get("/openapi.json", opt={"open": True}, include_in_schema=False, sync_to_thread=False)
def read_description(request: Request[Any, Any, State]) -> Response[bytes]:
    """The description itself."""
    state = request.app.state
    if "description" not in state:
        state.description = written(request.app)
    return Response(state.description, media_type="application/json")


@get("/docs", opt={"open": True}, include_in_schema=False, sync_to_thread=False)
def read_docs() -> Response[bytes]:
    """A page to read it on."""
    return _asset("docs.html")


@get("/docs/{name:str}", opt={"open": True}, include_in_schema=False, sync_to_thread=False)
def read_asset(name: FromPath[str]) -> Response[bytes]:
    """What the page is made of."""
    return _asset(name)


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    return {path.name: (path.read_bytes(), KINDS[path.suffix]) for path in ASSETS.iterdir() if path.suffix in KINDS}


def _asset(name: str) -> Response[bytes]:
    if name not in _assets():
        raise NotFound("There is nothing here.")
    content, kind = _assets()[name]
    return Response(content, media_type=f"{kind}; charset=utf-8")


doors = [read_description, read_docs, read_asset]
