"""The published grid on which the forecast is tried: histories made up by known laws, and what came of them.

tried = try_out(repeats=20, seed=1)
tried.covered, tried.cells, tried.stated
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from inbox.reports.forecast import Week, forecast

Numbers = NDArray[np.float64]
WEEKS = (8, 13, 26, 52)
LAWS = ("flat", "autocorrelated", "linear", "random walk", "a trend that stops")
NOISES = (0.1, 0.35, 0.6)
SLOPE, STEP, ASKED = 0.03, 0.12, 40  # a week, on the scale of logits; people a week


@dataclass
class Tried:
    """`cells`: by weeks, law and noise, whether the interval held; `stated`: probabilities, and what came of them."""

    cells: dict[tuple[int, str, float], list[bool]] = field(default_factory=dict)
    stated: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def covered(self) -> float:
        return float(np.mean([held for cell in self.cells.values() for held in cell]))

    def by_decile(self) -> dict[int, tuple[int, float, float]]:
        """How many were stated in each tenth, at what probability, and how often it came true."""
        found = {}
        for tenth in range(10):
            some = [(p, came) for p, came in self.stated if min(int(p * 10), 9) == tenth]
            if some:
                found[tenth] = (len(some), float(np.mean([p for p, _ in some])), float(np.mean([c for _, c in some])))
        return found


def try_out(*, repeats: int, seed: int) -> Tried:
    tried, chance = Tried(), np.random.default_rng(seed)
    for weeks, law, noise in product(WEEKS, LAWS, NOISES):
        held = tried.cells.setdefault((weeks, law, noise), [])
        for _ in range(repeats):
            held.append(_once(tried, chance, weeks, law, noise))
    return tried


def _once(tried: Tried, chance: Generator, weeks: int, law: str, noise: float) -> bool:
    ahead = int(chance.choice([max(4, weeks // 4), max(4, weeks // 2), weeks]))
    base = chance.normal(0, 0.6)
    level = base + _path(chance, law, weeks, weeks + ahead, noise)
    asked = chance.poisson(ASKED, weeks + ahead) + 1
    answered = chance.binomial(asked, _share(level))
    truth = float(answered[-4:].sum() / asked[-4:].sum())
    wanted = float(np.clip(_share(np.array(base + chance.normal(0, 0.5))), 0.05, 0.95))
    outlook = forecast(_weeks(asked[:weeks], answered[:weeks]), ahead=ahead, wanted=wanted)
    assert outlook.probability is not None
    assert outlook.low is not None
    assert outlook.high is not None
    tried.stated.append((outlook.probability, truth > wanted))
    return outlook.low <= truth <= outlook.high


def _weeks(asked: Sequence[int], answered: Sequence[int]) -> list[Week]:
    return [Week(int(n), float(k / n), float(n)) for n, k in zip(asked, answered, strict=True)]


def _path(chance: Generator, law: str, seen: int, total: int, noise: float) -> Numbers:
    scatter = chance.normal(0, noise, total)
    time = np.arange(total, dtype=np.float64)
    match law:
        case "autocorrelated":
            for week in range(1, total):
                scatter[week] = 0.4 * scatter[week - 1] + (1 - 0.4**2) ** 0.5 * scatter[week]
            return scatter
        case "linear":
            return chance.choice([-1, 1]) * SLOPE * time + scatter
        case "random walk":
            return np.cumsum(chance.normal(0, STEP, total)) + scatter
        case "a trend that stops":
            return chance.choice([-1, 1]) * SLOPE * np.minimum(time, seen) + scatter
    return scatter


def _share(level: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-level)))
