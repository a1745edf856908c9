"""Arms that are not estimable: left out, by the model of vectors, and by a pattern mixture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perdure.plots.wording import (
    NOTHING,
    interval,
    p_in_words,
    p_value,
    percent,
    points,
    ratio_and_limits,
)
from perdure.pool import adjusted_p
from perdure.records import Coefficient
from perdure.records.missing_arms import (
    ClassMean,
    ClassMissingArms,
    Conclusion,
    MissingArms,
    MixtureDifference,
)
from perdure.report.findings import Findings
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["missing_arm_table", "missing_pair_table"]

OPPOSITE: dict[Conclusion, Conclusion] = {"lower": "higher", "higher": "lower", "open": "open"}
"""A conclusion with the two classes changed over."""


@dataclass(frozen=True)
class _Class:
    """A class under each way."""

    name: str
    reached: int
    arms: int
    without: ClassMean | None
    vectors: ClassMean | None


def missing_arm_table(findings: Findings, one: ClassMissingArms, found: MissingArms) -> Table:
    """Return durable response by class, with arms left out and by the model of vectors."""
    rows = [
        _Class(
            reach.name,
            reach.n_reached + reach.n_zero,
            reach.n_arms,
            _of(found.without.classes, reach.name),
            _of(found.vectors.classes, reach.name),
        )
        for reach in found.reach
    ]
    columns: list[Column[_Class]] = [
        Column("Class", lambda row: row.name, {"class": lambda row: row.name}),
        Column("Arms", lambda row: str(row.arms), {"n_arms": lambda row: row.arms}, numeric=True),
        Column(
            "Reach the threshold",
            lambda row: str(row.reached),
            {"n_reached": lambda row: row.reached},
            numeric=True,
        ),
        Column(
            "Others left out, % (CI)",
            lambda row: _share(row.without),
            {"left_out": lambda row: row.without and row.without.proportion},
            numeric=True,
        ),
        Column(
            "All arms, by median and multiples, % (CI)",
            lambda row: _share(row.vectors),
            {"vectors": lambda row: row.vectors and row.vectors.proportion},
            numeric=True,
        ),
    ]
    legend = (
        "Whether an arm reaches its threshold is decided by the reference median and its follow-up,"
        " both seen. The model of vectors takes every arm with its log median and its durable"
        " response at each multiple that it reaches: what is not reached is missing at random."
    )
    return build_table(
        file_name("missing-arms", one.endpoint, one.reference, one.by),
        f"Arms that do not reach their threshold: {one.endpoint} beyond"
        f" {findings.rule(one.endpoint, one.reference)}",
        columns,
        rows,
        notes=[
            legend,
            *_without_patients(findings, one),
            *(_as_sentence(note) for note in found.notes),
        ],
    )


@dataclass(frozen=True)
class _Pair:
    """Two classes under each way."""

    name: str
    without: str
    vectors: str
    least: float | None
    most: float | None
    tips: str


def missing_pair_table(
    findings: Findings, one: ClassMissingArms, found: MissingArms
) -> Table | None:
    """Return every pair of classes as an odds ratio, and where the pattern mixture tips it."""
    mixture = {f"{pair.first} - {pair.second}": pair for pair in found.mixture.differences}
    vectors = {pair.term: pair for pair in found.vectors.differences}
    left_out, all_arms = _adjusted(found.without.differences), _adjusted(found.vectors.differences)
    rows = []
    for pair in found.without.differences:
        first, _, second = pair.term.partition(" - ")
        turned = f"{second} - {first}"
        other = vectors.get(pair.term) or _turned(vectors.get(turned))
        mixed = mixture.get(pair.term) or _mixed_turned(mixture.get(turned))
        rows.append(
            _Pair(
                pair.term.replace(" - ", " v "),
                _answer(pair, left_out.get(pair.term)),
                NOTHING
                if other is None
                else _answer(other, all_arms.get(pair.term, all_arms.get(turned))),
                None if mixed is None else mixed.least,
                None if mixed is None else mixed.most,
                ""
                if mixed is None
                else "; ".join(
                    f"q = {tip.q:.2f}: {tip.before} to {tip.after}" for tip in mixed.tips
                )
                or f"never: {mixed.conclusion}",
            )
        )
    if not rows:
        return None
    columns: list[Column[_Pair]] = [
        Column("Classes", lambda row: row.name, {"pair": lambda row: row.name}),
        Column("Others left out (CI)", lambda row: row.without, numeric=True),
        Column("Model of vectors (CI)", lambda row: row.vectors, numeric=True),
        Column(
            "Mixture, least to most, points",
            lambda row: interval(points(row.least), points(row.most)),
            {"least": lambda row: row.least, "most": lambda row: row.most},
            numeric=True,
        ),
        Column("Conclusion turns at", lambda row: row.tips, {"tips": lambda row: row.tips}),
    ]
    note = (
        f"Odds ratios{'; P adjusted by Holm for the number of pairs' if left_out else ''}. Pattern"
        " mixture: an arm that does not reach its threshold shows q times its"
        " last survival, q from 0 to 1 for all; difference of mean proportions, least and most with"
        " q = 0 in one class and 1 in the other. Conclusion: lower, higher, or open where the"
        " interval holds no difference."
    )
    return build_table(
        file_name("missing-arm-pairs", one.endpoint, one.reference, one.by),
        f"Classes compared, whatever the missing arms show: {one.endpoint} beyond"
        f" {findings.rule(one.endpoint, one.reference)}",
        columns,
        rows,
        notes=[note],
    )


def _adjusted(pairs: Sequence[Coefficient]) -> dict[str, float]:
    """Return P of each pair, adjusted for their number; empty for one pair."""
    if len(pairs) < 2:
        return {}
    found = adjusted_p([pair.p for pair in pairs]).tolist()
    return dict(zip((pair.term for pair in pairs), found, strict=True))


def _answer(pair: Coefficient, adjusted: float | None) -> str:
    ratio = ratio_and_limits(pair.estimate, pair.ci_low, pair.ci_high)
    more = "" if adjusted is None else f" (adjusted {p_value(adjusted)})"
    return f"{ratio}, {p_in_words(pair.p)}{more}"


def _turned(pair: Coefficient | None) -> Coefficient | None:
    """Return a difference the other way round."""
    if pair is None:
        return None
    return replace(pair, estimate=-pair.estimate, ci_low=-pair.ci_high, ci_high=-pair.ci_low)


def _mixed_turned(pair: MixtureDifference | None) -> MixtureDifference | None:
    """Return a pattern mixture's difference the other way round."""
    if pair is None:
        return None
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        conclusion=OPPOSITE[pair.conclusion],
        tips=tuple(
            replace(tip, before=OPPOSITE[tip.before], after=OPPOSITE[tip.after])
            for tip in pair.tips
        ),
        least=-pair.most,
        most=-pair.least,
    )


def _without_patients(findings: Findings, one: ClassMissingArms) -> list[str]:
    """Return a sentence on the arms that no way can take."""
    if not one.without_patients:
        return []
    places = [place.split(": ", 1) for place in one.without_patients]
    names = "; ".join(
        f"{findings.trial_label(trial)}, {findings.arm_label(trial, arm)}" for trial, arm in places
    )
    return [f"Not counted here, as only published estimates of them are known: {names}."]


def _as_sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}{'' if note.endswith('.') else '.'}"


def _of(classes: tuple[ClassMean, ...], name: str) -> ClassMean | None:
    return next((one for one in classes if one.name == name), None)


def _share(mean: ClassMean | None) -> str:
    if mean is None or mean.proportion is None:
        return NOTHING
    ends = interval(percent(mean.ci_low), percent(mean.ci_high))
    return f"{percent(mean.proportion)} ({ends})"
