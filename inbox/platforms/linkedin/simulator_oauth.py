"""How one signs in at the simulated LinkedIn: a code, a token for 60 days, and a year in which it can be renewed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from inbox.ground import clock
from inbox.platforms.linkedin.joining import SCOPES
from inbox.platforms.linkedin.simulator_http import Refusal
from inbox.platforms.simulated_http import Json

ACCESS = timedelta(days=60)
YEAR = timedelta(days=365)


@dataclass
class Tokens:
    """What was given out, and until when it holds."""

    secrets: Sequence[str]
    client_id: str
    member: str
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    given: int = 0
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    access: dict[str, datetime] = field(default_factory=dict)
    refresh: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first = self._access()  # the one of a page connected by hand

    def admits(self, token: str) -> bool:
        """Whether this token opens doors."""
        return token in self.access and self.access[token] > clock.now()

    def consent(self, query: dict[str, str]) -> str:
        """The person permits it: where they are sent back to."""
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            raise Refusal(401, "unauthorized", "The client is unknown")
        code = self._made("code")
        self.codes[code] = (query["redirect_uri"], query.get("scope", ""))
        back = {"code": code, "state": query.get("state", "")}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str]) -> tuple[int, Json]:
        """What the token endpoint answers."""
        if form.get("client_id") != self.client_id or form.get("client_secret") not in self.secrets:
            return 401, _error("invalid_client", "Client authentication failed")
        match form.get("grant_type"):
            case "authorization_code":
                redirect, scope = self.codes.pop(form.get("code", ""), ("", ""))
                if not redirect or redirect != form.get("redirect_uri"):
                    return 400, _error(
                        "invalid_request", "Unable to retrieve access token: authorization code not found"
                    )
                return 200, self._granted(scope)
            case "refresh_token":
                ends = self.refresh.get(form.get("refresh_token", ""))
                if ends is None or ends <= clock.now():
                    return 400, _error("invalid_grant", "The provided refresh token is invalid or has expired")
                return 200, self._pair(form["refresh_token"])
        return 400, _error("unsupported_grant_type", "Unknown grant type")

    def introspected(self, form: dict[str, str]) -> tuple[int, Json]:
        """What the app may know about one of its tokens."""
        if form.get("client_id") != self.client_id or form.get("client_secret") not in self.secrets:
            return 401, _error("invalid_client", "Client authentication failed")
        active = self.admits(form.get("token", ""))
        told: Json = {"active": active, "status": "active" if active else "revoked"}
        return 200, told | ({"scope": ",".join(self.scopes), "client_id": self.client_id} if active else {})

    def _granted(self, scope: str) -> Json:
        asked = scope.split()
        if sorted(asked) != sorted(self.scopes):
            # LinkedIn forgets every token of before when an app asks for another set.
            self.access.clear()
            self.refresh.clear()
            self.scopes = asked
        refresh = self._made("refresh")
        self.refresh[refresh] = clock.now() + YEAR
        return self._pair(refresh)

    def _pair(self, refresh: str) -> Json:
        left = self.refresh[refresh] - clock.now()
        told: Json = {"access_token": self._access(), "expires_in": int(ACCESS.total_seconds())}
        told |= {"refresh_token": refresh, "refresh_token_expires_in": int(left.total_seconds())}
        return told | {"scope": ",".join(self.scopes), "token_type": "Bearer"}

    def _access(self) -> str:
        token = self._made("access")
        self.access[token] = clock.now() + ACCESS
        return token

    def _made(self, kind: str) -> str:
        """The same again after the network was started again, as long as it is asked in the same order."""
        self.given += 1
        return "AQ" + hashlib.sha256(f"{self.secrets[0]}:{kind}:{self.given}".encode()).hexdigest()


def _error(code: str, description: str) -> Json:
    return {"error": code, "error_description": description}
