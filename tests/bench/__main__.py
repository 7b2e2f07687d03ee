"""Run every measurement, or those named: `python -m tests.bench intake live`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from tests.bench.house import house
from tests.bench.table import shown

ALL = ("intake", "live", "painted", "fold", "search")


def main(names: list[str]) -> None:
    load = os.getloadavg()[0]
    sys.stdout.write(f"{os.cpu_count()} cores, load {load:.1f} before the start; fsync on.\n")
    for name in names or ALL:
        with house() as home:
            figures = import_module(f"tests.bench.{name}").measure(home)
        sys.stdout.write(f"\n{name}\n{shown(figures)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
