"""How one signs in at the simulated Pinterest: a month of access, and a refresh token that each renewal replaces."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from inbox.ground import clock

ACCESS = timedelta(days=30)
REFRESH = timedelta(days=60)


@dataclass
class Tokens:
    """What was given out, and until when it holds."""

    secrets: Sequence[str]
    client_id: str
    given: int = 0
    scope: str = "boards:read,pins:read,user_accounts:read"
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    access: dict[str, datetime] = field(default_factory=dict)
    refresh: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first = self._access()  # the one of an account connected by hand

    def admits(self, token: str) -> bool:
        """Whether this token opens doors."""
        return token in self.access and self.access[token] > clock.now()

    def consent(self, params: dict[str, str]) -> str:
        """The person permits it: where they are sent back to."""
        code = self._made("code")
        self.codes[code] = (params["redirect_uri"], params["scope"])
        return f"{params['redirect_uri']}?{urlencode({'code': code, 'state': params.get('state', '')})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """What the token endpoint answers."""
        match form.get("grant_type"):
            case "authorization_code":
                redirect, scope = self.codes.pop(form.get("code", ""), ("", ""))
                if not redirect or redirect != form.get("redirect_uri"):
                    return 400, {"code": 283, "message": "Invalid authorization code."}
                self.scope = scope
                return 200, self._pair("authorization_code")
            case "refresh_token":
                ends = self.refresh.pop(form.get("refresh_token", ""), None)
                if ends is None or ends <= clock.now():
                    return 401, {"code": 2, "message": "Authentication failed."}
                return 200, self._pair("refresh_token")
        return 400, {"code": 1, "message": "Unknown grant_type."}

    def _pair(self, kind: str) -> dict[str, Any]:
        refresh = self._made("refresh")
        self.refresh[refresh] = ends = clock.now() + REFRESH
        return {
            "response_type": kind,
            "access_token": self._access(),
            "token_type": "bearer",
            "expires_in": int(ACCESS.total_seconds()),
            "scope": self.scope,
            "refresh_token": refresh,
            "refresh_token_expires_in": int(REFRESH.total_seconds()),
            "refresh_token_expires_at": int(ends.timestamp()),
        }

    def _access(self) -> str:
        token = self._made("access")
        self.access[token] = clock.now() + ACCESS
        return token

    def _made(self, kind: str) -> str:
        """The same again after the network was started again, as long as it is asked in the same order."""
        self.given += 1
        return "pina_" + hashlib.sha256(f"{self.secrets[0]}:{kind}:{self.given}".encode()).hexdigest()
