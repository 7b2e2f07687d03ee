"""Asking a vendor's token endpoint, as OAuth 2.0 (RFC 6749) has it: for a code, or for a refresh token.

    told = await asked(http, TOKEN_URL, {"grant_type": "authorization_code", "code": code, ...}, title=self.title)

Platforms differ in where they want the client's name and secret; the rest is the same everywhere.
"""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from inbox.ground import clock
from inbox.platforms.base import ErrorClass, NotHere

# What RFC 6749, section 5.2, calls an error, where the person has to sign in again or the app is not theirs.
ENDED = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"})


async def asked(
    http: httpx.AsyncClient,
    url: str,
    form: Mapping[str, str],
    *,
    title: str,
    basic: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The endpoint's answer. `basic`: client name and secret as HTTP Basic. Raises NotHere, and httpx's own errors."""
    sent = {"Accept": "application/json", **(headers or {})}
    if basic:
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
    answer = await http.post(url, data=dict(form), headers=sent)
    told = _object(answer)
    if answer.is_success and isinstance(told.get("access_token"), str) and told["access_token"]:
        return told
    if answer.status_code == 429 or answer.status_code >= 500:
        raise NotHere(ErrorClass.TRANSIENT, f"{title} does not answer right now.")
    error = told.get("error")
    if answer.status_code == 401 or (isinstance(error, str) and error in ENDED):
        raise NotHere(ErrorClass.AUTH_EXPIRED, f"{title} no longer accepts this sign-in: connect the account again.")
    raise NotHere(ErrorClass.INVALID, f"{title} gave no access: {_why(told) or answer.status_code}.")


def kept(answer: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Credentials to store: the new tokens over the old ones, with `expires_at` where the endpoint names a time."""
    credentials = {name: value for name, value in (before or {}).items() if name != "expires_at"}
    credentials["access_token"] = str(answer["access_token"])
    if refresh := answer.get("refresh_token"):
        credentials["refresh_token"] = str(refresh)
    seconds = answer.get("expires_in")
    if isinstance(seconds, int | float | str) and str(seconds).isdigit() and int(seconds) > 0:
        credentials["expires_at"] = (clock.now() + timedelta(seconds=int(seconds))).isoformat()
    return credentials


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _why(told: Mapping[str, Any]) -> str:
    for name in ("error_description", "error_message", "message", "error"):
        if isinstance(told.get(name), str) and told[name]:
            return str(told[name])[:200].rstrip(".")
    return ""
