"""The answer in a few sentences: for the terminal, and for the top of the report."""

from perdure.plots.wording import antilog, percent, points, ratio
from perdure.records import ClassRow, ContrastGroup, ContrastSynthesis, Results, Synthesis
from perdure.report.blocks import Prose
from perdure.report.findings import column_in_words, rule_in_words
from perdure.report.tables import file_name
from perdure.study import Settings

__all__ = ["headline", "headline_prose"]

MOST_CLASSES = 4
"""Classes named in one sentence; the largest come first where there are more."""


def headline(results: Results, settings: Settings) -> tuple[str, ...]:
    """Return one sentence for each endpoint and reference: contrasts, then classes of arms.

    Each gives, class by class, the pooled durable response with its interval and the plain mean of
    the arms' proportions, then the odds ratio where two classes are compared, and how many arms of
    which class are not estimable.
    """
    return tuple(prose.text for prose in headline_prose(results, settings))


def headline_prose(results: Results, settings: Settings) -> tuple[Prose, ...]:
    """Return the sentences of `headline`, each with what holds its numbers."""
    if not results.analyses:
        return (Prose("The study has no analysis: there is no durable response to report."),)
    first = settings.pool.by[0] if settings.pool.by else None
    sentences = [
        Prose(_contrasts(one, settings), see=_files("-contrasts", one.endpoint, one.reference))
        for one in results.contrast_syntheses
        if one.measure == settings.pool.pooled_measure and one.overall is not None
    ]
    sentences += [
        Prose(_sentence(one, settings), see=_files("", one.endpoint, one.reference, one.by))
        for one in results.syntheses
        if one.by == first
    ]
    if sentences:
        return tuple(sentences)
    found = [
        estimate
        for analysis in results.analyses
        for estimate in analysis.estimates
        if estimate.response.proportion is not None
    ]
    known = {(estimate.trial, estimate.response.arm) for estimate in found}
    text = f"Durable response was estimated in {_arms(len(known))}; nothing was pooled."
    if found and all(estimate.source == "facts" for estimate in found):
        text += (
            " All of it is known by published facts alone, which are pooled where"
            " [published_facts] in study.toml asks for it."
        )
    return (Prose(text),)


def _files(what: str, *place: str) -> tuple[str, ...]:
    """Return the names of the forest plot and of the table of a pooled answer."""
    return tuple(file_name(f"{kind}{what}", *place) for kind in ("forest", "pooled"))


def _contrasts(one: ContrastSynthesis, settings: Settings) -> str:
    """Return the contrasts within trials: "odds ratio 2.2 (95% CI 1.7 to 3.0; 8 trials)"."""
    rule = rule_in_words(settings, one.endpoint, one.reference)
    kind = "not randomised: own thresholds" if one.reference == "own" else "randomised"
    groups = sorted(one.groups, key=lambda group: -group.n_contrasts)[:MOST_CLASSES]
    found = groups if len(groups) > 1 else [one.overall]
    parts = [_contrast(group, one.measure) for group in found if group is not None]
    more = len(one.groups) - len(groups)
    tail = f"; {more} smaller pair{'' if more == 1 else 's'} in the report" if more > 0 else ""
    return (
        f"Arms against the control of their trial ({one.endpoint} beyond {rule}; {kind}):"
        f" {'; '.join(parts)}{tail}."
    )


def _contrast(group: ContrastGroup, measure: str) -> str:
    """Return one group: "a v b odds ratio 2.2 (95% CI 1.7 to 3.0; 8 trials)"."""
    mean = group.mean
    values = (mean.estimate, mean.ci_low, mean.ci_high)
    if measure == "difference":
        name, (first, low, high) = "difference, points", [points(value) for value in values]
    else:
        name = measure.removeprefix("log ")
        first, low, high = (ratio(antilog(value)) for value in values)
    trials = f"{group.n_trials} trial{'' if group.n_trials == 1 else 's'}"
    label = f"{group.name} " if group.name else ""
    return f"{label}{name} {first} (95% CI {low} to {high}; {trials})"


def _sentence(synthesis: Synthesis, settings: Settings) -> str:
    rule = rule_in_words(settings, synthesis.endpoint, synthesis.reference)
    head = f"Durable response ({synthesis.endpoint} beyond {rule})"
    if not synthesis.rows:
        return f"{head}: no arm has a {column_in_words(synthesis.by)}; nothing was pooled."
    rows = list(synthesis.rows)
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: -row.n_estimable)[:MOST_CLASSES]
    text = f"{head}: " + " v ".join(_class(row) for row in rows)
    more = len(synthesis.rows) - len(rows)
    if more:
        text += f"; {more} smaller class{'' if more == 1 else 'es'} in the report"
    return f"{text}{_odds_ratio(synthesis)}.{_gaps(synthesis)}"


def _class(row: ClassRow) -> str:
    """Return one class: "chemotherapy 11% (95% CI 8 to 14; plain mean 12%; 12 arms)"."""
    if row.mean_of_proportions is None:
        return f"{row.name} not estimable ({_arms(row.n_arms)})"
    mean = f"plain mean {percent(row.mean_of_proportions, 0)}%"
    if row.proportion is None or row.pooled is None:
        return f"{row.name} not pooled ({mean}; {_arms(row.n_estimable)})"
    limits = f"{percent(row.ci_low, 0)} to {percent(row.ci_high, 0)}"
    only_mean = row.n_estimable - row.pooled.n_effects
    arms = _arms(row.n_estimable) + (f", {only_mean} in the mean only" if only_mean else "")
    return f"{row.name} {percent(row.proportion, 0)}% (95% CI {limits}; {mean}; {arms})"


def _arms(number: int) -> str:
    return f"{number} arm{'' if number == 1 else 's'}"


def _odds_ratio(synthesis: Synthesis) -> str:
    """Return the odds ratio where there is one pair of classes."""
    if len(synthesis.differences) != 1:
        return ""
    [pair] = synthesis.differences
    limits = f"{ratio(pair.ci_low)} to {ratio(pair.ci_high)}"
    return f"; odds ratio {ratio(pair.odds_ratio)} (95% CI {limits})"


def _gaps(synthesis: Synthesis) -> str:
    """Return how many arms have no number, class by class; nothing where every arm has one."""
    gaps = [(row, row.n_arms - row.n_estimable) for row in synthesis.rows]
    named = [f"{gap} of {row.n_arms} {row.name}" for row, gap in gaps if gap]
    if not named:
        return ""
    if len(named) > MOST_CLASSES:
        missing, arms = sum(gap for _, gap in gaps), sum(row.n_arms for row, _ in gaps)
        return f" Not estimable: {missing} of {arms} arms, in {len(named)} classes."
    last = f" and {named[-1]}" if len(named) > 1 else named[-1]
    return f" Not estimable: {', '.join(named[:-1])}{last} arms."
