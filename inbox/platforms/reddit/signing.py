"""Signing in at Reddit: permanent access by OAuth, with the app's name and secret as HTTP Basic.

The access token holds for as long as the answer says (a day, an hour in older times). The refresh token stays, but
may be replaced by any answer: then the new one is kept.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.reading import part, words
from inbox.platforms.reddit.api import Api, user_agent
from inbox.platforms.reddit.refusals import Failed
from inbox.platforms.signing_in import asked, kept

TITLE = "Reddit"
SCOPES = {
    "identity": "Reddit does not say whose account this is.",
    "read": "Comments and posts cannot be read or looked at again.",
    "history": "What colleagues write in Reddit's own app is not heard, and a doubtful reply is not found.",
    "privatemessages": "The inbox cannot be read: no mentions, no answers, no private messages.",
    "submit": "Comments cannot be answered.",
    "edit": "Our own comments cannot be deleted.",
    "modmail": "Modmail cannot be read or answered.",
    "modposts": "Nothing can be removed or approved in subreddits that this account moderates.",
}


def authorise(app: App, *, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """The address to which a person is sent."""
    asked_for = {
        "client_id": app.id,
        "response_type": "code",
        "state": state,
        "redirect_uri": redirect_uri,
        "duration": "permanent",
        "scope": " ".join(SCOPES),
    }
    return f"{str(settings['auth_url']).rstrip('/')}/api/v1/authorize?{urlencode(asked_for)}"


async def grant(
    http: httpx.AsyncClient, app: App, *, code: str, redirect_uri: str, settings: Mapping[str, Any]
) -> list[Grant]:
    """The one account that signed in. Raises NotHere."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    secret = next(iter(app.secrets), "")
    credentials = await _token(http, form, (app.id, secret), settings, {}, name="")
    account = Account(platform="reddit", external_id="", credentials=credentials)
    try:
        me = await Api(http, account, settings).get("api/v1/me")
    except Failed as failed:
        raise failed.reading() from failed
    name = words(part(me, "name"))
    if not name:
        raise NotHere(ErrorClass.TRANSIENT, "Reddit did not say whose account this is.")
    title = words(part(me, "subreddit", "title")) or name
    return [Grant(external_id=name, name=title, handle=name, credentials=credentials)]


async def refresh(http: httpx.AsyncClient, account: Account, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """New credentials, None where there is nothing to renew them by. Raises NotHere."""
    token = str(account.credentials.get("refresh_token") or "")
    if not token:
        return None
    if not account.app_id:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "The app that this Reddit account was connected through is missing.")
    form = {"grant_type": "refresh_token", "refresh_token": token}
    # A secret that was changed a moment ago: the previous one is not tried, for a refused client is a refused client.
    basic = (account.app_id, next(iter(account.app_secrets), ""))
    return await _token(http, form, basic, settings, account.credentials, name=account.external_id)


async def _token(
    http: httpx.AsyncClient,
    form: Mapping[str, str],
    basic: tuple[str, str],
    settings: Mapping[str, Any],
    before: Mapping[str, Any],
    *,
    name: str,
) -> dict[str, Any]:
    url = f"{str(settings['auth_url']).rstrip('/')}/api/v1/access_token"
    headers = {"User-Agent": user_agent(str(settings["user_agent"]), name)}
    try:
        answer = await asked(http, url, form, title=TITLE, basic=basic, headers=headers)
    except NotHere as refusal:
        if refusal.error is ErrorClass.INVALID and "refresh_token" in form:
            # Reddit says no more than 400 of a refresh token that was revoked.
            sentence = "Reddit no longer accepts this sign-in: connect the account again."
            raise NotHere(ErrorClass.AUTH_EXPIRED, sentence) from refusal
        raise
    credentials = kept(answer, before)
    if scope := words(answer.get("scope")):
        credentials["scope"] = scope
    return credentials
