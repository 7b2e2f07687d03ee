"""Reading other brands: what anybody may see of an account that is not ours, asked for through a channel of ours.

A connector that can do it is a `ReadsOthers` too, and says in `Connector.others` what it reads and how much it asks in
a day; one that cannot says there why not. What the people wrote passes through memory alone: rules look at it, and it
is let go.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

import httpx
import msgspec

from inbox.platforms.base import Account


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A public account as its network names it. `url`: where anybody can see it."""

    external_id: str
    name: str
    handle: str = ""
    url: str = ""


class Shown(msgspec.Struct, frozen=True):
    """Something the brand published, which others may comment on."""

    external_id: str
    at: datetime


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what a brand published, the newest first. `page`: the next, "" after the last.

    `requests`: how many it took; `cost`: what of the platform's allowance.
    """

    posts: list[Shown]
    page: str = ""
    requests: int = 1
    cost: float = 0.0


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote below a post, the brand itself too. `parent`: the comment it answers, "" for the post.

    `author` "": the network does not say who. `named`: ids of those it @-names. `attachments`: their types.
    """

    external_id: str
    author: str
    at: datetime
    text: str
    parent: str = ""
    named: list[str] = []
    attachments: list[str] = []


class Below(msgspec.Struct, frozen=True, kw_only=True):
    """All that is shown below a post. `stands` false: the post is gone, and with it what was below.

    `whole` false: the network held something back, so that what is missing here need not be gone.
    """

    comments: list[Comment]
    stands: bool = True
    whole: bool = True
    requests: int = 1
    cost: float = 0.0


class ReadsOthers(ABC):
    """What a connector does besides, where its network shows anybody what other brands answer."""

    @abstractmethod
    async def brand(self, http: httpx.AsyncClient, account: Account, asked: str) -> Brand:
        """The account of this handle or address. Raises NotHere, with a sentence for whoever typed it."""

    @abstractmethod
    async def published(self, http: httpx.AsyncClient, account: Account, brand: Brand, page: str) -> Published:
        """What the brand published, a page of it. Raises NotHere."""

    @abstractmethod
    async def below(self, http: httpx.AsyncClient, account: Account, brand: Brand, post: str) -> Below:
        """What stands below one of its posts now. Raises NotHere."""
