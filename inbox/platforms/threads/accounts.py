"""Who a token is, and how somebody signs in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from inbox.platforms.base import App, ErrorClass, Grant, NotHere, Receipt
from inbox.platforms.meta.graph import Graph
from inbox.platforms.meta.tokens import dialog, exchanged, lasting, renewed, secret_of
from inbox.platforms.reading import identity, number, record, records, words

SCOPES = {
    "threads_basic": "The account cannot be read at all.",
    "threads_read_replies": "Replies cannot be read.",
    "threads_manage_replies": "Replies cannot be hidden.",
    "threads_content_publish": "Nothing can be answered.",
    "threads_manage_mentions": "Mentions are not told.",
}


async def check(graph: Graph) -> Receipt:
    """What Threads says about this token. Raises NotHere if it is none of the account's."""
    me = await graph.get("me", fields="id,username,name,threads_profile_picture_url")
    external_id, handle = identity(me.get("id")), words(me.get("username"))
    expected = graph.account.external_id
    if not external_id or (expected and external_id != expected):
        whose = f"@{handle} ({external_id})"
        raise NotHere(ErrorClass.INVALID, f"This token belongs to {whose}, not to {expected}.")
    granted, missing = await _quota(graph)
    return Receipt(
        external_id=external_id,
        name=words(me.get("name")) or handle,
        handle=handle,
        avatar_url=words(me.get("threads_profile_picture_url")),
        granted=granted,
        missing=missing,
    )


async def _quota(graph: Graph) -> tuple[list[str], list[str]]:
    """Threads does not say what a token may do, so the one thing that needs the right to publish is asked for."""
    try:
        answer = await graph.get("me/threads_publishing_limit", fields="reply_quota_usage,reply_config")
    except NotHere as refusal:
        if refusal.error in (ErrorClass.TRANSIENT, ErrorClass.AUTH_EXPIRED):
            raise
        return [], [f"Threads does not show how much may be answered: {refusal.message}"]
    told = next(iter(records(answer.get("data"))), {})
    total, used = number(record(told.get("reply_config")).get("quota_total")), number(told.get("reply_quota_usage"))
    return ([f"{max(0, total - used)} of {total} replies left within 24 hours"] if total else []), []


def authorise(app: App, *, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """Threads' own dialog."""
    url = f"{str(settings['dialog_url']).rstrip('/')}/oauth/authorize"
    return dialog(url, app, redirect_uri=redirect_uri, state=state, scopes=list(SCOPES))


async def grant(graph: Graph, app: App, *, code: str, redirect_uri: str) -> list[Grant]:
    """The one account that signed in. Raises NotHere."""
    form = {"client_id": app.id, "client_secret": secret_of(app), "grant_type": "authorization_code"}
    form |= {"redirect_uri": redirect_uri, "code": code.removesuffix("#_")}
    address = graph.unversioned("oauth/access_token")
    short = await exchanged(graph.http, address, form, title=graph.title, noun=graph.noun)
    credentials = await lasting(graph, "th_exchange_token", str(short["access_token"]), app)
    owner = replace(graph, account=structs.replace(graph.account, credentials=credentials))
    me = await owner.get("me", fields="id,username,name")
    external_id, handle = identity(me.get("id")) or identity(short.get("user_id")), words(me.get("username"))
    if not external_id:
        raise NotHere(ErrorClass.INVALID, "Threads did not say which account signed in.")
    return [
        Grant(external_id=external_id, name=words(me.get("name")) or handle, handle=handle, credentials=credentials)
    ]


async def refresh(graph: Graph) -> dict[str, Any] | None:
    """60 days more. Raises NotHere."""
    return await renewed(graph, "th_refresh_token")
