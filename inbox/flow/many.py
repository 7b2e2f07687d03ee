"""Many rows of one table in one statement: a list for each column, which Postgres takes apart again.

    letters = Many(Message, Letter, LETTER, seldom=[("edited_at", "deleted_at"), ("rating",)])
    await connection.execute(*letters.inserted(workspace_id, rows))

A list costs for each row whether it says anything or not, so columns that seldom say something are sent together or
not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.dialects import postgresql

DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]


class Many:
    """Statements for rows of the dataclass `shape`, kept in `table`. `changing`: columns of rows that exist already."""

    def __init__(
        self,
        table: type[Any],
        shape: type[Any],
        columns: Sequence[str],
        *,
        changing: Sequence[str],
        seldom: Sequence[Sequence[str]],
    ) -> None:
        self._table: str = table.__tablename__
        self._types = _types(table, columns)
        self._defaults = _defaults(shape)
        self._columns, self._changing, self._seldom = columns, changing, seldom
        self._blank = [block for block in seldom if self._defaults.keys() >= set(block)]
        self._insert, self._update = cache(self._insert_of), cache(self._update_of)

    def inserted(self, workspace_id: UUID, rows: Sequence[Any]) -> tuple[Any, ...]:
        """Insert these, passing over those that exist: statement and values."""
        silent = frozenset(
            column
            for block in self._blank
            if all(getattr(row, column) == self._defaults[column] for column in block for row in rows)
            for column in block
        )
        sent = [column for column in self._columns if column not in silent]
        return (self._insert(silent), workspace_id, *_lists_of(self._types, rows, sent))

    def updated(self, workspace_id: UUID, rows: Sequence[Any], before: Mapping[UUID, Any]) -> tuple[Any, ...]:
        """Bring these up to date, each from what it was `before`: statement and values."""
        silent = frozenset(
            column
            for block in self._seldom
            if all(getattr(row, column) == getattr(before[row.id], column) for column in block for row in rows)
            for column in block
        )
        sent = [column for column in self._changing if column not in silent]
        return (self._update(silent), workspace_id, *_lists_of(self._types, rows, ["id", *sent]))

    def _insert_of(self, silent: frozenset[str]) -> str:
        sent = [column for column in self._columns if column not in silent]
        left = [column for column in self._columns if column in silent]
        given = [_cast(self._types[c], c) for c in sent] + [_literal(self._types[c], self._defaults[c]) for c in left]
        return (
            f"INSERT INTO {self._table} (workspace_id, {', '.join([*sent, *left])}) SELECT $1, {', '.join(given)} "
            f"FROM unnest({_lists(self._types, sent)}) AS g({', '.join(sent)}) ON CONFLICT DO NOTHING"
        )

    def _update_of(self, silent: frozenset[str]) -> str:
        sent = [column for column in self._changing if column not in silent]
        return (
            f"UPDATE {self._table} t SET version = version + 1, "
            + ", ".join(f"{column} = {_cast(self._types[column], column)}" for column in sent)
            + f" FROM unnest({_lists(self._types, ['id', *sent])}) AS g({', '.join(['id', *sent])})"
            + " WHERE t.workspace_id = $1 AND t.id = g.id"
        )


def _types(table: type[Any], columns: Iterable[str]) -> dict[str, str]:
    """The Postgres type of each column."""
    found = {}
    for column in columns:
        kind = str(table.__table__.c[column].type.compile(dialect=DIALECT))
        found[column] = kind.replace(' COLLATE "C"', "")
    return found


def _defaults(shape: type[Any]) -> dict[str, Any]:
    found = {}
    for field in fields(shape):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found


def _lists(types: Mapping[str, str], names: Iterable[str]) -> str:
    """`$2::uuid[], $3::text[]`: one list for each column. jsonb and arrays travel as their text."""
    return ", ".join(
        f"${number}::{'text' if _as_text(types[name]) else types[name].lower()}[]"
        for number, name in enumerate(names, 2)
    )


def _lists_of(types: Mapping[str, str], rows: Sequence[Any], names: Iterable[str]) -> list[list[Any]]:
    """Rows turned into one list for each column."""
    turned: list[list[Any]] = []
    for name in names:
        values = [getattr(row, name) for row in rows]
        if _as_text(types[name]):
            values = [msgspec.json.encode(value).decode() for value in values]
        turned.append(values)
    return turned


def _as_text(kind: str) -> bool:
    return kind == "JSONB" or kind.endswith("[]")


def _cast(kind: str, name: str) -> str:
    if kind == "JSONB":
        return f"g.{name}::jsonb"
    if kind.endswith("[]"):
        return f"ARRAY(SELECT jsonb_array_elements_text(g.{name}::jsonb))::{kind.lower()}"
    return f"g.{name}"


def _literal(kind: str, value: Any) -> str:
    """A default as Postgres writes it: nothing, a word, a number, yes or no, an empty list."""
    if value is None:
        return f"NULL::{kind.lower()}"
    if isinstance(value, list):
        return f"'{'[]' if kind == 'JSONB' else '{}'}'::{kind.lower()}"
    return f"'{value}'::{kind.lower()}"
