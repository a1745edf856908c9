"""Tables with one row a class, or two classes compared."""

from perdure.plots.wording import NOTHING, decimals, interval, p_value, percent, ratio
from perdure.records import ClassDifference, ClassRow, Synthesis
from perdure.report.class_pairs import about_pairs, judged_classes, pair_columns
from perdure.report.findings import Findings, column_head, column_in_words
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["difference_table", "pooled_table"]


def pooled_table(findings: Findings, synthesis: Synthesis) -> Table:
    """Return the classes: the plain mean of the arms, and the model's answer beside it."""

    def result(row: ClassRow) -> str:
        if row.proportion is None:
            return NOTHING
        limits = interval(percent(row.ci_low), percent(row.ci_high))
        return f"{percent(row.proportion)} ({limits})"

    def prediction(row: ClassRow) -> str:
        limits = interval(percent(row.prediction_low), percent(row.prediction_high))
        return limits or NOTHING

    def tau2(row: ClassRow) -> float | None:
        alone = row.pooled is None or row.pooled.n_effects < 2 or row.pooled.model == "common"
        return None if alone or row.pooled is None else row.pooled.tau2

    def i2(row: ClassRow) -> float | None:
        return None if row.pooled is None or row.pooled.n_effects < 2 else row.pooled.i2

    by = column_in_words(synthesis.by)
    columns: list[Column[ClassRow]] = [
        Column(column_head(synthesis.by), lambda row: row.name, {"class": lambda row: row.name}),
        Column(
            "Arms", lambda row: str(row.n_arms), {"n_arms": lambda row: row.n_arms}, numeric=True
        ),
        Column(
            "Estimable",
            lambda row: str(row.n_estimable),
            {"n_estimable": lambda row: row.n_estimable},
            numeric=True,
        ),
        Column(
            "Plain mean, %",
            lambda row: percent(row.mean_of_proportions),
            {"mean_of_proportions": lambda row: row.mean_of_proportions},
            numeric=True,
        ),
        Column(
            "In the model",
            lambda row: "0" if row.pooled is None else str(row.pooled.n_effects),
            {"n_modelled": lambda row: 0 if row.pooled is None else row.pooled.n_effects},
            numeric=True,
        ),
        Column(
            "Pooled (CI), %",
            result,
            {
                "proportion": lambda row: row.proportion,
                "ci_low": lambda row: row.ci_low,
                "ci_high": lambda row: row.ci_high,
            },
            numeric=True,
        ),
        Column(
            "Prediction interval, %",
            prediction,
            {
                "prediction_low": lambda row: row.prediction_low,
                "prediction_high": lambda row: row.prediction_high,
            },
            numeric=True,
        ),
        Column("τ²", lambda row: decimals(tau2(row), 3), {"tau2": tau2}, numeric=True),
        Column("I², %", lambda row: decimals(i2(row), 0), {"i2": i2}, numeric=True),
        Column("Remark", lambda row: row.reason or "", {"reason": lambda row: row.reason}),
    ]
    if not any(row.reason for row in synthesis.rows):
        columns.pop()
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    return build_table(
        file_name("pooled", synthesis.endpoint, synthesis.reference, synthesis.by),
        f"Pooled durable response by {by}: {synthesis.endpoint} beyond {rule}",
        columns,
        synthesis.rows,
        notes=["CI, 95% confidence interval. τ² is on the logit scale."],
    )


def difference_table(findings: Findings, synthesis: Synthesis) -> Table | None:
    """Return every pair of classes as an odds ratio; None where there is none."""
    if not synthesis.differences:
        return None
    judged = judged_classes(synthesis, findings.settings.pool.alike)
    columns: list[Column[ClassDifference]] = [
        Column(
            "Classes",
            lambda row: f"{row.first} v {row.second}",
            {"class": lambda row: row.first, "against": lambda row: row.second},
        ),
        Column(
            "Odds ratio (CI)",
            lambda row: (
                f"{ratio(row.odds_ratio)} ({interval(ratio(row.ci_low), ratio(row.ci_high))})"
            ),
            {
                "odds_ratio": lambda row: row.odds_ratio,
                "ci_low": lambda row: row.ci_low,
                "ci_high": lambda row: row.ci_high,
            },
            numeric=True,
        ),
        Column("P", lambda row: p_value(row.p), {"p": lambda row: row.p}, numeric=True),
        *pair_columns(judged, lambda row: (row.first, row.second)),
    ]
    by = column_in_words(synthesis.by)
    rule = findings.rule(synthesis.endpoint, synthesis.reference)
    return build_table(
        file_name("differences", synthesis.endpoint, synthesis.reference, synthesis.by),
        f"Differences by {by}, as odds ratios of durable response:"
        f" {synthesis.endpoint} beyond {rule}",
        columns,
        synthesis.differences,
        notes=[
            "Observational: differences within trials and between trials mix.",
            *about_pairs(judged),
        ],
    )
