"""Posts as the Graph API of the simulated Threads gives them."""

from typing import Any

from inbox.platforms.meta.simulator_memory import Item, Memory, graph_time


def handle_of(memory: Memory, author: str) -> str:
    """How somebody is called there: made of the name where the person has no handle."""
    if author == memory.page:
        return memory.page_handle
    who = memory.people.get(author)
    return (who.handle or "".join(who.name.casefold().split())) if who else f"user{author}"


def link_of(memory: Memory, item: Item) -> str:
    """Where a post can be seen."""
    return f"https://www.threads.net/@{handle_of(memory, item.author)}/post/{item.id}"


def post_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A post, a reply or a mention."""
    told: dict[str, Any] = {
        "id": item.id,
        "text": item.text,
        "timestamp": graph_time(item.at),
        "username": handle_of(memory, item.author),
        "permalink": link_of(memory, item),
        "media_type": "TEXT_POST",
        "is_reply": bool(item.parent),
        "has_replies": any(one.parent == item.id for one in memory.below.get(item.post or item.id, [])),
        "hide_status": "HIDDEN" if item.hidden else "NOT_HUSHED",
        "is_reply_owned_by_me": item.author == memory.page,
    }
    if item.parent:
        told |= {"replied_to": {"id": item.parent}, "root_post": {"id": item.post}}
    return told
