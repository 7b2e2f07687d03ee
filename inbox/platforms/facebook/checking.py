"""Who a token is, and what it may do."""

from dataclasses import replace

from msgspec import structs

from inbox.platforms.base import Author, ErrorClass, NotHere, Receipt
from inbox.platforms.meta.graph import Graph, safe_id
from inbox.platforms.meta.subscriptions import joined
from inbox.platforms.reading import identity, instant, record, words

SCOPES = {
    "pages_messaging": "Messages cannot be read or answered.",
    "pages_read_engagement": "Comments cannot be read.",
    "pages_read_user_content": "Comments, visitor posts and recommendations cannot be read.",
    "pages_manage_engagement": "Comments cannot be answered, hidden, liked or deleted.",
    "pages_manage_metadata": "Webhooks cannot be subscribed.",
}
WEBHOOKS = ["messages", "message_echoes", "message_edits", "message_reads", "message_deliveries", "messaging_postbacks"]
WEBHOOKS += ["standby", "feed", "mention", "ratings"]


async def check(graph: Graph) -> Receipt:
    """What Facebook says about this token. Raises NotHere if it is none of the Page's."""
    page = await graph.get("me", fields="id,name,username,picture{url}")
    external_id = identity(page.get("id"))
    expected = graph.account.external_id or identity(graph.account.credentials.get("page_id"))
    if not external_id or (expected and external_id != expected):
        whose = words(page.get("name")) or external_id
        raise NotHere(ErrorClass.INVALID, f"This token belongs to “{whose}” ({external_id}), not to Page {expected}.")
    granted, missing = await scopes_of(graph)
    hears, deaf = await _subscriptions(replace(graph, account=structs.replace(graph.account, external_id=external_id)))
    return Receipt(
        external_id=external_id,
        name=words(page.get("name")),
        handle=words(page.get("username")),
        avatar_url=words(record(record(page.get("picture")).get("data")).get("url")),
        granted=granted + hears,
        missing=missing + deaf,
    )


async def scopes_of(graph: Graph) -> tuple[list[str], list[str]]:
    """What is granted, and in sentences what is not. Raises NotHere."""
    account = graph.account
    token = str(account.credentials.get("access_token") or "")
    secret = next((one for one in account.app_secrets if one), "")
    # Only the app itself may always ask about its tokens.
    asking = graph.as_app(account.app_id, secret) if account.app_id and secret else graph
    try:
        told = record((await asking.get("debug_token", input_token=token)).get("data"))
    except NotHere as refusal:
        if refusal.error is ErrorClass.TRANSIENT:
            raise
        return [], [f"Facebook does not show what this token may do: {refusal.message}"]
    if told.get("is_valid") is False:
        raise NotHere(ErrorClass.AUTH_EXPIRED, "Facebook says this token is no longer valid: connect the Page again.")
    scopes = told.get("scopes") if isinstance(told.get("scopes"), list) else []
    granted = [scope for scope in map(words, scopes or []) if scope]
    missing = [f"{scope} is not granted. {loss}" for scope, loss in SCOPES.items() if scope not in granted]
    for name, what in (("expires_at", "This token ends"), ("data_access_expires_at", "Access to data ends")):
        if ends := instant(told.get(name)):
            missing.append(f"{what} on {ends:%Y-%m-%d}: connect the Page again before.")
    return granted, missing


async def _subscriptions(graph: Graph) -> tuple[list[str], list[str]]:
    try:
        found = await joined(graph, graph.account.app_id)
    except NotHere as refusal:
        if refusal.error is ErrorClass.TRANSIENT:
            raise
        return [], [f"Facebook does not show the Page's webhooks: {refusal.message}"]
    hears = [f"webhook {field}" for field in WEBHOOKS if field in found]
    return hears, [f"The Page's webhook “{field}” is not subscribed." for field in WEBHOOKS if field not in found]


async def person(graph: Graph, external_id: str) -> Author | None:
    """Who this is; None where Facebook keeps it to itself, which is common and no fault. Raises NotHere otherwise."""
    if not (who := safe_id(external_id)):
        return None
    try:
        told = await graph.get(who, fields="name,first_name,last_name,profile_pic")
    except NotHere as refusal:
        if refusal.error in (ErrorClass.AUTH_EXPIRED, ErrorClass.RATE_LIMITED, ErrorClass.TRANSIENT):
            raise
        return None
    name = words(told.get("name")) or " ".join(
        filter(None, map(words, (told.get("first_name"), told.get("last_name"))))
    )
    return Author(external_id=external_id, name=name, avatar_url=words(told.get("profile_pic"))) if name else None
