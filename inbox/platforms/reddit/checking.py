"""Who a sign-in is, what it may do, and who other people are."""

from typing import Any

import httpx
import msgspec

from inbox.platforms.base import Account, Author, ErrorClass, NotHere, Receipt
from inbox.platforms.reading import part, words
from inbox.platforms.reddit import signing, watching
from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.reading import USERNAME, same
from inbox.platforms.reddit.refusals import Failed

ASKED_ABOUT = 10  # subreddits looked at in one check
PASSING = frozenset({ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT})


async def check(http: httpx.AsyncClient, account: Account, settings: dict[str, Any]) -> Receipt:
    """What Reddit says of these credentials. Raises NotHere."""
    if not account.credentials.get("access_token"):
        account = await _opened(http, account, settings)
    api = Api(http, account, settings)
    try:
        me = await api.get("api/v1/me")
        name = words(part(me, "name"))
        if not name:
            raise NotHere(ErrorClass.TRANSIENT, "Reddit did not say whose account this is.")
        if account.external_id and not same(name, account.external_id):
            sentence = f"This sign-in belongs to u/{name}, not to u/{account.external_id}."
            raise NotHere(ErrorClass.INVALID, sentence)
        missing = _scopes_missing(account) + await _subreddits(api)
    except Failed as failed:
        raise failed.reading() from failed
    if part(me, "is_suspended") is True:
        missing.insert(0, "Reddit has suspended this account: it can read, and nothing it writes is shown.")
    missing += [f"The watch “{line}” cannot be followed." for line in watching.unreadable(settings.get("watch"))]
    return Receipt(
        external_id=name,
        name=words(part(me, "subreddit", "title")) or name,
        handle=name,
        avatar_url=_picture(me),
        granted=_granted(account),
        missing=missing,
    )


async def _opened(http: httpx.AsyncClient, account: Account, settings: dict[str, Any]) -> Account:
    """A first access token. It is not kept, so a refresh token that is replaced by it would be lost."""
    credentials = await signing.refresh(http, account, settings)
    if credentials is None:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "There is no refresh token: sign in at Reddit.")
    if credentials["refresh_token"] != account.credentials["refresh_token"]:
        sentence = "Reddit replaced this refresh token as it was tried, so it is spent: sign in at Reddit instead."
        raise NotHere(ErrorClass.INVALID, sentence)
    return msgspec.structs.replace(account, credentials=credentials)


def _granted(account: Account) -> list[str]:
    scopes = words(account.credentials.get("scope")).replace(",", " ").split()
    return list(signing.SCOPES) if "*" in scopes else [scope for scope in signing.SCOPES if scope in scopes]


def _scopes_missing(account: Account) -> list[str]:
    if not words(account.credentials.get("scope")):
        return []
    granted = _granted(account)
    return [f"{scope} is not granted. {loss}" for scope, loss in signing.SCOPES.items() if scope not in granted]


async def _subreddits(api: Api) -> list[str]:
    """What stands in the way of moderating and watching, in sentences."""
    missing = []
    moderated = watching.names(api.settings.get("moderates"))
    watched = [watch for watch in watching.watches(api.settings.get("watch")) if not watch.by_search]
    wanted = [*moderated, *(name for watch in watched for name in watch.subreddit.split("+"))]
    for name in list(dict.fromkeys(wanted))[:ASKED_ABOUT]:
        try:
            about = await api.get(f"r/{name}/about")
        except Failed as failed:
            if failed.error in PASSING and not failed.doubt:
                raise
            missing.append(f"r/{name} cannot be read: {failed.message}")
            continue
        if name in moderated and part(about, "data", "user_is_moderator") is not True:
            missing.append(f"This account does not moderate r/{name}: no modmail, nothing can be removed there.")
    return missing


async def person(api: Api, external_id: str) -> Author | None:
    """Name and picture of somebody. Raises NotHere."""
    if not USERNAME.fullmatch(external_id):
        return None
    try:
        about = part(await api.get(f"user/{external_id}/about"), "data")
    except Failed as failed:
        if failed.error is ErrorClass.PARENT_GONE:
            return None
        raise failed.reading() from failed
    name = words(part(about, "name"))
    if not name or part(about, "is_suspended") is True:
        return None
    title = words(part(about, "subreddit", "title")) or name
    return Author(external_id=name, name=title, handle=name, avatar_url=_picture(about))


def _picture(about: Any) -> str:
    return words(part(about, "snoovatar_img")) or words(part(about, "icon_img"))
