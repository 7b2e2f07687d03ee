"""Who a token is, what it may do, and who somebody is."""

from inbox.platforms.base import Author, ErrorClass, NotHere, Receipt
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.subscriptions import joined
from inbox.platforms.reading import identity, words

SCOPES = {
    "instagram_business_basic": "The account cannot be read at all.",
    "instagram_business_manage_messages": "Messages cannot be read or answered.",
    "instagram_business_manage_comments": "Comments cannot be read, answered, hidden or deleted.",
}


def webhooks(graph: Graph) -> list[str]:
    """The fields to be told of."""
    return [name for name in str(graph.settings["webhooks"]).replace(",", " ").split() if name]


async def check(graph: Graph) -> Receipt:
    """What Instagram says about this token. Raises NotHere if it is none of the account's."""
    me = await graph.get("me", fields="id,user_id,username,name,profile_picture_url")
    # `id` is what this app calls the account; `user_id` is what webhooks call it.
    external_id = identity(me.get("user_id")) or identity(me.get("id"))
    expected = graph.account.external_id
    if not external_id or (expected and external_id != expected):
        whose = words(me.get("username")) or external_id
        raise NotHere(ErrorClass.INVALID, f"This token belongs to @{whose} ({external_id}), not to {expected}.")
    granted, missing = _scopes(graph)
    hears, deaf = await _subscriptions(graph)
    return Receipt(
        external_id=external_id,
        name=words(me.get("name")) or words(me.get("username")),
        handle=words(me.get("username")),
        avatar_url=words(me.get("profile_picture_url")),
        granted=granted + hears,
        missing=missing + deaf,
    )


def _scopes(graph: Graph) -> tuple[list[str], list[str]]:
    """Instagram says what was granted only once, while signing in; with a pasted token nobody knows."""
    told = graph.account.credentials.get("permissions")
    if not isinstance(told, list):
        return [], []
    granted = [scope for scope in map(words, told) if scope]
    return granted, [f"{scope} is not granted. {loss}" for scope, loss in SCOPES.items() if scope not in granted]


async def _subscriptions(graph: Graph) -> tuple[list[str], list[str]]:
    try:
        found = await joined(graph, "", "me")
    except NotHere as refusal:
        if refusal.error in (ErrorClass.TRANSIENT, ErrorClass.AUTH_EXPIRED):
            raise
        return [], [f"Instagram does not show the account's webhooks: {refusal.message}"]
    wanted = webhooks(graph)
    hears = [f"webhook {field}" for field in wanted if field in found]
    return hears, [f"The account's webhook “{field}” is not subscribed." for field in wanted if field not in found]


async def person(graph: Graph, external_id: str) -> Author | None:
    """Who this is; None where Instagram keeps it to itself: it tells of people who wrote a message. Raises NotHere."""
    if not (who := safe_id(external_id)):
        return None
    try:
        told = await graph.get(who, fields="name,username,profile_pic")
    except NotHere as refusal:
        if refusal.error in (ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT):
            raise
        return None
    name, handle = words(told.get("name")), words(told.get("username"))
    if not name and not handle:
        return None
    return Author(external_id, name or handle, handle, words(told.get("profile_pic")))
