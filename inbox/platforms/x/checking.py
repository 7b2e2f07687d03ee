"""Who a sign-in is, what it may do, who somebody is, and where the bytes of a picture are."""

import re

from inbox.platforms.base import Attachment, Author, ErrorClass, Media, NotHere, Receipt
from inbox.platforms.reading import identity, record, words
from inbox.platforms.x.access import SCOPES
from inbox.platforms.x.api import BESIDE, Api
from inbox.platforms.x.posts import address
from inbox.platforms.x.reading import people, safe_id

USER = {"user.fields": BESIDE["user.fields"]}
# Pictures in messages are shown to whoever takes part, and to nobody else.
PRIVATE = re.compile(r"https://ton\.(?:x|twitter)\.com/[\w./-]*/dm/(\d+)/(\d+)/([\w.-]+)")
A_KEY = re.compile(r"[0-9]+_[0-9]+")


async def check(api: Api) -> Receipt:
    """What X says about this sign-in. Raises NotHere if it is none of the account's."""
    told = record((await api.get("/2/users/me", **USER)).get("data"))
    who, expected = identity(told.get("id")), api.account.external_id
    if not who or (expected and who != expected):
        whose = words(told.get("username")) or who
        raise NotHere(ErrorClass.INVALID, f"This sign-in belongs to @{whose} ({who}), not to account {expected}.")
    credentials = api.account.credentials
    granted = words(credentials.get("scope")).split()
    missing = [f"{scope} is not granted. {loss}" for scope, loss in SCOPES.items() if granted and scope not in granted]
    if not credentials.get("refresh_token"):
        missing.append("There is no refresh token: the sign-in ends after two hours.")
    if not credentials.get("bearer_token"):
        missing.append("The app's Bearer Token is not known: no webhook can be set up, and Earshot only polls.")
    return Receipt(
        external_id=who,
        name=words(told.get("name")),
        handle=words(told.get("username")),
        avatar_url=words(told.get("profile_image_url")),
        granted=granted,
        missing=missing,
    )


async def person(api: Api, external_id: str) -> Author | None:
    """Who this is; None where X shows nobody. Raises NotHere otherwise."""
    if not (who := safe_id(external_id)):
        return None
    try:
        body = await api.get(f"/2/users/{who}", **USER)
    except NotHere as refusal:
        if refusal.error in (ErrorClass.PARENT_GONE, ErrorClass.INVALID, ErrorClass.POLICY_BLOCKED):
            return None
        raise
    return people([body.get("data")]).get(who)


async def locate(api: Api, attachment: Attachment) -> Media | None:
    """Where the bytes are now; a picture in a message is asked for with our own key. Raises NotHere."""
    if private := PRIVATE.fullmatch(attachment.url):
        path = "/2/dm_conversations/media/" + "/".join(private.groups())
        return Media(api.address(path), {"authorization": f"Bearer {api.account.credentials.get('access_token', '')}"})
    if attachment.url or not A_KEY.fullmatch(attachment.external_id):
        return Media(attachment.url) if attachment.url else None
    try:
        body = await api.get(f"/2/media/{attachment.external_id}", **{"media.fields": BESIDE["media.fields"]})
    except NotHere as refusal:
        if refusal.error is ErrorClass.PARENT_GONE:
            return None
        raise
    link = address(record(body.get("data")))
    return Media(link) if link else None
