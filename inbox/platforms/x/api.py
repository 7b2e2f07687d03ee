"""Talking to X's API: one request, and what its answer means. Nothing here is ever tried twice."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec

from inbox.ground import clock
from inbox.platforms.base import Account, Action, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.x import problems
from inbox.platforms.x.problems import SENTENCES

# Before these no byte of the request had left.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
A_HEADER = re.compile(r"[\x21-\x7e]+")
# What the documents call posts today; every older client still says tweets, and the API answers as it is asked.
BEFORE = "tweets"
POST_FIELDS = "attachments,conversation_id,created_at,display_text_range,edit_controls,entities,lang,note_post,text"
# Who wrote it, what it refers to and its versions are told with what they expand to, and not as fields.
EXPANSIONS = "author_id,attachments.media_keys,edit_history_post_ids,in_reply_to_user_id,referenced_posts"
OLD_POST_FIELDS = (
    "attachments,author_id,conversation_id,created_at,display_text_range,edit_controls,edit_history_tweet_ids,entities,"
    "in_reply_to_user_id,lang,note_tweet,referenced_tweets,text"
)
OLD_EXPANSIONS = "author_id,attachments.media_keys,referenced_tweets.id"
DM_FIELDS = "attachments,created_at,dm_conversation_id,entities,event_type,id,text"
DM_EXPANSIONS = "attachments.media_keys,referenced_posts,sender_id"
OLD_DM_FIELDS = "attachments,created_at,dm_conversation_id,entities,event_type,id,referenced_tweets,sender_id,text"
OLD_DM_EXPANSIONS = "attachments.media_keys,referenced_tweets.id,sender_id"
BESIDE = {
    "user.fields": "name,profile_image_url,username",
    "media.fields": "alt_text,media_key,preview_image_url,type,url,variants",
}


@dataclass(frozen=True)
class Api:
    """One account's door to X. `app_only`: with the app's own token, which only webhooks need."""

    http: httpx.AsyncClient
    account: Account
    settings: Mapping[str, Any]
    app_only: bool = False

    def address(self, path: str) -> str:
        """The URL of a path."""
        return f"{str(self.settings['api_url']).rstrip('/')}{path}"

    def post_params(self) -> dict[str, str]:
        """What is asked for with every post, in the words of the generation that the settings name."""
        if self.settings.get("field_names") == BEFORE:
            return {"tweet.fields": OLD_POST_FIELDS, "expansions": OLD_EXPANSIONS, **BESIDE}
        return {"post.fields": POST_FIELDS, "expansions": EXPANSIONS, **BESIDE}

    def dm_params(self) -> dict[str, str]:
        """What is asked for with every message."""
        old = self.settings.get("field_names") == BEFORE
        return {
            "event_types": "MessageCreate",
            "dm_event.fields": OLD_DM_FIELDS if old else DM_FIELDS,
            "expansions": OLD_DM_EXPANSIONS if old else DM_EXPANSIONS,
            **BESIDE,
        }

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises NotHere."""
        body, _ = await self.read(path, params)
        return body

    async def read(
        self, path: str, params: Mapping[str, str], *, partly: bool = False
    ) -> tuple[dict[str, Any], datetime | None]:
        """Read, and until when that was the last we may ask here, if it was. Raises NotHere.

        `partly`: many things are asked for at once, and the errors tell which of them are not to be had, even all.
        """
        self._admit()
        try:
            response = await self.http.get(self.address(path), params=dict(params), headers=self._key())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotHere(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})") from error
        body = _body(response)
        if response.is_success and body is not None and (partly or "data" in body or not body.get("errors")):
            return body, problems.exhausted_until(response)
        refusal = self._refusal(response, body)
        if isinstance(refusal, Refused):
            raise NotHere(refusal.error, refusal.message, refusal.retry_at)
        until = problems.retry_at(response.headers, clock.now(), ErrorClass.RATE_LIMITED)
        raise NotHere(ErrorClass.TRANSIENT, refusal.reason, until)

    async def change(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A change that may safely be asked for again, such as a subscription. Raises NotHere."""
        answer = await self.write(method, path, body)
        if isinstance(answer, Refused):
            raise NotHere(answer.error, answer.message, answer.retry_at)
        if isinstance(answer, Unknown):
            raise NotHere(ErrorClass.TRANSIENT, answer.reason)
        return answer

    async def write(
        self, method: str, path: str, body: Any = None, action: Action | None = None
    ) -> dict[str, Any] | Refused | Unknown:
        """Ask once for a change. The answer, a definite no, or Unknown for every doubt."""
        if not A_HEADER.fullmatch(self._token):
            return Refused(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])
        try:
            response = await self.http.request(method, self.address(path), json=body, headers=self._key())
        except UNSENT as error:
            return Refused(ErrorClass.TRANSIENT, f"{SENTENCES[ErrorClass.TRANSIENT]} ({_name(error)})")
        except httpx.HTTPError as error:
            return Unknown(f"The connection to X broke after the request had left ({_name(error)}).")
        answer = _body(response)
        if response.is_success and answer is not None and ("data" in answer or not answer.get("errors")):
            return answer
        return self._refusal(response, answer, action)

    def _refusal(
        self, response: httpx.Response, body: dict[str, Any] | None, action: Action | None = None
    ) -> Refused | Unknown:
        # A gateway's own page, a redirect or half an answer says nothing about what was done behind it.
        clear = _is_problem(body) or response.status_code in (401, 429)
        found = problems.meaning(response.status_code, body or {}, action) if clear else None
        if found is None:
            return Unknown(f"X's answer (status {response.status_code}) does not say whether it was done.")
        until = problems.retry_at(response.headers, clock.now(), found)
        return Refused(found, self._hidden(problems.sentence(found, body or {}, action)), until)

    def _admit(self) -> None:
        if not A_HEADER.fullmatch(self._token):
            raise NotHere(ErrorClass.AUTH_EXPIRED, SENTENCES[ErrorClass.AUTH_EXPIRED])

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "…") if self._token else text

    def _key(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    @property
    def _token(self) -> str:
        return str(self.account.credentials.get("bearer_token" if self.app_only else "access_token") or "")


def _is_problem(body: Mapping[str, Any] | None) -> bool:
    return body is not None and any(
        body.get(name) for name in ("errors", "title", "detail", "type", "error", "message")
    )


def _body(response: httpx.Response) -> dict[str, Any] | None:
    try:
        decoded = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _name(error: Exception) -> str:
    return type(error).__name__
