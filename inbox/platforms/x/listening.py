"""Seeing that X tells us: the webhook is registered and valid, and every kind of event subscribed for the account."""

from typing import Any
from urllib.parse import urlsplit

from inbox.platforms.base import ErrorClass, NotHere
from inbox.platforms.reading import identity, record, records, words
from inbox.platforms.x.api import Api
from inbox.platforms.x.webhooks import FREE_TAG, TAG

EVENTS = [
    "post.mention.create",
    "post.reply.create",
    "post.quote.create",
    "post.create",
    "post.delete",
    "dm.received",
    "dm.sent",
    "dm.read",
    "chat.received",
    "chat.sent",
]
# Told of in X's documents, though not among the names that its specification takes: asked for, and done without.
OPTIONAL = ["oauth.revoke"]
NO_KEY = "The app's Bearer Token is not known, so no webhook can be set up: Earshot polls."
REASONS = {
    "crcvalidationfailed": "X asked the address for proof and got none: it must be reachable, with the right secret.",
    "urlvalidationfailed": "X does not take this address: it must be https, without a port and at most 200 characters.",
    "webhooklimitexceeded": "The app has as many webhooks as it may: delete one in X's developer console.",
    "duplicateurlfailed": "X says this address is registered already, and does not list it.",
}
PAGES = 20
Item = dict[str, Any]


async def listen(api: Api, app_api: Api, callback: str) -> list[str]:
    """What could not be mended, in sentences. Raises NotHere if X is out of reach or the sign-in over."""
    if not app_api.account.credentials.get("bearer_token"):
        return [NO_KEY]
    if urlsplit(callback).scheme == "http" and not _local(api):
        return [REASONS["urlvalidationfailed"]]
    try:
        webhook, trouble = await _webhook(app_api, callback)
        if not webhook:
            return [trouble]
        standing = await _subscriptions(app_api)
    except NotHere as refusal:
        _pass_on(refusal)
        return [f"X's webhooks cannot be looked at: {refusal.message}"]
    return [trouble] * bool(trouble) + await _subscribe(api, app_api, webhook, standing)


def _local(api: Api) -> bool:
    return not str(api.settings["api_url"]).startswith("https:")


async def _webhook(app_api: Api, callback: str) -> tuple[str, str]:
    """Our webhook's id, made or woken if need be, and what is wrong with it."""
    known = records((await app_api.get("/2/webhooks")).get("data"))
    ours = next((one for one in known if words(one.get("url")) == callback), None)
    try:
        if ours is None:
            made = record((await app_api.change("POST", "/2/webhooks", {"url": callback})).get("data"))
            return identity(made.get("id")), "" if made.get("valid") is True else REASONS["crcvalidationfailed"]
        webhook = identity(ours.get("id"))
        if ours.get("valid") is True:
            return webhook, ""
        woken = record((await app_api.change("PUT", f"/2/webhooks/{webhook}")).get("data"))
        return webhook, "" if woken.get("valid") is True else REASONS["crcvalidationfailed"]
    except NotHere as refusal:
        _pass_on(refusal)
        said = refusal.message.lower().replace(" ", "")
        reason = next((text for name, text in REASONS.items() if name in said), refusal.message)
        return identity(ours.get("id")) if ours else "", reason


async def _subscriptions(app_api: Api) -> list[Item]:
    found: list[Item] = []
    params = {"max_results": "1000"}
    for _ in range(PAGES):
        body = await app_api.get("/2/activity/subscriptions", **params)
        found += records(body.get("data"))
        following = words(record(body.get("meta")).get("next_token"))
        if not following:
            break
        params["pagination_token"] = following
    return found


async def _subscribe(api: Api, app_api: Api, webhook: str, standing: list[Item]) -> list[str]:
    account = api.account.external_id
    tag = FREE_TAG if api.settings.get("replies_need_summons") is False else TAG
    wanted = [words(one) for one in api.settings.get("events") or EVENTS]
    troubles = []
    for event in [*wanted, *OPTIONAL]:
        scope = {"user_id": account} if event not in OPTIONAL else {}
        mine = [one for one in standing if one.get("event_type") == event and _of(one) == scope.get("user_id", "")]
        right = next((one for one in mine if identity(one.get("webhook_id")) == webhook), None)
        if right and words(right.get("tag")) == tag:
            continue
        try:
            if stale := right or next(iter(mine), None):
                path = f"/2/activity/subscriptions/{identity(stale.get('subscription_id'))}"
                await app_api.change("PUT", path, {"webhook_id": webhook, "tag": tag})
            else:
                body = {"event_type": event, "filter": scope, "tag": tag, "webhook_id": webhook}
                # What only this account may see has to be asked for in its name.
                await (api if scope else app_api).change("POST", "/2/activity/subscriptions", body)
        except NotHere as refusal:
            if event in OPTIONAL:
                continue
            _pass_on(refusal)
            troubles.append(f"X does not tell of “{event}”: {refusal.message}")
    return troubles


def _of(subscription: Item) -> str:
    return identity(record(subscription.get("filter")).get("user_id"))


def _pass_on(refusal: NotHere) -> None:
    """These are no matter of one subscription: the house knows what to do."""
    if refusal.error in (ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT):
        raise refusal
