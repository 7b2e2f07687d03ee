"""Every package is pinned by its hash, and no file says from where it must be fetched."""

import re
import tomllib

import pytest

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")


def pinned(text: str) -> dict[str, str]:
    """Package -> version."""
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==([^ ;]+)", text, re.MULTILINE))


def names(requirements: list[object]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9_.-]+", one) for one in requirements if isinstance(one, str))
    return {match[0].lower().replace("_", "-") for match in found if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_a_hash_for_each_package_and_names_no_host(root, lock):
    text = (root / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry, entry


def test_the_locks_hold_what_the_project_asks_for_and_agree_with_each_other(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    runtime, development, build = (pinned((root / lock).read_text()) for lock in LOCKS)
    groups = project["dependency-groups"]
    assert names(project["project"]["dependencies"]) <= runtime.keys(), "run `make lock`"
    assert names(groups["dev"]) <= development.keys(), "run `make lock`"
    assert names(groups["build"]) <= build.keys(), "run `make lock`"
    assert runtime.items() <= development.items()
    assert build.items() <= development.items()
