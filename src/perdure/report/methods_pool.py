"""How contrasts and arms were pooled, in the words of a methods section."""

from collections.abc import Sequence

from perdure.plots.wording import decimals
from perdure.records import Pooled, Results
from perdure.report.citations import (
    DERSIMONIAN_LAIRD,
    HARTUNG_KNAPP,
    HIGGINS_THOMPSON,
    HIGGINS_WHITEHEAD,
    HOLM,
    PAULE_MANDEL,
    PONS_TOSTIVINT,
    Q_PROFILE,
    SCHUIRMANN,
    SIDIK_JONKMAN,
    VIECHTBAUER,
    Citation,
)
from perdure.report.findings import column_in_words
from perdure.report.sentences import Pieces, listed

__all__ = ["arms_pooled", "contrasts_pooled"]

ESTIMATORS: dict[str, tuple[str, Citation | None]] = {
    "REML": ("restricted maximum likelihood", VIECHTBAUER),
    "ML": ("maximum likelihood", VIECHTBAUER),
    "DL": ("the method of moments", DERSIMONIAN_LAIRD),
    "PM": ("the method of Paule and Mandel", PAULE_MANDEL),
    "PMM": ("the median-unbiased form of the method of Paule and Mandel", PAULE_MANDEL),
    "EB": ("empirical Bayes", PAULE_MANDEL),
    "HE": ("the method of moments without weights", VIECHTBAUER),
    "HS": ("the method of Hunter and Schmidt", VIECHTBAUER),
    "HSk": ("the method of Hunter and Schmidt, corrected for few effects", VIECHTBAUER),
    "SJ": ("the method of Sidik and Jonkman", SIDIK_JONKMAN),
}
TESTS = {
    "knha": "are by Hartung and Knapp",
    "adhoc": "are by Hartung and Knapp, with their factor not below one",
    "t": "rest on a t distribution",
    "z": "rest on the normal distribution",
}
MEASURES = {
    "log odds ratio": "the log odds ratio",
    "log ratio": "the log ratio",
    "difference": "the difference",
}


def contrasts_pooled(results: Results) -> Pieces:
    """Yield how contrasts within trials were pooled; nothing where none were."""
    found = [one for one in results.contrast_syntheses if one.overall is not None]
    if not found:
        return
    measures = [MEASURES[one] for one in dict.fromkeys(one.measure for one in found)]
    yield (
        "The primary synthesis is of contrasts within trials, each arm against the control of its"
        f" trial, on {listed(measures)} of durable response, with variances by the delta method. "
    )
    models = [one.overall.pooled for one in found if one.overall is not None]
    several = any(len({row.trial for row in one.rows}) < len(one.rows) for one in found)
    if several:
        yield (
            "Contrasts of one trial have the covariance that their arms share through the control"
            " and through the threshold"
        )
        if any(model.model == "random" for model in models):
            yield ", and true effects that correlate by one half"
            yield HIGGINS_WHITEHEAD
        yield ". "
    yield from _model(models, "contrasts", "contrast of a further trial")
    if any(one.overall is not None and one.overall.heterogeneity for one in found):
        yield "Limits of τ² are by Q-profile"
        yield Q_PROFILE
        yield ". "
    if any(one.difference is not None for one in found):
        yield "Pairs of classes were compared in one meta-regression. "
    if any(one.left_out for one in found):
        yield "Contrasts of an arm without a standard error are not in the model. "
    if any(one.without for one in found):
        yield "The synthesis was repeated with each trial left out."


def arms_pooled(results: Results, alike: float | None) -> Pieces:
    """Yield how arms were pooled by class, and when two are ``alike``; nothing without arms."""
    models = [row.pooled for synthesis in results.syntheses for row in synthesis.rows if row.pooled]
    models += [synthesis.regression for synthesis in results.syntheses if synthesis.regression]
    if not models:
        return
    columns = [column_in_words(by) for by in dict.fromkeys(one.by for one in results.syntheses)]
    yield (
        f"Arms were pooled by {listed(columns)} on the logit scale, with variances by the delta"
        " method. This synthesis is observational: it mixes differences within and between trials"
        " and takes arms as independent, also two arms of one trial. "
    )
    yield from _model(models, "arms", "durable response of a further arm")
    if any(synthesis.differences for synthesis in results.syntheses):
        shared = " with one τ²" if any(model.model == "random" for model in models) else ""
        yield f"Classes were compared in one meta-regression{shared}. "
        yield from _pairs(max(len(one.differences) for one in results.syntheses), alike)
    yield (
        "Beside the model stands the unweighted mean of the arms’ proportions, the summary of the"
        " paper that proposed the measure"
    )
    yield PONS_TOSTIVINT
    yield ". "
    if any(synthesis.left_out for synthesis in results.syntheses):
        yield (
            "Arms without a number, without a class or without a standard error are not in the"
            " model; each is listed with its reason."
        )


def _pairs(most: int, alike: float | None) -> Pieces:
    """Return how several pairs of classes are judged."""
    if most > 1:
        yield "P values of several pairs of classes are adjusted by Holm"
        yield HOLM
        yield ". "
    if alike is not None:
        yield (
            f"Two classes are called alike if two one-sided tests show that their odds ratio lies"
            f" between {decimals(1 / alike, 2)} and {decimals(alike, 2)}"
        )
        yield SCHUIRMANN
        yield ". "


def _model(models: Sequence[Pooled], what: str, further: str) -> Pieces:
    """Return the models that were fitted, and how their heterogeneity is shown."""
    several = [model for model in models if model.n_effects > 1]
    if not several:
        yield f"There is one of the {what} each, whose estimate is shown as it is. "
        return
    random = [model for model in several if model.model == "random"]
    if random:
        yield f"The model has random effects, with the variance between {what} (τ²) by "
        yield from _between([model.method for model in random])
    else:
        yield "The model has a common effect"
    yield from _test([model.test for model in several])
    yield " Heterogeneity is given as I²"
    yield HIGGINS_THOMPSON
    if any(model.prediction_low is not None for model in models):
        yield f" and as a 95% prediction interval of the {further}"
    yield ". "


def _between(methods: Sequence[str]) -> Pieces:
    """Return how tau2 was estimated."""
    for place, method in enumerate(dict.fromkeys(methods)):
        yield " or " if place else ""
        words, citation = ESTIMATORS.get(method, (method, None))
        yield words
        if citation is not None:
            yield citation


def _test(tests: Sequence[str]) -> Pieces:
    """Return which distribution intervals and tests rest on."""
    used = [test for test in ("knha", "adhoc", "t", "z") if test in tests]
    for place, test in enumerate(used[:1]):
        yield "; intervals and tests " if place == 0 else " and "
        yield TESTS[test]
        if test in ("knha", "adhoc"):
            yield HARTUNG_KNAPP
    yield "."
