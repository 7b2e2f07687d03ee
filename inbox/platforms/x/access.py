"""Signing in at X: OAuth 2.0 with PKCE, refresh tokens that are spent by each use, and who came back."""

from collections.abc import Mapping
from typing import Any

import httpx

from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.reading import identity, record, words
from inbox.platforms.signing_in import asked, kept
from inbox.platforms.x.api import Api
from inbox.platforms.x.problems import SENTENCES

SCOPES = {
    "tweet.read": "Posts and mentions cannot be read.",
    "tweet.write": "Nobody can be answered in public, and nothing deleted.",
    "tweet.moderate.write": "Replies cannot be hidden.",
    "users.read": "Nobody's name can be read.",
    "dm.read": "Messages cannot be read.",
    "dm.write": "Messages cannot be written.",
    "offline.access": "The sign-in ends after two hours.",
}
HOSTS = ("api_url", "authorize_url")


def authorise(app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
    """Where a person agrees."""
    query = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return str(httpx.URL(str(settings["authorize_url"]), params=query))


async def grant(
    http: httpx.AsyncClient,
    app: App,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> list[Grant]:
    """The account of whoever signed in. The code lives for half a minute. Raises NotHere."""
    client = {name: str(settings.get(name) or "") for name in ("client_secret", "bearer_token")}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    answer = await _token(http, settings, form, app.id, client["client_secret"])
    credentials = kept(answer) | {"client_id": app.id} | {name: value for name, value in client.items() if value}
    credentials["scope"] = words(answer.get("scope"))
    account = Account(platform="x", external_id="", credentials=credentials, settings=dict(settings))
    told = record(
        (await Api(http, account, settings).get("/2/users/me", **{"user.fields": "name,username"})).get("data")
    )
    if not (who := identity(told.get("id"))):
        raise NotHere(ErrorClass.INVALID, "X did not say who signed in.")
    hosts = {name: settings[name] for name in HOSTS if settings.get(name) and settings[name] != defaults[name]}
    return [Grant(external_id=who, name=words(told.get("name")), handle=words(told.get("username")),
                  credentials=credentials, settings=hosts)]  # fmt: skip


async def refresh(http: httpx.AsyncClient, account: Account, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next pair of tokens; the refresh token used is worth nothing afterwards. Raises NotHere."""
    before = account.credentials
    token = str(before.get("refresh_token") or "")
    if not token:
        return None
    client_id = str(before.get("client_id") or account.app_id)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    try:
        answer = await _token(http, settings, form, client_id, str(before.get("client_secret") or ""))
    except NotHere as refusal:
        if refusal.error is ErrorClass.INVALID:
            # X calls a spent refresh token an invalid request. There is no other way back in than to sign in.
            raise NotHere(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED]) from refusal
        raise
    renewed = kept(answer, before)
    return renewed | ({"scope": answer["scope"]} if words(answer.get("scope")) else {})


async def _token(
    http: httpx.AsyncClient, settings: Mapping[str, Any], form: dict[str, str], client_id: str, secret: str
) -> dict[str, Any]:
    url = f"{str(settings['api_url']).rstrip('/')}/2/oauth2/token"
    # A client that can keep a secret says who it is in the header, any other in the form.
    basic = (client_id, secret) if secret else None
    try:
        return await asked(http, url, form if basic else form | {"client_id": client_id}, title="X", basic=basic)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotHere(ErrorClass.TRANSIENT, f"X cannot be reached right now. ({type(error).__name__})") from error
