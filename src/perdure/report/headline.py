"""The answer in a few sentences: for the terminal, and for the top of the report."""

from perdure.plots.wording import decimals, percent
from perdure.records import ClassRow, Results, Synthesis
from perdure.report.findings import column_in_words, rule_in_words
from perdure.study import Settings

__all__ = ["headline"]

MOST_CLASSES = 4
"""Classes named in one sentence; the largest come first where there are more."""


def headline(results: Results, settings: Settings) -> tuple[str, ...]:
    """Return one sentence for each endpoint and reference, by the first grouping.

    Each gives, class by class, the pooled durable response with its interval and the plain mean of
    the arms' proportions, then the odds ratio where two classes are compared, and how many arms of
    which class are not estimable.
    """
    if not results.analyses:
        return ("The study has no analysis: there is no durable response to report.",)
    first = settings.pool.by[0] if settings.pool.by else None
    sentences = [
        _sentence(synthesis, settings) for synthesis in results.syntheses if synthesis.by == first
    ]
    if sentences:
        return tuple(sentences)
    known = {
        (estimate.trial, estimate.response.arm)
        for analysis in results.analyses
        for estimate in analysis.estimates
        if estimate.response.proportion is not None
    }
    return (f"Durable response was estimated in {_arms(len(known))}; nothing was pooled.",)


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
    limits = f"{decimals(pair.ci_low, 2)} to {decimals(pair.ci_high, 2)}"
    return f"; odds ratio {decimals(pair.odds_ratio, 2)} (95% CI {limits})"


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
