"""Tables of tails: profiles, follow-up, what tails are made of, value frameworks, models.

Each row is a mapping from column to value, in the order of the columns; times are in the unit that
the row names. ``perdure durable`` writes the same rows as a study's run, without their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from perdure.records import (
    AnalysisResult,
    ArmAwards,
    ArmModels,
    Bootstrap,
    FollowUp,
    TailResult,
    TrialBootstrap,
    TrialProfile,
    TrialTail,
)
from perdure.study.tables import table_text
from perdure.study.writing import write_text

__all__ = [
    "award_rows",
    "bootstrap_rows",
    "follow_up_rows",
    "model_rows",
    "profile_contrast_rows",
    "profile_rows",
    "rows_text",
    "tail_rows",
    "write_rows",
    "write_tail_tables",
]

Row = Mapping[str, object]

_TABLES = ("profiles", "profile_contrasts", "follow_up", "tails", "awards", "models")
_PROFILE = ("proportion", "se", "ci_low", "ci_high", "band_low", "band_high", "n_at_risk")
_OWN = ("excess_p", "shape", "shape_low", "shape_high")
_CONTRAST = ("difference", "se", "ci_low", "ci_high", "band_low", "band_high")


def profile_rows(found: TrialProfile) -> Iterator[Row]:
    """Yield one row for each arm and k."""
    for one in found.profiles:
        for at, k in enumerate(one.k):
            row: dict[str, object] = {
                "arm": one.arm,
                "reference": one.reference,
                "k": k,
                "threshold": k * one.median,
                "time_unit": one.time_unit,
            }
            row |= {name: getattr(one, name)[at] for name in _PROFILE}
            own = one.reference == "own"
            row["excess"] = one.excess[at] if own else None
            for name in _OWN:
                values = getattr(one, name)
                row[name] = None if values is None else values[at]
            row["shape_fitted"] = one.shape_fitted
            yield row


def profile_contrast_rows(found: TrialProfile) -> Iterator[Row]:
    """Yield one row for each pair of arms and k."""
    for one in found.contrasts:
        for at, k in enumerate(one.k):
            row: dict[str, object] = {
                "arm": one.arm,
                "comparator": one.comparator,
                "reference": one.reference,
                "k": k,
            }
            row |= {name: getattr(one, name)[at] for name in _CONTRAST}
            yield row | {
                "p": one.p_value[at],
                "p_adjusted": one.p_adjusted[at],
                "p_any_k": one.p_any,
            }


def follow_up_rows(found: Sequence[FollowUp]) -> Iterator[Row]:
    """Yield one row for each arm; tests of sufficient follow-up stand side by side."""
    for one in found:
        row = asdict(one)
        tests = row.pop("tests")
        cured = row.pop("cured")
        reasons = row.pop("reasons")
        for test in tests:
            row[f"{test['test']}_statistic"] = test["statistic"]
            row[f"{test['test']}_p"] = test["p_value"]
        row["plateau"] = cured["value"]
        row["plateau_low"] = cured["ci_low"]
        row["plateau_high"] = cured["ci_high"]
        experimental = [test["test"] for test in tests if test["experimental"]]
        row["experimental"] = " ".join(experimental)
        row["reasons"] = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        yield row


def tail_rows(found: TrialTail) -> Iterator[Row]:
    """Yield one row for each measure of an arm, then for each of an arm against its comparator."""
    for arm in found.tails:
        for one in arm.measures:
            yield {
                "arm": arm.arm,
                "comparator": None,
                "quantity": one.quantity,
                "start": one.start,
                "stop": one.stop,
                "time_unit": arm.time_unit,
                "value": one.value,
                "se": one.se,
                "ci_low": one.ci_low,
                "ci_high": one.ci_high,
                "p": None,
                "n_at_risk": one.n_at_risk,
                "ratio": None,
                "ratio_low": None,
                "ratio_high": None,
                "reason": one.reason,
            }
    unit = found.tails[0].time_unit if found.tails else "months"
    for pair in found.contrasts:
        yield {
            "arm": pair.arm,
            "comparator": pair.comparator,
            "quantity": pair.quantity,
            "start": pair.start,
            "stop": pair.stop,
            "time_unit": unit,
            "value": pair.difference,
            "se": pair.se,
            "ci_low": pair.ci_low,
            "ci_high": pair.ci_high,
            "p": pair.p_value,
            "n_at_risk": None,
            "ratio": pair.ratio,
            "ratio_low": pair.ratio_low,
            "ratio_high": pair.ratio_high,
            "reason": pair.reason,
        }


def award_rows(found: Sequence[ArmAwards]) -> Iterator[Row]:
    """Yield one row for each rule and pair of arms."""
    for pair in found:
        for one in pair.awards:
            criteria = "; ".join(
                f"{each.name}: "
                + (each.reason or "not known" if each.value is None else f"{each.value:.4g}")
                for each in one.criteria
            )
            yield {
                "arm": pair.arm,
                "comparator": pair.comparator,
                "framework": one.framework,
                "version": one.version,
                "rule": one.rule,
                "verified": "yes" if one.verified else "no: unverified",
                "award": one.award,
                "time": one.time,
                "time_unit": one.time_unit,
                "criteria": criteria,
                "met": None if one.met is None else "yes" if one.met else "no",
                "probability": one.probability,
                "probability_low": one.probability_low,
                "probability_high": one.probability_high,
                "not_judged": one.not_judged,
                "reason": one.reason,
                "caveat": one.caveat,
                "checked": one.checked,
            }


def model_rows(found: Sequence[ArmModels]) -> Iterator[Row]:
    """Yield one row for each arm and model, the best by AIC first."""
    for arm in found:
        if arm.reason:
            yield {"arm": arm.arm, "model": None, "reason": arm.reason}
        for one in arm.models:
            row = {"arm": arm.arm, **asdict(one)}
            row["parameters"] = "; ".join(
                f"{each.name} {each.value:.6g} ({each.se:.3g})" for each in one.parameters
            )
            row["notes"] = " ".join(one.notes)
            row["extrapolated"] = "yes" if one.extrapolated else "no"
            row["experimental"] = "yes" if one.experimental else "no"
            yield row


def bootstrap_rows(found: TrialBootstrap) -> Iterator[Row]:
    """Yield one row for each arm, then for each pair."""
    every: tuple[Bootstrap, ...] = (*found.arms, *found.contrasts)
    for one in every:
        yield asdict(one)


def rows_text(rows: Sequence[Row]) -> str:
    """Return rows of one kind as CSV; a column that a row lacks is empty there."""
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return table_text(columns, [tuple(row.get(name) for name in columns) for row in rows])


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of one kind; a file without rows is not written, and an older one removed."""
    if rows:
        write_text(path, rows_text(rows))
    else:
        path.unlink(missing_ok=True)


def write_tail_tables(results: Path, analyses: Sequence[AnalysisResult]) -> None:
    """Write the tables of a whole study into its results; one without rows is not there."""
    tables: dict[str, list[Row]] = {name: [] for name in _TABLES}
    for analysis in analyses:
        if analysis.tail is not None:
            place = {
                "trial": analysis.trial,
                "endpoint": analysis.endpoint,
                "analysis": analysis.analysis,
                "primary": "yes" if analysis.primary else "no",
            }
            for name, rows in _of(analysis.tail).items():
                tables[name] += [place | dict(row) for row in rows]
    for name, rows in tables.items():
        write_rows(results / f"{name}.csv", rows)


def _of(tail: TailResult) -> dict[str, list[Row]]:
    """Return the rows of every table that one analysis has."""
    return {
        "profiles": [row for one in tail.profiles for row in profile_rows(one)],
        "profile_contrasts": [row for one in tail.profiles for row in profile_contrast_rows(one)],
        "follow_up": list(follow_up_rows(tail.follow_up)),
        "tails": [] if tail.tail is None else list(tail_rows(tail.tail)),
        "awards": list(award_rows(tail.awards)),
        "models": list(model_rows(tail.models)),
    }
