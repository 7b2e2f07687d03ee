"""`inbox`: the commands. Each imports what it needs when it is asked for, so that each process carries only its own."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Coroutine, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from inbox.ground.errors import EarshotError
from inbox.ground.settings import CannotStart, Settings

Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what was asked, or say in one sentence why not."""
    asked = parser().parse_args(arguments)
    try:
        asked.run(asked)
    except (CannotStart, EarshotError) as error:
        sys.exit(f"inbox: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def parser() -> argparse.ArgumentParser:
    """Every command with what it takes."""
    outer = argparse.ArgumentParser(prog="inbox", description="Earshot, the unified social helpdesk.")
    commands = outer.add_subparsers(title="commands", required=True, metavar="command")

    up = commands.add_parser("up", help="run everything on this machine, with a demo")
    up.add_argument("--no-demo", action="store_true", help="pretend no customers")
    up.add_argument("--with-parent", action="store_true", help="end when the process that started this one has ended")
    up.set_defaults(run=run_up)

    commands.add_parser("serve", help="run one web process").set_defaults(run=run_serve)
    commands.add_parser("work", help="run one worker process").set_defaults(run=run_work)
    commands.add_parser("migrate", help="bring the database to the newest shape").set_defaults(run=run_migrate)

    if find_spec("inbox.demo"):  # the image for real installations comes without
        commands.add_parser("demo", help="pretend to be the platforms, on this machine only").set_defaults(run=run_demo)
    commands.add_parser("doctor", help="look at everything this rests on").set_defaults(run=run_doctor)

    commands.add_parser("recompute", help="fold every waiting anew from its facts").set_defaults(run=run_recompute)

    replay = commands.add_parser("replay", help="send deliveries that could not be read through the splitter again")
    replay.add_argument("--list", action="store_true", help="only say what was set aside, and why")
    replay.set_defaults(run=run_replay)

    commands.add_parser("confirm-restore", help="go on sending from a database restored from a backup").set_defaults(
        run=run_confirm
    )

    rotate = commands.add_parser("rotate-keys", help="seal every secret again, from SECRET_KEY_PREVIOUS to SECRET_KEY")
    rotate.set_defaults(run=run_rotate)

    admin = commands.add_parser("create-admin", help="make a person who may do everything in a workspace")
    admin.add_argument("email")
    admin.add_argument("--name", help="as colleagues see it; the e-mail's first half if not given")
    admin.add_argument("--workspace", default="My workspace", help="made if there is none of this name")
    admin.set_defaults(run=run_create_admin)

    lift = commands.add_parser("lift-second-step", help="let somebody without their authenticator in")
    lift.add_argument("email")
    lift.set_defaults(run=run_lift)
    return outer


def run_up(asked: argparse.Namespace) -> None:
    from inbox.supervisor import up

    up(os.environ, demo=not asked.no_demo, with_parent=asked.with_parent)


def run_serve(_: argparse.Namespace) -> None:
    from inbox.serving import server

    web = server(settings("web"))
    web.run()
    if not web.started:
        sys.exit(3)


def run_work(_: argparse.Namespace) -> None:
    from workers.main import run

    run(settings("worker"))


def run_migrate(_: argparse.Namespace) -> None:
    from inbox import migrate

    on_the_database(migrate.run(settings("migrate")))


def run_demo(_: argparse.Namespace) -> None:
    import_module("inbox.demo").run(settings("demo"))


def run_doctor(_: argparse.Namespace) -> None:
    from inbox import doctor

    asyncio.run(doctor.run(settings("doctor")))


def run_recompute(_: argparse.Namespace) -> None:
    mended = on_the_database(recompute(settings("recompute")))
    sys.stdout.write(f"{mended} rows differed from what the facts say; now none does.\n")


async def recompute(told: Settings) -> int:
    """Every workspace, a page of conversations at a time; gives how many rows had to be mended."""
    from inbox.ground.db import Database
    from inbox.sla import storage

    database, mended = await Database.open(told, app=2, intake=1, claim=1), 0
    try:
        for row in await database.claim.fetch("SELECT id FROM workspace ORDER BY id"):
            mended += await storage.recompute(database, row["id"])
    finally:
        await database.close()
    return mended


def run_replay(asked: argparse.Namespace) -> None:
    for line in on_the_database(replay(settings("replay"), only_list=asked.list)):
        sys.stdout.write(line + "\n")


async def replay(told: Settings, *, only_list: bool) -> list[str]:
    """What was set aside, a line each; taken up again unless it is only asked for."""
    from inbox.flow import quarantine
    from inbox.ground.db import Database

    database = await Database.open(told, app=1, intake=1, claim=1)
    try:
        lines = [
            f"{found.received_at:%Y-%m-%d %H:%M}  {found.what}  {found.id}  {found.reason}"
            for found in await quarantine.deliveries(database)
        ]
        if not only_list:
            lines.append(f"{await quarantine.replay_deliveries(database)} deliveries take the road again.")
        return lines or ["Nothing was set aside."]
    finally:
        await database.close()


def run_confirm(_: argparse.Namespace) -> None:
    confirmed = on_the_database(confirm(settings("confirm-restore")))
    sys.stdout.write("What is queued may leave again.\n" if confirmed else "Nothing was stopped.\n")


async def confirm(told: Settings) -> bool:
    """For every workspace of the installation."""
    from inbox.flow import cluster
    from inbox.ground.db import Database

    database = await Database.open(told, app=2, intake=1, claim=1)
    try:
        return await cluster.confirm_all(database)
    finally:
        await database.close()


def run_rotate(_: argparse.Namespace) -> None:
    from inbox import rotate
    from inbox.ground.crypto import CannotOpen

    previous = os.environ.get("SECRET_KEY_PREVIOUS", "")
    if not previous:
        raise CannotStart("Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the old one.")
    try:
        resealed = on_the_database(rotate.run(settings("rotate-keys"), previous))
    except CannotOpen as error:
        raise CannotStart(f"{error} Nothing was changed.") from error
    sys.stdout.write(f"{resealed} secrets are sealed with the new key.\n")


def run_create_admin(asked: argparse.Namespace) -> None:
    from inbox.people.accounts import create_admin

    told = settings("create-admin")
    password = None
    if sys.stdin.isatty():  # never on the command line, where every process of the machine could read it
        password = getpass.getpass("Password (empty for a random one, or to keep theirs): ") or None
    name = asked.name or asked.email.partition("@")[0]
    made = on_the_database(create_admin(told, asked.email, name, password, asked.workspace))
    sys.stdout.write(f"{made.email} is an admin of {asked.workspace}: sign in at {told.base_url}\n")
    if made.password and not password:
        sys.stdout.write(f"Password: {made.password}\n")


def run_lift(asked: argparse.Namespace) -> None:
    from inbox.desk import second_steps

    had = on_the_database(second_steps.lift(settings("lift-second-step"), asked.email))
    what = "signs in with the password alone, and is signed out everywhere" if had else "has no second step"
    sys.stdout.write(f"{asked.email} {what}.\n")


def on_the_database(work: Coroutine[Any, Any, Result]) -> Result:
    """Do it, or say in a sentence why the database would not let us."""
    import asyncpg

    from inbox.ground.db import WrongRole
    from inbox.ground.logs import describe

    try:
        return asyncio.run(work)
    except (OSError, asyncpg.PostgresError, WrongRole) as error:
        raise CannotStart(f"The database in DATABASE_URL cannot be used: {describe(error)}.") from error


def settings(process: str) -> Settings:
    """What this process is told, by the environment or by the house that runs on the same DATA_DIR."""
    from inbox.ground import logs
    from inbox.ground.running import of_the_running_house

    told = Settings.from_environment(of_the_running_house(os.environ))
    logs.configure(told.log_format, process=process)
    return told


if __name__ == "__main__":
    main()
