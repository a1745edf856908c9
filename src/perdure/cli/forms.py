"""Records as the JSON objects and the sentences that commands print."""

from perdure.records import Contrast, DurableResponse, NotEstimable, Proportion

__all__ = [
    "contrast_json",
    "contrast_sentence",
    "in_unit",
    "p_text",
    "response_json",
    "response_sentence",
]


def in_unit(time: float | None, unit: str) -> str:
    """Return a time in words: "4.1 months", or "not reached"."""
    return "not reached" if time is None else f"{time:.1f} {unit}"


def p_text(value: float) -> str:
    """Return a p value in words, with the digits that a terminal has room for.

    Examples
    --------
    >>> p_text(0.03456), p_text(1e-20)
    ('p = 0.0346', 'p < 1e-15')
    """
    return "p < 1e-15" if value < 1e-15 else f"p = {value:.3g}"


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
        "interval": number and number.interval,
        "likelihood_low": number and number.likelihood_low,
        "likelihood_high": number and number.likelihood_high,
        "status": response.status,
        "reason": response.reason,
        "bound_low": bounds and bounds.low,
        "bound_high": bounds and bounds.high,
        "bound_high_limit": bounds and bounds.limit,
        "excess": response.excess,
        "caution": response.caution,
        "time_unit": response.time_unit,
    }


def response_sentence(response: DurableResponse, level: float = 0.95) -> str:
    """Return a durable response as one line; ``level`` is that of its interval."""
    estimate, unit = response.estimate, response.time_unit
    head = f"{response.arm}: {response.n} patients, {response.events} events"
    head += f", median {in_unit(response.median, unit)}"
    if isinstance(estimate, NotEstimable):
        bounds = (
            f"between {estimate.low:.1%} and {estimate.high:.1%}"
            f" (upper limit of that, {(1 + level) / 2:.1%}: {estimate.limit:.1%})"
        )
        return f"{head}; durable response not estimable ({estimate.reason}), {bounds}"
    beyond = (
        "(the curve has reached 0)"
        if response.threshold is None
        else f"beyond {in_unit(response.threshold, unit)}"
    )
    note = "" if estimate.status == "estimable" else f", {estimate.status}"
    if estimate.likelihood_low is not None and estimate.likelihood_high is not None:
        note += (
            f" (likelihood interval {estimate.likelihood_low:.1%} to"
            f" {estimate.likelihood_high:.1%})"
        )
    return (
        f"{head}; durable response {estimate.value:.1%}"
        f" ({100 * level:.7g}% CI {estimate.ci_low:.1%} to {estimate.ci_high:.1%}) {beyond},"
        f" {estimate.n_at_risk} at risk there{note}"
        + (f"; {response.caution}" if response.caution else "")
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
        "odds_ratio": contrast.odds_ratio,
        "odds_ratio_low": contrast.odds_ratio_low,
        "odds_ratio_high": contrast.odds_ratio_high,
        "number_needed_to_treat": contrast.nnt if contrast.nnt_limits else None,
        "number_needed_to_treat_limits": contrast.nnt_limits,
        "reason": contrast.reason,
    }


def contrast_sentence(contrast: Contrast, level: float = 0.95) -> str:
    """Return a contrast as one line; ``level`` is that of its interval."""
    pair = f"{contrast.arm} v {contrast.comparator}"
    if contrast.difference is None or contrast.ci_low is None or contrast.ci_high is None:
        return f"{pair}: not estimable ({contrast.reason})"
    note = "; two thresholds, not a randomised comparison" if contrast.reference == "own" else ""
    p = "" if contrast.p_value is None else f", {p_text(contrast.p_value)}"
    ratio = ""
    if contrast.ratio is not None and contrast.odds_ratio is not None:
        ratio = (
            f"; ratio {contrast.ratio:.2f}"
            f" ({_limit(contrast.ratio_low)} to {_limit(contrast.ratio_high)}),"
            f" odds ratio {contrast.odds_ratio:.2f}"
            f" ({_limit(contrast.odds_ratio_low)} to {_limit(contrast.odds_ratio_high)})"
        )
    return (
        f"{pair}: difference {100 * contrast.difference:+.1f} points"
        f" ({100 * level:.7g}% CI {100 * contrast.ci_low:+.1f} to {100 * contrast.ci_high:+.1f})"
        f"{p}{ratio}{_needed(contrast)}{note}"
    )


def _limit(value: float | None) -> str:
    return "infinity" if value is None else f"{value:.2f}"


def _needed(contrast: Contrast) -> str:
    """Return the number needed to treat in words, where the difference is distinguishable."""
    if contrast.nnt is None or contrast.nnt_limits is None:
        return ""
    low, high = contrast.nnt_limits
    what = "treat" if contrast.nnt > 0 else "harm"
    return f"; number needed to {what} {abs(contrast.nnt):.1f} ({abs(low):.1f} to {abs(high):.1f})"
