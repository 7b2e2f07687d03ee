"""Sessions of the simulated network: tokens that are signed, run out, and can be revoked."""

import base64
import hmac
import secrets
from typing import Any

import msgspec

from inbox.ground import clock
from inbox.platforms.bluesky.simulator_network import Network
from inbox.platforms.simulation import Mischief

ACCESS, REFRESH = "com.atproto.appPass", "com.atproto.refresh"


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": error, "message": message}


class Sessions:
    """Who is signed in. A renewed session's old refresh token is spent at once: stricter than the real network."""

    def __init__(self, network: Network, mischief: Mischief, key: str) -> None:
        self.network, self.mischief, self._key = network, mischief, key.encode()
        self.access_seconds, self.refresh_seconds = 2 * 3600, 90 * 86400
        self.passwords: dict[str, str] = {}
        self.sign_ins = self.renewals = 0
        self.url = ""
        self._given: dict[str, str] = {}  # token id -> scope
        self._spent: set[str] = set()

    def expire(self, scope: str = ACCESS) -> None:
        """Every token of this scope given so far has run out."""
        self._spent |= {name for name, given in self._given.items() if given == scope}

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Sign in by handle or DID and password."""
        identifier = str(body.get("identifier", "")).lower()
        did = self.network.handles.get(identifier, identifier)
        known = self.passwords.get(did, "")
        right = hmac.compare_digest(known.encode(), str(body.get("password", "")).encode())
        if not known or not right or self.mischief.token_revoked:
            raise Refusal(401, "AuthenticationRequired", "Invalid identifier or password")
        self.sign_ins += 1
        return self._session(did)

    def refresh(self, token: str) -> dict[str, Any]:
        """A new pair for a refresh token."""
        did = self.subject(token, REFRESH)
        self._spent.add(_claims(token)["jti"])
        self.renewals += 1
        return self._session(did)

    def subject(self, token: str, scope: str = ACCESS) -> str:
        """Whose token this is. The network answers a spent one with 400, not 401."""
        if not token:
            raise Refusal(401, "AuthMissing", "Authentication Required")
        head, _, signature = token.rpartition(".")
        if not head or not hmac.compare_digest(signature, self._signature(head)):
            raise Refusal(400, "InvalidToken", "Token could not be verified")
        claims = _claims(token)
        if claims["scope"] != scope:
            raise Refusal(400, "InvalidToken", "Bad token scope")
        if claims["jti"] in self._spent or self.mischief.token_revoked or claims["exp"] <= clock.now().timestamp():
            raise Refusal(400, "ExpiredToken", "Token has expired")
        return str(claims["sub"])

    def _session(self, did: str) -> dict[str, Any]:
        return {
            "accessJwt": self._token(did, ACCESS, self.access_seconds),
            "refreshJwt": self._token(did, REFRESH, self.refresh_seconds),
            **self.about(did),
            "didDoc": self.document(did),
        }

    def document(self, did: str) -> dict[str, Any]:
        """Where this account lives."""
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        return {"id": did, "service": [service]}

    def about(self, did: str) -> dict[str, Any]:
        """What a session says of its account."""
        return {"did": did, "handle": self.network.people[did].handle, "active": True}

    def _token(self, did: str, scope: str, seconds: int) -> str:
        now, name = int(clock.now().timestamp()), secrets.token_hex(8)
        self._given[name] = scope
        claims = {"scope": scope, "sub": did, "iat": now, "exp": now + seconds, "jti": name}
        head = _base64(b'{"typ":"at+jwt","alg":"HS256"}') + "." + _base64(msgspec.json.encode(claims))
        return f"{head}.{self._signature(head)}"

    def _signature(self, head: str) -> str:
        return _base64(hmac.digest(self._key, head.encode(), "sha256"))


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
