"""A folder in which a whole house can be kept, and houses that are closed when the story is over."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.house import House


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A new DATA_DIR that every account on the machine could walk to, as pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="earshot-house-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def opened(root: Path, data_dir: Path) -> Iterator[Callable[..., House]]:
    """Opens houses, and closes what a failed test has left open."""
    houses: list[House] = []

    def up(*arguments: str, **more: str) -> House:
        houses.append(House(root, data_dir, *arguments, **more))
        return houses[-1]

    yield up
    for house in houses:
        if house.process.poll() is None:
            house.process.terminate()
            house.ends()
