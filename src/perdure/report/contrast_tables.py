"""The table of contrasts between the arms of each trial."""

from functools import partial

from perdure.plots.wording import decimals, interval, p_value, points
from perdure.records import Reference, TrialContrast
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["contrast_table"]

NNT = "Number to treat (CI)"


def contrast_table(findings: Findings, endpoint: str, reference: Reference) -> Table | None:
    """Return the contrasts between the arms of each trial; None where there is none."""
    rows = findings.contrasts(endpoint, reference)
    if not rows:
        return None

    own = reference == "own"
    columns = _contrast_columns(findings)
    if own:
        columns = [column for column in columns if column.head != NNT]
    if not any(row.contrast.reason for row in rows):
        columns.pop()
    note = (
        "Each arm is judged at its own threshold: this says whose tail is heavier for its median,"
        " and is not a randomised comparison."
        if own
        else "Both arms of a pair are judged at one threshold: randomisation holds."
    )
    nnt = (
        ""
        if own
        else f"{NNT}: for one durable response more, negative for one fewer; without an interval"
        " where the difference may be 0."
    )
    return build_table(
        file_name("contrasts", endpoint, reference),
        f"Contrasts within trials: {endpoint} beyond {findings.rule(endpoint, reference)}",
        columns,
        rows,
        notes=[note, nnt],
        group=lambda row: (row.trial, row.analysis),
    )


def _contrast_columns(findings: Findings) -> list[Column[TrialContrast]]:
    """Return difference, ratio and p value; the last column says why there is none."""

    def pair(row: TrialContrast) -> str:
        arm = findings.arm_label(row.trial, row.contrast.arm)
        return f"{arm} v {findings.arm_label(row.trial, row.contrast.comparator)}"

    def difference(row: TrialContrast) -> str:
        found = row.contrast
        limits = interval(points(found.ci_low), points(found.ci_high))
        text = points(found.difference)
        return f"{text} ({limits})" if limits else text

    return [
        Column(
            "Trial",
            findings.place_label,
            {"trial": lambda row: row.trial, "analysis": lambda row: row.analysis},
        ),
        Column(
            "Arms",
            pair,
            {
                "arm": lambda row: row.contrast.arm,
                "comparator": lambda row: row.contrast.comparator,
            },
        ),
        Column(
            "Difference (CI), points",
            difference,
            {
                "difference": lambda row: row.contrast.difference,
                "se": lambda row: row.contrast.se,
                "ci_low": lambda row: row.contrast.ci_low,
                "ci_high": lambda row: row.contrast.ci_high,
            },
            numeric=True,
        ),
        *_ratio_columns(),
        Column(
            "P (difference)",
            lambda row: p_value(row.contrast.p_value),
            {"p": lambda row: row.contrast.p_value},
            numeric=True,
        ),
        Column(
            "Not estimable because",
            lambda row: row.contrast.reason or "",
            {"reason": lambda row: row.contrast.reason},
        ),
    ]


def _ratio_columns() -> list[Column[TrialContrast]]:
    """Return ratio, odds ratio and number needed to treat."""

    def ratio(row: TrialContrast, name: str) -> str:
        value, low, high = (_raw(row, f"{name}{end}") for end in ("", "_low", "_high"))
        limits = interval(decimals(low, 2), decimals(high, 2))
        text = decimals(value, 2)
        return f"{text} ({limits})" if limits else text

    def treat(row: TrialContrast) -> str:
        found = row.contrast
        limits = interval(*(decimals(one, 1) for one in found.nnt_limits or (None, None)))
        text = decimals(found.nnt, 1)
        return f"{text} ({limits})" if limits else text

    return [
        *(
            Column(
                head,
                partial(ratio, name=name),
                {
                    f"{name}{end}": partial(_raw, name=f"{name}{end}")
                    for end in ("", "_low", "_high")
                },
                numeric=True,
            )
            for head, name in (("Ratio (CI)", "ratio"), ("Odds ratio (CI)", "odds_ratio"))
        ),
        Column(
            NNT,
            treat,
            {
                "nnt": lambda row: row.contrast.nnt,
                "nnt_low": lambda row: (row.contrast.nnt_limits or (None, None))[0],
                "nnt_high": lambda row: (row.contrast.nnt_limits or (None, None))[1],
            },
            numeric=True,
        ),
    ]


def _raw(row: TrialContrast, name: str) -> float | None:
    value: float | None = getattr(row.contrast, name)
    return value
