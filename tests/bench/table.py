"""Figures as a person reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    what: str
    measured: str
    beside: str


def shown(figures: list[Figure]) -> str:
    widths = [max(len(getattr(f, name)) for f in figures) for name in ("what", "measured", "beside")]
    return "\n".join(f"  {f.what:<{widths[0]}}  {f.measured:>{widths[1]}}  {f.beside}".rstrip() for f in figures)


def quantile(ordered: list[float], part: float) -> float:
    """Of values in order."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]
