"""Lists as every door gives them: a page of items, and the cursor of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

Item = TypeVar("Item")

LONGEST = 200
Limit = Annotated[int, QueryParameter(ge=1, le=LONGEST, description=f"At most {LONGEST}.")]
Cursor = Annotated[UUID | None, QueryParameter(description="`next` of the page before.")]
Place = Annotated[str | None, QueryParameter(description="`next` of the page before.", max_length=200)]


class Page(msgspec.Struct, Generic[Item]):
    """`next` goes back as `cursor`; null: there is no more."""

    items: list[Item]
    next: str | None = None


def page(found: Sequence[Item], limit: int, key: Callable[[Item], UUID]) -> Page[Item]:
    """A page of what was asked for with one more than `limit`, so that it is known whether more follows."""
    items = list(found[:limit])
    return Page(items, str(key(items[-1])) if len(found) > limit else None)
