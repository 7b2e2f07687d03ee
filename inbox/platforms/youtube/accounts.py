"""Signing in with Google, renewing what that gave, and what the channel's owner may do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, App, Author, ErrorClass, Grant, NotHere, Receipt
from inbox.platforms.reading import Json, identity, instant, number, record, records, words
from inbox.platforms.signing_in import asked, kept
from inbox.platforms.youtube.api import Api
from inbox.platforms.youtube.cursor import HELD, PUBLISHED
from inbox.platforms.youtube.errors import SENTENCES
from inbox.platforms.youtube.reading import safe_id

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
NO_CHANNEL = "The Google account that signed in has no YouTube channel: choose the channel's own account on signing in."
UNTICKED = "Managing comments was not ticked on Google's page: connect the channel again and tick it."
# Google says how long a refresh token holds only where it ends soon: of apps in testing, after seven days.
SOON = timedelta(days=30)


def authorise(app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
    """Google's page of consent. Without `offline` there is no refresh token, without `consent` only the first time."""
    params = {
        "client_id": app.id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
    }
    if challenge:
        params |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{str(settings['accounts_url']).rstrip('/')}/o/oauth2/v2/auth?{urlencode(params)}"


async def grant(
    http: httpx.AsyncClient, app: App, *, code: str, verifier: str, redirect_uri: str, settings: Mapping[str, Any]
) -> list[Grant]:
    """The channels that the code opens: one, for Google lets a person choose before. Raises NotHere."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": app.id,
        "client_secret": _first(app.secrets),
    }
    answer = await _token(http, settings, form | ({"code_verifier": verifier} if verifier else {}))
    scopes = words(answer.get("scope")).split()
    if scopes and SCOPE not in scopes:
        raise NotHere(ErrorClass.PERMISSION_MISSING, UNTICKED)
    credentials = _stored(answer, {})
    api = Api(http, Account(platform="youtube", external_id="", credentials=credentials), settings)
    channels = await _mine(api)
    if not channels:
        raise NotHere(ErrorClass.PERMISSION_MISSING, NO_CHANNEL)
    return [
        Grant(external_id=identity(one.get("id")), name=name, handle=handle, credentials=credentials)
        for one in channels
        for name, handle, _ in [_named(one)]
    ]


async def refresh(api: Api) -> dict[str, Any] | None:
    """A new access token for the refresh token, which stays the same. Raises NotHere."""
    account = api.account
    token = str(account.credentials.get("refresh_token") or "")
    if not token:
        return None
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": str(account.credentials.get("client_id") or account.app_id),
        "client_secret": str(account.credentials.get("client_secret") or _first(account.app_secrets)),
    }
    return _stored(await _token(api.http, api.settings, form), account.credentials)


async def check(api: Api) -> Receipt:
    """Whose credentials these are, and whether comments and what is held for review can be read. Raises NotHere."""
    if not api.account.credentials.get("access_token") and (fresh := await refresh(api)):
        api = Api(api.http, msgspec.structs.replace(api.account, credentials=fresh), api.settings)
    channels = await _mine(api)
    if not channels:
        raise NotHere(ErrorClass.INVALID, NO_CHANNEL)
    expected = api.channel
    channel = next((one for one in channels if identity(one.get("id")) == expected), None)
    if expected and channel is None:
        name, _, _ = _named(channels[0])
        raise NotHere(ErrorClass.INVALID, f"This sign-in belongs to the channel “{name}”, not to {expected}.")
    channel = channel or channels[0]
    external_id = identity(channel.get("id"))
    api = Api(api.http, msgspec.structs.replace(api.account, external_id=external_id), api.settings)
    granted, missing = await _allowed(api)
    name, handle, picture = _named(channel)
    if ends := instant(api.account.credentials.get("refresh_until")):
        missing.append(
            f"This sign-in ends on {ends:%Y-%m-%d}, because the Google app is still in testing: publish the app."
        )
    return Receipt(external_id, name, handle, picture, granted, missing)


async def person(api: Api, external_id: str) -> Author | None:
    """A channel's name, handle and picture. Raises NotHere."""
    if not (who := safe_id(external_id)):
        return None
    try:
        answer = await api.get("channels", part="snippet", id=who)
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return None
        raise
    for item in records(answer.get("items")):
        if identity(item.get("id")) == who:
            name, handle, picture = _named(item)
            return Author(external_id=who, name=name, handle=handle, avatar_url=picture)
    return None


async def _allowed(api: Api) -> tuple[list[str], list[str]]:
    granted: list[str] = []
    missing: list[str] = []
    for status, able, unable in (
        (PUBLISHED, "read and answer comments", "Comments cannot be read."),
        (HELD, "see what is held for review", "What is held for review cannot be read."),
    ):
        try:
            await api.get(
                "commentThreads",
                part="id",
                allThreadsRelatedToChannelId=api.channel,
                maxResults=1,
                moderationStatus=status,
            )
        except NotHere as refusal:
            if refusal.error is not ErrorClass.PERMISSION_MISSING:
                raise
            missing.append(f"{unable} {refusal}")
        else:
            granted.append(able)
    return granted, missing


async def _mine(api: Api) -> list[Json]:
    answer = await api.get("channels", part="snippet", mine="true")
    return [item for item in records(answer.get("items")) if identity(item.get("id"))]


def _named(channel: Json) -> tuple[str, str, str]:
    """A channel's title, its handle without the @, and its picture."""
    snippet = record(channel.get("snippet"))
    pictures = record(snippet.get("thumbnails"))
    picture = words(record(pictures.get("medium") or pictures.get("default")).get("url"))
    return words(snippet.get("title")), words(snippet.get("customUrl")).removeprefix("@"), picture


async def _token(http: httpx.AsyncClient, settings: Mapping[str, Any], form: dict[str, str]) -> dict[str, Any]:
    try:
        return await asked(http, f"{str(settings['oauth_url']).rstrip('/')}/token", form, title="Google")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({type(error).__name__})") from error


def _stored(answer: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    credentials = kept(answer, before)
    lasts = timedelta(seconds=number(answer.get("refresh_token_expires_in")))
    if timedelta() < lasts < SOON:
        credentials["refresh_until"] = (clock.now() + lasts).isoformat()
    return credentials


def _first(secrets: list[str]) -> str:
    return next((secret for secret in secrets if secret), "")
