"""Signing in at one of Meta's networks: a code for a token, and that for one that lasts.

    told = await exchanged(http, f"{api}/oauth/access_token", {"client_id": ..., "code": ...}, title="...", noun="Page")

Meta's token endpoints answer refusals as Graph does, or in an older form of their own; both are understood.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from inbox.platforms.base import App, ErrorClass, NotHere
from inbox.platforms.meta.graph import Graph, body_of, error_class, hidden, sentence
from inbox.platforms.reading import number, record, records, words
from inbox.platforms.signing_in import kept


def dialog(url: str, app: App, *, redirect_uri: str, state: str, scopes: list[str], **more: str) -> str:
    """The address to which a person is sent."""
    asked = {"client_id": app.id, "redirect_uri": redirect_uri, "state": state, "response_type": "code"}
    return f"{url}?{urlencode({**asked, 'scope': ','.join(scopes), **more})}"


def secret_of(app: App) -> str:
    """The app's current secret."""
    return next((secret for secret in app.secrets if secret), "")


async def exchanged(
    http: httpx.AsyncClient, url: str, form: Mapping[str, str], *, title: str, noun: str, method: str = "POST"
) -> dict[str, Any]:
    """What the endpoint gives, `access_token` in it. Raises NotHere."""
    try:
        if method == "GET":
            answer = await http.get(url, params=dict(form))
        else:
            answer = await http.post(url, data=dict(form))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        away = sentence(ErrorClass.TRANSIENT, title, noun)
        raise NotHere(ErrorClass.TRANSIENT, f"{away} ({type(error).__name__})") from error
    told = body_of(answer) or {}
    # One of the networks wraps its answer into a list of one.
    given = next(iter(records(told.get("data"))), told)
    if answer.is_success and isinstance(given.get("access_token"), str) and given["access_token"]:
        return given
    if answer.status_code == 429 or answer.status_code >= 500:
        raise NotHere(ErrorClass.TRANSIENT, sentence(ErrorClass.TRANSIENT, title, noun))
    raise NotHere(*_refusal(told, form, title, noun))


async def lasting(graph: Graph, grant_type: str, token: str, app: App) -> dict[str, Any]:
    """Credentials that hold for weeks, for a token that holds for an hour. Raises NotHere."""
    form = {"grant_type": grant_type, "client_secret": secret_of(app), "access_token": token}
    address = graph.unversioned("access_token")
    return kept(await exchanged(graph.http, address, form, title=graph.title, noun=graph.noun, method="GET"))


async def renewed(graph: Graph, grant_type: str) -> dict[str, Any] | None:
    """The same access for weeks more: of a token that is a day old and not over; None without one. Raises NotHere."""
    before = graph.account.credentials
    if not before.get("access_token"):
        return None
    form = {"grant_type": grant_type, "access_token": str(before["access_token"])}
    address = graph.unversioned("refresh_access_token")
    told = await exchanged(graph.http, address, form, title=graph.title, noun=graph.noun, method="GET")
    return kept(told, before)


def permissions(told: Any) -> list[str]:
    """What was granted, as a list or as words with commas between them."""
    if isinstance(told, list):
        return [scope for scope in map(words, told) if scope]
    return [scope for scope in words(told).replace(",", " ").split() if scope]


def _refusal(told: dict[str, Any], form: Mapping[str, str], title: str, noun: str) -> tuple[ErrorClass, str]:
    error = record(told.get("error"))
    said = words(error.get("message")) or words(told.get("error_message")) or "no reason"
    for secret in filter(None, (form.get(name, "") for name in ("client_secret", "access_token", "code"))):
        said = said.replace(secret, "…")
    meaning = error_class(number(error.get("code")), number(error.get("error_subcode")))
    if meaning is ErrorClass.AUTH_EXPIRED:
        return meaning, f"{sentence(meaning, title, noun)} {title} says: {hidden(said)}"
    return ErrorClass.INVALID, f"{title} gave no access. {title} says: {hidden(said)}"
