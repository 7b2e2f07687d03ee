"""Connecting an account by signing in, and what a sign-in may do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from inbox.ground import clock
from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere, Receipt
from inbox.platforms.pinterest.api import Api
from inbox.platforms.pinterest.pins import lifetime
from inbox.platforms.reading import identity, records, remembered, words
from inbox.platforms.signing_in import asked, kept

SCOPES = ["boards:read", "pins:read", "user_accounts:read"]
LOSSES = {
    "pins:read": "Pins cannot be counted.",
    "boards:read": "Pins cannot be counted.",
    "user_accounts:read": "The account cannot be named.",
}
SOON = timedelta(days=7)


def authorise(app: App, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """The address to which a person is sent."""
    query = {"client_id": app.id, "redirect_uri": redirect_uri, "response_type": "code", "state": state}
    return f"{settings['auth_url']}?" + urlencode(query | {"scope": ",".join(SCOPES)}, quote_via=quote)


async def grant(
    http: httpx.AsyncClient, app: App, code: str, redirect_uri: str, settings: Mapping[str, Any]
) -> list[Grant]:
    """The one account that signed in. Raises NotHere."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if settings["continuous_refresh"] is True:
        form["continuous_refresh"] = "true"
    credentials = await _token(http, form, app.id, app.secrets, settings)
    account = Account(platform=app.platform, external_id="", credentials=credentials)
    told, _ = await Api(http, account, settings).get("user_account")
    if not (name := identity(told.get("id"))):
        raise NotHere(ErrorClass.INVALID, "Pinterest does not say whose account this is.")
    return [Grant(external_id=name, name=_name(told), handle=words(told.get("username")), credentials=credentials)]


async def refresh(http: httpx.AsyncClient, account: Account, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """New credentials: each renewal gives another refresh token for 60 days, without end. Raises NotHere."""
    token = str(account.credentials.get("refresh_token") or "")
    if not token or not account.app_id:
        return None
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await _token(http, form, account.app_id, account.app_secrets, settings, account.credentials)


async def _token(
    http: httpx.AsyncClient,
    form: dict[str, str],
    app_id: str,
    secrets: list[str],
    settings: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    url = f"{str(settings['api_url']).rstrip('/')}/oauth/token"
    secret = next((one for one in secrets if one), "")
    answer = await asked(http, url, form, title="Pinterest", basic=(app_id, secret))
    credentials = kept(answer, before)
    if scope := words(answer.get("scope")):
        credentials["scope"] = scope
    seconds = answer.get("refresh_token_expires_in")
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        credentials["refresh_ends"] = (clock.now() + timedelta(seconds=seconds)).isoformat()
    return credentials


async def check(api: Api) -> Receipt:
    """Whose account this is, and whether its pins are counted. Raises NotHere."""
    told, _ = await api.get("user_account")
    name, expected = identity(told.get("id")), api.account.external_id
    if not name or (expected and name != expected):
        raise NotHere(ErrorClass.INVALID, f"This sign-in belongs to “{_name(told)}” ({name}), not to {expected}.")
    scopes = words(api.account.credentials.get("scope")).replace(",", " ").split()
    missing = [f"{one} is not granted. {loss}" for one, loss in LOSSES.items() if scopes and one not in scopes]
    pins, _ = await api.get("pins", page_size="1", pin_metrics="true")
    shown = records(pins.get("items"))
    if shown and not lifetime(shown[0]):
        missing.append(
            "Pinterest shows no lifetime counts for this account's newest pin, so new comments may stay unseen: "
            "pins of business accounts made since March 2023 have them."
        )
    if (ends := remembered(api.account.credentials.get("refresh_ends"))) and ends - clock.now() < SOON:
        missing.append(f"This sign-in ends on {ends:%Y-%m-%d} unless it is renewed before: connect the account again.")
    return Receipt(
        external_id=name,
        name=_name(told),
        handle=words(told.get("username")),
        avatar_url=words(told.get("profile_image")),
        granted=scopes,
        missing=missing,
    )


def _name(told: dict[str, Any]) -> str:
    return words(told.get("business_name")) or words(told.get("username"))
