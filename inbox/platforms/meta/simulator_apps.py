"""What a simulated network knows of the apps around it: who is told what, and what it takes to sign in."""

import hmac
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import httpx

from inbox.platforms.meta.simulator_http import Call, Moved, Refusal
from inbox.platforms.meta.simulator_post import Postman
from inbox.platforms.simulated_http import Json


class Apps:
    """Our app's callback, the fields our account tells it, and the codes given to people who signed in.

    `fields`: what the account is subscribed to. `callback`: what the app is; None if it hears nothing.
    """

    def __init__(self, postman: Postman, fields: list[str]) -> None:
        self.postman, self.fields = postman, fields
        self.callback: Json | None = None
        self.codes: dict[str, str] = {}  # code: the address it was given to
        self._given = 0

    def tell(self, url: str, verify_token: str, fields: Sequence[str]) -> None:
        """From now on deliveries go there ("" for nowhere)."""
        self.postman.url = url
        self.callback = {"callback_url": url, "active": True, "fields": list(fields)} if url else None

    def subscriptions(self, about: str) -> Json:
        """`GET /{app}/subscriptions`."""
        if self.callback is None:
            return {"data": []}
        fields = [{"name": name, "version": "v25.0"} for name in self.callback["fields"]]
        return {"data": [{"object": about, **self.callback, "fields": fields}]}

    async def subscribe(self, call: Call) -> Json:
        """`POST /{app}/subscriptions`: nothing is believed before the callback has answered the handshake."""
        url, token = str(call.params.get("callback_url", "")), str(call.params.get("verify_token", ""))
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
        if urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
            # A simulated network knocks at no door but this machine's.
            raise Refusal(2200, "(#2200) Callback verification failed: the address cannot be reached")
        try:
            async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
                told = await http.get(url, params=query)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refusal(2200, f"(#2200) Callback verification failed: {type(error).__name__}") from error
        if not told.is_success or told.text != query["hub.challenge"]:
            raise Refusal(2200, f"(#2200) Callback verification failed with status {told.status_code}")
        self.tell(url, token, [name for name in str(call.params.get("fields", "")).split(",") if name])
        return {"success": True}

    def join(self, call: Call) -> Json:
        """`POST /{account}/subscribed_apps`: the account tells our app these fields and no others."""
        self.fields = [name for name in str(call.params.get("subscribed_fields", "")).split(",") if name]
        return {"success": True}

    def consent(self, call: Call, app_id: str) -> Json:
        """The dialog, where everybody at once says yes."""
        back = str(call.params.get("redirect_uri", ""))
        if call.params.get("client_id") != app_id or not back:
            raise Refusal(101, "Error validating application. Cannot get application info due to a system error.")
        self._given += 1
        code = f"AQ-code-{self._given}"
        self.codes[code] = back
        raise Moved(f"{back}?{urlencode({'code': code, 'state': call.params.get('state', '')})}#_")

    def redeem(self, call: Call, app_id: str, secrets: Sequence[str]) -> None:
        """A code is worth a token once, to the app it was given to."""
        self.know(call, app_id, secrets)
        back = self.codes.pop(str(call.params.get("code", "")), "")
        if not back:
            raise Refusal(100, "This authorization code has been used.", 36009)
        if back != call.params.get("redirect_uri"):
            raise Refusal(100, "Error validating verification code. The redirect_uri must be identical.", 36008)

    def know(self, call: Call, app_id: str, secrets: Sequence[str]) -> None:
        """Whether the caller is our app."""
        given = str(call.params.get("client_secret", ""))
        if not any(hmac.compare_digest(secret, given) for secret in secrets):
            raise Refusal(1, "Error validating client secret.")
        if str(call.params.get("client_id", app_id)) != app_id:
            raise Refusal(101, "Error validating application.")
