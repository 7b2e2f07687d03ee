"""Tables to take along, as CSV that a spreadsheet opens without computing anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(rows: Iterable[Sequence[str]]) -> bytes:
    """Some rows of one."""
    written = io.StringIO()
    csv.writer(written).writerows([safe(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, whoever wrote it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
