"""Leave-one-out plots: what the answer is without each trial."""

from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.sheet import Sheet, SheetLine, sheet_pages
from perdure.plots.style import Kind
from perdure.plots.wording import decimals, p_value

__all__ = ["SubsetEffect", "leave_one_out_plot", "subset_cells", "subset_heads"]


@dataclass(frozen=True)
class SubsetEffect:
    """The pooled mean of a part of the effects.

    Attributes
    ----------
    label : str
        What was left out, or added last.
    estimate, low, high : float or None
        On the scale of the axis; None with a ``reason``.
    p, tau2, i2 : float or None
        i2 in per cent.
    n_effects : int or None
    when : str
        The year, or another place in an order.
    changes : bool
        Whether the conclusion is another one.
    reason : str
        Why there is no estimate.
    """

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None = None
    tau2: float | None = None
    i2: float | None = None
    n_effects: int | None = None
    when: str = ""
    changes: bool = False
    reason: str = ""


def leave_one_out_plot(
    rows: Sequence[SubsetEffect],
    overall: SubsetEffect,
    axis: EffectAxis,
    *,
    ordered: bool = True,
    label_head: str = "Left out",
    result_head: str = "Estimate (95% CI)",
    notes: Sequence[str] = (),
    title: str = "",
    most_rows: int = 72,
    kind: Kind = "svg",
) -> tuple[bytes, ...]:
    """Draw the pooled mean with each trial left out, over the overall interval as a band.

    A row whose trial changes the conclusion stands in the second colour, hollow, and says so.

    Parameters
    ----------
    rows : sequence of SubsetEffect
    overall : SubsetEffect
        With nothing left out.
    axis : EffectAxis
    ordered : bool
        By estimate, the lowest first; else as given.
    label_head, result_head : str
    notes : sequence of str
        Sentences beneath.
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
        If there is no row.

    Examples
    --------
    >>> rows = [SubsetEffect("A", 0.2, 0.1, 0.3), SubsetEffect("B", 0.1, -0.1, 0.3, changes=True)]
    >>> overall = SubsetEffect("nothing", 0.15, 0.02, 0.28)
    >>> pages = leave_one_out_plot(rows, overall, EffectAxis("Log odds ratio", reference=0.0))
    >>> pages[0].startswith(b"<?xml")
    True
    """
    if not rows:
        raise ValueError("a leave-one-out plot needs a row")
    shown = list(rows)
    if ordered:
        shown.sort(key=lambda row: (row.estimate is None, row.estimate or 0.0))
    changed = any(row.changes for row in rows)
    heads = subset_heads([*rows, overall])
    lines = [
        SheetLine(
            "effect" if row.estimate is not None else "missing",
            row.label,
            row.estimate,
            row.low,
            row.high,
            hollow=row.changes,
            flagged=row.changes,
            right=(
                *subset_cells(row, heads),
                *(("changed" if row.changes else "",) if changed else ()),
            ),
            words="" if row.estimate is not None else row.reason or "nothing to pool",
        )
        for row in shown
    ]
    lines.append(
        SheetLine(
            "pooled",
            f"All together: {overall.label}" if overall.label else "All together",
            overall.estimate,
            overall.low,
            overall.high,
            right=(*subset_cells(overall, heads), *(("",) if changed else ())),
        )
    )
    band = None
    if overall.low is not None and overall.high is not None:
        band = (overall.low, overall.high)
    sheet = Sheet(
        tuple(lines),
        axis,
        label_head,
        (),
        (*heads, *(("Conclusion",) if changed else ())),
        result_head,
        guide=overall.estimate,
        band=band,
        key=_key(axis, changed=changed),
        notes=tuple(notes),
    )
    return sheet_pages(sheet, title or "Each left out in turn", kind, most_rows)


def subset_heads(rows: Sequence[SubsetEffect]) -> tuple[str, ...]:
    """Return the columns that have something in them."""
    found = (
        ("P", any(row.p is not None for row in rows)),
        ("τ²", any(row.tau2 is not None for row in rows)),
        ("I², %", any(row.i2 is not None for row in rows)),
    )
    return tuple(head for head, present in found if present)


def subset_cells(row: SubsetEffect, heads: Sequence[str]) -> tuple[str, ...]:
    """Return a row's words under the heads of ``subset_heads``."""
    cells = {"P": p_value(row.p), "τ²": decimals(row.tau2, 3), "I², %": decimals(row.i2, 0)}
    return tuple(cells[head] for head in heads)


def _key(axis: EffectAxis, *, changed: bool) -> tuple[str, ...]:
    parts = (
        (True, "■ without this one"),
        (changed, "□ the conclusion is another without it"),
        (True, "◆ and shaded: all together"),
        (axis.reference is not None, "thin line: no difference"),
    )
    return tuple(text for present, text in parts if present)
