"""The headline answers with one choice changed at a time, each pooled as the primary ones are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from perdure.errors import InputError
from perdure.pipeline.scenarios import Material, Scenario, scenarios
from perdure.pipeline.synthesise import synthesise, synthesise_contrasts, trials_asked
from perdure.pipeline.variations import primary_references
from perdure.pool import SCALES, binomial_normal
from perdure.pool.classes.zero_arms import counts_of, pool_with_zeros
from perdure.records import (
    AnalysisResult,
    ArmEstimate,
    ClassDifference,
    ClassRow,
    ContrastGroup,
    ContrastSynthesis,
    NotEstimable,
    Reference,
    Results,
    Synthesis,
    Trial,
    classes_of,
)
from perdure.records.class_models import ClassModels
from perdure.records.sensitivity_analysis import (
    AnswerKind,
    SensitivityAnalysis,
    SensitivityRow,
)
from perdure.study import Study

__all__ = ["synthesise_sensitivity"]

ALL = "all contrasts"
LEAVING_OUT = ("data", "thin arms", "published estimates", "published facts")
POOLING = ("model", "tau2 estimator", "test")
LEVEL = 0.95
SMALLEST = 1e-300
"""An odds ratio below this is cut: its logarithm would overflow."""
NO_SCALE = "odds ratios are pooled on the logit scale only"

ArmName = tuple[str, str]
Name = tuple[AnswerKind, str]


@dataclass(frozen=True)
class _Answer:
    """An answer before it is compared with the primary one."""

    arms: tuple[ArmName, ...] = ()
    n_effects: int = 0
    n_trials: int = 0
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    tau2: float | None = None
    reason: str | None = None
    remark: str = ""


def synthesise_sensitivity(
    found: Sequence[AnalysisResult],
    facts: Sequence[AnalysisResult],
    everything: Results,
    study: Study,
    *,
    jobs: int = 1,
) -> tuple[SensitivityAnalysis, ...]:
    """Return every headline answer of a study under every change of one choice.

    Parameters
    ----------
    found : sequence of AnalysisResult
        As they were estimated, before arms without patients came to them.
    facts : sequence of AnalysisResult
        What was estimated from published facts.
    everything : Results
        What was pooled; models that compare classes are taken from there.
    study : Study
    jobs : int
        Worker processes, where arms known by published facts are estimated again.

    Returns
    -------
    tuple of SensitivityAnalysis
        By endpoint: classes of the first grouping, their difference where there are two, and the
        contrasts within trials. What cannot be pooled has a row with its reason.
    """
    classes, contrasts = primary_references(study.settings)
    analyses: list[SensitivityAnalysis] = []
    for endpoint in study.settings.endpoints:
        material = Material(study, endpoint, found, facts, everything.analyses, jobs)
        if not material.estimates:
            continue
        models = next(
            (
                one
                for one in everything.class_models
                if (one.endpoint, one.reference) == (endpoint, classes)
            ),
            None,
        )
        every = list(scenarios(material, classes))
        by_class = [(one, _of_classes(one, study.trials)) for one in every]
        analyses += _compared(material, classes, "class", by_class)
        analyses += [
            replace(one, rows=(*one.rows, *_by_models(one, models)))
            for one in _compared(material, classes, "class difference", by_class)
        ]
        if contrasts != classes:
            every = list(scenarios(material, contrasts))
        within = [
            (one, _of_contrasts(one, study.trials))
            for one in every
            if one.change != "scale"  # contrasts have measures, which stand beside each other
        ]
        analyses += _compared(material, contrasts, "contrast", within)
    return tuple(analyses)


def _compared(
    material: Material,
    reference: Reference,
    kind: AnswerKind,
    answers: Sequence[tuple[Scenario, Mapping[Name, _Answer]]],
) -> Iterator[SensitivityAnalysis]:
    """Yield the answers of one kind, each row beside the primary one."""
    own = material.study.settings
    first = answers[0][1]
    for of, name in first:
        if of != kind:
            continue
        primary = first[of, name]
        measure = {"class": "proportion", "class difference": "log odds ratio"}.get(
            kind, own.pool.pooled_measure
        )
        yield SensitivityAnalysis(
            material.endpoint,
            None if reference == "fixed" else own.endpoints[material.endpoint].k,
            reference,
            own.pool.by[0],
            kind,
            name,
            measure,
            tuple(
                _row(
                    scenario,
                    _or_same(scenario, _or_why(scenario, found, (kind, name)), primary),
                    primary,
                )
                for scenario, found in answers
            ),
        )


def _or_why(scenario: Scenario, found: Mapping[Name, _Answer], name: Name) -> _Answer:
    """Return an answer, or why the scenario has none."""
    if scenario.reason is not None:
        return _Answer(reason=scenario.reason)
    if name[0] == "class difference" and scenario.scale != "logit":
        return _Answer(reason=NO_SCALE)
    none = "none of its arms can be pooled" if name[0] == "class" else "no pair of arms is left"
    return found.get(name) or _Answer(reason=none)


def _or_same(scenario: Scenario, found: _Answer, primary: _Answer) -> _Answer:
    """Return an answer, or why the change cannot move it: to show it would look like agreement."""
    if found.estimate is None or set(found.arms) != set(primary.arms):
        return found
    if scenario.change in LEAVING_OUT and scenario.setting != "pooled":
        return _Answer(reason="none of its arms is left out")
    by_model = scenario.change in POOLING and not scenario.counts
    if by_model and found.n_effects == primary.n_effects == 1:
        return _Answer(reason="one effect: there is nothing to pool")
    return found


def _row(scenario: Scenario, found: _Answer, primary: _Answer) -> SensitivityRow:
    sizes = {(one.trial, one.response.arm): one.response.n for one in _estimates(scenario)}
    known = [sizes[arm] for arm in found.arms]
    patients = [one for one in known if one is not None]
    moved = (
        None
        if found.estimate is None or primary.estimate is None
        else found.estimate - primary.estimate
    )
    compared = found.estimate is not None
    return SensitivityRow(
        change=scenario.change,
        setting=scenario.setting,
        n_effects=found.n_effects,
        n_trials=found.n_trials,
        n_patients=sum(patients) if known and len(patients) == len(known) else None,
        estimate=found.estimate,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        prediction_low=found.prediction_low,
        prediction_high=found.prediction_high,
        tau2=found.tau2,
        difference=moved,
        without=tuple(one for one in primary.arms if one not in found.arms) if compared else (),
        more=tuple(one for one in found.arms if one not in primary.arms) if compared else (),
        reason=found.reason,
        remark=found.remark,
    )


def _estimates(scenario: Scenario) -> list[ArmEstimate]:
    """Return what a scenario pools, of its one endpoint and reference."""
    [reference], [endpoint] = scenario.settings.reference, scenario.settings.endpoints
    return [
        estimate
        for analysis in scenario.analyses
        if analysis.primary and analysis.endpoint == endpoint
        for estimate in analysis.estimates
        if estimate.primary and estimate.response.reference == reference
    ]


def _of_classes(scenario: Scenario, trials: Sequence[Trial]) -> dict[Name, _Answer]:
    """Return each class's proportion, and the difference where there is one pair."""
    if scenario.reason is not None:
        return {}
    settings = scenario.settings
    if scenario.counts:
        return _classes_by_counts(scenario, trials)
    pooled = synthesise(scenario.analyses, trials, settings, scale=scenario.scale)
    if not pooled:
        return {}
    [synthesis] = pooled
    classes = classes_of(trials, settings.pool.by[0])
    left_out = {(one.trial, one.arm) for one in synthesis.left_out}
    members: dict[str, list[ArmName]] = {row.name: [] for row in synthesis.rows}
    for one in _estimates(scenario):
        arm = (one.trial, one.response.arm)
        if arm not in left_out and classes.get(arm, "") in members:
            members[classes[arm]].append(arm)
    found: dict[Name, _Answer] = {
        ("class", row.name): _of_class(row, members[row.name]) for row in synthesis.rows
    }
    if len(synthesis.differences) == 1:
        [pair] = synthesis.differences
        arms = [*members[pair.first], *members[pair.second]]
        found["class difference", f"{pair.first} v {pair.second}"] = _of_pair(pair, synthesis, arms)
    return found


def _of_class(row: ClassRow, arms: Sequence[ArmName]) -> _Answer:
    if row.pooled is None:
        return _Answer(reason=row.reason)
    return _Answer(
        tuple(arms),
        row.pooled.n_effects,
        row.pooled.n_trials,
        row.proportion,
        row.ci_low,
        row.ci_high,
        row.prediction_low,
        row.prediction_high,
        row.pooled.tau2,
        remark=row.reason or "",
    )


def _of_pair(pair: ClassDifference, synthesis: Synthesis, arms: Sequence[ArmName]) -> _Answer:
    fitted = synthesis.regression
    return _Answer(
        tuple(arms),
        len(arms),
        len({trial for trial, _ in arms}),
        log(max(pair.odds_ratio, SMALLEST)),
        log(max(pair.ci_low, SMALLEST)),
        log(max(pair.ci_high, SMALLEST)),
        tau2=None if fitted is None else fitted.tau2,
    )


def _classes_by_counts(scenario: Scenario, trials: Sequence[Trial]) -> dict[Name, _Answer]:
    """Return each class by the likelihood of effective counts, arms at 0 among them."""
    classes = classes_of(trials, scenario.settings.pool.by[0])
    members: dict[str, list[ArmEstimate]] = {}
    for one in _estimates(scenario):
        name = classes.get((one.trial, one.response.arm), "")
        if name and not isinstance(one.response.estimate, NotEstimable):
            members.setdefault(name, []).append(one)
    return {("class", name): _by_counts(arms) for name, arms in members.items()}


def _by_counts(arms: Sequence[ArmEstimate]) -> _Answer:
    try:
        counts = [counts_of(one.response, level=LEVEL) for one in arms]
        pooled = binomial_normal(
            [one.events for one in counts],
            [one.n for one in counts],
            trial=[one.trial for one in arms],
            level=LEVEL,
        ).pooled
    except InputError as error:
        return _Answer(reason=error.problems[0].message)
    mean, back = pooled.coefficients[0], SCALES["logit"].back
    low, high = pooled.prediction_low, pooled.prediction_high
    return _Answer(
        tuple((one.trial, one.response.arm) for one in arms),
        len(arms),
        pooled.n_trials,
        back(mean.estimate),
        back(mean.ci_low),
        back(mean.ci_high),
        None if low is None else back(low),
        None if high is None else back(high),
        pooled.tau2,
    )


def _of_contrasts(scenario: Scenario, trials: Sequence[Trial]) -> dict[Name, _Answer]:
    """Return the contrasts within trials: by pair of classes, and all where there are several."""
    if scenario.reason is not None:
        return {}
    settings = scenario.settings
    if scenario.counts:
        return _contrasts_by_counts(scenario, trials)
    pooled = synthesise_contrasts(
        scenario.analyses,
        trials,
        settings,
        measures=(settings.pool.pooled_measure,),
        each_left_out=False,
    )
    if not pooled:
        return {}
    [one] = pooled
    if one.overall is None:
        return {("contrast", ALL): _Answer(reason=one.reason)}
    found: dict[Name, _Answer] = {
        ("contrast", group.name): _of_group(one, group) for group in one.groups
    }
    found["contrast", ALL] = _of_group(one, one.overall)
    return found


def _of_group(one: ContrastSynthesis, group: ContrastGroup) -> _Answer:
    rows = [row for row in one.rows if group.name in ("", row.group)]
    arms = dict.fromkeys((row.trial, arm) for row in rows for arm in (row.arm, row.comparator))
    mean = group.mean
    return _Answer(
        tuple(arms),
        group.n_contrasts,
        group.n_trials,
        mean.estimate,
        mean.ci_low,
        mean.ci_high,
        mean.prediction_low,
        mean.prediction_high,
        group.pooled.tau2,
        remark=group.reason or "",
    )


def _contrasts_by_counts(scenario: Scenario, trials: Sequence[Trial]) -> dict[Name, _Answer]:
    """Return the contrasts by the likelihood of effective counts, which has odds ratios only."""
    if scenario.settings.pool.pooled_measure != "log odds ratio":
        return {}
    classes = classes_of(trials, scenario.settings.pool.by[0])
    groups: dict[str, list[tuple[str, str, str]]] = {ALL: []}
    known = {one.trial: one for one in trials_asked(scenario.analyses, trials, scenario.settings)}
    for trial, one in known.items():
        for arm, comparator in one.comparators.items():
            both = [classes.get((trial, name), "") or "no class" for name in (arm, comparator)]
            for name in (ALL, " v ".join(dict.fromkeys(both))):
                groups.setdefault(name, []).append((trial, arm, comparator))
    found: dict[Name, _Answer] = {}
    for name, pairs in groups.items():
        kept = [
            pair
            for pair in pairs
            if all(known[pair[0]].responses[arm].proportion is not None for arm in pair[1:])
        ]
        pooled = pool_with_zeros(
            [(known[trial].responses, arm, control) for trial, arm, control in kept],
            level=LEVEL,
            always=True,
        )
        if pooled is None or pooled.log_odds_ratio is None:
            found["contrast", name] = _Answer(reason=pooled.reason if pooled else "nothing to pool")
            continue
        mean = pooled.log_odds_ratio
        arms = dict.fromkeys((trial, arm) for trial, *both in kept for arm in both)
        found["contrast", name] = _Answer(
            tuple(arms),
            pooled.n_contrasts,
            len({trial for trial, *_ in kept}),
            mean.estimate,
            mean.ci_low,
            mean.ci_high,
            tau2=pooled.tau2,
        )
    return found


def _by_models(one: SensitivityAnalysis, models: ClassModels | None) -> Iterator[SensitivityRow]:
    """Yield two classes compared by the other models of the same arms, as they are stored."""
    first, _, second = one.name.partition(" v ")
    primary = one.primary.estimate
    for model in models.models[1:] if models is not None else ():
        term = next(
            (each for each in model.differences if each.term == f"{first} - {second}"), None
        )
        yield SensitivityRow(
            change="model",
            setting=f"{model.model}; {model.error}",
            n_effects=model.n_arms,
            n_trials=model.n_trials,
            n_patients=None,
            estimate=None if term is None else term.estimate,
            ci_low=None if term is None else term.ci_low,
            ci_high=None if term is None else term.ci_high,
            prediction_low=None,
            prediction_high=None,
            tau2=None,
            difference=term.estimate - primary if term and primary is not None else None,
            without=(),
            more=(),
            reason=None if term else model.reason or "this pair is not in the model",
            remark="; ".join(model.notes),
        )
