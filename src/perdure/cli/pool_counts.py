"""``perdure pool`` of counts: Mantel-Haenszel and Peto."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from perdure.cli.pool_input import refuse_absent, refuse_empty
from perdure.errors import InputError, Problem

if TYPE_CHECKING:
    from perdure.records import Floats
    from perdure.records.counts import CountEffects, MantelHaenszel

__all__ = ["COUNTED", "PooledCounts", "pool_counts"]

COUNTED = ("mantel-haenszel", "peto")
"""Models of counts."""
OPTIONS = ("--events", "--n", "--control-events", "--control-n")


@dataclass(frozen=True)
class PooledCounts:
    """Counts pooled, with each table's own effect.

    Attributes
    ----------
    pooled : MantelHaenszel
    names : tuple of str
        Of the tables: trials, or rows.
    effects : CountEffects
        One half is added to a table with an empty cell.
    shares : tuple of float
        What each table weighs; they sum to 1.
    level : float
    """

    pooled: "MantelHaenszel"
    names: tuple[str, ...]
    effects: "CountEffects"
    shares: tuple[float, ...]
    level: float


def pool_counts(
    table: Path,
    given: tuple[str | None, str | None, str | None, str | None],
    *,
    trial: str | None,
    model: str,
    measure: Literal["OR", "RR", "RD"],
    level: float,
) -> PooledCounts:
    """Pool a table of counts of two arms a row; ``given`` are the columns of ``OPTIONS``.

    Raises
    ------
    InputError
        If an option or a column is missing; every cell that is no count, by row and column.
    """
    from perdure.pool import mantel_haenszel, peto, two_by_two_effects
    from perdure.pool.effects.counts import count_fault
    from perdure.pool.table_rows import problems_of
    from perdure.study import read_table

    lacking = [name for name, column in zip(OPTIONS, given, strict=True) if column is None]
    if lacking:
        raise InputError(
            Problem(
                f"the model {model} pools counts", f"name their columns by {', '.join(lacking)}"
            )
        )
    columns = [name for name in given if name is not None]
    found = read_table(table)
    refuse_absent(found, {**dict(zip(OPTIONS, columns, strict=True)), "--trial": trial})
    problems: list[Problem] = []
    counts = [found.numbers(name, problems) for name in columns]
    refuse_empty(found, [trial], problems)
    for (events, n), arm in zip(((0, 1), (2, 3)), ("the arm", "the control"), strict=True):
        for at, pair in enumerate(zip(counts[events].tolist(), counts[n].tolist(), strict=True)):
            fault = count_fault(*pair)
            if fault is not None:
                problems.append(
                    Problem(
                        f"{arm} has {fault}",
                        "correct the counts",
                        found.file,
                        found.lines[at],
                        f"{columns[events]} or {columns[n]}",
                        "{:g} of {:g}".format(*pair),
                    )
                )
    if problems:
        raise InputError(problems)
    names = (
        found.column(trial) if trial is not None else tuple(f"row {line}" for line in found.lines)
    )
    with problems_of(found.file):
        pooled = (
            peto(*counts, names=names, level=level)
            if model == "peto"
            else mantel_haenszel(*counts, names=names, measure=measure, level=level)
        )
    effects = two_by_two_effects(*counts, measure=pooled.measure, drop00=True)
    return PooledCounts(pooled, names, effects, _shares(counts, pooled.measure), level)


def _shares(counts: "list[Floats]", measure: str) -> tuple[float, ...]:
    """Return what each table weighs."""
    events, n, control_events, control_n = counts
    total, cases = n + control_n, events + control_events
    weight = {
        "OR": (n - events) * control_events / total,
        "RR": n * control_events / total,
        "RD": n * control_n / total,
        "PETO": n * control_n * cases * (total - cases) / (total**2 * np.maximum(total - 1, 1e-6)),
    }[measure]
    return tuple((weight / weight.sum()).tolist())
