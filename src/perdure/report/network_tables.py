"""Tables of classes compared through common controls: every pair, and ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

from perdure.plots.wording import (
    NOTHING,
    antilog,
    decimals,
    interval,
    p_in_words,
    p_value,
    percent,
    ratio,
    ratio_and_limits,
)
from perdure.records.network import ClassNetwork, Comparison, EvidenceSplit, NetworkComponent, Rank
from perdure.report.class_pairs import about_pairs, judged_network, pair_columns
from perdure.report.findings import Findings, column_in_words
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["component_number", "component_words", "network_table", "rank_table"]

MOSTLY_DIRECT = 0.99
"""With a larger direct share what is left is no evidence to show."""


MOST_NAMED = 12
"""More arms than this are named in a section of their own alone."""
FIRST = 3
"""Trials that are named where there are many."""


@dataclass(frozen=True)
class _Pair:
    """Two classes, and what trials saw directly of them."""

    found: Comparison
    split: EvidenceSplit


def network_table(findings: Findings, one: ClassNetwork, part: NetworkComponent) -> Table:
    """Return every pair of classes of a component, direct and indirect evidence apart."""
    rows = [_Pair(found, split) for found, split in zip(part.comparisons, part.splits, strict=True)]
    judged = judged_network(part, findings.settings.pool.alike)
    columns: list[Column[_Pair]] = [
        Column(
            "Classes",
            lambda row: f"{row.found.treatment} v {row.found.comparator}",
            {
                "treatment": lambda row: row.found.treatment,
                "comparator": lambda row: row.found.comparator,
            },
        ),
        Column(
            "Trials",
            lambda row: str(row.found.n_trials),
            {"n_trials": lambda row: row.found.n_trials},
            numeric=True,
        ),
        Column(
            "Odds ratio (CI)",
            lambda row: ratio_and_limits(row.found.estimate, row.found.ci_low, row.found.ci_high),
            {
                "log_odds_ratio": lambda row: row.found.estimate,
                "se": lambda row: row.found.se,
                "ci_low": lambda row: row.found.ci_low,
                "ci_high": lambda row: row.found.ci_high,
            },
            numeric=True,
        ),
        Column(
            "Prediction interval",
            lambda row: _limits(row.found.prediction_low, row.found.prediction_high),
            {
                "prediction_low": lambda row: row.found.prediction_low,
                "prediction_high": lambda row: row.found.prediction_high,
            },
            numeric=True,
        ),
        Column("P", lambda row: p_value(row.found.p), {"p": lambda row: row.found.p}, numeric=True),
        *pair_columns(judged, lambda row: (row.found.treatment, row.found.comparator)),
        *_evidence(),
    ]
    by = column_in_words(one.by)
    rule = findings.rule(one.endpoint, one.reference)
    legend = (
        "Each pair by all trials that connect the two; direct: trials that compare them; indirect:"
        " through other classes; the errors of both are of the network’s τ². P of agreement: that"
        " both are the same."
    )
    return build_table(
        file_name("network", one.endpoint, one.reference, one.by, component_number(one, part)),
        f"Every pair by {by}, through common controls: {one.endpoint} beyond {rule}"
        f"{component_words(one, part)}",
        columns,
        rows,
        notes=[
            legend,
            *about_pairs(judged),
            _own(one),
            _designs(part),
            *part.notes,
            *_outside(findings, one),
        ],
    )


def rank_table(findings: Findings, one: ClassNetwork, part: NetworkComponent) -> Table:
    """Return the classes by P-score."""
    columns: list[Column[Rank]] = [
        Column(
            column_in_words(one.by).capitalize(),
            lambda row: row.treatment,
            {"treatment": lambda row: row.treatment},
        ),
        Column(
            "P-score",
            lambda row: decimals(row.p_score, 2),
            {"p_score": lambda row: row.p_score},
            numeric=True,
        ),
        Column(
            "Most durable of all, %",
            lambda row: percent(row.probabilities[0], 0),
            {"probability_first": lambda row: row.probabilities[0]},
            numeric=True,
        ),
        Column(
            "Mean rank",
            lambda row: decimals(row.mean_rank, 1),
            {"mean_rank": lambda row: row.mean_rank},
            numeric=True,
        ),
    ]
    note = (
        "P-score: mean certainty of being better than another class. Ranks say nothing of how far"
        " apart classes are: read them with the intervals above."
    )
    return build_table(
        file_name(
            "network-ranks", one.endpoint, one.reference, one.by, component_number(one, part)
        ),
        f"Classes by durable response: {one.endpoint} beyond"
        f" {findings.rule(one.endpoint, one.reference)}{component_words(one, part)}",
        columns,
        part.ranks,
        notes=[note],
    )


def _evidence() -> list[Column[_Pair]]:
    """Return direct and indirect evidence, and whether they agree."""

    def side(row: _Pair, name: str) -> str:
        found = getattr(row.split, name)
        nearly_none = name == "indirect" and row.split.direct_share > MOSTLY_DIRECT
        if found is None or nearly_none:
            return NOTHING
        return ratio_and_limits(found.estimate, found.ci_low, found.ci_high)

    return [
        Column(
            "Direct",
            lambda row: side(row, "direct"),
            {"direct": lambda row: row.split.direct and row.split.direct.estimate},
            numeric=True,
        ),
        Column(
            "Indirect",
            lambda row: side(row, "indirect"),
            {"indirect": lambda row: row.split.indirect and row.split.indirect.estimate},
            numeric=True,
        ),
        Column(
            "P of agreement",
            lambda row: p_value(row.split.difference.p) if row.split.difference else NOTHING,
            {"agreement_p": lambda row: row.split.difference and row.split.difference.p},
            numeric=True,
        ),
    ]


def component_words(one: ClassNetwork, part: NetworkComponent) -> str:
    """Return which treatments a table is of, where the network falls apart."""
    whole = one.network is None or len(one.network.components) < 2
    return "" if whole else f" ({', '.join(part.treatments)})"


def component_number(one: ClassNetwork, part: NetworkComponent) -> str:
    """Return the component's number, for the name of its file."""
    if one.network is None or len(one.network.components) < 2:
        return ""
    return str(one.network.components.index(part) + 1)


def _own(one: ClassNetwork) -> str:
    if one.reference != "own":
        return ""
    return "Each arm at its own threshold: not a randomised comparison."


def _outside(findings: Findings, one: ClassNetwork) -> list[str]:
    """Return which arms and trials are not in the network."""
    found = []
    if one.network is not None and one.network.left_out:
        found.append(_alone([findings.trial_label(name) for name in one.network.left_out]))
    if len(one.left_out) > MOST_NAMED:
        found.append(
            f"{len(one.left_out)} arms without an estimate or a class are not in it: the section on"
            " what is not estimable names them."
        )
    elif one.left_out:
        arms = "; ".join(
            f"{findings.trial_label(gap.trial)}, {findings.arm_label(gap.trial, gap.arm)}"
            for gap in one.left_out
        )
        found.append(f"Arms without an estimate or a class are not in it: {arms}.")
    return found


def _alone(trials: Sequence[str]) -> str:
    """Return which trials compare nothing, the first few of many by name.

    Examples
    --------
    >>> _alone(["A"])
    'One trial compares nothing and is not in it, its arms with an estimate being of one class: A.'
    >>> _alone(list("ABCDE")).rpartition(": ")[2]
    'A, B, C and 2 more.'
    """
    named = trials if len(trials) <= FIRST + 1 else [*trials[:FIRST]]
    more = len(trials) - len(named)
    names = ", ".join(named) + (f" and {more} more" if more else "")
    if len(trials) == 1:
        head = "One trial compares nothing and is not in it, its arms"
    else:
        head = f"{len(trials)} trials compare nothing and are not in it, the arms of each"
    return f"{head} with an estimate being of one class: {names}."


def _designs(part: NetworkComponent) -> str:
    """Return whether designs agree with each other."""
    between = part.inconsistency.between
    if between is None:
        return ""
    return (
        f"Inconsistency between designs: Q {between.statistic:.2f} on {between.df:g} df,"
        f" {p_in_words(between.p)}."
    )


def _limits(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return NOTHING
    return interval(ratio(antilog(low)), ratio(antilog(high)))
