"""The servers that come with us: they start anywhere, keep what they were told, and go when we go."""

import json
import os
import shutil
import signal
import subprocess
import sys

import asyncpg
import pytest
import redis.asyncio as redis

from inbox.ground import cluster, programs
from inbox.ground.embedded import THROWAWAY, EmbeddedError, Postgres, Valkey
from tests.house.house import alive, all_gone, family

START_BOTH = """
import json, sys
from pathlib import Path
from inbox.ground import processes
from inbox.ground.embedded import THROWAWAY, Postgres, Valkey
{before}
servers = Postgres.start(Path(sys.argv[1]), settings=THROWAWAY), Valkey.start(Path(sys.argv[1]))
{after}
print(json.dumps([server.pid for server in servers]), flush=True)
sys.stdin.read()
"""


async def write_down(url: str, word: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE IF NOT EXISTS word (said text)")
    await connection.execute("INSERT INTO word VALUES ($1)", word)
    await connection.close()


async def words(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    found = [row["said"] for row in await connection.fetch("SELECT said FROM word")]
    await connection.close()
    return found


async def test_what_postgres_was_told_is_there_after_a_restart(data_dir):
    first = Postgres.start(data_dir, settings=THROWAWAY)
    await write_down(first.url, "hello")
    pids = [first.pid, *family(first.pid)]
    first.stop()
    assert all_gone(pids)
    second = Postgres.start(data_dir, settings=THROWAWAY)
    try:
        assert await words(second.url) == ["hello"]
    finally:
        second.stop()


async def test_postgres_comes_back_after_it_was_killed_under_a_client(data_dir):
    postgres = Postgres.start(data_dir)  # with its data safe on disk, as people have it
    try:
        await write_down(postgres.url, "kept")
        client = await asyncpg.connect(postgres.url)
        pids, address = [postgres.pid, *family(postgres.pid)], postgres.url
        postgres.kill()
        assert all_gone(pids)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await client.fetch("SELECT said FROM word")
        postgres.restart()
        assert postgres.url == address
        assert await words(postgres.url) == ["kept"]
    finally:
        postgres.stop()


async def test_valkey_asks_for_its_password_and_remembers_nothing(data_dir):
    valkey = Valkey.start(data_dir)
    try:
        async with redis.from_url(valkey.url) as client:
            await client.set("word", "gone")
        with pytest.raises(redis.AuthenticationError):
            await redis.from_url(f"redis://127.0.0.1:{valkey.port}").get("word")
        address = valkey.url
        valkey.kill()
        valkey.restart()
        assert valkey.url == address
        async with redis.from_url(valkey.url) as client:
            assert await client.get("word") is None
    finally:
        valkey.stop()


async def test_postgres_asks_for_its_password(data_dir):
    with Postgres.start(data_dir, settings=THROWAWAY) as postgres:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.url.replace(postgres.url.split(":")[2].split("@")[0], "wrong"))
        password = data_dir / "postgres" / "password"
        assert password.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "processes.Guard.ours()._process.kill()", id="by the kernel, where it tells children"),
        pytest.param("processes._prctl = None", "", id="by the guard, where it does not"),
    ],
)
def test_servers_go_when_their_parent_was_killed(data_dir, root, before, after):
    if before == "" and sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent has died")
    script = START_BOTH.format(before=before, after=after)
    parent = subprocess.Popen(
        [sys.executable, "-c", script, data_dir], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    servers = json.loads(parent.stdout.readline())
    everybody = [*servers, *(child for server in servers for child in family(server)), *family(parent.pid)]
    assert all(alive(pid) for pid in servers)
    parent.kill()
    parent.wait()
    assert all_gone(everybody)


def test_servers_do_not_hear_the_ctrl_c_of_our_terminal(data_dir, root):
    """A terminal sends SIGINT to its whole foreground group; the servers must outlive it until we stop them."""
    script = START_BOTH.format(before="import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", after="")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, data_dir],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    servers = json.loads(parent.stdout.readline())
    os.killpg(parent.pid, signal.SIGINT)
    assert {os.getsid(pid) for pid in servers}.isdisjoint({parent.pid})
    assert all(alive(pid) for pid in servers)
    parent.communicate()
    assert all_gone(servers)


def test_a_server_that_lost_its_parent_makes_way_for_the_next(data_dir, root):
    script = START_BOTH.format(before="processes._prctl = None", after="processes.Guard.ours()._process.kill()")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, data_dir], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    postgres, valkey = json.loads(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert alive(postgres)
    second = Postgres.start(data_dir, settings=THROWAWAY)
    assert not alive(postgres)
    second.stop()
    os.kill(valkey, signal.SIGTERM)
    assert all_gone([valkey])


async def test_data_of_an_older_postgres_is_carried_over(data_dir):
    old = next((found for major in (17, 16, 15, 14, 13) if (found := programs.postgres_of(major))), None)
    if old is None or old.major >= programs.postgres().major:
        pytest.skip("no older Postgres is installed on this machine, so there is nothing to carry over from")
    home = old.place_for(data_dir / "postgres")
    home.mkdir(parents=True)
    old.own(home)
    cluster.initialise(old, home, home / "cluster", durable=False)
    with Postgres(old, home / "cluster", THROWAWAY) as server:
        await write_down(server.url, "grüße")
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'; GRANT SELECT ON word TO reader")
        await connection.close()

    with Postgres.start(data_dir, settings=THROWAWAY) as server:
        assert cluster.version(server.cluster) == programs.postgres().major
        assert await words(server.url) == ["grüße"]
        assert await words(f"postgresql://reader:reads@127.0.0.1:{server.port}/earshot") == ["grüße"]
    assert (home / f"cluster.of-{old.major}").exists()


def test_data_of_an_unknown_postgres_is_refused_in_one_sentence(data_dir):
    Postgres.start(data_dir, settings=THROWAWAY).stop()
    (data_dir / "postgres" / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"is of Postgres 9 .*: install PostgreSQL 9 .*\.$"):
        Postgres.start(data_dir, settings=THROWAWAY)


async def test_root_steps_down_where_it_may_not_map_itself(data_dir, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root has to step down")
    wheel = programs.postgres().folder
    monkeypatch.setenv("PATH", "/nowhere")  # so there is no `unshare`, as where containers forbid it
    data_dir.parent.chmod(0o700)
    nobody = programs.as_somebody(wheel, programs.postgres().major)
    assert nobody.user
    home = nobody.place_for(data_dir / "postgres")
    try:
        home.mkdir(exist_ok=True, mode=0o700)
        nobody.own(home)
        cluster.create(nobody, home, durable=False)
        with Postgres(nobody, home / "cluster", THROWAWAY) as server:
            assert os.stat(server.cluster).st_uid == nobody.user[0]
            await write_down(server.url, "quietly")
            assert await words(server.url) == ["quietly"]
    finally:
        shutil.rmtree((data_dir / "postgres").resolve())
