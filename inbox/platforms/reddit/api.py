"""Talking to Reddit: one request under our own User-Agent, and what its answer means. Nothing is tried twice."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, ErrorClass
from inbox.platforms.reading import part, records
from inbox.platforms.reddit import refusals
from inbox.platforms.reddit.reading import USERNAME
from inbox.platforms.reddit.refusals import Failed

# The connection was never made, or the request never formed: no byte of it can have been acted on.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
BATCH = 100  # /api/info takes no more names at once
RESERVE = 0.2  # of the calls of a window, left alone by polling so that answers still go out


def user_agent(template: str, name: str) -> str:
    """Our name for Reddit: platform:app:version (by /u/name). Before we know the account it goes without one."""
    whole = template if name else template.replace("(by /u/{name})", "")
    agent = whole.replace("{name}", name).encode("ascii", "ignore").decode()
    return " ".join("".join(sign for sign in agent if sign.isprintable()).split())


class Api:
    """One account's requests. Raises `Failed` for everything but readable JSON in a 2xx answer without errors."""

    def __init__(self, http: httpx.AsyncClient, account: Account, settings: Mapping[str, Any]) -> None:
        self.http, self.account, self.settings = http, account, settings
        self.name = account.external_id or account.handle
        self.base = str(settings["api_url"]).rstrip("/")
        self.agent = user_agent(str(settings["user_agent"]), self.name if USERNAME.fullmatch(self.name) else "")
        self.token = str(account.credentials.get("access_token") or "")
        classes = settings.get("error_classes")
        self._classes: Mapping[str, Any] = classes if isinstance(classes, dict) else {}
        self.asked = 0
        self.remaining: float | None = None
        self.used = self.reset = 0.0

    async def get(self, path: str, **params: Any) -> Any:
        """Ask for something."""
        return await self._ask("GET", path, params)

    async def post(self, path: str, **form: Any) -> Any:
        """Do something."""
        return await self._ask("POST", path, {}, form)

    async def listing(self, path: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
        """The things of a listing, newest first as asked for, and where the next page begins ("" for no more)."""
        told = await self.get(path, **params)
        children = part(told, "data", "children")
        if not isinstance(children, list):
            raise Failed(ErrorClass.TRANSIENT, "Reddit's answer was no list of things.")
        after = part(told, "data", "after")
        return records(children), after if isinstance(after, str) else ""

    async def info(self, names: list[str]) -> dict[str, dict[str, Any]]:
        """Things as they are now, by name. Names that Reddit does not show us are left out."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(names), BATCH):
            children, _ = await self.listing("api/info", id=",".join(names[start : start + BATCH]))
            found |= {str(part(child, "data", "name")): child for child in children}
        return found

    async def _ask(self, method: str, path: str, params: dict[str, Any], form: dict[str, Any] | None = None) -> Any:
        if not self.token or not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise Failed(ErrorClass.AUTH_EXPIRED, "There is no access to this Reddit account yet: sign in again.")
        self.asked += 1
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": self.agent, "Accept": "application/json"}
        try:
            answer = await self.http.request(
                method,
                f"{self.base}/{path}",
                params={**params, "raw_json": "1"},
                data=form,
                headers=headers,
            )
        except NEVER_LEFT as error:
            raise Failed(ErrorClass.TRANSIENT, "Reddit could not be reached.") from error
        except httpx.InvalidURL as error:
            raise Failed(ErrorClass.INVALID, "The address of Reddit's API is not an address.") from error
        except httpx.HTTPError as error:
            raise Failed(ErrorClass.TRANSIENT, "Reddit did not answer.", doubt=True) from error
        self._count(answer.headers)
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Any:
        now = clock.now()
        try:
            told: Any = msgspec.json.decode(answer.content) if answer.content else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = None
        if not answer.is_success:
            raise refusals.in_status(answer.status_code, told, answer.headers, now, self._classes)
        if told is None:
            raise Failed(ErrorClass.TRANSIENT, "Reddit's answer could not be read.", doubt=True)
        if failed := refusals.in_answer(told, now, self._classes):
            raise failed
        return told

    # The budget of calls, as each answer tells it

    def _count(self, headers: httpx.Headers) -> None:
        remaining = refusals.number(headers.get("x-ratelimit-remaining"))
        if remaining is not None:
            self.remaining = remaining
            self.used = refusals.number(headers.get("x-ratelimit-used")) or 0.0
            self.reset = max(0.0, refusals.number(headers.get("x-ratelimit-reset")) or 0.0)

    @property
    def free(self) -> float:
        """Calls of this window that polling may still make."""
        return 1.0 if self.remaining is None else self.remaining - RESERVE * (self.remaining + self.used)

    @property
    def exhausted(self) -> bool:
        """Whether polling must leave what is left to replies."""
        return self.free <= 0

    def pace(self, asked: int) -> timedelta | None:
        """How long a round of so many calls must rest, that the calls of this window last to its end."""
        if self.remaining is None or not self.reset:
            return None
        return timedelta(seconds=self.reset if self.exhausted else min(self.reset, self.reset * asked / self.free))
