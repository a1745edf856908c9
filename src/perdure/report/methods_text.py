"""The methods section, written from what was run: no method is named that was not used."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perdure.plots.wording import decimals, multiple
from perdure.records import DAYS_PER_MONTH, DurableResponse, Proportion, Results, Source, Trial
from perdure.report.citations import (
    ALTMAN,
    BROOKMEYER_CROWLEY,
    GREENWOOD,
    GUYOT,
    KAPLAN_MEIER,
    PONS_TOSTIVINT,
    RUBIN,
    SCHEMPER_SMITH,
    THOMAS_GRUNKEMEIER,
    ZOU_DONNER,
    Citation,
)
from perdure.report.methods_appraisal import appraisal
from perdure.report.methods_checks import (
    checks_made,
    choices_changed,
    classes_modelled,
    missing_arms_modelled,
    networks_pooled,
)
from perdure.report.methods_facts import published_facts
from perdure.report.methods_pool import arms_pooled, contrasts_pooled
from perdure.report.methods_tail import awards, profiles, tails
from perdure.report.sentences import Pieces, joined, listed, some
from perdure.study import Settings

__all__ = ["MethodsParagraph", "methods_text", "references_of"]


_SCALES = {
    "log-log": "the scale of log(−log)",
    "plain": "the proportion’s own scale",
    "log": "the log scale",
    "logit": "the logit scale",
    "arcsin": "the arcsine scale",
}


@dataclass(frozen=True)
class MethodsParagraph:
    """A paragraph with its title; citations stand between the words that they support."""

    title: str
    pieces: tuple[str | Citation, ...]

    @property
    def words(self) -> str:
        """The paragraph without its citations."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


def methods_text(
    results: Results, settings: Settings, trials: Sequence[Trial] = ()
) -> tuple[MethodsParagraph, ...]:
    """Return the paragraphs of the methods section; those without a subject are left out."""
    written = (
        ("Search and appraisal", appraisal(settings, trials)),
        ("Trials and data", _data(results)),
        ("Reconstruction", _reconstruction(results)),
        ("Durable response", _durable_response(results, settings)),
        ("Intervals", _intervals(results)),
        ("Arms without a curve", published_facts(results, settings)),
        ("Follow-up and what is not estimable", _follow_up(results, settings)),
        ("Contrasts within trials", _contrasts(results)),
        ("Durable response against k", profiles(results)),
        ("Follow-up and tails", tails(results)),
        ("Value frameworks", awards(results)),
        ("Synthesis of contrasts", contrasts_pooled(results)),
        ("Synthesis of arms", arms_pooled(results, settings.pool.alike)),
        ("Classes by several models", classes_modelled(results)),
        ("Network of classes", networks_pooled(results)),
        ("Arms that are not estimable", missing_arms_modelled(results)),
        ("Checks", checks_made(results)),
        ("Sensitivity analyses", choices_changed(results)),
        ("Software", _software(results)),
    )
    paragraphs = ((title, joined(pieces)) for title, pieces in written)
    return tuple(MethodsParagraph(title, pieces) for title, pieces in paragraphs if pieces)


def references_of(paragraphs: Iterable[MethodsParagraph]) -> tuple[Citation, ...]:
    """Return what the paragraphs cite, in order of first mention."""
    cited = (
        piece
        for paragraph in paragraphs
        for piece in paragraph.pieces
        if isinstance(piece, Citation)
    )
    return tuple(dict.fromkeys(cited))


def _data(results: Results) -> Pieces:
    trials = {analysis.trial for analysis in results.analyses}
    arms = [(analysis, arm) for analysis in results.analyses for arm in analysis.arms]
    different = {(analysis.trial, arm.arm) for analysis, arm in arms}
    yield f"The study holds {some(len(trials), 'trial')} with {some(len(different), 'arm')}. "
    sources = Counter(arm.source for analysis, arm in arms if analysis.primary)
    names: dict[Source, str] = {
        "patients": "as patient data (observed, or rebuilt before)",
        "curve": "as digitised Kaplan-Meier curves",
        "facts": "as published facts, without a curve",
        "published": "as published estimates of durable response",
    }
    parts = [f"{sources[source]} entered {names[source]}" for source in names if sources[source]]
    if parts:
        total = some(sum(sources.values()), "arm and endpoint", "arms by endpoint")
        yield f"Of {total}, {listed(parts)}. "
    others = [analysis for analysis in results.analyses if not analysis.primary]
    by_facts = sum(all(arm.source == "facts" for arm in one.arms) for one in others)
    more = len(others) - by_facts
    if by_facts:
        rest = "analysis rests" if by_facts == 1 else "analyses rest"
        are = "is" if by_facts == 1 else "are"
        yield f"{by_facts} more {rest} on published facts alone and {are} not pooled. "
    if more:
        yield (
            "Each trial and endpoint has one primary analysis, which alone is pooled;"
            f" {some(more, 'further analysis is', 'further analyses are')} shown as"
            f" {'a sensitivity analysis' if more == 1 else 'sensitivity analyses'}. "
        )
    yield f"Times are in months of {DAYS_PER_MONTH:g} days."


def _reconstruction(results: Results) -> Pieces:
    rebuilt = [arm for analysis in results.analyses for arm in analysis.arms if arm.evidence]
    if not rebuilt:
        return
    methods = Counter(arm.method or "" for arm in rebuilt)
    for place, (method, number) in enumerate(methods.items()):
        start = "The patients behind " if place == 0 else "Those behind "
        yield f"{start}{some(number, 'digitised curve')} were rebuilt by the "
        if method == "guyot":
            yield "method of Guyot and others"
            yield GUYOT
            yield ". "
            continue
        yield (
            "sampling of a hidden Markov model: between two points of a curve patients are"
            " censored and have events, survival follows exactly, and is seen through the reading"
            " error of the figure; printed numbers at risk and totals of events are met. Of the"
            " histories that fit, the most typical one is shown. Every estimate was made in each"
            " of them, and combined by Rubin's rules"
        )
        yield RUBIN
        yield ", so that not knowing which of them is true is part of each interval. "
    used = Counter(fact for arm in rebuilt if arm.evidence for fact in arm.evidence.used)
    facts = [f"{fact} for {number}" for fact, number in used.items() if fact != "curve"]
    if facts:
        yield f"Beside the curve, it was given {listed(facts)} of them. "
    alone = sum(arm.evidence.used == ("curve",) for arm in rebuilt if arm.evidence)
    if alone:
        yield f"{some(alone, 'arm rests', 'arms rest')} on the curve alone. "
    yield "How closely the rebuilt patients follow what was published is shown for each arm."


def _durable_response(results: Results, settings: Settings) -> Pieces:
    estimates = [one for analysis in results.analyses for one in analysis.estimates]
    if not estimates:
        return
    endpoints = dict.fromkeys(one.endpoint for one in estimates)
    references = dict.fromkeys(one.response.reference for one in estimates)
    multiples = [f"k = {multiple(settings.endpoints[name].k)} for {name}" for name in endpoints]
    if any(reference != "fixed" for reference in references):
        yield "A durable response is a time to event longer than k times a reference median"
        yield PONS_TOSTIVINT
        yield f", with {listed(multiples)}. "
    meaning = {
        "own": "the arm’s own median, which asks how heavy its tail is whatever its median",
        "control": "the median of the trial’s control arm, one threshold for both arms of a pair",
        "trial": "the median of all arms of the trial together, one threshold for every arm",
    }
    medians = [meaning[reference] for reference in references if reference != "fixed"]
    if len(medians) == 1:
        yield f"The reference is {medians[0]}. "
    elif medians:
        yield f"The references are: {'; '.join(medians)}. "
    if "fixed" in references:
        times = [
            f"{decimals(settings.fixed_time_months(name), 1)} months for {name}"
            for name in endpoints
        ]
        yield f"At a fixed time the threshold is {listed(times)} (milestone survival). "
    if any(one.source in ("patients", "curve") for one in estimates):
        yield "The proportion is the Kaplan-Meier estimate"
        yield KAPLAN_MEIER
        yield " at the threshold. "
    if "own" in references:
        shown = dict.fromkeys(
            f"{decimals(100 * 2.0 ** -settings.endpoints[name].k, 1)}% for {name}"
            for name in endpoints
        )
        yield (
            "Under the own median an arm with a constant hazard shows 2 to the power −k whatever"
            f" its drug ({listed(list(shown))}); the excess over it is what the tail adds. "
        )


def _intervals(results: Results) -> Pieces:
    computed = [
        one.response
        for analysis in results.analyses
        for one in analysis.estimates
        if one.source in ("patients", "curve")
    ]
    edge = sum(isinstance(one.estimate, Proportion) and one.estimate.se is None for one in computed)
    spread = [
        one
        for one in computed
        if isinstance(one.estimate, Proportion) and one.estimate.se is not None
    ]
    if spread:
        yield "Variances are Greenwood’s"
        yield GREENWOOD
        if any(one.reference != "fixed" for one in spread):
            yield (
                ", and carry to first order, by influence functions, that the median behind the"
                " threshold was estimated too; the density that this needs is survival times a"
                " hazard that is smoothed over a window around the time"
            )
        yield ". "
        yield from _scales(spread)
    if any(one.median_low is not None or one.median_high is not None for one in computed):
        yield "Intervals of medians invert the pointwise intervals of the curve"
        yield BROOKMEYER_CROWLEY
        yield ". "
    if edge:
        yield (
            f"{some(edge, 'estimate')} of 0 or 1 {'has' if edge == 1 else 'have'} a likelihood"
            " interval"
        )
        yield THOMAS_GRUNKEMEIER
        yield " and no standard error. "
    if any(
        one.source == "published" for analysis in results.analyses for one in analysis.estimates
    ):
        yield "Published estimates keep the intervals that they were printed with."


def _scales(spread: Sequence[DurableResponse]) -> Pieces:
    """Return which intervals were computed, and the likelihood intervals beside thin arms."""
    found = [one.estimate for one in spread if isinstance(one.estimate, Proportion)]
    for name in dict.fromkeys(one.interval for one in found):
        if name == "likelihood":
            yield "95% confidence intervals are likelihood intervals"
            yield THOMAS_GRUNKEMEIER
            yield ". "
        else:
            scale = _SCALES.get(name, f"the {name} scale")
            yield f"95% confidence intervals are symmetric on {scale}. "
    if any(one.likelihood_low is not None for one in found):
        yield "Beside that of a thin arm stands a likelihood interval"
        yield THOMAS_GRUNKEMEIER
        yield ". "


def _follow_up(results: Results, settings: Settings) -> Pieces:
    responses = [one.response for analysis in results.analyses for one in analysis.estimates]
    statuses = Counter(response.status for response in responses)
    if any(response.follow_up is not None for response in responses):
        yield "Median follow-up is by reverse Kaplan-Meier"
        yield SCHEMPER_SMITH
        yield ". "
    if statuses["thin"]:
        yield (
            f"An estimate is called thin where fewer than {settings.thin} patients are at risk at"
            f" the threshold ({some(statuses['thin'], 'estimate')}). "
        )
    if statuses["zero"]:
        yield (
            "A curve that has reached 0 before the threshold is known from there on: its durable"
            f" response is 0 ({some(statuses['zero'], 'estimate')}). "
        )
    if statuses["not estimable"]:
        yield (
            "Where there is no reference median, or the threshold lies past the end of follow-up,"
            " no number is given and no curve is extended: the arm is not estimable, and all that"
            " is known are the bounds that its curve sets, with a confidence limit of the upper one"
            f" ({some(statuses['not estimable'], 'estimate')})."
        )


def _contrasts(results: Results) -> Pieces:
    found = [
        one.contrast
        for analysis in results.analyses
        for one in analysis.contrasts
        if one.contrast.difference is not None
    ]
    if not found:
        return
    yield (
        "Arms were compared with their comparators as differences, ratios and odds ratios. Their"
        " limits are put together from the arms’ own limits, whose variance they recover, with the"
        " covariance that shared patients bring"
    )
    yield ZOU_DONNER
    yield "; the p value of a difference inverts its interval. "
    references = {contrast.reference for contrast in found}
    if "own" in references:
        yield (
            "Under the own median two arms are judged at two thresholds; that contrast says whose"
            " tail is heavier for its median and is not a randomised comparison. "
        )
    if references - {"own"}:
        yield "Where both arms share one threshold randomisation holds. "
        if any(contrast.nnt is not None for contrast in found if contrast.reference != "own"):
            yield "The number needed to treat is one over the difference"
            yield ALTMAN
            yield "."


def _software(results: Results) -> Pieces:
    version = results.provenance.get("perdure")
    yield f"All was computed with perdure {version}." if version else ""
