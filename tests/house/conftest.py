"""A folder in which a whole house can be kept, and a way to see that nobody is left in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inbox.ground import processes


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A new DATA_DIR that every account on the machine could walk to, as pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="earshot-house-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that is dead and merely not yet fetched by its parent does not."""
    return bool(processes.command_line(pid))


def family(pid: int) -> list[int]:
    """The ids of everything a process has started, and of what these have started."""
    children = processes.children_of(pid)
    return children + [grandchild for child in children for grandchild in family(child)]


def all_gone(pids: list[int], *, seconds: float = 15) -> bool:
    """Wait until none of these processes runs any more."""
    return processes.wait_until(lambda: not any(alive(pid) for pid in pids), seconds=seconds)
