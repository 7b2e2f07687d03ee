"""Signing in at the simulated X: codes live half a minute, tokens two hours, and a refresh token is used once."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from inbox.ground import clock
from inbox.platforms.simulated_http import Json
from inbox.platforms.x.simulator_http import Call, Refusal

CODE_LIVES, TOKEN_LIVES = timedelta(seconds=30), timedelta(hours=2)


@dataclass
class Code:
    """What a person agreed to."""

    challenge: str
    redirect_uri: str
    scope: str
    at: datetime


@dataclass
class Doors:
    """Everything about signing in. Tokens are signed and not stored, so they hold when the network starts again."""

    secret: str
    client_id: str
    client_secret: str
    generation: int = 0
    codes: dict[str, Code] = field(default_factory=dict)
    renewals: int = 0

    @property
    def bearer(self) -> str:
        """The app's own token."""
        return "AAAA" + self._sign("app")

    def access(self, lives: timedelta = TOKEN_LIVES) -> str:
        """A token of the account."""
        until = str(int((clock.now() + lives).timestamp()))
        return f"{until}.{self._sign(f'access {until}')}"

    def refresh(self) -> str:
        """The refresh token that is good now."""
        return f"rt{self.generation}.{self._sign(f'refresh {self.generation}')}"

    def accepts(self, token: str) -> bool:
        """Whether this is a token of the account, and still holds."""
        until, _, signature = token.partition(".")
        fits = hmac.compare_digest(signature.encode(), self._sign(f"access {until}").encode())
        return fits and until.isdecimal() and clock.now().timestamp() < int(until)

    def consent(self, call: Call) -> str:
        """A person agrees at once: where they are sent back to."""
        asked = call.query
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            raise Refusal(400, "invalid-request", "Something went wrong. You weren't able to give access to the App.")
        code = self._sign(f"code {len(self.codes)} {clock.now()}")
        self.codes[code] = Code(
            asked.get("code_challenge", ""), asked.get("redirect_uri", ""), asked.get("scope", ""), clock.now()
        )
        return f"{asked.get('redirect_uri', '')}?{urlencode({'state': asked.get('state', ''), 'code': code})}"

    def token(self, call: Call) -> Json:
        """A code or a refresh token for the next pair. Raises Refusal."""
        self._client(call)
        form = call.form
        if form.get("grant_type") == "refresh_token":
            self._spend(form.get("refresh_token", ""))
            return self._pair("")
        code = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            code is None
            or clock.now() - code.at > CODE_LIVES
            or code.redirect_uri != form.get("redirect_uri")
            or code.challenge != proof.decode().rstrip("=")
        ):
            raise _wrong("invalid_request", "Value passed for the authorization code was invalid.")
        return self._pair(code.scope)

    def _pair(self, scope: str) -> Json:
        answer = {"token_type": "bearer", "expires_in": int(TOKEN_LIVES.total_seconds()), "access_token": self.access()}
        return answer | {"refresh_token": self.refresh()} | ({"scope": scope} if scope else {})

    def _spend(self, token: str) -> None:
        number, _, signature = token.removeprefix("rt").partition(".")
        fits = number.isdecimal() and hmac.compare_digest(signature, self._sign(f"refresh {number}"))
        if not fits or int(number) < self.generation:
            raise _wrong("invalid_request", "Value passed for the token was invalid.")
        self.generation = int(number) + 1
        self.renewals += 1

    def _client(self, call: Call) -> None:
        given = call.headers.get("authorization", "")
        if given.startswith("Basic "):
            name, _, secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
            if (name, secret) == (self.client_id, self.client_secret):
                return
        raise _wrong("unauthorized_client", "Missing valid authorization header", 401)

    def _sign(self, what: str) -> str:
        digest = hmac.new(self.secret.encode(), what.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _wrong(error: str, description: str, status: int = 400) -> Refusal:
    return Refusal(status, "", description, body={"error": error, "error_description": description})
