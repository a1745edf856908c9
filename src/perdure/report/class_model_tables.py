"""The table of classes compared by several models."""

from collections.abc import Callable

from perdure.plots.wording import NOTHING, ratio_and_limits
from perdure.pool import adjusted_p
from perdure.records.class_models import ClassModel, ClassModels
from perdure.report.findings import Findings, column_in_words
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["class_model_table"]

SHORT = {
    "degrees of freedom": "few degrees of freedom",
    "robust error is too small": "errors too small where classes fill a trial",
}
"""What notes that come once for each coefficient are called in the table."""


def class_model_table(findings: Findings, found: ClassModels) -> Table | None:
    """Return every pair of classes, one column each, under every model; None without a pair."""
    pairs = list(dict.fromkeys(one.term for model in found.models for one in model.differences))
    if not pairs:
        return None
    columns: list[Column[ClassModel]] = [
        Column("Model", lambda row: row.model, {"model": lambda row: row.model}),
        Column("Intervals", lambda row: row.error, {"error": lambda row: row.error}),
        Column(
            "Arms",
            lambda row: str(row.n_arms) if row.n_arms else NOTHING,
            {"n_arms": lambda row: row.n_arms, "n_trials": lambda row: row.n_trials},
            numeric=True,
        ),
        *(_pair(term) for term in pairs),
        Column(
            "Remark",
            _remark,
            {"reason": lambda row: row.reason, "notes": lambda row: "; ".join(row.notes)},
        ),
    ]
    rule = findings.rule(found.endpoint, found.reference)
    note = (
        "Odds ratios of durable response (CI). All but the differences within trials mix what"
        " differs within trials with what differs between them. CR2: errors robust to trials, with"
        " Satterthwaite degrees of freedom. Arms at 0 are in the binomial-normal model only, arms"
        " without patients not in one stage."
    )
    if len(pairs) > 1:
        note += (
            " Intervals are not adjusted for the number of pairs; the table’s file has P by Holm."
        )
    return build_table(
        file_name("class-models", found.endpoint, found.reference, found.by),
        f"Classes of {column_in_words(found.by)} compared by several models:"
        f" {found.endpoint} beyond {rule}",
        columns,
        found.models,
        notes=[note],
    )


def _pair(term: str) -> Column[ClassModel]:
    first, _, second = term.partition(" - ")
    name = f"{first} v {second}"

    def get(what: str) -> Callable[[ClassModel], float | None]:
        def value(row: ClassModel) -> float | None:
            found = next((one for one in row.differences if one.term == term), None)
            return None if found is None else getattr(found, what)

        return value

    def show(row: ClassModel) -> str:
        found = next((one for one in row.differences if one.term == term), None)
        if found is None:
            return NOTHING
        return ratio_and_limits(found.estimate, found.ci_low, found.ci_high)

    def adjusted(row: ClassModel) -> float | None:
        every = [one.p for one in row.differences]
        place = next((at for at, one in enumerate(row.differences) if one.term == term), None)
        return None if place is None else float(adjusted_p(every)[place])

    fields = {f"{name}: {what}": get(what) for what in ("estimate", "se", "ci_low", "ci_high", "p")}
    fields[f"{name}: p_adjusted"] = adjusted
    return Column(name, show, fields, numeric=True)


def _remark(row: ClassModel) -> str:
    if row.reason is not None:
        return f"no answer: {row.reason}"
    said = [note for note in row.notes if not any(sign in note for sign in SHORT)]
    short = [text for sign, text in SHORT.items() if any(sign in note for note in row.notes)]
    return "; ".join([*said, *short])
