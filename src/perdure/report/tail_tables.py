"""Tables of follow-up, of what tails are made of, and of what value frameworks give for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from perdure.plots.wording import (
    NOTHING,
    count,
    decimals,
    interval,
    months,
    p_value,
    percent,
    points,
)
from perdure.records import AnalysisResult, ArmTail, FollowUp, TailContrast, TailMeasure
from perdure.report.findings import Findings
from perdure.report.place_columns import arm_column, trial_column
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["follow_up_table", "tail_contrast_table", "tail_table"]

_SHARES = ("milestone survival", "conditional survival")
"""Quantities that are proportions; the others are times."""
MEAN, LOST = "mean survival", "mean time lost"
ON = "On, and residual time: from the threshold, of those who reached it."


@dataclass(frozen=True)
class _Followed:
    analysis: AnalysisResult
    found: FollowUp


def follow_up_table(findings: Findings, endpoint: str) -> Table | None:
    """Return how long each arm was followed, and what that allows to be said of its tail."""
    rows = [
        _Followed(analysis, found)
        for analysis, tail in findings.tails(endpoint)
        for found in tail.follow_up
    ]
    if not rows:
        return None
    rule = findings.rule(endpoint, findings.settings.reference[0])
    unchecked = any(test.experimental for row in rows for test in row.found.tests)
    return build_table(
        file_name("follow-up", endpoint),
        f"Follow-up: {endpoint}, threshold {rule}",
        [*_followed_columns(findings), *_reach_columns(), _verdict_column(rows)],
        rows,
        notes=[
            "Follow-up by reverse Kaplan-Meier. Maturity: share of patients with the event.",
            "Could reach: share of patients whose follow-up could have reached the threshold.",
            "The CSV file has the statistic and the p value of each test of sufficient follow-up."
            + (" Some of the tests are experimental: see the methods." if unchecked else ""),
        ],
        group=lambda row: (row.analysis.trial, row.analysis.analysis),
    )


def _followed_columns(findings: Findings) -> list[Column[_Followed]]:
    def median(row: _Followed) -> str:
        found = row.found
        limits = interval(months(found.median_low), months(found.median_high))
        return f"{months(found.median)} ({limits})" if limits else months(found.median)

    return [
        trial_column(findings),
        arm_column(findings, lambda row: row.found.arm),
        Column(
            "Maturity, %",
            lambda row: percent(row.found.maturity, 0),
            {
                "n": lambda row: row.found.n,
                "events": lambda row: row.found.events,
                "maturity": lambda row: row.found.maturity,
            },
            numeric=True,
        ),
        Column(
            "Follow-up (CI), months",
            median,
            {
                "follow_up_months": lambda row: row.found.median,
                "follow_up_low_months": lambda row: row.found.median_low,
                "follow_up_high_months": lambda row: row.found.median_high,
            },
            numeric=True,
        ),
    ]


def _reach_columns() -> list[Column[_Followed]]:
    """Return what follow-up has to say at the threshold."""
    return [
        Column(
            "Threshold, months",
            lambda row: months(row.found.threshold),
            {"threshold_months": lambda row: row.found.threshold},
            numeric=True,
        ),
        Column("Reach", lambda row: row.found.reach, {"reach": lambda row: row.found.reach}),
        Column(
            "At risk",
            lambda row: count(row.found.n_at_risk),
            {"n_at_risk": lambda row: row.found.n_at_risk},
            numeric=True,
        ),
        Column(
            "Could reach, %",
            lambda row: percent(row.found.could_reach, 0),
            {
                "could_reach": lambda row: row.found.could_reach,
                "information": lambda row: row.found.information,
            },
            numeric=True,
        ),
    ]


def _verdict_column(rows: Sequence[_Followed]) -> Column[_Followed]:
    """Return what the tail can say of a cured fraction, and why a number is missing."""

    def reasons(row: _Followed) -> str:
        shown = ("median", "threshold", "n_at_risk", "could_reach")
        found = [row.found.reasons[name] for name in shown if name in row.found.reasons]
        return "; ".join(dict.fromkeys(found))

    def shown(row: _Followed) -> str:
        why = reasons(row)
        return f"{row.found.verdict} No number: {why}." if why else row.found.verdict

    def tested(row: _Followed, test: str, name: str) -> float | None:
        found = (one for one in row.found.tests if one.test == test)
        value: float | None = getattr(next(found, None), name, None)
        return value

    tests = dict.fromkeys(test.test for row in rows for test in row.found.tests)
    return Column(
        "Can the tail speak of a cured fraction?",
        shown,
        {
            "verdict": lambda row: row.found.verdict,
            "plateau": lambda row: row.found.cured.value,
            "plateau_low": lambda row: row.found.cured.ci_low,
            "plateau_high": lambda row: row.found.cured.ci_high,
            **{
                f"{test}_{short}": partial(tested, test=test, name=name)
                for test in tests
                for short, name in (("statistic", "statistic"), ("p", "p_value"))
            },
            "reasons": lambda row: reasons(row) or None,
        },
    )


@dataclass(frozen=True)
class _Tailed:
    """One arm, with its measures by the names of the columns."""

    analysis: AnalysisResult
    tail: ArmTail
    measures: dict[str, TailMeasure]


def _name(measure: TailMeasure) -> str:
    """Return a measure in words, the same for arms with different thresholds."""
    if measure.quantity == "milestone survival":
        return f"survival at {decimals(measure.stop, 1)} months"
    if measure.quantity == "conditional survival" and measure.stop > measure.start:
        return f"survival {measure.stop - measure.start:.4g} months on"
    return measure.quantity.removeprefix("restricted ")


def _names(tails: Sequence[ArmTail]) -> list[str]:
    """Return the names of a trial's measures; an arm without a threshold cannot say them."""
    return [
        next((name for name in map(_name, same) if name != same[0].quantity), _name(same[0]))
        for same in zip(*(tail.measures for tail in tails), strict=True)
    ]


def tail_table(findings: Findings, endpoint: str) -> Table | None:
    """Return what each arm's tail is made of; None where no arms share some time."""
    rows = [
        _Tailed(analysis, arm, dict(zip(_names(tail.tail.tails), arm.measures, strict=True)))
        for analysis, tail in findings.tails(endpoint)
        if tail.tail is not None
        for arm in tail.tail.tails
    ]
    if not rows:
        return None
    rule = findings.rule(endpoint, findings.settings.reference[0])
    names = dict.fromkeys(name for row in rows for name in row.measures)
    columns = [
        *_tail_columns(findings),
        *(_measure_column(name, rows) for name in names if name != LOST),
    ]
    if any(_why(row) for row in rows):
        columns.append(
            Column("No number because", _why, {"reasons": lambda row: _why(row) or None})
        )
    return build_table(
        file_name("tails", endpoint),
        f"What the tails are made of: {endpoint}, threshold {rule}",
        columns,
        rows,
        notes=[
            f"Mean survival: within the months shown, {rows[0].tail.tau_rule}.",
            "What it lacks of them is the mean time lost.",
            ON,
        ],
        group=lambda row: (row.analysis.trial, row.analysis.analysis),
    )


def _tail_columns(findings: Findings) -> list[Column[_Tailed]]:
    return [
        trial_column(findings),
        arm_column(findings, lambda row: row.tail.arm),
        Column(
            "Threshold, months",
            lambda row: months(row.tail.threshold),
            {"threshold_months": lambda row: row.tail.threshold},
            numeric=True,
        ),
        Column(
            "Within, months",
            lambda row: months(row.tail.tau),
            {"tau_months": lambda row: row.tail.tau, "tau_rule": lambda row: row.tail.tau_rule},
            numeric=True,
        ),
    ]


def _measure_column(name: str, rows: Sequence[_Tailed]) -> Column[_Tailed]:
    """Return one quantity with its interval; the file has the time lost beside the mean."""
    share = any(row.measures[name].quantity in _SHARES for row in rows if name in row.measures)
    in_words = percent if share else months

    def shown(row: _Tailed) -> str:
        found = row.measures.get(name)
        if found is None or found.value is None:
            return NOTHING
        limits = interval(in_words(found.ci_low), in_words(found.ci_high))
        text = in_words(found.value)
        return f"{text} ({limits})" if limits else text

    def raw(row: _Tailed, name: str, part: str) -> object:
        return getattr(row.measures.get(name), part, None)

    beside = [LOST] if name == MEAN else []
    parts = {
        "": "value",
        "_se": "se",
        "_low": "ci_low",
        "_high": "ci_high",
        "_at_risk": "n_at_risk",
    }
    return Column(
        f"{name[0].upper()}{name[1:]} (CI), {'%' if share else 'months'}",
        shown,
        {
            f"{one.replace(' ', '_')}{ending}": partial(raw, name=one, part=part)
            for one in [name, *beside]
            for ending, part in parts.items()
        },
        numeric=True,
    )


def _why(row: _Tailed) -> str:
    """Return why numbers are missing; each reason once."""
    reasons = [one.reason or "" for one in row.measures.values() if one.value is None]
    return "; ".join(dict.fromkeys(reasons))


@dataclass(frozen=True)
class _Against:
    analysis: AnalysisResult
    found: TailContrast
    name: str


def _contrasts(findings: Findings, endpoint: str) -> Iterator[_Against]:
    """Yield each quantity of each pair, named as its measures are: both are in one order."""
    for analysis, tail in findings.tails(endpoint):
        if tail.tail is None:
            continue
        names = _names(tail.tail.tails)
        for place, found in enumerate(tail.tail.contrasts):
            yield _Against(analysis, found, names[place % len(names)])


def tail_contrast_table(findings: Findings, endpoint: str) -> Table | None:
    """Return how the tails of two arms differ; None where no arms are compared."""
    rows = list(_contrasts(findings, endpoint))
    if not rows:
        return None
    columns = _against_columns(findings)
    if not any(row.found.reason for row in rows):
        columns.pop()
    rule = findings.rule(endpoint, findings.settings.reference[0])
    return build_table(
        file_name("tail-contrasts", endpoint),
        f"How tails differ: {endpoint}, threshold {rule}",
        columns,
        rows,
        notes=[
            f"{ON} They were not randomised to be compared from there"
            + (
                "; each arm has its own threshold."
                if any(not row.found.same_threshold for row in rows)
                else "."
            )
        ],
        group=lambda row: (
            row.analysis.trial,
            row.analysis.analysis,
            row.found.arm,
            row.found.comparator,
        ),
    )


def _against_columns(findings: Findings) -> list[Column[_Against]]:
    """Return difference, ratio and p value of each quantity; the last column says why none."""

    def pair(row: _Against) -> str:
        arms = (row.found.arm, row.found.comparator)
        return " v ".join(findings.arm_label(row.analysis.trial, arm) for arm in arms)

    def difference(row: _Against) -> str:
        share = row.found.quantity in _SHARES
        in_words = points if share else months
        limits = interval(in_words(row.found.ci_low), in_words(row.found.ci_high))
        text = f"{in_words(row.found.difference)} ({limits})" if limits else ""
        text = text or in_words(row.found.difference)
        return text if text == NOTHING else f"{text} {'points' if share else 'months'}"

    def ratio(row: _Against) -> str:
        limits = interval(decimals(row.found.ratio_low, 2), decimals(row.found.ratio_high, 2))
        text = decimals(row.found.ratio, 2)
        return f"{text} ({limits})" if limits else text

    def raw(row: _Against, name: str) -> object:
        return getattr(row.found, name)

    return [
        trial_column(findings),
        Column(
            "Arms",
            pair,
            {name: partial(raw, name=name) for name in ("arm", "comparator")},
            once=True,
        ),
        Column(
            "Quantity",
            lambda row: row.name,
            {
                "quantity": lambda row: row.name,
                "start": lambda row: row.found.start,
                "stop": lambda row: row.found.stop,
            },
        ),
        Column(
            "Difference (CI)",
            difference,
            {name: partial(raw, name=name) for name in ("difference", "se", "ci_low", "ci_high")},
            numeric=True,
        ),
        Column(
            "Ratio (CI)",
            ratio,
            {name: partial(raw, name=name) for name in ("ratio", "ratio_low", "ratio_high")},
            numeric=True,
        ),
        Column(
            "P (difference)",
            lambda row: p_value(row.found.p_value),
            {"p": lambda row: row.found.p_value},
            numeric=True,
        ),
        Column(
            "Remarks", lambda row: row.found.reason or "", {"reason": lambda row: row.found.reason}
        ),
    ]
