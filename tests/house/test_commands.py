"""Commands as one types them: a process of its own, told by its environment, answering in a line."""

import os
import subprocess
import sys

import pytest

from inbox.ground.processes import free_port
from tests.flow.road import Road
from tests.world import World


@pytest.fixture
def command(root, settings):
    """Run a command against this test's servers; what it ended with and what it said."""

    def run(*arguments: str, **more: str) -> tuple[int, str]:
        told = {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "DATA_DIR": str(settings.data_dir),
        }
        done = subprocess.run(
            [sys.executable, "-m", "inbox", *arguments],
            cwd=root,
            env=os.environ | told | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    return run


async def test_recompute_mends_what_differs_from_the_facts(database, command, owner):
    road = await Road.make(await World.make(database))
    await road.says("7001", "Where is my order?", at="09:00")
    assert command("recompute") == (0, "0 rows differed from what the facts say; now none does.")
    await owner.execute("DELETE FROM episode")
    code, said = command("recompute")
    assert code == 0
    assert not said.startswith("0 rows")
    assert await road.episodes()


async def test_migrating_again_changes_nothing(database, command, owner):
    # Days are made as they come, and one may come between the two looks.
    shape = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND NOT relispartition"
    before = await owner.fetchval(shape)
    assert command("migrate") == (0, "")
    assert await owner.fetchval(shape) == before


async def test_a_new_admin_gets_a_password_and_a_known_one_keeps_theirs(database, command):
    code, said = command("create-admin", "ana@example.org", "--name", "Ana", "--workspace", "Northwind")
    assert code == 0
    assert "ana@example.org is an admin of Northwind: sign in at http://127.0.0.1:8000" in said
    assert "Password: " in said
    code, said = command("create-admin", "ana@example.org", "--workspace", "Southwind")
    assert code == 0
    assert "Password: " not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("create-admin", "nobody"), "inbox: That is not an e-mail address.", id="no address"),
        pytest.param(("create-admin", "a@b.example", "--workspace", " "), "inbox: A name needs", id="no name"),
        pytest.param(("lift-second-step", "a@b.example"), "inbox: There is nobody with this", id="nobody of this name"),
    ],
)
def test_a_mistake_is_one_sentence(command, arguments, sentence):
    code, said = command(*arguments)
    assert code == 1
    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1


def test_a_database_that_is_away_is_one_sentence(command):
    code, said = command("recompute", DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/earshot")
    assert code == 1
    assert said.startswith("inbox: The database in DATABASE_URL cannot be used: ")
    assert len(said.splitlines()) == 1
