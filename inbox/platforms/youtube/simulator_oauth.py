"""The part of Google's sign-in that Earshot uses: a page of consent that is always agreed to, and its tokens."""

import base64
import hashlib
import hmac
import secrets as chance
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from inbox.ground import clock
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Mischief
from inbox.platforms.youtube.accounts import SCOPE
from inbox.platforms.youtube.simulator_http import Call

LASTS = timedelta(seconds=3599)


class Tokens:
    """Signed, so that they hold after a restart without being remembered.

    `scopes`: what a person ticks; `denies`: they press Cancel; `rotates`: each renewal spends the refresh token;
    `testing`: the app is not published, so sign-ins end after seven days.
    """

    def __init__(self, client_id: str, secrets: Sequence[str], mischief: Mischief) -> None:
        self.client_id, self.secrets, self.mischief = client_id, list(secrets), mischief
        self.scopes = [SCOPE]
        self.denies = self.rotates = self.testing = False
        self.renewals = 0
        self.spent: set[str] = set()
        self._codes: dict[str, Json] = {}

    @property
    def refresh_token(self) -> str:
        """The one that is good now."""
        return f"1//{self._sign(f'refresh {self.renewals if self.rotates else 0}')}"

    def access_token(self) -> str:
        """A fresh one, good for an hour."""
        until = int((clock.now() + LASTS).timestamp())
        return f"ya29.{until}.{self._sign(f'access {until}')}"

    def admits(self, token: str) -> bool:
        """Whether this access token is ours and still holds."""
        _, _, rest = token.partition(".")
        until, _, sign = rest.partition(".")
        if self.mischief.token_revoked or token in self.spent or not until.isdecimal():
            return False
        return hmac.compare_digest(sign, self._sign(f"access {until}")) and int(until) > clock.now().timestamp()

    def consent(self, call: Call) -> tuple[int, str]:
        """Where the person is sent back to. The status is 400 with a sentence where the address is not in order."""
        back, state = call.one("redirect_uri"), call.one("state")
        if call.one("client_id") != self.client_id or call.one("response_type") != "code" or not back:
            return 400, "Error 401: invalid_client"
        if self.denies:
            return 302, f"{back}?{urlencode({'error': 'access_denied', 'state': state})}"
        code = f"4/{chance.token_urlsafe(24)}"
        lasting = call.one("access_type") == "offline" and "consent" in call.one("prompt").split()
        self._codes[code] = {"back": back, "challenge": call.one("code_challenge"), "lasting": lasting}
        return 302, f"{back}?{urlencode({'state': state, 'code': code, 'scope': ' '.join(self.scopes)})}"

    def token(self, call: Call) -> tuple[int, Json]:
        """The token endpoint."""
        form = call.form
        if form.get("client_id") != self.client_id or form.get("client_secret") not in self.secrets:
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if self.mischief.token_revoked:
            return _ended()
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") != self.refresh_token:
                return _ended()
            self.renewals += 1
            return 200, self._told(lasting=self.rotates)
        if form.get("grant_type") != "authorization_code":
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type."}
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or asked["back"] != form.get("redirect_uri") or not _proves(asked["challenge"], form):
            return _ended()
        return 200, self._told(lasting=asked["lasting"])

    def _told(self, *, lasting: bool) -> Json:
        seconds = int(LASTS.total_seconds())
        told: Json = {"access_token": self.access_token(), "expires_in": seconds, "token_type": "Bearer"}
        told["scope"] = " ".join(self.scopes)
        if lasting:
            told["refresh_token"] = self.refresh_token
        if self.testing:
            told["refresh_token_expires_in"] = 604_799
        return told

    def _sign(self, text: str) -> str:
        made = hmac.new(self.secrets[-1].encode(), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _ended() -> tuple[int, Json]:
    return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}


def _proves(challenge: str, form: dict[str, str]) -> bool:
    if not challenge:
        return True
    made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=") == challenge
