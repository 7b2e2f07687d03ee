"""Who a sign-in is, what it may do, and who other people are."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx

from inbox.ground import clock
from inbox.platforms.base import Author, ErrorClass, NotHere, Receipt
from inbox.platforms.linkedin import urns
from inbox.platforms.linkedin.polling import LOCAL
from inbox.platforms.linkedin.rest import Rest
from inbox.platforms.reading import record, records, remembered, words

LOSSES = {
    "r_organization_social_feed": "Comments cannot be read.",
    "w_organization_social_feed": "Comments cannot be answered, liked or deleted.",
    "rw_organization_admin": "Notifications cannot be read, and webhooks cannot be subscribed.",
}
# The names of before June 2023, which some apps still hold.
FORMERLY = {
    "r_organization_social_feed": "r_organization_social",
    "w_organization_social_feed": "w_organization_social",
}
READS = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
WRITES = READS | {"RECRUITING_POSTER"}
SOON = timedelta(days=30)


def member(acls: Iterable[dict[str, Any]]) -> str:
    """Who signed in, as the list of their own roles names them."""
    return next((name for one in acls if (name := urns.urn(one.get("roleAssignee")))), "")


def roles(acls: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """The pages somebody has a say in, each with the roles."""
    found: dict[str, list[str]] = {}
    for one in acls:
        page = urns.organisation(one.get("organization")) or urns.organisation(one.get("organizationalTarget"))
        if page and words(one.get("state")) in ("APPROVED", "") and (role := words(one.get("role"))):
            found.setdefault(page, []).append(role)
    return found


async def acls(rest: Rest) -> list[dict[str, Any]]:
    """The roles of whoever signed in. Raises NotHere."""
    return records((await rest.get("organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=100")).get("elements"))


async def page_named(rest: Rest, page: str) -> tuple[str, str]:
    """Name and handle of a page we have a role in. Raises NotHere."""
    told = await rest.get(f"organizations/{urns.encoded(urns.last(page))}")
    return words(told.get("localizedName")), words(told.get("vanityName"))


async def check(rest: Rest) -> Receipt:
    """What LinkedIn says about this sign-in. Raises NotHere if it opens no door to the page."""
    held = roles(await acls(rest))
    if rest.page not in held:
        raise NotHere(
            ErrorClass.PERMISSION_MISSING,
            f"Whoever signed in has no role on the page {urns.last(rest.page)} of LinkedIn: a super admin of the page "
            "gives it on linkedin.com, under Settings > Manage admins.",
        )
    # A channel is looked at every hour, and calls may be few: what it is called is asked for once.
    known = (rest.account.name, rest.account.handle)
    name, handle = known if known[0] else await page_named(rest, rest.page)
    granted, missing = await _scopes(rest)
    mine = held[rest.page]
    if not READS & set(mine):
        missing.append(
            f"The role {mine[0]} may write on the page but not read it: LinkedIn answers with empty lists, and no "
            "comment ever arrives. The role has to be Content admin or Super admin (ADMINISTRATOR)."
        )
    if "ADMINISTRATOR" not in mine:
        missing.append("Without the role ADMINISTRATOR there are no webhooks and no notifications, only slow polling.")
    if (ends := remembered(rest.account.credentials.get("refresh_ends"))) and ends - clock.now() < SOON:
        missing.append(f"This sign-in ends for good on {ends:%Y-%m-%d}: connect the page again before.")
    return Receipt(
        external_id=rest.page,
        name=name,
        handle=handle,
        granted=granted + [f"role {one}" for one in mine],
        missing=missing,
    )


async def _scopes(rest: Rest) -> tuple[list[str], list[str]]:
    """Asked of the app itself; a token typed in by hand comes without one."""
    account, secret = rest.account, next((one for one in rest.account.app_secrets if one), "")
    if not account.app_id or not secret:
        return [], []
    form = {"client_id": account.app_id, "client_secret": secret}
    form["token"] = str(account.credentials.get("access_token") or "")
    try:
        answer = await rest.http.post(f"{str(rest.settings['auth_url']).rstrip('/')}/introspectToken", data=form)
        told = record(answer.json()) if answer.is_success else {}
    except (httpx.HTTPError, ValueError):
        told = {}
    if told.get("active") is False:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "LinkedIn says this sign-in is no longer valid: connect the page again.")
    if told.get("active") is not True:
        return [], ["LinkedIn does not show what this sign-in may do."]
    granted = words(told.get("scope")).replace(",", " ").split()
    lost = [
        f"{scope} is not granted. {loss}"
        for scope, loss in LOSSES.items()
        if scope not in granted and FORMERLY.get(scope) not in granted
    ]
    return granted, lost


async def person(rest: Rest, external_id: str) -> Author | None:
    """Who this is; None where LinkedIn keeps it to itself, which is common and no fault. Raises NotHere otherwise."""
    who = urns.urn(external_id)
    try:
        if who.startswith("urn:li:organization"):
            return await _company(rest, who)
        if not who.startswith("urn:li:person:"):
            return None
        told = await rest.get(f"people/(id:{urns.encoded(urns.last(who))})")
    except NotHere as refusal:
        if refusal.error in LOCAL:
            return None
        raise
    name = " ".join(filter(None, (_name(told, "FirstName"), _name(told, "LastName"))))
    return Author(external_id=who, name=name, handle=words(told.get("vanityName"))) if name else None


async def _company(rest: Rest, who: str) -> Author | None:
    number = urns.last(who)
    told = record((await rest.get(f"organizationsLookup?ids={urns.several([number])}")).get("results"))
    about = record(told.get(number))
    name = words(about.get("localizedName"))
    return Author(external_id=who, name=name, handle=words(about.get("vanityName"))) if name else None


def _name(told: dict[str, Any], which: str) -> str:
    """`localizedFirstName`, or the first of `firstName.localized`."""
    if name := words(told.get(f"localized{which}")):
        return name
    localized = record(record(told.get(which[0].lower() + which[1:])).get("localized"))
    return next((words(one) for one in localized.values() if words(one)), "")
