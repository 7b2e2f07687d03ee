"""Instagram Login: a code becomes a token for an hour, that one a token for 60 days, and that is renewed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from inbox.platforms.base import App, ErrorClass, Grant, NotHere
from inbox.platforms.instagram.checking import SCOPES
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.tokens import dialog, exchanged, lasting, permissions, renewed, secret_of
from inbox.platforms.reading import identity, words


def authorise(app: App, *, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """Instagram's own dialog."""
    url = f"{str(settings['dialog_url']).rstrip('/')}/oauth/authorize"
    return dialog(url, app, redirect_uri=redirect_uri, state=state, scopes=list(SCOPES))


async def grant(graph: Graph, app: App, *, code: str, redirect_uri: str) -> list[Grant]:
    """The one account that signed in. Raises NotHere."""
    form = {"client_id": app.id, "client_secret": secret_of(app), "grant_type": "authorization_code"}
    form |= {"redirect_uri": redirect_uri, "code": code.removesuffix("#_")}
    address = f"{str(graph.settings['token_url']).rstrip('/')}/oauth/access_token"
    short = await exchanged(graph.http, address, form, title=graph.title, noun=graph.noun)
    lasts = await lasting(graph, "ig_exchange_token", str(short["access_token"]), app)
    credentials = lasts | {"permissions": permissions(short.get("permissions"))}
    owner = replace(graph, account=structs.replace(graph.account, credentials=credentials))
    me = await owner.get("me", fields="id,user_id,username,name")
    external_id = identity(me.get("user_id")) or identity(short.get("user_id")) or identity(me.get("id"))
    if not external_id:
        raise NotHere(ErrorClass.INVALID, "Instagram did not say which account signed in.")
    handle = words(me.get("username"))
    return [
        Grant(external_id=external_id, name=words(me.get("name")) or handle, handle=handle, credentials=credentials)
    ]


async def refresh(graph: Graph) -> dict[str, Any] | None:
    """60 days more. Raises NotHere."""
    return await renewed(graph, "ig_refresh_token")
