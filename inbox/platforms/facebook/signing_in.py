"""Facebook Login: a code becomes a token of the person, and that one a token for each Page.

A Page's token that was asked for with a long-lived token of the person does not end by itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from inbox.platforms.base import App, Grant
from inbox.platforms.facebook import checking
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.tokens import dialog, exchanged, secret_of
from inbox.platforms.reading import identity, record, records, words

SCOPES = ["pages_show_list", *checking.SCOPES]
PAGES = 20


def authorise(app: App, *, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """The dialog. An app with Facebook Login for Business names a configuration, which holds the scopes."""
    url = f"{str(settings['dialog_url']).rstrip('/')}/{settings['api_version']}/dialog/oauth"
    scopes = [*SCOPES, *str(settings["extra_scopes"]).replace(",", " ").split()]
    more = {"config_id": str(settings["login_config_id"])} if settings["login_config_id"] else {}
    return dialog(url, app, redirect_uri=redirect_uri, state=state, scopes=scopes, **more)


async def grant(graph: Graph, app: App, *, code: str, redirect_uri: str) -> list[Grant]:
    """Every Page of the person. Raises NotHere."""
    asking = {"client_id": app.id, "client_secret": secret_of(app)}
    address = graph.address("oauth/access_token")
    short = await exchanged(
        graph.http, address, {**asking, "redirect_uri": redirect_uri, "code": code}, title=graph.title, noun=graph.noun
    )
    swap = {"grant_type": "fb_exchange_token", "fb_exchange_token": str(short["access_token"])}
    long = await exchanged(graph.http, address, {**asking, **swap}, title=graph.title, noun=graph.noun)
    person = structs.replace(
        graph.account, credentials={"access_token": str(long["access_token"])}, app_secrets=[secret_of(app)]
    )
    return await _pages(replace(graph, account=person))


async def _pages(graph: Graph) -> list[Grant]:
    found: list[Grant] = []
    params = {"fields": "id,name,username,access_token,tasks", "limit": "100"}
    for _ in range(PAGES):
        answer = await graph.get("me/accounts", **params)
        found += [_grant(page) for page in records(answer.get("data")) if page.get("access_token")]
        paging = record(answer.get("paging"))
        after = words(record(paging.get("cursors")).get("after"))
        if not after or not paging.get("next"):
            break
        params["after"] = after
    return [one for one in found if one.external_id]


def _grant(page: dict[str, Any]) -> Grant:
    page_id = identity(page.get("id"))
    return Grant(
        external_id=page_id,
        name=words(page.get("name")) or page_id,
        handle=words(page.get("username")),
        credentials={"page_id": page_id, "access_token": words(page.get("access_token"))},
    )
