"""Signing in at the simulated Reddit: codes, tokens that run out, refresh tokens that may be replaced."""

import base64
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from inbox.ground import clock
from inbox.platforms.reddit.signing import SCOPES
from inbox.platforms.reddit.simulator_http import Call, Refusal
from inbox.platforms.simulated_http import Json
from inbox.platforms.simulation import Mischief

SECONDS = 86_400


class Sessions:
    """Who is signed in. Everything follows from the secret, so it is the same when it is started again.

    `rotates`: each use of a refresh token replaces it, and the old one is spent.
    """

    def __init__(self, us: str, client: str, secret: str, mischief: Mischief) -> None:
        self.us, self.client, self.secret, self.mischief = us, client, secret, mischief
        self.rotates = False
        self.scopes = list(SCOPES)
        self.passwords: dict[str, str] = {}
        self.generation: dict[str, int] = {}
        self.renewals = 0
        self._expired_before = 0.0
        self._codes: dict[str, tuple[str, str]] = {}

    # Tokens

    def refresh_token(self, name: str) -> str:
        """The refresh token of an account as it is now."""
        return self._signed("refresh", name, str(self.generation.get(name, 0)))

    def access_token(self, name: str) -> str:
        """A new access token."""
        self.renewals += 1
        return self._signed("access", name, f"{clock.now().timestamp() + SECONDS:.3f}-{self.renewals}")

    def expire(self) -> None:
        """Every access token given so far has run out."""
        self._expired_before = clock.now().timestamp() + SECONDS

    def whose(self, token: str) -> str:
        """The account of an access token. Raises Refusal."""
        kind, name, rest = self._opened(token)
        until = float(rest.partition("-")[0] or 0) if kind == "access" else 0.0
        if self.mischief.token_revoked or until <= max(clock.now().timestamp(), self._expired_before):
            raise Refusal(401, {"message": "Unauthorized", "error": 401})
        return name

    # The doors

    def authorise(self, call: Call) -> str:
        """Somebody allows it: the address to which they are sent back."""
        if call["client_id"] != self.client or call["response_type"] != "code" or call["duration"] != "permanent":
            raise Refusal(400, {"message": "Bad Request", "error": 400})
        code = self._signed("code", self.us, str(len(self._codes)))
        self._codes[code] = (self.us, call["redirect_uri"])
        parts = urlsplit(call["redirect_uri"])
        query = [*parse_qsl(parts.query), ("state", call["state"]), ("code", code)]
        return urlunsplit(parts._replace(query=urlencode(query)))

    def token(self, call: Call) -> Json:
        """A token for a code, a refresh token, or a name and password. Errors come with 200, as Reddit has them."""
        given = base64.b64decode(call.headers.get("authorization", "").removeprefix("Basic ")).decode()
        if given != f"{self.client}:{self.secret}" or self.mischief.token_revoked:
            raise Refusal(401, {"message": "Unauthorized", "error": 401})
        match call["grant_type"]:
            case "authorization_code":
                name, redirect = self._codes.pop(call["code"], ("", ""))
                good = bool(name) and redirect == call["redirect_uri"]
            case "refresh_token":
                kind, name, generation = self._opened(call["refresh_token"])
                good = kind == "refresh" and generation == str(self.generation.get(name, 0))
                if good and self.rotates:
                    self.generation[name] = self.generation.get(name, 0) + 1
            case "password":
                name = call["username"]
                good = bool(call["password"]) and self.passwords.get(name) == call["password"]
            case _:
                raise Refusal(200, {"error": "unsupported_grant_type"})
        if not good:
            raise Refusal(400, {"message": "Bad Request", "error": 400})
        told: Json = {"access_token": self.access_token(name), "token_type": "bearer", "expires_in": SECONDS}
        told["scope"] = " ".join(self.scopes)
        return told if call["grant_type"] == "password" else told | {"refresh_token": self.refresh_token(name)}

    def _signed(self, *parts: str) -> str:
        head = base64.urlsafe_b64encode("/".join(parts).encode()).decode().rstrip("=")
        return f"{head}.{hmac.digest(self.secret.encode(), head.encode(), 'sha256').hex()[:32]}"

    def _opened(self, token: str) -> tuple[str, str, str]:
        head, _, signature = token.partition(".")
        if not head or self._signed(*self._parts(head)).partition(".")[2] != signature:
            return "", "", ""
        kind, name, rest = self._parts(head)
        return kind, name, rest

    def _parts(self, head: str) -> list[str]:
        try:
            found = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode().split("/")
        except ValueError:
            return ["", "", ""]
        return found if len(found) == 3 else ["", "", ""]
