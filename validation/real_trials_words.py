"""Rows put side by side, counted, and laid out as tables."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from real_trials_measured import CLEAR, NONE, Key, Row


def places(rows: Iterable[Row], reference: str, k: float | None = None) -> dict[Key, Row]:
    """Return the rows of one reference, at the study's k or at another, by what they estimate."""
    return {
        (row.name, row.endpoint, row.arm, row.comparator): row
        for row in rows
        if row.reference == reference and (row.main if k is None else row.k == k)
    }


def of(rows: Iterable[Row], endpoint: str, *, compared: bool) -> list[Row]:
    """Return the rows of one endpoint: of differences, or of arms."""
    return [row for row in rows if row.endpoint == endpoint and bool(row.comparator) == compared]


def met(first: Mapping[Key, Row], second: Mapping[Key, Row]) -> list[tuple[Row, Row]]:
    """Return the pairs in which both have an interval."""
    return [
        (first[key], second[key])
        for key in first
        if key in second and NONE not in {first[key].verdict, second[key].verdict}
    ]


def table(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    """Return a table."""
    return [
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines),
        "",
    ]


def part(count: int, whole: int) -> str:
    """Return a count with its denominator."""
    return f"{count} of {whole}" + (f" ({count / whole:.0%})" if whole else "")


def changes(pairs: Sequence[tuple[str, str]]) -> tuple[int, int, int, int]:
    """Return how many verdicts change at all, become clear, become unclear, and reverse."""
    different = [(a, b) for a, b in pairs if a != b]
    return (
        len(different),
        sum(a == "unclear" for a, _ in different),
        sum(b == "unclear" for _, b in different),
        sum({a, b} <= CLEAR for a, b in different),
    )


def spread(values: Sequence[float]) -> str:
    """Return median and the 5th and 95th of a hundred."""
    if not values:
        return "none"
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def shown(row: Row) -> str:
    """Return a difference with its limits, in points."""
    if row.value is None or row.low is None or row.high is None:
        return NONE
    return f"{100 * row.value:+.1f} ({100 * row.low:+.1f} to {100 * row.high:+.1f})"


def ratios(rows: Iterable[Row]) -> list[float]:
    """Return the honest interval's width over the naive one's."""
    return [
        (row.high - row.low) / (row.naive_high - row.naive_low)
        for row in rows
        if row.low is not None
        and row.high is not None
        and row.naive_low is not None
        and row.naive_high is not None
        and row.naive_high > row.naive_low
    ]


def clear(rows: Iterable[Row]) -> int:
    """Return how many lead to a conclusion."""
    return sum(row.verdict in CLEAR for row in rows)


def shown_arm(value: float | None, low: float | None, high: float | None) -> str:
    """Return a proportion with its limits, in per cent."""
    if value is None or low is None or high is None:
        return NONE
    return f"{100 * value:.1f}%, {100 * low:.1f} to {100 * high:.1f}"


def differences(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that compare two arms."""
    return [row for row in rows if row.comparator]


def singles(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of one arm."""
    return [row for row in rows if not row.comparator]
