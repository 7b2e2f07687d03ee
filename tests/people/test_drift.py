"""From empty to head equals the models: two databases, one migrated and one made from the models, tell the same."""

from __future__ import annotations

import asyncpg
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from inbox.ground.settings import Settings
from inbox.models import Table
from inbox.models.walls import walls
from tests import servers

OURS = "c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> 'alembic_version'"
ASKED = {
    "columns": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relkind IN ('r', 'p') AND {OURS}""",
    "tables": f"""
        SELECT c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, pg_get_partkeydef(c.oid), c.reloptions
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND {OURS}""",
    "indexes": f"""
        SELECT c.relname, i.relname, pg_get_indexdef(i.oid) FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid WHERE {OURS}""",
    "constraints": f"""
        SELECT c.relname, k.conname, k.contype, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype <> 'n' AND {OURS}""",
    "policies": f"""
        SELECT c.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[]::text,
               pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE {OURS}""",
    "grants": f"""
        SELECT c.relname, '' AS attname, g.grantee::regrole::text, g.privilege_type
        FROM pg_class c, aclexplode(c.relacl) g WHERE g.grantee <> c.relowner AND {OURS}
        UNION ALL
        SELECT c.relname, a.attname, g.grantee::regrole::text, g.privilege_type
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) g WHERE {OURS}""",
}


async def test_the_migrated_database_is_what_the_models_say(settings: Settings) -> None:
    modelled_url = servers.on_database(settings.database_url, "earshot_modelled")
    outside = await asyncpg.connect(servers.on_database(settings.database_url, "postgres"))
    try:
        await outside.execute("DROP DATABASE IF EXISTS earshot_modelled WITH (FORCE)")
        await outside.execute("CREATE DATABASE earshot_modelled TEMPLATE template0")
        await _make_from_models(modelled_url)
        migrated, modelled = await _catalogue(settings.database_url), await _catalogue(modelled_url)
        for part in ASKED:
            assert modelled[part] - migrated[part] == set(), f"{part}: the migrations miss this"
            assert migrated[part] - modelled[part] == set(), f"{part}: the models know nothing of this"
            assert migrated[part]
    finally:
        await outside.execute("DROP DATABASE IF EXISTS earshot_modelled WITH (FORCE)")
        await outside.close()


async def _make_from_models(url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(url)
    )

    def make(connection: SyncConnection) -> None:
        Table.metadata.create_all(connection)
        for statement in walls(Table.metadata):
            connection.exec_driver_sql(statement)

    async with engine.begin() as connection:
        await connection.run_sync(make)
    await engine.dispose()


async def _catalogue(url: str) -> dict[str, set[tuple[object, ...]]]:
    connection = await asyncpg.connect(url)
    try:
        return {
            part: {tuple(map(_plain, row.values())) for row in await connection.fetch(question)}
            for part, question in ASKED.items()
        }
    finally:
        await connection.close()


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
