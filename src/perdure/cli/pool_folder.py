"""The folder that ``perdure pool -o`` writes: pictures, tables, and the numbers as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from perdure.errors import InputError, Problem
from perdure.records import MetaRegression, Pooled
from perdure.records.checks import SynthesisChecks

if TYPE_CHECKING:
    from perdure.cli.pool_counts import PooledCounts
    from perdure.plots import EffectAxis, EffectRow, ForestGroup, PooledEffect
    from perdure.pool import PooledTable
    from perdure.pool.mixed.grouping import Grouping
    from perdure.records import Floats

__all__ = ["Scale", "counts_files", "folder_files", "write_folder"]

Scale = Literal["plain", "ratio", "percent", "logit"]
MADE = ("forest", "bubble", "strip", "leave-one-out", "cumulative", "funnel", "influence", "baujat")
"""Names of pictures."""
TABLES = ("leave_one_out", "cumulative", "influence")


def folder_files(
    table: "PooledTable",
    by: Sequence[str] | None,
    checks: SynthesisChecks | None,
    moderators: Mapping[str, Sequence[str] | Sequence[float]],
    *,
    name: str,
    scale: Scale,
    found: Mapping[str, object],
) -> dict[str, bytes]:
    """Return every file of the folder by its name."""
    from perdure.plots import EffectAxis, forest_of_effects
    from perdure.plots.check_pictures import check_pictures

    digits = 1 if scale in ("percent", "logit") else 2
    axis = EffectAxis(name, scale, digits, reference=None if scale == "logit" else 0.0)
    pages = forest_of_effects(
        _groups(table, by),
        axis,
        overall=_overall(table),
        difference=table.groups.regression.moderators
        if table.groups is not None and table.groups.regression is not None
        else None,
        label_head="Trial" if table.trial else "Row",
        result_head=f"{name} ({100 * table.level:.7g}% CI)",
    )
    pictures = {"forest": pages}
    if table.regression is not None:
        pictures |= _moderator_pictures(table, table.regression, moderators, axis)
    files: dict[str, bytes] = {}
    if checks is not None:
        pictures |= check_pictures(checks, table.pooled, axis)
        files |= {f"{key}.csv": text for key, text in _tables(checks)}
    files |= _numbered(pictures)
    return {"pooled.json": _json({**found, "files": sorted(files)}).encode(), **files}


def counts_files(
    counts: "PooledCounts", found: Mapping[str, object], scale: Scale
) -> dict[str, bytes]:
    """Return the files of pooled counts: their numbers, and a forest of the tables' own effects.

    Raises
    ------
    InputError
        If the effects cannot be shown so: a difference as a ratio, a log ratio in per cent.
    """
    from perdure.plots import EffectAxis, EffectRow, ForestGroup, PooledEffect, forest_of_effects
    from perdure.survival import normal_quantile

    pooled, z = counts.pooled, normal_quantile(counts.level)
    rows = []
    for label, y, v, share, why in zip(
        counts.names,
        counts.effects.y,
        counts.effects.v,
        counts.shares,
        counts.effects.reasons,
        strict=True,
    ):
        if y is None or v is None:
            rows.append(EffectRow(label, None, status="not estimable", reason=why or ""))
        else:
            rows.append(EffectRow(label, y, y - z * v**0.5, y + z * v**0.5, share))
    mean = pooled.coefficient
    name = {"RR": "log risk ratio", "RD": "risk difference"}.get(pooled.measure, "log odds ratio")
    possible = ("plain", "percent") if pooled.measure == "RD" else ("plain", "ratio")
    if scale not in possible:
        remedy = f"use --shown-as {' or '.join(possible)}"
        raise InputError(Problem(f"a {name} cannot be shown so", remedy, value=scale))
    if scale == "ratio":
        name = name.removeprefix("log ")
    diamond = PooledEffect(
        "Peto" if pooled.method == "Peto" else "Mantel-Haenszel",
        mean.estimate,
        mean.ci_low,
        mean.ci_high,
        heterogeneity=""
        if pooled.q is None
        else f"Q {pooled.q:.1f}, df {pooled.q_df}, I² {pooled.i2:.0f}%",
    )
    pages = forest_of_effects(
        [ForestGroup("", tuple(rows))],
        EffectAxis(name, scale, 2, reference=0.0),
        overall=[diamond],
        label_head="Trial",
        result_head=f"{name} ({100 * counts.level:.7g}% CI)",
    )
    files = _numbered({"forest": pages})
    return {"pooled.json": _json({**found, "files": sorted(files)}).encode(), **files}


def _numbered(pictures: Mapping[str, Sequence[bytes]]) -> dict[str, bytes]:
    """Return pictures by file name; of several pages each has its number."""
    return {
        f"{key}.svg" if len(drawn) == 1 else f"{key}.{place}.svg": page
        for key, drawn in pictures.items()
        for place, page in enumerate(drawn, start=1)
    }


def write_folder(folder: Path, files: Mapping[str, bytes], source: Path) -> list[Path]:
    """Write all files, and remove those that an earlier run wrote and this one does not.

    What an earlier run wrote is listed in its own pooled.json: nothing else is touched.

    Raises
    ------
    InputError
        If a file would be written over the table itself.
    """
    from perdure.study import write_text

    for name in files:
        path = folder / name
        if path.exists() and source.exists() and path.samefile(source):
            raise InputError(
                Problem("-o would write over the table", "name another folder", value=str(path))
            )
    for name in _written_before(folder):
        path = folder / name
        if name not in files and path.is_file() and not path.samefile(source):
            path.unlink()
    for name, content in files.items():
        write_text(folder / name, content.decode())
    return [folder / name for name in files]


def _written_before(folder: Path) -> list[str]:
    """Return the names that an earlier run put into its list; none where there is no list."""
    try:
        found = json.loads((folder / "pooled.json").read_text(encoding="utf-8"))
        names = found["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [
        name
        for name in names
        if isinstance(name, str) and name.split(".")[0] in (*MADE, *TABLES) and "/" not in name
    ]


def _json(found: Mapping[str, object]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _groups(table: "PooledTable", by: Sequence[str] | None) -> "list[ForestGroup]":
    """Return the rows of each group with its own answer."""
    from perdure.plots import EffectRow, ForestGroup, pooled_effect
    from perdure.pool import MixedFit
    from perdure.survival import normal_quantile

    weight = 1 / (table.v + _between(table))
    share = (weight / weight.sum()).tolist()
    z = normal_quantile(table.level)
    rows = [
        EffectRow(label, y, y - z * v**0.5, y + z * v**0.5, part)
        for label, y, v, part in zip(
            table.names, table.y.tolist(), table.v.tolist(), share, strict=True
        )
    ]
    if isinstance(table.model, MixedFit) and table.model.outcomes is not None:
        return _outcomes(table.pooled, table.model.outcomes, rows)
    if by is None or table.groups is None:
        return [ForestGroup("", tuple(rows))]
    return [
        ForestGroup(
            group.name,
            tuple(row for row, name in zip(rows, by, strict=True) if name == group.name),
            (pooled_effect(_model(group.pooled), group.pooled),),
        )
        for group in table.groups.rows
    ]


def _outcomes(
    pooled: Pooled, outcomes: "Grouping", rows: "Sequence[EffectRow]"
) -> "list[ForestGroup]":
    """Return the rows of each outcome with its mean."""
    from perdure.plots import ForestGroup, PooledEffect

    codes = outcomes.codes.tolist()
    return [
        ForestGroup(
            mean.term,
            tuple(row for row, code in zip(rows, codes, strict=True) if code == at),
            (PooledEffect("Several outcomes", mean.estimate, mean.ci_low, mean.ci_high),),
        )
        for at, mean in enumerate(pooled.coefficients)
    ]


def _between(table: "PooledTable") -> "float | Floats":
    """Return the variance of true effects that each row's weight has."""
    from perdure.pool import MixedFit

    pooled = table.pooled
    if isinstance(table.model, MixedFit) and table.model.outcomes is not None:
        return np.diagonal(table.model.between)[table.model.outcomes.codes]
    return pooled.tau2 if pooled.tau2 is not None else sum(pooled.sigma2)


def _overall(table: "PooledTable") -> "list[PooledEffect]":
    from perdure.plots import pooled_effect

    if len(table.pooled.coefficients) != 1:
        return []
    return [pooled_effect(_model(table.pooled), table.pooled)]


def _model(pooled: Pooled) -> str:
    kind = {"common": "Common effect", "three-level": "Three levels"}.get(pooled.model)
    return kind or f"Random effects ({pooled.method})"


def _moderator_pictures(
    table: "PooledTable",
    regression: MetaRegression,
    moderators: Mapping[str, Sequence[str] | Sequence[float]],
    axis: "EffectAxis",
) -> dict[str, tuple[bytes, ...]]:
    """Draw bubbles where the one moderator is a number, strips where it is a class."""
    from perdure.plots import Bubble, RegressionLine, StripClass, bubble_plot, strip_plot

    weight = (1 / (table.v + _between(table))).tolist()
    name = regression.formula.strip()
    if name not in moderators:
        return {}
    values = [moderators[name][at] for at in table.kept]
    rows = list(zip(table.names, values, table.y.tolist(), weight, strict=True))
    if regression.factors:
        means = {mean.label: mean for mean in regression.factors[0].means}
        classes = [
            StripClass(
                level,
                tuple((label, y, part) for label, value, y, part in rows if str(value) == level),
                mean.estimate,
                mean.ci_low,
                mean.ci_high,
                mean.prediction_low,
                mean.prediction_high,
            )
            for level, mean in means.items()
        ]
        return {"strip": (strip_plot(classes, axis),)}
    line = table.line
    drawn = (
        None
        if line is None
        else RegressionLine(
            tuple(float(row.label) for row in line),
            tuple(row.estimate for row in line),
            tuple(row.ci_low for row in line),
            tuple(row.ci_high for row in line),
            _all(row.prediction_low for row in line),
            _all(row.prediction_high for row in line),
        )
    )
    bubbles = [Bubble(label, float(value), y, part) for label, value, y, part in rows]
    return {"bubble": (bubble_plot(bubbles, axis, name, line=drawn),)}


def _all(values: Iterator[float | None]) -> tuple[float, ...] | None:
    known = [value for value in values if value is not None]
    return tuple(known) or None


def _tables(checks: SynthesisChecks) -> Iterator[tuple[str, bytes]]:
    """Yield the tables of checks that have rows."""
    from perdure.study.tail_tables import rows_text

    if checks.leave_one_out is not None:
        changed = dict(checks.leave_one_out.changes)
        rows = [
            asdict(row) | {"changes": changed.get(row.name)} for row in checks.leave_one_out.rows
        ]
        yield "leave_one_out", rows_text(rows).encode()
    if checks.cumulative is not None:
        pairs = zip(checks.cumulative.orders, checks.cumulative.rows, strict=True)
        yield (
            "cumulative",
            rows_text([{"order": order} | asdict(row) for order, row in pairs]).encode(),
        )
    if checks.influence is not None:
        rows = []
        for row in checks.influence.rows:
            flat = asdict(row)
            flat["flags"] = "; ".join(row.flags)
            flat["dfbetas"] = "; ".join(f"{one:.17g}" for one in row.dfbetas or ())
            rows.append(flat)
        yield "influence", rows_text(rows).encode()
