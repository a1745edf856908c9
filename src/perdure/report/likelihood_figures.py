"""The likelihood over the variance between trials, as a figure."""

from math import isfinite

from perdure.plots import ProfileCurve, profile_likelihood_plot
from perdure.plots.wording import decimals
from perdure.records.likelihood_profile import ContrastProfile
from perdure.report.blocks import FigureBlock, Picture
from perdure.report.findings import Findings
from perdure.report.tables import file_name

__all__ = ["likelihood_figure"]


def likelihood_figure(findings: Findings, one: ContrastProfile) -> FigureBlock:
    """Return the profile likelihood of tau2 of pooled contrasts."""
    found = one.profile
    high = found.high if isfinite(found.high) else None
    curve = ProfileCurve(
        "τ²",
        found.tau2,
        found.log_likelihood,
        found.estimate,
        found.low,
        high,
        found.level,
        found.drop,
    )
    rule = findings.rule(one.endpoint, one.reference)
    caption = f"How well the data know τ²: {one.endpoint} beyond {rule}"
    top = decimals(high, 3) if high is not None else "no upper limit"
    alt = (
        f"Profile likelihood of τ², highest at {decimals(found.estimate, 3)}; it has fallen to the"
        f" limits of the interval at {decimals(found.low, 3)} and {top}."
    )
    kind = "Restricted likelihood" if one.method == "REML" else "Likelihood"
    note = (
        f"{kind} of the {one.measure}s of {one.n_contrasts} contrasts, highest over their mean. A"
        " flat top, or a curve that is still high at 0, says that the data hardly know how far"
        " trials differ. The table of pooled contrasts has limits by Q-profile, which need not be"
        " the same."
    )
    return FigureBlock(
        caption,
        (note,),
        (
            Picture(
                file_name("likelihood", one.endpoint, one.reference),
                profile_likelihood_plot(curve).decode(),
                alt,
            ),
        ),
    )
