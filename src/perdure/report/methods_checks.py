"""Networks, models side by side, missing arms and checks, in the words of a methods section."""

from perdure.records import Results
from perdure.records.checks import SynthesisChecks
from perdure.report.citations import (
    BEGG,
    BELL_MCCAFFREY,
    DUVAL_TWEEDIE,
    EGGER,
    HAMZA,
    HARDY_THOMPSON,
    LIANG_ZEGER,
    LITTLE,
    PUSTEJOVSKY_TIPTON,
    RUECKER_SCHWARZER,
    STANLEY_DOUCOULIAGOS,
    VEVEA_HEDGES,
    VIECHTBAUER_CHEUNG,
)
from perdure.report.sentences import Pieces, listed

__all__ = [
    "checks_made",
    "choices_changed",
    "classes_modelled",
    "missing_arms_modelled",
    "networks_pooled",
]


def networks_pooled(results: Results) -> Pieces:
    """Yield how classes were compared through common controls; nothing where they were not."""
    if not any(one.network is not None for one in results.networks):
        return
    yield (
        "Classes were compared through common controls in a network of log odds ratios: one τ²,"
        " true contrasts of a trial that correlate by one half, direct and indirect evidence apart,"
        " and Q split within and between designs. Ranks are P-scores"
    )
    yield RUECKER_SCHWARZER
    yield " and simulated rank probabilities."


def classes_modelled(results: Results) -> Pieces:
    """Yield the models that compare classes of arms side by side."""
    models = {model.model for one in results.class_models for model in one.models}
    if not models:
        return
    yield (
        "Classes of arms were compared by several models of the log odds: arms as independent; arms"
        " in trials by restricted maximum likelihood, with t intervals and with errors robust to"
        " trials (CR2) and Satterthwaite degrees of freedom"
    )
    yield BELL_MCCAFFREY
    yield PUSTEJOVSKY_TIPTON
    yield (
        "; differences within trials, the class split into its trial mean and the deviation from"
        " it; and the binomial-normal model of effective counts"
    )
    yield HAMZA
    if any(model.startswith("one stage") for model in models):
        yield (
            "; and one stage: pseudo-values of patients in generalised estimating equations with"
            " trials as clusters"
        )
        yield LIANG_ZEGER
    yield "."


def missing_arms_modelled(results: Results) -> Pieces:
    """Yield what was done about arms that are not estimable."""
    found = [one.found for one in results.missing_arms if one.found is not None]
    if not found:
        return
    yield (
        "Arms that do not reach their threshold were left out in the main analyses. Beside that"
        " stands a multivariate random-effects model of the log reference median and the durable"
        " response at every multiple that an arm reaches"
    )
    if any(one.vectors.n_bound for one in found):
        yield ", an arm whose reference median is not reached entering by that bound alone"
    yield (
        "; and a pattern mixture in which an arm that does not reach its threshold shows q times"
        " its last survival, q from 0 to 1"
    )
    yield LITTLE
    yield "."


def checks_made(results: Results) -> Pieces:
    """Yield the checks of the pooled contrasts."""
    checks = [one.checks for one in results.checks]
    if not checks:
        return
    measures = " and ".join(dict.fromkeys(one.measure for one in results.checks))
    yield (
        f"The pooled contrasts were checked on the {measures}, trial by trial with the primary"
        " model; checks that take independent effects took one effect a trial, the mean of its"
        " contrasts by generalised least squares. "
    )
    if any(one.influence is not None for one in checks):
        yield "Influence was measured by deletion"
        yield VIECHTBAUER_CHEUNG
        yield ". "
    if results.likelihoods:
        yield "The likelihood over τ² is shown, with its interval by profile likelihood"
        yield HARDY_THOMPSON
        yield ". "
    yield from _small_studies(checks)
    if any(one.next_trial is not None for one in checks):
        yield (
            "What one more trial of median precision would change was computed from its predictive"
            " distribution."
        )


def choices_changed(results: Results) -> Pieces:
    """Yield how the sensitivity analyses were made."""
    rows = [row for one in results.sensitivity for row in one.rows if row.estimate is not None]
    if not rows:
        return
    made = {row.change for row in rows}
    choices = [
        words
        for change, words in (
            ("reference", "whose median the threshold is a multiple of"),
            ("k", "the multiple k"),
            ("scale", "the scale that proportions are pooled on"),
            ("model", "the model, a common effect and the binomial-normal among others"),
            ("tau2 estimator", "the estimator of τ²"),
            ("test", "the interval of the mean"),
            ("reconstruction", "rebuilt patients taken as if they had been observed"),
            ("data", "patient data alone"),
            ("thin arms", "arms left out that rest on few patients"),
            ("published estimates", "published estimates left out"),
            ("published facts", "arms known by published facts"),
        )
        if change in made
    ]
    yield (
        "Sensitivity analyses changed one choice of the primary analysis at a time and left all"
        f" others as they were: {listed(choices)}. For another threshold every arm was estimated"
        " again, rebuilt ones in every history."
    )


def _small_studies(checks: list[SynthesisChecks]) -> Pieces:
    """Yield the tests of small-study effects that were made."""
    tests = [
        ("Egger’s regression", EGGER, any(one.regression_test is not None for one in checks)),
        ("the rank test", BEGG, any(one.rank_test is not None for one in checks)),
        ("PET-PEESE", STANLEY_DOUCOULIAGOS, any(one.pet_peese is not None for one in checks)),
        ("trim and fill", DUVAL_TWEEDIE, any(one.trim_fill is not None for one in checks)),
        ("a selection model", VEVEA_HEDGES, any(one.selection is not None for one in checks)),
    ]
    made = [(words, citation) for words, citation, done in tests if done]
    for place, (words, citation) in enumerate(made):
        yield "Small-study effects: " if place == 0 else ", "
        yield words
        yield citation
    if made:
        yield ". "
