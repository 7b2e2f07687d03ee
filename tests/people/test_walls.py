"""The second wall between tenants, asked of Postgres itself: what it lets through, and what stands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Interval, LargeBinary, Numeric, Uuid
from sqlalchemy import Integer as Whole
from sqlalchemy import Table as Catalogued
from sqlalchemy.dialects.postgresql import JSONB

from inbox.ground import clock
from inbox.ground.db import APP, CLAIM, INTAKE, ROLES, Connection, Database, WrongRole, connect, role_password
from inbox.ground.ids import new_id
from inbox.ground.settings import Settings
from inbox.models import INSTALL_TABLES, Table, walls

TENANTS = [table for table in Table.metadata.sorted_tables if table.name not in INSTALL_TABLES]
NAMES = [table.name for table in TENANTS]


def tenant_column(table: str) -> str:
    return "id" if table == "workspace" else "workspace_id"


@pytest.fixture
async def two(database: Database, owner: Connection) -> tuple[UUID, UUID]:
    """Two tenants with one row in every table."""
    here, there = new_id(), new_id()
    async with owner.transaction():
        # Whom a row belongs to matters here, not what it hangs from.
        await owner.execute("SET LOCAL session_replication_role = replica")
        for workspace_id in (here, there):
            for table in TENANTS:
                await _insert(owner, table, workspace_id)
    return here, there


def values_for(table: Catalogued, workspace_id: UUID) -> dict[str, Any]:
    """A row with something in every column that must have something."""
    needed = [column for column in table.columns if not column.nullable and column.server_default is None]
    row = {column.name: _something(column) for column in needed}
    return {**row, tenant_column(table.name): workspace_id}


def _something(column: Column[Any]) -> Any:
    for kind, value in (
        (Uuid, new_id()),
        (Boolean, False),
        (Whole, 1),
        (Numeric, 1.0),
        (DateTime, clock.now()),
        (Interval, timedelta(0)),
        (Date, clock.now().date()),
        (LargeBinary, b"x"),
        (JSONB, "{}"),
        (ARRAY, []),
    ):
        if isinstance(column.type, kind):
            return value
    return new_id().hex


async def _insert(connection: Connection, table: Catalogued, workspace_id: UUID) -> None:
    row = values_for(table, workspace_id)
    columns, places = ", ".join(f'"{name}"' for name in row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})', *row.values())


async def granted(owner: Connection, role: str, table: str, right: str) -> bool:
    return bool(await owner.fetchval("SELECT has_table_privilege($1, $2, $3)", role, f'public."{table}"', right))


# What the wall lets through


@pytest.mark.parametrize("table", NAMES)
async def test_without_a_tenant_there_are_no_rows(table: str, two: tuple[UUID, UUID], database: Database) -> None:
    async with database.app.acquire() as connection:
        assert await connection.fetchval(f'SELECT count(*) FROM "{table}"') == 0


@pytest.mark.parametrize("table", NAMES)
async def test_a_forgotten_where_shows_ones_own_rows_only(
    table: str, two: tuple[UUID, UUID], database: Database, owner: Connection
) -> None:
    here, _ = two
    for role, pool in ((APP, database.app), (INTAKE, database.intake)):
        if not await granted(owner, role, table, "SELECT"):
            continue
        async with database.tenant(here, pool=pool) as connection:
            found = await connection.fetch(f'SELECT {tenant_column(table)} FROM "{table}"')
        assert [row[0] for row in found] == [here]


@pytest.mark.parametrize("table", TENANTS, ids=NAMES)
async def test_nothing_is_written_into_another_tenant(
    table: Catalogued, two: tuple[UUID, UUID], database: Database
) -> None:
    here, there = two
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with database.tenant(here) as connection:
            await _insert(connection, table, there)


@pytest.mark.parametrize("table", NAMES)
async def test_no_row_moves_or_dies_across_the_wall(
    table: str, two: tuple[UUID, UUID], database: Database, owner: Connection
) -> None:
    here, there = two
    tenant = tenant_column(table)
    if await granted(owner, APP, table, "UPDATE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with database.tenant(here) as connection:
                await connection.execute(f'UPDATE "{table}" SET {tenant} = $1', there)
    if await granted(owner, APP, table, "DELETE"):
        async with database.tenant(here) as connection:
            assert await connection.execute(f'DELETE FROM "{table}" WHERE {tenant} = $1', there) == "DELETE 0"
    assert await owner.fetchval(f'SELECT count(*) FROM "{table}" WHERE {tenant} = $1', there) == 1


@pytest.mark.parametrize("table", sorted(walls.APPEND_ONLY))
async def test_what_is_written_once_is_never_changed(table: str, two: tuple[UUID, UUID], database: Database) -> None:
    here, _ = two
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET workspace_id = workspace_id"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.tenant(here) as connection:
                await connection.execute(statement)


# What each role may


async def test_claiming_reads_no_words(two: tuple[UUID, UUID], database: Database) -> None:
    for statement in (
        "SELECT text FROM message",
        "SELECT payload FROM inbound_event",
        "SELECT * FROM conversation",
        "SELECT preview FROM conversation",
        "SELECT body FROM event",
        "SELECT body FROM inbound_delivery",
        "SELECT credentials FROM channel",
        'SELECT email FROM "user"',
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.claim.fetch(statement)
    assert await database.claim.fetchval("SELECT count(DISTINCT workspace_id) FROM outbound_message") == 2


async def test_intake_reads_no_messages(two: tuple[UUID, UUID], database: Database) -> None:
    here, _ = two
    for table in ("message", "conversation", "contact", "contact_identity", '"user"', "session", "fact"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.tenant(here, pool=database.intake) as connection:
                await connection.fetch(f"SELECT * FROM {table}")


async def test_each_role_has_the_rights_written_down_and_no_others(owner: Connection, database: Database) -> None:
    held: dict[str, set[str]] = {INTAKE: set(), CLAIM: set()}
    for row in await owner.fetch(
        """SELECT r.role, c.relname, a.attname, has_table_privilege(r.role, c.oid, 'SELECT') AS whole
           FROM unnest($1::text[]) r(role), pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
             AND has_column_privilege(r.role, c.oid, a.attnum, 'SELECT')""",
        [INTAKE, CLAIM],
    ):
        held[row["role"]].add(row["relname"] if row["whole"] else f"{row['relname']}.{row['attname']}")
    assert held[INTAKE] == set(walls.INTAKE)
    assert held[CLAIM] == {f"{table}.{column}" for table, columns in walls.CLAIM.items() for column in columns}


async def test_no_role_may_look_behind_a_policy_through_a_partition(owner: Connection, database: Database) -> None:
    """A grant on a partition would count, and its parent's policy would not."""
    partitions = await owner.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relispartition AND relkind = 'r'"
    )
    assert len(partitions) > 50
    for role in ROLES:
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            open_ones = await owner.fetch(
                """SELECT oid::regclass::text FROM pg_class
                   WHERE relispartition AND relkind = 'r' AND has_table_privilege($1, oid, $2)""",
                role,
                right,
            )
            assert open_ones == []


async def test_functions_that_look_over_the_walls_are_fenced(owner: Connection, database: Database) -> None:
    functions = await owner.fetch(
        """SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') AS anybody FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND prosecdef"""
    )
    assert functions
    for function in functions:
        assert not function["anybody"], function["proname"]
        assert any(line.startswith("search_path=") for line in function["proconfig"] or []), function["proname"]


# Nobody serves with more rights than that


@pytest.fixture
async def mighty(owner: Connection, settings: Settings) -> AsyncIterator[str]:
    role = f"mighty_{new_id().hex[-8:]}"
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role_password(settings, role)}'")
    yield role
    await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("power", ["SUPERUSER", "BYPASSRLS"])
async def test_a_role_above_the_walls_is_refused(
    power: str, mighty: str, owner: Connection, settings: Settings
) -> None:
    await owner.execute(f"ALTER ROLE {mighty} {power}")
    with pytest.raises(WrongRole):
        await connect(settings, mighty)


async def test_a_role_that_owns_a_table_is_refused(mighty: str, owner: Connection, settings: Settings) -> None:
    await owner.execute(f"CREATE TABLE its_own (); ALTER TABLE its_own OWNER TO {mighty}")
    with pytest.raises(WrongRole):
        await connect(settings, mighty)


async def test_a_plain_role_is_not_refused(mighty: str, settings: Settings) -> None:
    connection = await connect(settings, mighty)
    await connection.close()


# Every table stands behind the wall


async def test_every_table_is_of_the_installation_or_walled(owner: Connection, database: Database) -> None:
    tables = await owner.fetch(
        """SELECT c.relname, c.relrowsecurity,
                  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive
                       AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL
                       AND p.polroles @> ARRAY[$1::regrole::oid, $2::regrole::oid]) AS both_halves,
                  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid
                       AND p.polroles && ARRAY[0, $1::regrole::oid, $2::regrole::oid]) AS policies
           FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND c.relname <> 'alembic_version'""",
        APP,
        INTAKE,
    )
    assert {row["relname"] for row in tables} == set(Table.metadata.tables)
    for row in tables:
        if row["relname"] in INSTALL_TABLES:
            continue
        assert row["relrowsecurity"], row["relname"]
        assert (row["both_halves"], row["policies"]) == (1, 1), row["relname"]


async def test_the_tenant_leads_every_key_of_a_tenants_table(owner: Connection, database: Database) -> None:
    keys = await owner.fetch(
        """SELECT c.relname AS tbl, i.indexrelid::regclass::text AS key, a.attname AS leader
           FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
           WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
           UNION ALL
           SELECT c.relname, k.conname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
           JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
           WHERE k.contype = 'f' AND NOT c.relispartition AND NOT (k.confrelid::regclass::text = ANY($1))""",
        [f'"{name}"' if name == "user" else name for name in INSTALL_TABLES],
    )
    led = {(row["tbl"], row["key"], row["leader"]) for row in keys if row["tbl"] in NAMES and row["tbl"] != "workspace"}
    assert {tbl for tbl, _, _ in led} == set(NAMES) - {"workspace"}
    assert {key for _, key, leader in led if leader != "workspace_id"} == set()
