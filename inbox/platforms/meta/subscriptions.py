"""Who is told what happens: the app's callback, and the account that joins the app. Looked at, and mended.

Both are Graph edges: `/{app}/subscriptions`, asked with the app's own token, and `/{account}/subscribed_apps`.
"""

from collections.abc import Sequence

import httpx

from inbox.platforms.base import App, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.tokens import secret_of
from inbox.platforms.reading import identity, record, records, words


async def app_listens(graph: Graph, app: App, about: str, fields: Sequence[str], callback: str) -> list[str]:
    """See that the app's callback for `about` is ours, and mend it. Sentences for what could not be. Raises NotHere.

    A callback that leads to something else is left alone: whoever listens there would never hear again.
    """
    app_id, secret = safe_id(graph.account.app_id or app.id), secret_of(app)
    if not app_id or not secret or not callback:
        return []
    asking = graph.as_app(app_id, secret)
    try:
        known = records((await asking.get(f"{app_id}/subscriptions")).get("data"))
    except NotHere as refusal:
        if refusal.error is ErrorClass.AUTH_EXPIRED:  # the app's own token, which is its ID and secret
            return [f"{graph.title} does not accept the app's ID and secret that are stored here: correct them."]
        return [f"{graph.title} does not show where the app's webhooks go: {_said(refusal)}"]
    ours = next((one for one in known if words(one.get("object")) == about), {})
    there = words(ours.get("callback_url"))
    hears = {words(one.get("name")) for one in records(ours.get("fields"))}
    if there == callback and ours.get("active") is not False and set(fields) <= hears:
        return []
    if there and not _same_door(there, callback):
        return [
            f"The app tells {there} what happens, and not {callback}: "
            "change the callback address in the app's Webhooks if that is no longer wanted."
        ]
    wanted = ",".join(sorted(hears | set(fields)))
    body = {"object": about, "callback_url": callback, "verify_token": app.verify_token, "fields": wanted}
    answer = await asking.write("POST", f"{app_id}/subscriptions", body | {"include_values": True})
    return _unmended(graph, answer, "let the app hear what happens")


async def account_joins(graph: Graph, fields: Sequence[str], app_id: str = "") -> list[str]:
    """See that the account tells our app these fields, and mend it. Sentences for what could not be. Raises NotHere."""
    account = safe_id(graph.account.external_id)
    try:
        found = await joined(graph, app_id)
    except NotHere as refusal:
        return [f"{graph.title} does not show the {graph.noun}'s webhooks: {_said(refusal)}"]
    if set(fields) <= set(found):
        return []
    answer = await graph.write(
        "POST", f"{account}/subscribed_apps", {"subscribed_fields": ",".join(sorted({*found, *fields}))}
    )
    return _unmended(graph, answer, f"let the {graph.noun} tell the app what happens")


async def joined(graph: Graph, app_id: str = "", account: str = "") -> list[str]:
    """The fields this account tells our app. `account`: by another name than its id. Raises NotHere."""
    account = account or safe_id(graph.account.external_id)
    apps = records((await graph.get(f"{account}/subscribed_apps")).get("data"))
    ours = [app for app in apps if not app_id or app_id in (identity(app.get("id")), identity(app.get("app_id")))]
    fields = [app.get("subscribed_fields") for app in ours]
    return [name for told in fields if isinstance(told, list) for one in told if (name := _field(one))]


def _field(told: object) -> str:
    return words(told) or words(record(told).get("name"))


def _same_door(one: str, other: str) -> bool:
    """The same place of this Earshot at another address: it has moved house."""
    try:
        return httpx.URL(one).path == httpx.URL(other).path
    except httpx.InvalidURL:
        return False


def _said(refusal: NotHere) -> str:
    if refusal.error in (ErrorClass.TRANSIENT, ErrorClass.RATE_LIMITED, ErrorClass.AUTH_EXPIRED):
        raise refusal
    return refusal.message


def _unmended(graph: Graph, answer: object, what: str) -> list[str]:
    if isinstance(answer, Refused):
        return [f"{graph.title} did not {what}: {answer.message}"]
    if isinstance(answer, Unknown):
        raise NotHere(ErrorClass.TRANSIENT, answer.reason)
    return []
