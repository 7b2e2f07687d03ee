"""Where a message stands. A message's number is its chat's own, so an id names both.

77:12                 message 12 in the chat with person 77, or in a group (-100…:12)
b:connection:77:12    the same between a person and a business account that lets our bot work for it
77, b:connection:77   the conversations these two belong to
"""

import re
from dataclasses import dataclass

BUSINESS = "b:"
A_NUMBER = re.compile(r"-?[0-9]{1,19}")
A_GROUP = re.compile(r"-100([0-9]+)")


@dataclass(frozen=True)
class Place:
    """A chat, perhaps a message in it, perhaps through a business connection."""

    chat: str
    message: str = ""
    business: str = ""

    @property
    def thread(self) -> str:
        """The key of a private conversation."""
        return f"{BUSINESS}{self.business}:{self.chat}" if self.business else self.chat

    @property
    def name(self) -> str:
        """The id of the message."""
        return f"{self.thread}:{self.message}"

    @property
    def is_group(self) -> bool:
        """Groups have negative numbers."""
        return self.chat.startswith("-")

    def beside(self, message: str) -> "Place":
        """Another message of the same chat."""
        return Place(self.chat, message, self.business)


def of(name: str) -> Place | None:
    """What an id or a conversation's key says, or None if it is neither."""
    business, rest = "", name
    if name.startswith(BUSINESS):
        business, _, rest = name.removeprefix(BUSINESS).partition(":")
        if not business:
            return None
    chat, _, message = rest.partition(":")
    if not A_NUMBER.fullmatch(chat) or (message and not A_NUMBER.fullmatch(message)):
        return None
    return Place(chat, message, business)


def permalink(chat: str, message: str, handle: str = "") -> str:
    """An address people can open: only messages in supergroups have one."""
    inside = A_GROUP.fullmatch(chat)
    if not inside or not message:
        return ""
    return f"https://t.me/{handle}/{message}" if handle else f"https://t.me/c/{inside[1]}/{message}"
