"""Cumulative forest plots: how the answer grew as trials came in."""

from collections.abc import Sequence

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.leave_one_out import SubsetEffect, subset_cells, subset_heads
from perdure.plots.sheet import Sheet, SheetLine, sheet_pages
from perdure.plots.style import Kind
from perdure.plots.wording import count

__all__ = ["cumulative_plot"]


def cumulative_plot(
    rows: Sequence[SubsetEffect],
    axis: EffectAxis,
    *,
    when_head: str = "Year",
    label_head: str = "Added",
    result_head: str = "Estimate (95% CI)",
    notes: Sequence[str] = (),
    title: str = "",
    most_rows: int = 72,
    kind: Kind = "svg",
) -> tuple[bytes, ...]:
    """Draw the pooled mean of the first effect, of the first two, and so on to that of all.

    Squares grow with the number of effects; the last row is the diamond, and a dashed line.

    Parameters
    ----------
    rows : sequence of SubsetEffect
        In the order that they came in; each with all that came before it.
    axis : EffectAxis
    when_head, label_head, result_head : str
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
    >>> rows = [SubsetEffect("A", 0.2, -0.1, 0.5, when="2015", n_effects=1)]
    >>> cumulative_plot(rows, EffectAxis("Log odds ratio"))[0].startswith(b"<?xml")
    True
    """
    if not rows:
        raise ValueError("a cumulative plot needs a row")
    years = any(row.when for row in rows)
    numbers = any(row.n_effects is not None for row in rows)
    heads = subset_heads(rows)
    most = max((row.n_effects or 0 for row in rows), default=0)
    lines = []
    for place, row in enumerate(rows):
        known = row.estimate is not None
        role = "missing" if not known else "pooled" if place == len(rows) - 1 else "effect"
        lines.append(
            SheetLine(
                "pooled" if role == "pooled" else "effect" if role == "effect" else "missing",
                row.label,
                row.estimate,
                row.low,
                row.high,
                size=(row.n_effects or 0) / most if most else 0.3,
                left=(
                    *((row.when,) if years else ()),
                    *((count(row.n_effects),) if numbers else ()),
                ),
                right=subset_cells(row, heads),
                words="" if known else row.reason or "nothing to pool",
            )
        )
    sheet = Sheet(
        tuple(lines),
        axis,
        label_head,
        (*((when_head,) if years else ()), *(("Effects",) if numbers else ())),
        heads,
        result_head,
        guide=rows[-1].estimate,
        key=(
            "■ all up to this one, area: number of effects" if most else "■ all up to this one",
            "◆ and dashed line: all together",
            *(("thin line: no difference",) if axis.reference is not None else ()),
        ),
        notes=tuple(notes),
    )
    return sheet_pages(sheet, title or "Cumulative forest plot", kind, most_rows)
