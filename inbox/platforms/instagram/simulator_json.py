"""Comments, posts, messages and people as the Graph API of the simulated Instagram gives them."""

from typing import Any

from inbox.platforms.meta.simulator_memory import Item, Memory, graph_time


def handle_of(memory: Memory, author: str) -> str:
    """How somebody is called there: made of the name where the person has no handle."""
    if author == memory.page:
        return memory.page_handle
    who = memory.people.get(author)
    return (who.handle or "".join(who.name.casefold().split())) if who else f"user{author}"


def person_json(memory: Memory, author: str) -> dict[str, Any]:
    """Somebody."""
    return {"id": author, "username": handle_of(memory, author)}


def comment_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A comment."""
    told: dict[str, Any] = {
        "id": item.id,
        "text": item.text,
        "timestamp": graph_time(item.at),
        "username": handle_of(memory, item.author),
        "from": person_json(memory, item.author),
        "hidden": item.hidden,
        "like_count": 0,
        "media": {"id": item.post, "permalink": f"https://www.instagram.com/p/{item.post}/"},
    }
    return told | ({"parent_id": item.parent} if item.parent else {})


def media_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A post."""
    return {
        "id": item.id,
        "caption": item.text,
        "timestamp": graph_time(item.at),
        "permalink": f"https://www.instagram.com/p/{item.id}/",
        "media_product_type": "FEED",
        "media_url": f"https://cdn.example/{item.id}.jpg?signed=1",
        "comments_count": len(memory.below.get(item.id, [])),
        "username": handle_of(memory, item.author),
    }


def message_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A message."""
    to = item.peer if item.author == memory.page else memory.page
    told: dict[str, Any] = {
        "id": item.id,
        "created_time": graph_time(item.at),
        "from": person_json(memory, item.author),
        "to": {"data": [person_json(memory, to)]},
        "message": item.text,
    }
    if item.image:
        told["attachments"] = {"data": [{"image_data": {"url": item.image}}]}
    if item.story:
        told["story"] = {"reply_to" if item.text else "mention": {"link": item.story}}
    return told
