"""Records as the JSON objects and the sentences that commands print."""

from typing import TYPE_CHECKING

from perdure.records import Contrast, DurableResponse, NotEstimable, Pooled, Proportion

if TYPE_CHECKING:
    from perdure.pool import PooledTable

__all__ = [
    "contrast_json",
    "contrast_sentence",
    "in_unit",
    "pooled_lines",
    "response_json",
    "response_sentence",
]


def in_unit(time: float | None, unit: str) -> str:
    """Return a time in words: "4.1 months", or "not reached"."""
    return "not reached" if time is None else f"{time:.1f} {unit}"


def response_json(response: DurableResponse) -> dict[str, object]:
    """Return a durable response under the names that the design fixes; None where no number is."""
    estimate = response.estimate
    number = estimate if isinstance(estimate, Proportion) else None
    bounds = estimate if isinstance(estimate, NotEstimable) else None
    return {
        "arm": response.arm,
        "n": response.n,
        "events": response.events,
        "median": response.median,
        "median_low": response.median_low,
        "median_high": response.median_high,
        "follow_up": response.follow_up,
        "k": response.k,
        "reference": response.reference,
        "threshold": response.threshold,
        "proportion": response.proportion,
        "se": number and number.se,
        "ci_low": number and number.ci_low,
        "ci_high": number and number.ci_high,
        "n_at_risk": number and number.n_at_risk,
        "draws": number and number.draws,
        "rebuilt_share": number and number.rebuilt_share,
        "status": response.status,
        "reason": response.reason,
        "bound_low": bounds and bounds.low,
        "bound_high": bounds and bounds.high,
        "excess": response.excess,
        "time_unit": response.time_unit,
    }


def response_sentence(response: DurableResponse) -> str:
    """Return a durable response as one line."""
    estimate, unit = response.estimate, response.time_unit
    head = f"{response.arm}: {response.n} patients, {response.events} events"
    head += f", median {in_unit(response.median, unit)}"
    if isinstance(estimate, NotEstimable):
        bounds = f"between {estimate.low:.1%} and {estimate.high:.1%}"
        return f"{head}; durable response not estimable ({estimate.reason}), {bounds}"
    beyond = f"beyond {in_unit(response.threshold, unit)}"
    note = "" if estimate.status == "estimable" else f", {estimate.status}"
    return (
        f"{head}; durable response {estimate.value:.1%}"
        f" (95% CI {estimate.ci_low:.1%} to {estimate.ci_high:.1%}) {beyond},"
        f" {estimate.n_at_risk} at risk there{note}"
    )


def contrast_json(contrast: Contrast) -> dict[str, object]:
    """Return a contrast under the names of contrasts.csv."""
    return {
        "arm": contrast.arm,
        "comparator": contrast.comparator,
        "k": contrast.k,
        "reference": contrast.reference,
        "difference": contrast.difference,
        "se": contrast.se,
        "ci_low": contrast.ci_low,
        "ci_high": contrast.ci_high,
        "p": contrast.p_value,
        "ratio": contrast.ratio,
        "ratio_low": contrast.ratio_low,
        "ratio_high": contrast.ratio_high,
        "reason": contrast.reason,
    }


def contrast_sentence(contrast: Contrast) -> str:
    """Return a contrast as one line."""
    pair = f"{contrast.arm} v {contrast.comparator}"
    if contrast.difference is None or contrast.ci_low is None or contrast.ci_high is None:
        return f"{pair}: not estimable ({contrast.reason})"
    note = "; two thresholds, not a randomised comparison" if contrast.reference == "own" else ""
    return (
        f"{pair}: difference {100 * contrast.difference:+.1f} points"
        f" (95% CI {100 * contrast.ci_low:+.1f} to {100 * contrast.ci_high:+.1f}){note}"
    )


def pooled_lines(table: "PooledTable") -> list[str]:
    """Return a pooled table in words: all effects, then each group and each pair of groups."""
    lines = [_pooled_sentence("all", table.pooled)]
    groups = table.groups
    if groups is None:
        return lines
    lines += [_pooled_sentence(row.name, row.pooled) for row in groups.rows]
    lines += [
        f"{pair.first} v {pair.second}: {pair.difference.estimate:.4g}"
        f" (95% CI {pair.difference.ci_low:.4g} to {pair.difference.ci_high:.4g}),"
        f" p = {pair.difference.p:.3g}"
        for pair in groups.differences
    ]
    return [*lines, groups.reason] if groups.reason else lines


def _pooled_sentence(name: str, pooled: Pooled) -> str:
    mean = pooled.coefficients[0]
    prediction = (
        ""
        if pooled.prediction_low is None or pooled.prediction_high is None
        else f", 95% prediction {pooled.prediction_low:.4g} to {pooled.prediction_high:.4g}"
    )
    return (
        f"{name}: {mean.estimate:.4g} (95% CI {mean.ci_low:.4g} to {mean.ci_high:.4g}){prediction};"
        f" {pooled.n_effects} effects, tau2 {pooled.tau2:.4g}, I2 {pooled.i2:.0f}%,"
        f" {pooled.model} effects ({pooled.method}, {pooled.test})"
    )
