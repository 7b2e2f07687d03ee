"""One statement put together from parts, each bringing what it is asked with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Query:
    """One statement and what it is asked with; $1 is the workspace."""

    values: list[Any]
    sql: str = ""

    def __call__(self, value: Any, kind: str = "") -> str:
        """The place of one more value."""
        self.values.append(value)
        return f"${len(self.values)}{kind and '::' + kind}"
