"""Sensitivity plots: one answer under every change, over the interval of the primary analysis."""

from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.hover import HoverRows
from perdure.plots.sheet import Sheet, SheetLine, sheet_hover, sheet_pages
from perdure.plots.style import Kind

__all__ = ["ChangedAnswer", "sensitivity_hover", "sensitivity_plot"]


@dataclass(frozen=True)
class ChangedAnswer:
    """An answer with one choice changed.

    Attributes
    ----------
    label : str
        What was changed.
    estimate, low, high : float or None
        On the scale of the axis; None with a ``reason``.
    n : str
        Arms or contrasts in it.
    reason : str
    """

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    n: str = ""
    reason: str = ""


def sensitivity_plot(
    primary: ChangedAnswer,
    groups: Sequence[tuple[str, Sequence[ChangedAnswer]]],
    axis: EffectAxis,
    *,
    n_head: str = "Arms",
    result_head: str = "Estimate (95% CI)",
    title: str = "",
    most_rows: int = 72,
    kind: Kind = "svg",
) -> tuple[bytes, ...]:
    """Draw an answer under every change, in groups, over the primary interval as a band.

    Parameters
    ----------
    primary : ChangedAnswer
    groups : sequence of (name, sequence of ChangedAnswer)
    axis : EffectAxis
    n_head, result_head, title : str
    most_rows : int
        Of a page.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    tuple of bytes
        A whole file each page; the same for the same input, to the byte.

    Examples
    --------
    >>> primary = ChangedAnswer("primary analysis", 0.20, 0.15, 0.26, "9")
    >>> others = [ChangedAnswer("common effect", 0.21, 0.18, 0.24, "9")]
    >>> axis = EffectAxis("Durable response, %", "percent", 1)
    >>> sensitivity_plot(primary, [("Models", others)], axis)[0].startswith(b"<?xml")
    True
    """
    sheet = _sheet(primary, groups, axis, n_head, result_head)
    return sheet_pages(sheet, title or "Sensitivity", kind, most_rows)


def sensitivity_hover(
    primary: ChangedAnswer,
    groups: Sequence[tuple[str, Sequence[ChangedAnswer]]],
    axis: EffectAxis,
    *,
    n_head: str = "Arms",
    result_head: str = "Estimate (95% CI)",
    most_rows: int = 72,
) -> tuple[HoverRows, ...]:
    """Return what stands where on each page of `sensitivity_plot`, which takes the same."""
    return sheet_hover(_sheet(primary, groups, axis, n_head, result_head), most_rows)


def _sheet(
    primary: ChangedAnswer,
    groups: Sequence[tuple[str, Sequence[ChangedAnswer]]],
    axis: EffectAxis,
    n_head: str,
    result_head: str,
) -> Sheet:
    lines = [
        SheetLine(
            "pooled", primary.label, primary.estimate, primary.low, primary.high, left=(primary.n,)
        )
    ]
    for name, rows in groups:
        if rows:
            lines.append(SheetLine("head", name))
            lines += [_line(row) for row in rows]
    band = None
    if primary.low is not None and primary.high is not None:
        band = (primary.low, primary.high)
    return Sheet(
        tuple(lines),
        axis,
        "Changed",
        (n_head,),
        (),
        result_head,
        guide=primary.estimate,
        band=band,
        key=(
            "◆ and shaded: primary analysis",
            "■ with this one choice changed",
            *(("thin line: no difference",) if axis.reference is not None else ()),
        ),
    )


def _line(row: ChangedAnswer) -> SheetLine:
    if row.estimate is None:
        return SheetLine("missing", row.label, words=row.reason or "not estimable", left=(row.n,))
    return SheetLine("effect", row.label, row.estimate, row.low, row.high, left=(row.n,))
