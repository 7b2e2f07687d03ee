"""The house has floors, and nobody builds on what lies above. See the order in FLOORS: imports only point left."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["ground", "platforms", "models", "people", "realtime", "sla", "desk", "rules", "reports", "flow"]
DOORS = len(FLOORS)  # api/, workers/ and the modules that lie in inbox/ itself
MODULES = sorted(path for room in ("inbox", "workers") for path in (ROOT / room).rglob("*.py"))
PLATFORMS = sorted(path.parent.name for path in (ROOT / "inbox" / "platforms").glob("*/connector.py"))
ADDRESS = re.compile(r"https://[\w./-]+")
ORDINARY = {"threads", "x"}
WRITTEN = {".py", ".ts", ".svelte", ".css", ".html", ".json", ".mako"}


def floor_of(module: str) -> int:
    """The floor a dotted module name belongs to."""
    room, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    return FLOORS.index(first) if room == "inbox" and first in FLOORS else DOORS


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: say the whole name of what you import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in ("inbox", "workers", "tests"))


def platform_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["inbox", "platforms"] and len(parts) > 2 and parts[2] in PLATFORMS else None


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_only_point_down_the_floors(path):
    here = dotted(path)
    for there in imports(path):
        assert not there.startswith("tests"), f"{here} imports {there}"
        assert floor_of(there) <= floor_of(here), f"{here} imports {there} from a floor above"


def test_a_platform_imports_no_other_and_nobody_imports_a_platform():
    for path in MODULES:
        for there in imports(path):
            if platform := platform_of(there):
                assert platform_of(dotted(path)) == platform, f"{dotted(path)} imports {there}; the registry finds it"


def test_a_platforms_name_stands_only_in_its_own_folder():
    assert PLATFORMS
    places = [ROOT / "inbox", ROOT / "workers", ROOT / "migrations", ROOT / "web" / "src", ROOT / "web" / "messages"]
    for path in (path for place in places for path in place.rglob("*") if path.suffix in WRITTEN):
        words = ADDRESS.sub("", path.read_text().casefold())  # one vendor's address may bear another network's name
        for name in PLATFORMS:
            if path.is_relative_to(ROOT / "inbox" / "platforms" / name):
                continue
            # A name that is a word of ours as well counts where a line takes it for a platform.
            named = re.search(rf"platform.*[\"']{name}[\"']", words) if name in ORDINARY else name in words
            assert not named, f"{path.relative_to(ROOT)} names {name}"


def test_simulators_are_opened_by_the_demo_alone():
    listed = "import json, sys, inbox.app, workers.main; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", listed], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "inbox.app" in loaded
    assert "workers.main" in loaded
    assert [name for name in loaded if name.startswith("inbox.") and "simula" in name] == []
    assert "inbox.demo" not in loaded
