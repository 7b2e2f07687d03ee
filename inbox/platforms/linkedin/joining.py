"""Connecting by signing in at LinkedIn: where a person is sent, what they come back with, and renewing it.

A refresh token lives for a year from the first sign-in and is never extended, whatever is renewed in between.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from inbox.ground import clock
from inbox.platforms.base import Account, App, ErrorClass, Grant, NotHere
from inbox.platforms.linkedin import checking, urns
from inbox.platforms.linkedin.polling import LOCAL
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import remembered
from inbox.platforms.signing_in import asked, kept

SCOPES = ["r_organization_social_feed", "w_organization_social_feed", "rw_organization_admin"]


def scopes(settings: Mapping[str, Any]) -> str:
    """What is asked for. Another set than last time makes LinkedIn forget every token it gave before."""
    return " ".join(str(settings.get("scopes") or "").replace(",", " ").split()) or " ".join(SCOPES)


def authorise(app: App, redirect_uri: str, state: str, settings: Mapping[str, Any]) -> str:
    """The address to which a person is sent."""
    query = {"response_type": "code", "client_id": app.id, "redirect_uri": redirect_uri, "state": state}
    return f"{_host(settings)}/authorization?" + urlencode(query | {"scope": scopes(settings)}, quote_via=quote)


async def grant(
    http: httpx.AsyncClient, app: App, code: str, redirect_uri: str, settings: Mapping[str, Any]
) -> list[Grant]:
    """Every page in which whoever signed in has a say. Raises NotHere."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        **_client(app.id, app.secrets),
    }
    credentials = _kept(await asked(http, f"{_host(settings)}/accessToken", form, title="LinkedIn"))
    account = Account(platform=app.platform, external_id="", credentials=credentials)
    rest = Rest(http, account, settings)
    held = await checking.acls(rest)
    credentials["member"] = checking.member(held)
    number = str(settings.get("application_id") or "")
    found = []
    for page, roles in checking.roles(held).items():
        if not checking.WRITES & set(roles):
            continue
        try:
            name, handle = await checking.page_named(rest, page)
        except NotHere as refusal:
            if refusal.error not in LOCAL:
                raise
            name, handle = "", ""
        told = {"application_id": number} if number else {}
        title = name or f"Page {urns.last(page)}"
        found.append(Grant(external_id=page, name=title, handle=handle, credentials=dict(credentials), settings=told))
    if not found:
        raise NotHere(ErrorClass.PERMISSION_MISSING, "Whoever signed in has no role on any page of LinkedIn.")
    return found


async def refresh(http: httpx.AsyncClient, account: Account, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """New credentials, or None where the app was given no refresh token. Raises NotHere."""
    token = str(account.credentials.get("refresh_token") or "")
    if not token or not account.app_id:
        return None
    if (ends := remembered(account.credentials.get("refresh_ends"))) and ends <= clock.now():
        sentence = "LinkedIn lets a sign-in be renewed for one year, and that is over: connect the page again."
        raise NotHere(ErrorClass.AUTH_EXPIRED, sentence)
    form = {"grant_type": "refresh_token", "refresh_token": token, **_client(account.app_id, account.app_secrets)}
    answer = await asked(http, f"{_host(settings)}/accessToken", form, title="LinkedIn")
    return _kept(answer, account.credentials)


def _kept(answer: dict[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    credentials = kept(answer, before)
    seconds = answer.get("refresh_token_expires_in")
    if "refresh_ends" not in credentials and isinstance(seconds, int) and not isinstance(seconds, bool):
        credentials["refresh_ends"] = (clock.now() + timedelta(seconds=seconds)).isoformat()
    return credentials


def _client(app_id: str, secrets: list[str]) -> dict[str, str]:
    return {"client_id": app_id, "client_secret": next((one for one in secrets if one), "")}


def _host(settings: Mapping[str, Any]) -> str:
    return str(settings["auth_url"]).rstrip("/")
