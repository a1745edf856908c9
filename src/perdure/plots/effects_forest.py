"""Forest plots of effects of any kind: contrasts within trials, a table that was pooled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.hover import HoverRows
from perdure.plots.sheet import Sheet, SheetLine, sheet_hover, sheet_pages
from perdure.plots.style import Kind
from perdure.plots.wording import NOTHING, decimals, p_in_words, percent
from perdure.records import JointTest, Pooled

__all__ = [
    "EffectRow",
    "ForestGroup",
    "PooledEffect",
    "effects_hover",
    "forest_of_effects",
    "heterogeneity_in_words",
    "pooled_effect",
]


@dataclass(frozen=True)
class EffectRow:
    """One effect, or one that could not be estimated.

    Attributes
    ----------
    label : str
        As "CheckMate 017, nivolumab v docetaxel".
    estimate, low, high : float or None
        On the scale of the axis; without an estimate the limits are bounds, and may be None.
    weight : float or None
        Share of the model, from 0 to 1; None where the effect is not in it.
    cells : tuple of str
        Of further columns, as numbers of patients.
    status : {"estimable", "thin", "zero", "not estimable"}
        Hollow where few or no patients are at risk.
    reason : str
        Why there is no estimate.
    """

    label: str
    estimate: float | None
    low: float | None = None
    high: float | None = None
    weight: float | None = None
    cells: tuple[str, ...] = ()
    status: Literal["estimable", "thin", "zero", "not estimable"] = "estimable"
    reason: str = ""


@dataclass(frozen=True)
class PooledEffect:
    """A model's answer: a diamond, and its prediction interval beneath.

    Attributes
    ----------
    label : str
        As "Random effects (REML), 9 trials".
    estimate, low, high : float
    prediction_low, prediction_high : float or None
    heterogeneity : str
        As `heterogeneity_in_words` says it.
    """

    label: str
    estimate: float
    low: float
    high: float
    prediction_low: float | None = None
    prediction_high: float | None = None
    heterogeneity: str = ""


@dataclass(frozen=True)
class ForestGroup:
    """Effects under one name, and what they come to.

    Attributes
    ----------
    name : str
        Empty for effects without groups.
    rows : tuple of EffectRow
    pooled : tuple of PooledEffect
        One a model.
    plain_mean : float or None
        The unweighted mean, which papers print: an open circle.
    reason : str
        Why nothing is pooled.
    """

    name: str
    rows: tuple[EffectRow, ...]
    pooled: tuple[PooledEffect, ...] = ()
    plain_mean: float | None = None
    reason: str = ""


def heterogeneity_in_words(pooled: Pooled) -> str:
    """Return tau2, I2 and the test of heterogeneity as a line.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import pool
    >>> heterogeneity_in_words(pool([0.1, 0.5, 0.9], [0.04, 0.05, 0.06]))
    'τ² 0.110, I² 69%, Q 6.49 on 2 df, P = 0.039'
    """
    parts = []
    if pooled.tau2 is not None:
        parts.append(f"τ² {decimals(pooled.tau2, 3)}")
    elif pooled.sigma2:
        parts.append("σ² " + " and ".join(decimals(one, 3) for one in pooled.sigma2))
    if pooled.i2 is not None:
        parts.append(f"I² {decimals(pooled.i2, 0)}%")
    if pooled.q is not None and pooled.q_df > 0:
        test = f"Q {decimals(pooled.q, 2)} on {pooled.q_df} df"
        parts.append(f"{test}, {p_in_words(pooled.q_p)}" if pooled.q_p is not None else test)
    return ", ".join(parts)


def pooled_effect(label: str, pooled: Pooled) -> PooledEffect:
    """Return a model without moderators as it is drawn, on its own scale.

    Raises
    ------
    ValueError
        If the model has moderators: it has not one answer.
    """
    if len(pooled.coefficients) != 1:
        raise ValueError("a model with moderators has no single diamond")
    [mean] = pooled.coefficients
    return PooledEffect(
        label,
        mean.estimate,
        mean.ci_low,
        mean.ci_high,
        pooled.prediction_low,
        pooled.prediction_high,
        heterogeneity_in_words(pooled),
    )


def forest_of_effects(
    groups: Sequence[ForestGroup],
    axis: EffectAxis,
    *,
    overall: Sequence[PooledEffect] = (),
    plain_mean: float | None = None,
    difference: JointTest | None = None,
    label_head: str = "Trial",
    cell_heads: Sequence[str] = (),
    result_head: str = "Estimate (95% CI)",
    notes: Sequence[str] = (),
    title: str = "",
    most_rows: int = 72,
    kind: Kind = "svg",
) -> tuple[bytes, ...]:
    """Draw effects with their intervals, group by group, each group's answer, and the overall one.

    A square's area is its weight; it is hollow where few or no patients are at risk, or where the
    effect is not in the model. An effect that is not estimable has its bounds as an open bar, and
    the reason. A limit beyond the axis is an arrow. A diamond is a model's interval; the bar
    beneath it its prediction interval, on the line that says how far the effects differ.

    Parameters
    ----------
    groups : sequence of ForestGroup
    axis : EffectAxis
    overall : sequence of PooledEffect
        Of all groups together; the first draws a dashed line.
    plain_mean : float, optional
        The unweighted mean of everything.
    difference : JointTest, optional
        Of the groups' means.
    label_head, result_head : str
    cell_heads : sequence of str
        Heads of the rows' cells.
    notes : sequence of str
        Sentences at the end.
    title : str
    most_rows : int
        Of a page.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    tuple of bytes
        A whole file each page; the same for the same input, to the byte.

    Raises
    ------
    ValueError
        If there is no row, or a row has not as many cells as there are heads.

    Examples
    --------
    >>> rows = (EffectRow("A", 0.1, -0.2, 0.4, 0.6), EffectRow("B", 0.3, 0.0, 0.6, 0.4))
    >>> pages = forest_of_effects([ForestGroup("", rows)], EffectAxis("Difference", reference=0.0))
    >>> pages[0].startswith(b"<?xml")
    True
    """
    sheet = _sheet(
        groups,
        axis,
        overall=overall,
        plain_mean=plain_mean,
        difference=difference,
        label_head=label_head,
        cell_heads=cell_heads,
        result_head=result_head,
        notes=notes,
    )
    return sheet_pages(sheet, title or f"Forest plot: {axis.name}", kind, most_rows)


def effects_hover(
    groups: Sequence[ForestGroup],
    axis: EffectAxis,
    *,
    overall: Sequence[PooledEffect] = (),
    cell_heads: Sequence[str] = (),
    result_head: str = "Estimate (95% CI)",
    most_rows: int = 72,
) -> tuple[HoverRows, ...]:
    """Return what stands where on each page of `forest_of_effects`, which takes the same."""
    sheet = _sheet(groups, axis, overall=overall, cell_heads=cell_heads, result_head=result_head)
    return sheet_hover(sheet, most_rows)


def _sheet(
    groups: Sequence[ForestGroup],
    axis: EffectAxis,
    *,
    overall: Sequence[PooledEffect] = (),
    plain_mean: float | None = None,
    difference: JointTest | None = None,
    label_head: str = "Trial",
    cell_heads: Sequence[str] = (),
    result_head: str = "Estimate (95% CI)",
    notes: Sequence[str] = (),
) -> Sheet:
    rows = [row for group in groups for row in group.rows]
    if any(len(row.cells) != len(cell_heads) for row in rows):
        raise ValueError("each row needs a cell for each of cell_heads")
    heaviest = max((row.weight or 0.0 for row in rows), default=0.0)
    weights = any(row.weight is not None for row in rows)
    lines = [line for group in groups for line in _group_lines(group, heaviest, weights=weights)]
    if overall:
        if any(group.name for group in groups):
            lines.append(SheetLine("head", "All together"))
        lines += [line for one in overall for line in _pooled_lines(one)]
        if plain_mean is not None:
            lines.append(_mean_line(plain_mean, len([row for row in rows if _is_known(row)])))
    said = [f"Test of differences between groups: {_test(difference)}."] if difference else []
    return Sheet(
        tuple(lines),
        axis,
        label_head,
        tuple(cell_heads),
        ("Weight",) if weights else (),
        result_head,
        guide=overall[0].estimate if overall else None,
        key=_key(lines, rows, axis, weights=weights, guide=bool(overall)),
        notes=(*said, *notes),
    )


def _is_known(row: EffectRow) -> bool:
    return row.estimate is not None


def _group_lines(group: ForestGroup, heaviest: float, *, weights: bool) -> Iterator[SheetLine]:
    known = sum(_is_known(row) for row in group.rows)
    if group.name:
        missing = len(group.rows) - known
        words = f"{known} of {len(group.rows)} estimable" if missing else ""
        yield SheetLine("head", group.name, words=words)
    for row in group.rows:
        yield _effect_line(row, heaviest, weights=weights)
    for one in group.pooled:
        yield from _pooled_lines(one)
    if not group.pooled and group.reason:
        yield SheetLine("note", f"Not pooled: {group.reason}")
    if group.plain_mean is not None:
        yield _mean_line(group.plain_mean, known)


def _effect_line(row: EffectRow, heaviest: float, *, weights: bool) -> SheetLine:
    if row.estimate is None:
        return SheetLine(
            "missing",
            row.label,
            low=row.low,
            high=row.high,
            left=row.cells,
            words=row.reason or "not estimable",
        )
    weight = NOTHING if row.weight is None else f"{percent(row.weight)}%"
    share = 0.1 if row.weight is None or not heaviest else row.weight / heaviest
    return SheetLine(
        "effect",
        row.label,
        row.estimate,
        row.low,
        row.high,
        size=share if weights else 0.3,
        hollow=row.status in {"thin", "zero"} or (weights and row.weight is None),
        left=row.cells,
        right=(weight,) if weights else (),
    )


def _pooled_lines(one: PooledEffect) -> Iterator[SheetLine]:
    yield SheetLine("pooled", one.label, one.estimate, one.low, one.high)
    if one.heterogeneity or one.prediction_low is not None:
        text = one.heterogeneity or "Prediction interval"
        yield SheetLine("note", text, low=one.prediction_low, high=one.prediction_high)


def _mean_line(value: float, number: int) -> SheetLine:
    effects = f"{number} effect{'' if number == 1 else 's'}"
    return SheetLine("mean", f"Plain mean, {effects}", value)


def _test(test: JointTest) -> str:
    if test.df2 is None:
        return f"χ² {decimals(test.statistic, 2)} on {test.df:g} df, {p_in_words(test.p)}"
    df2 = f"{test.df2:.4g}"
    return f"F {decimals(test.statistic, 2)} on {test.df:g} and {df2} df, {p_in_words(test.p)}"


def _key(
    lines: Sequence[SheetLine],
    rows: Sequence[EffectRow],
    axis: EffectAxis,
    *,
    weights: bool,
    guide: bool,
) -> tuple[str, ...]:
    """Return a key of what is on the page, and of nothing else."""
    roles = {line.role for line in lines}
    prediction = any(line.role == "note" and line.low is not None for line in lines)
    thin = any(row.status in {"thin", "zero"} for row in rows if _is_known(row))
    out = weights and any(row.weight is None for row in rows if _is_known(row))
    hollow = [
        text
        for shown, text in ((thin, "few or no patients at risk"), (out, "not in the model"))
        if shown
    ]
    bounds = any(line.role == "missing" and line.high is not None for line in lines)
    parts = (
        (weights, "■ one effect, area: weight"),
        (bool(hollow), f"□ {' or '.join(hollow)}"),
        (bounds, "open bar: bounds"),
        ("pooled" in roles, "◆ pooled"),
        (prediction, "bar beneath: prediction interval"),
        ("mean" in roles, "○ plain mean"),
        (guide, "dashed line: all together"),
        (axis.reference is not None, "thin line: no difference"),
    )
    return tuple(text for present, text in parts if present)
