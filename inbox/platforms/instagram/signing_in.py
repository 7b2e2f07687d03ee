"""Instagram Login: a code becomes a token for an hour, that one a token for 60 days, and that is renewed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from inbox.platforms.base import App, ErrorClass, Grant, NotHere
from inbox.platforms.instagram.checking import SCOPES
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.reading import identity, words
from inbox.platforms.meta.tokens import dialog, exchanged, secret_of
from inbox.platforms.signing_in import kept


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
    swap = {"grant_type": "ig_exchange_token", "client_secret": secret_of(app), "access_token": short["access_token"]}
    long = await exchanged(
        graph.http, graph.unversioned("access_token"), swap, title=graph.title, noun=graph.noun, method="GET"
    )
    credentials = kept(long) | {"permissions": _permissions(short.get("permissions"))}
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
    """The same access for 60 days more. Instagram takes tokens that are a day old, and not over. Raises NotHere."""
    before = graph.account.credentials
    if not before.get("access_token"):
        return None
    form = {"grant_type": "ig_refresh_token", "access_token": str(before["access_token"])}
    told = await exchanged(
        graph.http,
        graph.unversioned("refresh_access_token"),
        form,
        title=graph.title,
        noun=graph.noun,
        method="GET",
    )
    return kept(told, before)


def _permissions(told: Any) -> list[str]:
    """As a list, or as words with commas between them."""
    if isinstance(told, list):
        return [scope for scope in map(words, told) if scope]
    return [scope for scope in words(told).replace(",", " ").split() if scope]
