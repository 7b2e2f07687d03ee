"""Letting apps in: registration, the page where a person says yes, and tokens, which do not run out."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from inbox.ground import clock
from inbox.platforms.simulation import Mischief


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


@dataclass
class Token:
    """What a token opens, and what it may do there."""

    account: str
    scopes: list[str]
    app: str = "Web"


@dataclass
class Client:
    """A registered app."""

    name: str
    secret: str
    redirects: list[str]
    scopes: list[str]


@dataclass
class Gate:
    """Who is let in. `said_yes`: the account of whoever sits before the page."""

    said_yes: str
    mischief: Mischief
    tokens: dict[str, Token] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, tuple[str, str, str, list[str]]] = field(
        default_factory=dict
    )  # client, redirect, challenge, scopes

    def register(self, body: dict[str, Any]) -> dict[str, Any]:
        """Anybody may make an app."""
        redirects = body.get("redirect_uris") or []
        redirects = redirects.split() if isinstance(redirects, str) else [str(each) for each in redirects]
        if not body.get("client_name") or not redirects:
            raise Refusal(422, "Validation failed: Application name can't be blank")
        client = Client(
            str(body["client_name"]), secrets.token_hex(16), redirects, str(body.get("scopes") or "read").split()
        )
        name = secrets.token_hex(12)
        self.clients[name] = client
        return {
            "id": str(len(self.clients)),
            "name": client.name,
            "website": body.get("website"),
            "scopes": client.scopes,
            "redirect_uri": "\n".join(redirects),
            "redirect_uris": redirects,
            "client_id": name,
            "client_secret": client.secret,
            "client_secret_expires_at": 0,
            "vapid_key": "",
        }

    def page(self, asked: dict[str, str]) -> str:
        """The person says yes at once: the address to which they are sent back."""
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client.redirects:
            raise Refusal(400, "invalid_request", "The redirect uri included is not valid.")
        scopes = asked.get("scope", "read").split()
        if asked.get("response_type") != "code" or not set(scopes) <= set(client.scopes):
            raise Refusal(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        code = secrets.token_urlsafe(20)
        self.codes[code] = (asked["client_id"], asked["redirect_uri"], asked.get("code_challenge", ""), scopes)
        back = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, body: dict[str, Any]) -> dict[str, Any]:
        """A token for a code, once."""
        client = self.clients.get(str(body.get("client_id")))
        if client is None or client.secret != body.get("client_secret"):
            raise Refusal(401, "invalid_client", "Client authentication failed.")
        known = self.codes.pop(str(body.get("code")), None)
        proof = hashlib.sha256(str(body.get("code_verifier") or "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if (
            body.get("grant_type") != "authorization_code"
            or known is None
            or known[:2] != (body["client_id"], body.get("redirect_uri"))
            or known[2] not in ("", challenge)
        ):
            raise Refusal(400, "invalid_grant", "The provided authorization grant is invalid, expired, or revoked.")
        name = secrets.token_urlsafe(32)
        self.tokens[name] = Token(self.said_yes, known[3], client.name)
        return {
            "access_token": name,
            "token_type": "Bearer",
            "scope": " ".join(known[3]),
            "created_at": int(clock.now().timestamp()),
        }

    def admit(self, given: str, scope: str = "") -> Token:
        """Who comes with this token, if it may do what is asked."""
        token = self.tokens.get(given)
        if token is None or self.mischief.token_revoked:
            raise Refusal(401, "The access token is invalid")
        if scope and not {scope, scope.partition(":")[0]} & set(token.scopes):
            raise Refusal(403, "This action is outside the authorized scopes")
        return token
