"""`inbox`: the commands. Each imports only what it needs, when it is asked for."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from inbox.ground.settings import CannotStart, Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what was asked, or say in one sentence why not."""
    asked = parser().parse_args(arguments)
    try:
        asked.run(asked)
    except CannotStart as error:
        sys.exit(f"inbox: {error}")


def parser() -> argparse.ArgumentParser:
    """Every command with what it takes."""
    outer = argparse.ArgumentParser(prog="inbox", description="Earshot, the unified social helpdesk.")
    commands = outer.add_subparsers(title="commands", required=True, metavar="command")

    up = commands.add_parser("up", help="run everything on this machine, with a demo")
    up.add_argument("--no-demo", action="store_true", help="pretend no customers")
    up.add_argument("--with-parent", action="store_true", help="end when the process that started this one has ended")
    up.set_defaults(run=run_up)

    migrate = commands.add_parser("migrate", help="bring the database to the newest shape")
    migrate.set_defaults(run=run_migrate)
    return outer


def run_up(asked: argparse.Namespace) -> None:
    from inbox.supervisor import up

    up(os.environ, demo=not asked.no_demo, with_parent=asked.with_parent)


def run_migrate(_: argparse.Namespace) -> None:
    from inbox.supervisor import bring_up_to_date

    asyncio.run(bring_up_to_date(settings()))


def settings() -> Settings:
    """What this process is told, by the environment or by the house that runs on the same DATA_DIR."""
    from inbox.supervisor import of_the_running_house

    return Settings.from_environment(of_the_running_house(os.environ))


if __name__ == "__main__":
    main()
