"""Comments, posts and recommendations as the Graph API of the simulated Facebook gives them."""

from typing import Any

from inbox.platforms.meta.simulator_memory import Item, Memory, graph_time


def comment_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A comment as Graph gives it."""
    told: dict[str, Any] = {
        "id": item.id,
        "message": item.text,
        "created_time": graph_time(item.at),
        "from": memory.person(item.author),
        "permalink_url": f"https://www.facebook.com/{item.post}?comment_id={item.id.rpartition('_')[2]}",
        "is_hidden": item.hidden,
        "user_likes": item.liked,
        "can_hide": item.author != memory.page,
        "can_reply_privately": item.author != memory.page and not item.private_reply,
    }
    if item.parent:
        told["parent"] = {"id": item.parent}
    if item.private_reply:
        told["private_reply_conversation"] = {"id": item.private_reply}
    if item.image:
        told["attachment"] = {"type": "photo", "media": {"image": {"src": item.image}}, "url": item.image}
    if tags := memory.tags(item):
        told["message_tags"] = tags
    if item.app_id:
        told["application"] = {"id": item.app_id}
    return told


def post_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A post as Graph gives it."""
    updated = max((comment.at for comment in memory.below.get(item.id, [])), default=item.at)
    return {
        "id": item.id,
        "message": item.text,
        "created_time": graph_time(item.at),
        "updated_time": graph_time(max(updated, item.at)),
        "permalink_url": f"https://www.facebook.com/{item.id.replace('_', '/posts/')}",
        "from": memory.person(item.author),
        "is_hidden": item.hidden,
    } | ({"full_picture": item.image} if item.image else {})


def rating_json(memory: Memory, item: Item) -> dict[str, Any]:
    """A recommendation as Graph gives it."""
    return {
        "created_time": graph_time(item.at),
        "has_rating": False,
        "has_review": bool(item.text),
        "open_graph_story": {"id": item.id},
        "recommendation_type": "POSITIVE" if item.positive else "NEGATIVE",
        "review_text": item.text,
        "reviewer": memory.person(item.author),
    }
