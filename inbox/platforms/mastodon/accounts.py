"""Who we are on a server: registering an app there, signing in, testing a connection, looking somebody up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from inbox.platforms import signing_in
from inbox.platforms.base import Account, App, Author, ErrorClass, Grant, NotHere, Receipt
from inbox.platforms.mastodon import counting, statuses
from inbox.platforms.mastodon.api import Api, Failed, asked, read
from inbox.platforms.mastodon.names import domain_of, qualified, server
from inbox.platforms.reading import part, words

TITLE = "Mastodon"
SCOPES = {
    "read:accounts": "see who people are",
    "read:notifications": "hear who names this account",
    "read:statuses": "read posts",
    "write:statuses": "reply, and delete own posts",
    "write:favourites": "like posts",
}


async def register(http: httpx.AsyncClient, settings: Mapping[str, Any], redirect_uri: str) -> App:
    """Our app on this server, which anybody may make. Raises NotHere."""
    website = "://".join(urlsplit(redirect_uri)[:2])
    wanted: dict[str, Any] = {"client_name": "Earshot", "scopes": " ".join(SCOPES), "website": website}
    where = server(settings) + "/api/v1/apps"
    try:
        answer = await asked(http, "POST", where, body=wanted | {"redirect_uris": [redirect_uri]})
        if answer.status_code in (400, 422):  # servers from before version 4.3 take one address, and no list
            answer = await asked(http, "POST", where, body=wanted | {"redirect_uris": redirect_uri})
        made = read(answer)
    except Failed as failed:
        if 300 <= failed.status < 400 or failed.status in (404, 405):
            sentence = "There is no Mastodon server at this address: type the one at which people sign in."
            raise NotHere(ErrorClass.INVALID, sentence) from failed
        raise failed.reading() from failed
    name, secret = words(part(made, "client_id")), words(part(made, "client_secret"))
    if not name or not secret:
        raise NotHere(ErrorClass.TRANSIENT, "The Mastodon server made no app for us.")
    return App(id=name, platform="mastodon", secrets=[secret])


def authorise(app: App, *, redirect_uri: str, state: str, challenge: str, settings: Mapping[str, Any]) -> str:
    """Where a person lets Earshot in."""
    told = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{server(settings)}/oauth/authorize?{urlencode(told)}"


async def grant(
    http: httpx.AsyncClient, app: App, *, code: str, verifier: str, redirect_uri: str, settings: Mapping[str, Any]
) -> list[Grant]:
    """The account of whoever came back with this code, and what its server allows. Raises NotHere."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "client_id": app.id,
        "client_secret": app.secrets[0] if app.secrets else "",
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
    }
    home = server(settings)
    try:
        answer = await signing_in.asked(http, f"{home}/oauth/token", form, title=TITLE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotHere(ErrorClass.TRANSIENT, "The Mastodon server could not be reached.") from error
    credentials = {"access_token": signing_in.kept(answer)["access_token"]}  # it does not run out
    account = Account(platform="mastodon", external_id="", credentials=credentials, settings={"server": home})
    try:
        who, limits = await _who(Api(http, account))
    except Failed as failed:
        raise failed.reading() from failed
    return [
        Grant(
            external_id=who.external_id,
            name=who.name,
            handle=who.handle,
            credentials=credentials,
            settings={"server": home, **limits},
        )
    ]


async def check(http: httpx.AsyncClient, account: Account) -> Receipt:
    """Who this token is, what it may do, and whether the server's limits are those we keep to. Raises NotHere."""
    api = Api(http, account)
    try:
        who, limits = await _who(api)
        may = await _may(api)
    except Failed as failed:
        raise failed.reading() from failed
    missing = [f"The app may not {SCOPES[scope]}: it needs {scope}." for scope in SCOPES if not _covers(may, scope)]
    for name, real in limits.items():
        kept = account.settings.get(name, real)
        if name == "max_characters" and isinstance(kept, int) and kept > real:
            missing.append(f"This server takes {real} characters in a post: set max_characters to that.")
        if name == "characters_reserved_per_url" and kept != real:
            missing.append(f"This server counts {real} characters for a link: set characters_reserved_per_url to that.")
    return Receipt(
        external_id=who.external_id,
        name=who.name,
        handle=who.handle,
        avatar_url=who.avatar_url,
        granted=[told[0].upper() + told[1:] for scope, told in SCOPES.items() if _covers(may, scope)],
        missing=missing,
    )


async def person(http: httpx.AsyncClient, account: Account, external_id: str) -> Author | None:
    """Somebody by their name@domain. Raises NotHere."""
    api = Api(http, account)
    ours = domain_of(api.us)
    try:
        found = await api.one("/api/v1/accounts/lookup", acct=external_id.removesuffix("@" + ours))
    except Failed as failed:
        if failed.gone:
            return None
        raise failed.reading() from failed
    return statuses.author(api.us, found)


async def _who(api: Api) -> tuple[Author, dict[str, int]]:
    """Our account under its name for everybody, and the limits of its server."""
    told = await api.one("/api/v1/accounts/verify_credentials")
    described = await api.one("/api/v2/instance")
    domain = words(described.get("domain")).lower()
    name = qualified(told.get("acct") or told.get("username"), domain)
    if not domain or not name.partition("@")[0]:
        raise Failed(ErrorClass.TRANSIENT, "The Mastodon server does not say who we are there.")
    limits = part(described, "configuration", "statuses")
    defaults = {"max_characters": counting.LIMIT, "characters_reserved_per_url": counting.PER_LINK}
    kept = {each: real if isinstance(real := part(limits, each), int) else usual for each, usual in defaults.items()}
    return statuses.author(name, told), kept


async def _may(api: Api) -> list[str]:
    """The scopes of our token; nothing where the server does not tell them."""
    try:
        told = await api.one("/api/v1/apps/verify_credentials")
    except Failed as failed:
        if failed.error is ErrorClass.AUTH_EXPIRED or failed.doubt:
            raise
        return list(SCOPES)
    scopes = told.get("scopes")
    return [words(each) for each in scopes] if isinstance(scopes, list) and scopes else list(SCOPES)


def _covers(may: list[str], scope: str) -> bool:
    return scope in may or scope.partition(":")[0] in may
