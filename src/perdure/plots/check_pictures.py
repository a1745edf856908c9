"""The pictures of a synthesis's checks: left out one by one, as they came in, funnel, influence."""

from collections.abc import Sequence
from dataclasses import replace

from scipy.special import chdtri

from perdure.plots.cumulative import cumulative_plot
from perdure.plots.effect_axis import EffectAxis
from perdure.plots.funnel import FunnelPoint, funnel_plot
from perdure.plots.influence import BaujatDot, InfluenceDots, Measure, baujat_plot, influence_plot
from perdure.plots.leave_one_out import SubsetEffect, leave_one_out_plot
from perdure.plots.style import Kind
from perdure.plots.wording import p_in_words
from perdure.records import Pooled
from perdure.records.checks import SynthesisChecks
from perdure.records.sensitivity import Influence, Refitted

__all__ = ["check_pictures"]

HAT = 3.0
"""Cut-off of the hat value, times p / k."""
COOK = 2
"""Place of Cook's distance among the measures: the effects that are largest in it are drawn."""


def check_pictures(
    checks: SynthesisChecks, pooled: Pooled, axis: EffectAxis, *, kind: Kind = "svg"
) -> dict[str, tuple[bytes, ...]]:
    """Draw every check that there is.

    Parameters
    ----------
    checks : SynthesisChecks
    pooled : Pooled
        The synthesis itself.
    axis : EffectAxis
        Of its effects.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    dict of str to tuple of bytes
        By name, "leave-one-out", "cumulative", "funnel", "influence", "baujat": a whole file each
        page.
    """
    found: dict[str, tuple[bytes, ...]] = {}
    if checks.leave_one_out is not None:
        changed = {name for name, _ in checks.leave_one_out.changes}
        found["leave-one-out"] = leave_one_out_plot(
            [_subset(row, changes=row.name in changed) for row in checks.leave_one_out.rows],
            replace(_subset(checks.leave_one_out.whole), label=""),
            axis,
            kind=kind,
        )
    if checks.cumulative is not None:
        rows = zip(checks.cumulative.rows, checks.cumulative.orders, strict=True)
        found["cumulative"] = cumulative_plot(
            [_subset(row, when=f"{order:g}") for row, order in rows], axis, kind=kind
        )
    funnel = _funnel(checks, axis, kind)
    if funnel is not None:
        found["funnel"] = (funnel,)
    if checks.influence is not None:
        found["influence"] = (_influence(checks.influence, pooled, kind),)
        dots = [
            BaujatDot(row.name, row.baujat_heterogeneity, row.baujat_influence)
            for row in checks.influence.rows
            if row.baujat_influence is not None
        ]
        if dots:
            found["baujat"] = (baujat_plot(dots, kind=kind),)
    return found


def _subset(row: Refitted, *, when: str = "", changes: bool = False) -> SubsetEffect:
    return SubsetEffect(
        row.name,
        row.estimate,
        row.ci_low,
        row.ci_high,
        p=row.p,
        tau2=row.tau2,
        i2=row.i2,
        n_effects=row.n_effects,
        when=when,
        changes=changes,
    )


def _funnel(checks: SynthesisChecks, axis: EffectAxis, kind: Kind) -> bytes | None:
    """Draw the funnel, with what trim and fill adds and Egger's line."""
    if checks.funnel is None:
        return None
    points = [FunnelPoint(one.name, one.y, one.se) for one in checks.funnel.points]
    adjusted, notes = None, []
    filled = checks.trim_fill
    if filled is not None and filled.filled and filled.pooled is not None:
        points += [FunnelPoint(one.name, one.y, one.se, filled=True) for one in filled.filled]
        adjusted = filled.pooled.coefficients[0].estimate
    egger = None
    test = checks.regression_test
    if test is not None and test.slope is not None and test.limit is not None:
        egger = (test.limit.estimate, test.slope.estimate)
        notes.append(f"Egger’s test: {p_in_words(test.slope.p)}.")
    return funnel_plot(
        points,
        checks.funnel.center,
        axis,
        contours=True,
        egger=egger,
        adjusted=adjusted,
        notes=notes,
        kind=kind,
    )


def _influence(found: Influence, pooled: Pooled, kind: Kind) -> bytes:
    """Draw the measures that a referee asks for."""
    p = len(pooled.coefficients)
    cut = HAT * p / max(len(found.rows), 1)
    cook = float(chdtri(p, 0.5))  # the median of a chi-square on p, as the flag has it
    measures: Sequence[Measure] = (
        Measure("Studentised residual", (-1.96, 1.96)),
        Measure("DFFITS"),
        Measure("Cook’s distance", (cook,)),
        Measure("Covariance ratio", middle=1.0),
        Measure("τ² without", middle=pooled.tau2),
        Measure("Q without", middle=pooled.q),
        Measure("Hat value", (cut,)),
    )
    rows = [
        InfluenceDots(
            row.name,
            (
                row.rstudent,
                row.dffits,
                row.cook,
                row.covariance_ratio,
                row.tau2_deleted,
                row.q_deleted,
                row.hat,
            ),
            influential=bool(row.flags),
        )
        for row in found.rows
    ]
    return influence_plot(rows, measures, by=COOK, unit=found.unit, kind=kind)
