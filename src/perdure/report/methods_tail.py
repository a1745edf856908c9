"""Sentences of the methods section on profiles, follow-up, tails and value frameworks."""

from collections.abc import Sequence

from perdure.plots.wording import decimals
from perdure.records import AnalysisResult, Results, TailResult
from perdure.report.citations import MONTIEL_PLAGBORG, UNO, Citation, cited_in
from perdure.report.sentences import Pieces, listed

__all__ = ["awards", "profiles", "tails"]

_TESTS = {
    "alpha_n": "Maller and Zhou’s",
    "alpha_n_shen": "Shen’s",
    "q_n": "the q_n test",
    "extremes": "a test by extremes",
    "cured_fraction": "a test of a cured fraction against a Weibull distribution without one",
}


def _tails(results: Results) -> list[tuple[AnalysisResult, TailResult]]:
    return [(analysis, analysis.tail) for analysis in results.analyses if analysis.tail]


def profiles(results: Results) -> Pieces:
    """Yield how durable response was followed along k."""
    found = [trial for _, tail in _tails(results) for trial in tail.profiles if trial.profiles]
    if not found:
        return
    arms = [one for trial in found for one in trial.profiles]
    level, least = decimals(100 * arms[0].level, 0), arms[0].least
    yield (
        f"Durable response was followed along k to the last k with {least} patients at risk. The"
        f" {level}% band holds the whole line: its width is the quantile of the largest of"
        " correlated normal deviates, one for each k, correlated as the influence functions are"
    )
    yield MONTIEL_PLAGBORG
    yield "; p values are adjusted for all k by the same maximum. "
    if any(one.shape is not None for one in arms):
        yield (
            "Under the own median a line begins where enough events lie between the median and k"
            " times it, and the implied Weibull shape is ln(log2(1/p)) / ln k for a durable"
            " response p. "
        )
    if any(one.shape_fitted is not None for one in arms):
        yield "Beside it, a Weibull distribution was fitted by maximum likelihood. "
    if any(trial.missing for trial in found):
        yield "Arms without a profile are named with the reason."


def tails(results: Results) -> Pieces:
    """Yield how follow-up was judged and what the tails were described by."""
    found = _tails(results)
    if not found:
        return
    arms = [arm for _, tail in found if tail.tail is not None for arm in tail.tail.tails]
    quantities = {measure.quantity for arm in arms for measure in arm.measures}
    if "restricted mean survival" in quantities:
        rules = list(dict.fromkeys(arm.tau_rule for arm in arms))
        yield f"Restricted mean survival is the area under the curve up to {listed(rules)}"
        yield UNO
        yield ", the mean time lost what it lacks of that time. "
    if "conditional survival" in quantities:
        yield (
            "Survival beyond the threshold and the mean residual time are those of patients who"
            " reached it, and carry that the threshold was estimated; at an estimated threshold"
            " they compare patients who were not randomised to be compared from there. "
        )
    if any(tail.tail is not None and tail.tail.contrasts for _, tail in found):
        yield (
            "Differences of these quantities have intervals symmetric on their own scale (of"
            " survival never beyond 100 points), ratios on the log scale. "
        )
    yield from _sufficiency([tail for _, tail in found])
    if any(arm.evidence is not None for analysis, _ in found for arm in analysis.arms):
        yield (
            "Profiles, follow-up and tails of rebuilt arms are those of the most typical history;"
            " their intervals do not carry that other histories fit too."
        )


def _sufficiency(found: Sequence[TailResult]) -> Pieces:
    """Yield the tests of what a tail can say of a cured fraction, each with its papers."""
    every = [test for tail in found for arm in tail.follow_up for test in arm.tests]
    tests = {test.test: test for test in every}
    if not tests:
        return
    yield "Whether follow-up is long enough to speak of a cured fraction was tested by "
    for place, test in enumerate(tests.values()):
        last = place == len(tests) - 1
        yield "" if place == 0 else " and " if last else ", "
        yield _TESTS.get(test.test, test.test) + (" (experimental)" if test.experimental else "")
        yield from cited_in(test.source)
    yield ". "


def awards(results: Results) -> Pieces:
    """Yield which rules were applied, in which version, and how far they were checked."""
    every = [award for _, tail in _tails(results) for arms in tail.awards for award in arms.awards]
    rules = {award.label: award for award in every}
    if not rules:
        return
    yield "The tail rules of value frameworks were applied as they stand in "
    for place, award in enumerate(rules.values()):
        last = place == len(rules) - 1
        yield "" if place == 0 else " and " if last else ", "
        yield award.label
        yield Citation(_key(award.doi or award.source), _ended(award.source), award.doi)
    yield ". "
    if any(not award.verified for award in every):
        yield (
            "Unverified means that the constants of a rule were not checked against the publication"
            " itself: its answers must not be cited as the framework’s. "
        )
    replicates = max(award.replicates for award in every)
    if replicates:
        rebuilt = any(award.draws > 1 for award in every)
        yield (
            f"How sure an answer is, is the share of {replicates} resamples of patients within arm"
            + (", spread over the histories of rebuilt arms," if rebuilt else "")
            + " in which the rule is met."
        )


def _key(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


def _ended(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
