"""Marking as read, in Reddit's own inbox and in modmail."""

from collections.abc import Awaitable
from typing import TypeVar

from inbox.platforms.reddit.api import Api
from inbox.platforms.reddit.modmail import conversation_in
from inbox.platforms.reddit.reading import COMMENT, MESSAGE, fullname
from inbox.platforms.reddit.refusals import Failed

Answer = TypeVar("Answer")


async def reading(asked: Awaitable[Answer]) -> Answer:
    """The answer. Raises NotHere where Reddit gives none."""
    try:
        return await asked
    except Failed as failed:
        raise failed.reading() from failed


async def seen(api: Api, thread: str, message: str) -> None:
    """A conversation of modmail, or one message of the inbox."""
    if conversation := conversation_in(thread):
        await api.post("api/mod/conversations/read", conversationIds=conversation)
    elif name := fullname(message, COMMENT, MESSAGE):
        await api.post("api/read_message", api_type="json", id=name)
