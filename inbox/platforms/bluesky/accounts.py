"""Who we are on the network: signing in, renewing the session, testing a connection."""

import base64
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from inbox.platforms.base import Account, ErrorClass, NotHere, Receipt
from inbox.platforms.bluesky.xrpc import Api, Failed, ask, service
from inbox.platforms.reading import part, words
from inbox.platforms.reading import records as objects


def home(account: Account, answer: dict[str, Any]) -> str:
    """The server that holds the account, from the DID document in a session's answer; "" to stay with the service.

    A document may not lead tokens from https down to http.
    """
    document = answer.get("didDoc")
    for entry in objects(document.get("service")) if isinstance(document, dict) else []:
        endpoint = str(entry.get("serviceEndpoint") or "")
        if str(entry.get("id", "")).endswith("#atproto_pds") and urlsplit(endpoint).scheme in (
            "https",
            urlsplit(service(account)).scheme,
        ):
            return endpoint.rstrip("/")
    return ""


async def sign_in(http: httpx.AsyncClient, account: Account) -> dict[str, Any]:
    """A new session by app password, as the server answers it. Raises NotHere. Few a day are allowed."""
    password = str(account.credentials.get("app_password") or "")
    handle = account.credentials.get("handle") or account.settings.get("handle") or account.handle
    identifier = account.external_id if account.external_id.startswith("did:") else str(handle or "").lstrip("@ ")
    if not password or not identifier:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "Connect this account again: its handle or app password is missing.")
    body = {"identifier": identifier.strip(), "password": password}
    try:
        answer = await ask(http, "POST", service(account), "com.atproto.server.createSession", body=body)
    except Failed as failed:
        if failed.name == "AuthFactorTokenRequired":
            sentence = "Bluesky wants a code from e-mail for this password. Use an app password instead."
            raise NotHere(ErrorClass.PERMISSION_MISSING, sentence) from failed
        if failed.error is ErrorClass.AUTH_EXPIRED:
            sentence = "Bluesky does not accept this handle with this app password."
            raise NotHere(ErrorClass.AUTH_EXPIRED, sentence) from failed
        raise failed.reading() from failed
    if not answer.get("accessJwt") or not answer.get("did"):
        raise NotHere(ErrorClass.TRANSIENT, "Bluesky's answer to the sign-in could not be read.")
    return answer


def kept(account: Account, answer: dict[str, Any]) -> dict[str, Any]:
    """The credentials to store after a session was made or renewed."""
    fresh = {"access_jwt": str(answer["accessJwt"]), "refresh_jwt": str(answer.get("refreshJwt") or "")}
    return {**account.credentials, **fresh, "pds": home(account, answer) or account.credentials.get("pds", "")}


async def renew(http: httpx.AsyncClient, account: Account) -> dict[str, Any]:
    """Credentials with a new access token: by the refresh token, or by signing in anew where that one is spent."""
    if token := str(account.credentials.get("refresh_jwt") or ""):
        base = str(account.credentials.get("pds") or service(account))
        try:
            answer = await ask(http, "POST", base, "com.atproto.server.refreshSession", token=token)
            if answer.get("accessJwt"):
                return kept(account, answer)
        except Failed as failed:
            if failed.error is not ErrorClass.AUTH_EXPIRED:
                raise failed.reading() from failed
    return kept(account, await sign_in(http, account))


async def check(http: httpx.AsyncClient, account: Account) -> Receipt:
    """Who these credentials are. Signs in where there is no session yet, which says that the password is right."""
    if account.credentials.get("access_jwt"):
        try:
            session = await Api(http, account).get("com.atproto.server.getSession")
        except Failed as failed:
            raise failed.reading() from failed
        known = account
    else:
        session = await sign_in(http, account)
        known = msgspec.structs.replace(account, credentials=kept(account, session))
    did, handle = words(session.get("did")), words(session.get("handle"))
    try:
        profile = await Api(http, known).get("app.bsky.actor.getProfile", actor=did)
    except Failed as failed:
        raise failed.reading() from failed
    missing = []
    if session.get("active") is False:
        missing.append(f"The account is not active: {words(session.get('status')) or 'Bluesky does not say why'}.")
    if _scope(str(known.credentials["access_jwt"])) == "com.atproto.access":
        missing.append("This is the account's main password. Make an app password for Earshot, and revoke it any time.")
    return Receipt(
        external_id=did,
        name=words(profile.get("displayName")) or handle,
        handle=handle,
        avatar_url=words(profile.get("avatar")),
        granted=["Read notifications", "Post replies and likes", "Delete own posts"],
        missing=missing,
    )


def _scope(token: str) -> str:
    """What a session may do, as its token says it. Only read, never trusted."""
    try:
        claims = token.split(".")[1]
        return words(part(msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))), "scope"))
    except (IndexError, ValueError, msgspec.DecodeError):
        return ""
