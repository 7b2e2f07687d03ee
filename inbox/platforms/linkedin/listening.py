"""Seeing to it that LinkedIn tells us what happens: one subscription for the app, the member and the page."""

from datetime import timedelta
from typing import Any

from inbox.ground import clock
from inbox.platforms.base import App, ErrorClass, NotHere, Refused, Unknown
from inbox.platforms.linkedin import checking, urns
from inbox.platforms.linkedin.notices import SOCIAL
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import identity, stamped, words

RENEWED = timedelta(days=7)  # before the end
NO_NUMBER = (
    "LinkedIn's webhooks need the number of your app: it stands in the address of its page under "
    "linkedin.com/developers/apps. Set `application_id` of this channel."
)
REFUSED = (
    "LinkedIn does not let us subscribe: webhooks need the Standard tier of the Community Management API, the "
    "permission rw_organization_admin, and the role ADMINISTRATOR on the page."
)


async def listen(rest: Rest, app: App, callback: str) -> list[str]:
    """Look at the subscription; make it, turn it to `callback` or renew it where it needs that. Raises NotHere."""
    told = rest.settings.get("application_id") or rest.account.credentials.get("application_id") or app.id
    application = identity(told).rpartition(":")[2]
    if not application.isdecimal() or not int(application):
        return [NO_NUMBER]
    who = urns.urn(rest.account.credentials.get("member")) or checking.member(await checking.acls(rest))
    if not who:
        return ["LinkedIn does not say who signed in, so nobody can be subscribed: connect the page again."]
    path = _path(application, who, rest.page)
    try:
        if _stands(await _subscription(rest, path), callback):
            return []
    except NotHere as refusal:
        if refusal.error is ErrorClass.PERMISSION_MISSING:
            return [REFUSED]
        raise
    answer = await rest.write("PUT", path, {"webhook": callback})
    if isinstance(answer, Unknown):
        raise NotHere(ErrorClass.TRANSIENT, answer.reason)
    if isinstance(answer, Refused):
        if answer.error is ErrorClass.PERMISSION_MISSING:
            return [REFUSED]
        if answer.error in (ErrorClass.INVALID, ErrorClass.PARENT_GONE):
            return [
                f"LinkedIn takes no webhooks at {callback} yet: register it on the app's Webhooks tab first. "
                f"{answer.message}"
            ]
        raise NotHere(answer.error, answer.message, answer.retry_at)
    # It dies silently with the grant or the role, so what was asked for is looked at, not believed.
    if not _stands(await _subscription(rest, path), callback):
        return ["LinkedIn took the subscription and does not show it."]
    return []


def _path(application: str, who: str, page: str) -> str:
    key = urns.key(
        developerApplication=f"urn:li:developerApplication:{application}", user=who, entity=page, eventType=SOCIAL
    )
    return f"eventSubscriptions/{key}"


async def _subscription(rest: Rest, path: str) -> dict[str, Any]:
    try:
        return await rest.get(path)
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return {}
        raise


def _stands(told: dict[str, Any], callback: str) -> bool:
    ends = stamped(told.get("expiresAt"))
    return words(told.get("webhook")) == callback and (ends is None or ends - clock.now() > RENEWED)
