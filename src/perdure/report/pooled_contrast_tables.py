"""Tables of contrasts pooled across trials, on three measures, and with each trial left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perdure.plots.wording import (
    NOTHING,
    antilog,
    decimals,
    interval,
    p_in_words,
    p_value,
    points,
    ratio,
)
from perdure.pool import adjusted_p
from perdure.records import ContrastGroup, ContrastSynthesis
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["pooled_contrast_table", "without_table"]

HEADS = {
    "log odds ratio": "Odds ratio (CI)",
    "log ratio": "Ratio (CI)",
    "difference": "Difference (CI), points",
}


@dataclass(frozen=True)
class _Row:
    """One group of contrasts on each measure."""

    name: str
    by_measure: dict[str, ContrastGroup]
    drawn: ContrastGroup


def pooled_contrast_table(
    findings: Findings, found: Sequence[ContrastSynthesis], measure: str
) -> Table:
    """Return all contrasts together and by pair of classes.

    Parameters
    ----------
    findings : Findings
    found : sequence of ContrastSynthesis
        One endpoint and reference, each measure.
    measure : str
        The one whose heterogeneity is shown.
    """
    main = next(one for one in found if one.measure == measure)
    groups = [group for group in (*main.groups, main.overall) if group is not None]
    if len(main.groups) == 1:
        groups = groups[:1]
    rows = [
        _Row(
            group.name or "all contrasts",
            {one.measure: mine for one in found if (mine := _same(one, group.name)) is not None},
            group,
        )
        for group in groups
    ]
    columns: list[Column[_Row]] = [
        Column("Arms compared", lambda row: row.name, {"group": lambda row: row.name}),
        Column(
            "Trials (contrasts)",
            lambda row: _counts(row.drawn),
            {
                "n_trials": lambda row: row.drawn.n_trials,
                "n_contrasts": lambda row: row.drawn.n_contrasts,
                "reason": lambda row: row.drawn.reason,
            },
            numeric=True,
        ),
        *(_result(name) for name in HEADS),
        _p_column(_adjusted(main)),
        *_heterogeneity(measure),
    ]
    scale = {"log odds ratio": "the log odds ratio", "log ratio": "the log ratio"}
    drawn_on = scale.get(measure, "the difference")
    legend = (
        "Prediction interval: of the true contrast of a further trial. It, τ², I² and P are of"
        f" {drawn_on}; the limits of τ² are by Q-profile."
    )
    if len(main.groups) > 1:
        legend += (
            " P in brackets: adjusted by Holm for the number of pairs of classes; intervals are not"
            " adjusted."
        )
    notes = [legend, _remarks(rows), _between_groups(main), _own_note(main), _left_out(main)]
    return build_table(
        file_name("pooled-contrasts", main.endpoint, main.reference),
        f"Arms against the control of their trial, pooled: {main.endpoint} beyond"
        f" {findings.rule(main.endpoint, main.reference)}",
        columns,
        rows,
        notes=notes,
    )


def _counts(group: ContrastGroup) -> str:
    """Return how many trials there are, and how many contrasts where that is another number."""
    alike = group.n_contrasts == group.n_trials
    return f"{group.n_trials}" if alike else f"{group.n_trials} ({group.n_contrasts})"


def _remarks(rows: Sequence[_Row]) -> str:
    """Return what groups cannot say, each remark once."""
    reasons = dict.fromkeys(row.drawn.reason for row in rows if row.drawn.reason)
    return " ".join(
        f"{', '.join(row.name for row in rows if row.drawn.reason == reason)}: {reason}."
        for reason in reasons
    )


def _p_column(adjusted: Mapping[str, float]) -> Column[_Row]:
    """Return P of each group, with P adjusted for the number of groups where there are several."""

    def p(row: _Row) -> float:
        return row.drawn.pooled.coefficients[0].p

    if not adjusted:
        return Column("P", lambda row: p_value(p(row)), {"p": p}, numeric=True)

    def show(row: _Row) -> str:
        together = adjusted.get(row.drawn.name)
        return p_value(p(row)) if together is None else f"{p_value(p(row))} ({p_value(together)})"

    fields = {"p": p, "p_adjusted": lambda row: adjusted.get(row.drawn.name)}
    return Column("P (adjusted)", show, fields, numeric=True)


def _adjusted(main: ContrastSynthesis) -> dict[str, float]:
    """Return P of each pair of classes, adjusted for their number; empty for one pair."""
    if len(main.groups) < 2:
        return {}
    found = adjusted_p([group.pooled.coefficients[0].p for group in main.groups])
    return dict(zip((group.name for group in main.groups), found.tolist(), strict=True))


def without_table(findings: Findings, main: ContrastSynthesis) -> Table | None:
    """Return the answer with each trial left out; None where there is one trial."""
    if not main.without:
        return None
    head = HEADS[main.measure]
    columns: list[Column[tuple[str, ContrastGroup]]] = [
        Column(
            "Left out", lambda row: findings.trial_label(row[0]), {"left_out": lambda row: row[0]}
        ),
        Column(
            head,
            lambda row: _shown(row[1], main.measure),
            {
                "estimate": lambda row: row[1].mean.estimate,
                "ci_low": lambda row: row[1].mean.ci_low,
                "ci_high": lambda row: row[1].mean.ci_high,
            },
            numeric=True,
        ),
        Column(
            "τ²",
            lambda row: decimals(row[1].pooled.tau2, 3),
            {"tau2": lambda row: row[1].pooled.tau2},
            numeric=True,
        ),
        Column(
            "I², %",
            lambda row: decimals(row[1].pooled.i2, 0),
            {"i2": lambda row: row[1].pooled.i2},
            numeric=True,
        ),
        Column(
            "P",
            lambda row: p_value(row[1].pooled.coefficients[0].p),
            {"p": lambda row: row[1].pooled.coefficients[0].p},
            numeric=True,
        ),
    ]
    named = ", ".join(findings.trial_label(name) for name in main.carried_by)
    carried = (
        f"Without {named} the interval would say something else about no difference."
        if named
        else "No single trial decides whether the interval holds no difference."
        if any(group.n_contrasts > 1 for _, group in main.without)
        else "With one contrast left there is no synthesis: its own interval is shown."
    )
    return build_table(
        file_name("leave-one-out", main.endpoint, main.reference),
        f"All contrasts with one trial left out: {main.endpoint} beyond"
        f" {findings.rule(main.endpoint, main.reference)}",
        columns,
        main.without,
        notes=[carried],
    )


def _same(one: ContrastSynthesis, name: str) -> ContrastGroup | None:
    return one.overall if not name else next((g for g in one.groups if g.name == name), None)


def _shown(group: ContrastGroup | None, measure: str) -> str:
    """Return estimate and limits on the scale that people read."""
    if group is None:
        return NOTHING
    values = (group.mean.estimate, group.mean.ci_low, group.mean.ci_high)
    first, low, high = (_value(value, measure) for value in values)
    return f"{first} ({interval(low, high)})"


def _value(value: float | None, measure: str) -> str:
    if measure == "difference" or value is None:
        return points(value)
    return ratio(antilog(value))


def _result(measure: str) -> Column[_Row]:
    name = {"log odds ratio": "log_odds_ratio", "log ratio": "log_ratio"}.get(measure, measure)

    def mean(row: _Row, what: str) -> float | None:
        group = row.by_measure.get(measure)
        return None if group is None else getattr(group.mean, what)

    return Column(
        HEADS[measure],
        lambda row: _shown(row.by_measure.get(measure), measure),
        {
            name: lambda row: mean(row, "estimate"),
            f"{name}_se": lambda row: mean(row, "se"),
            f"{name}_low": lambda row: mean(row, "ci_low"),
            f"{name}_high": lambda row: mean(row, "ci_high"),
        },
        numeric=True,
    )


def _heterogeneity(measure: str) -> list[Column[_Row]]:
    """Return prediction interval, tau2 with its limits, and I2."""

    def prediction(row: _Row) -> str:
        mean = row.drawn.mean
        ends = (_value(mean.prediction_low, measure), _value(mean.prediction_high, measure))
        return interval(*ends) if mean.prediction_low is not None else NOTHING

    def tau2(row: _Row) -> str:
        spread = row.drawn.heterogeneity
        if spread is None:
            return NOTHING
        ends = interval(decimals(spread.tau2_low, 3), decimals(spread.tau2_high, 3))
        return f"{decimals(spread.tau2, 3)} ({ends})"

    return [
        Column(
            "Prediction interval",
            prediction,
            {
                "prediction_low": lambda row: row.drawn.mean.prediction_low,
                "prediction_high": lambda row: row.drawn.mean.prediction_high,
            },
            numeric=True,
        ),
        Column(
            "τ² (CI)",
            tau2,
            {"tau2": lambda row: row.drawn.heterogeneity and row.drawn.heterogeneity.tau2},
            numeric=True,
        ),
        Column(
            "I², %",
            lambda row: decimals(row.drawn.pooled.i2, 0) if row.drawn.heterogeneity else NOTHING,
            {"i2": lambda row: row.drawn.pooled.i2},
            numeric=True,
        ),
    ]


def _between_groups(main: ContrastSynthesis) -> str:
    if main.difference is None:
        return ""
    return f"Test that all pairs of classes have one mean: {p_in_words(main.difference.p)}."


def _left_out(main: ContrastSynthesis) -> str:
    """Return how many contrasts are not in the model, and where the reasons are."""
    if not main.left_out:
        return ""
    gaps = len(main.left_out)
    zeros = sum(gap.status == "zero" for gap in main.left_out)
    verb = "contrast is" if gaps == 1 else "contrasts are"
    said = [f"{gaps} {verb} not in the model: see the figure and results/pooled_contrast_rows.csv"]
    if zeros:
        said.append(f"{zeros} with an arm at 0")
    return f"{'; '.join(said)}.{_with_zeros(main)}"


def _with_zeros(main: ContrastSynthesis) -> str:
    """Return all contrasts by the likelihood of their counts, where an arm is at 0."""
    found = main.with_zeros
    if found is None:
        return ""
    head = f" All {found.n_contrasts} contrasts, {found.n_zero} of them with an arm at 0, by the"
    head += " binomial-normal model of effective counts: "
    one = found.log_odds_ratio
    if one is None:
        return f"{head}no answer, {found.reason}."
    ends = interval(*(_value(value, "log odds ratio") for value in (one.ci_low, one.ci_high)))
    return f"{head}odds ratio {_value(one.estimate, 'log odds ratio')} ({ends})."


def _own_note(main: ContrastSynthesis) -> str:
    if main.reference != "own":
        return "Randomised: both arms of a pair are judged at one threshold of their trial."
    return (
        "Each arm is judged at its own threshold: whose tail is heavier for its median, and not a"
        " randomised comparison."
    )
