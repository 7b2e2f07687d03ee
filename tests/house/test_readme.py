"""What the README says of the networks is what their connectors declare."""

import subprocess
import sys
from pathlib import Path


def test_the_table_of_networks_is_what_the_connectors_declare(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/network-table", "--check"], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
