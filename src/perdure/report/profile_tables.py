"""Tables of durable response against k: each arm, and each arm against its comparator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from perdure.plots.steps import nearest_k
from perdure.plots.wording import (
    NOTHING,
    count,
    decimals,
    interval,
    multiple,
    p_value,
    percent,
    points,
)
from perdure.records import AnalysisResult, Profile, ProfileContrast, Reference
from perdure.report.findings import Findings
from perdure.report.place_columns import trial_column
from perdure.report.tables import Column, Table, build_table, file_name

__all__ = ["profile_contrast_table", "profile_table"]

SHOWN = (1.5, 2.0, 3.0, 4.0)
"""The k of the tables; results/profiles.csv has all of them."""
BANDED = ("proportion", "se", "ci_low", "ci_high", "band_low", "band_high")
NEAR = 0.05
"""A profile's k this near to the one asked for goes by its name."""


@dataclass(frozen=True)
class _At:
    """One arm at one k that its profile reaches; without a profile there is a reason."""

    analysis: AnalysisResult
    arm: str
    k: float | None
    profile: Profile | None
    place: int | None
    reason: str = ""

    def of(self, values: Sequence[float] | None) -> float | None:
        """Return the value at this k."""
        return None if values is None or self.place is None else values[self.place]

    @property
    def found_k(self) -> float | None:
        return self.of(self.profile.k) if self.profile else None


def _in_words(asked: float | None, found: float | None) -> str:
    """Return the k asked for, with the profile's own where it is not near."""
    if asked is None:
        return NOTHING
    if found is None or abs(found - asked) <= NEAR:
        return multiple(asked)
    return f"{multiple(asked)} (at {decimals(found, 1)})"


def _range(found: Profile | ProfileContrast | None) -> str:
    """Return the first and the last k in words."""
    return f"{found.k[0]:.1f} to {found.k[-1]:.1f}" if found else NOTHING


def _reached(values: Sequence[float]) -> list[tuple[float | None, int | None]]:
    """Return the k of the tables that a profile reaches, with their places; a gap if none."""
    found = [(k, place) for k in SHOWN if (place := nearest_k(values, k)) is not None]
    return [*found] or [(None, None)]


def _rows(findings: Findings, endpoint: str, reference: Reference) -> Iterator[_At]:
    """Yield each arm at each k, arms in the order of their analysis."""
    for analysis, found in findings.profiles(endpoint, reference):
        profiles = {one.arm: one for one in found.profiles}
        missing = dict(found.missing)
        for arm in (one.arm for one in analysis.arms):
            if arm in profiles:
                one = profiles[arm]
                for k, place in _reached(one.k):
                    why = "" if place is not None else f"a profile from k = {_range(one)} only"
                    yield _At(analysis, arm, k, one, place, why)
            elif arm in missing:
                yield _At(analysis, arm, None, None, None, missing[arm])


def profile_table(findings: Findings, endpoint: str, reference: Reference) -> Table | None:
    """Return durable response at several k with the band; None where no arm was looked at."""
    rows = list(_rows(findings, endpoint, reference))
    if not rows:
        return None
    own = reference == "own"
    columns = [*_place_columns(findings), *_value_columns()]
    columns += _own_columns() if own else []
    if any(row.profile and row.profile.shape_fitted is not None for row in rows):
        columns.append(_fitted_column())
    columns.append(_area_column(own=own))
    if any(row.reason for row in rows):
        columns.append(Column("No number because", lambda row: row.reason, {"reason": _reason}))
    return build_table(
        file_name("profiles", endpoint, reference),
        f"Durable response against k: {_about(endpoint, reference)}",
        columns,
        rows,
        notes=_notes(rows, own=own),
        group=lambda row: (row.analysis.trial, row.analysis.analysis, row.arm),
    )


def _reason(row: _At) -> str | None:
    return row.reason or None


def _about(endpoint: str, reference: Reference) -> str:
    """Return the threshold without its k."""
    whose = {
        "own": "the own median",
        "control": "the control arm\u2019s median",
        "trial": "the trial\u2019s median",
    }
    return f"{endpoint} beyond k times {whose[reference]}"


def _notes(rows: Sequence[_At], *, own: bool) -> list[str]:
    """Return what a reader needs to know of the words in the table."""
    least = next((row.profile.least for row in rows if row.profile), None)
    return [
        "Band: with 95% the arm\u2019s whole line lies inside, at every k at once.",
        f"A profile ends at the last k with {least} patients at risk." if least else "",
        "Excess: over 2 to the power \u2212k; its P is adjusted for all k looked at."
        " Implied shape: of the Weibull distribution with this durable response; below 1 its hazard"
        " falls."
        if own
        else "",
        "Fitted shape: of a Weibull distribution fitted to all patients of the arm, where one could"
        " be."
        if any(row.profile and row.profile.shape_fitted is not None for row in rows)
        else "",
        "Mean: area under the line over its length"
        + ("; after v, that of a constant hazard." if own else "."),
    ]


def _place_columns(findings: Findings) -> list[Column[_At]]:
    return [
        Column(
            "Trial",
            lambda row: findings.place_label(row.analysis),
            {
                "trial": lambda row: row.analysis.trial,
                "analysis": lambda row: row.analysis.analysis,
                "primary": lambda row: "yes" if row.analysis.primary else "no",
            },
        ),
        Column(
            "Arm",
            lambda row: findings.arm_label(row.analysis.trial, row.arm),
            {"arm": lambda row: row.arm},
            once=True,
        ),
        Column(
            "k",
            lambda row: _in_words(row.k, row.found_k),
            {"k": lambda row: row.k, "k_found": lambda row: row.found_k},
            numeric=True,
        ),
    ]


def _value(row: _At, name: str) -> float | None:
    """Return a value of a profile at this k."""
    return row.of(getattr(row.profile, name)) if row.profile else None


def _value_columns() -> list[Column[_At]]:
    """Return durable response with its band, and who is at risk."""

    def at_risk(row: _At) -> int | None:
        return (
            None if row.profile is None or row.place is None else row.profile.n_at_risk[row.place]
        )

    def shown(row: _At) -> str:
        limits = interval(percent(_value(row, "band_low")), percent(_value(row, "band_high")))
        text = percent(_value(row, "proportion"))
        return f"{text} ({limits})" if limits else text

    return [
        Column("At risk", lambda row: count(at_risk(row)), {"n_at_risk": at_risk}, numeric=True),
        Column(
            "Durable response (band), %",
            shown,
            {name: partial(_value, name=name) for name in BANDED},
            numeric=True,
        ),
    ]


def _own_columns() -> list[Column[_At]]:
    """Return what is compared with a constant hazard."""

    def excess(row: _At) -> float | None:
        return row.of(row.profile.excess) if row.profile else None

    def excess_p(row: _At) -> float | None:
        return row.of(row.profile.excess_p) if row.profile else None

    def shape(row: _At, name: str) -> float | None:
        return row.of(getattr(row.profile, name)) if row.profile else None

    def shown(row: _At) -> str:
        low, high = (decimals(shape(row, f"shape_{side}"), 2) for side in ("low", "high"))
        text = decimals(shape(row, "shape"), 2)
        limits = interval(low, high)
        return f"{text} ({limits})" if limits else text

    return [
        Column(
            "Excess, points (P)",
            lambda row: (
                NOTHING
                if row.place is None
                else f"{points(excess(row))} ({p_value(excess_p(row))})"
            ),
            {"excess": excess, "excess_p": excess_p},
            numeric=True,
        ),
        Column(
            "Implied shape (CI)",
            shown,
            {
                "shape": lambda row: shape(row, "shape"),
                "shape_low": lambda row: shape(row, "shape_low"),
                "shape_high": lambda row: shape(row, "shape_high"),
            },
            numeric=True,
        ),
    ]


def _fitted_column() -> Column[_At]:
    """Return the shape of the Weibull distribution that was fitted to the patients."""
    return Column(
        "Fitted shape",
        lambda row: decimals(row.profile.shape_fitted if row.profile else None, 2),
        {
            "shape_fitted": lambda row: row.profile.shape_fitted if row.profile else None,
            "shape_fitted_se": lambda row: row.profile.shape_fitted_se if row.profile else None,
        },
        numeric=True,
        once=True,
    )


def _area_column(*, own: bool) -> Column[_At]:
    """Return the area under an arm's profile, beside that of a constant hazard."""

    def shown(row: _At) -> str:
        if row.profile is None:
            return NOTHING
        found = row.profile.area
        limits = interval(percent(found.ci_low), percent(found.ci_high))
        flat = f" v {percent(found.exponential)}" if found.exponential is not None else ""
        return f"{percent(found.value)} ({limits}){flat}"

    def area(row: _At, name: str) -> float | None:
        value: float | None = getattr(row.profile.area, name) if row.profile else None
        return value

    return Column(
        "Mean (CI) v constant hazard, %" if own else "Mean (CI), %",
        shown,
        {
            "area": lambda row: area(row, "value"),
            "area_se": lambda row: area(row, "se"),
            "area_ci_low": lambda row: area(row, "ci_low"),
            "area_ci_high": lambda row: area(row, "ci_high"),
            "area_exponential": lambda row: area(row, "exponential"),
            "first_k": lambda row: row.profile.k[0] if row.profile else None,
            "last_k": lambda row: row.profile.k[-1] if row.profile else None,
        },
        numeric=True,
        once=True,
    )


@dataclass(frozen=True)
class _Pair:
    """One contrast at one k, or why there is none."""

    analysis: AnalysisResult
    found: ProfileContrast | None
    name: str
    k: float | None
    place: int | None
    reason: str = ""

    def of(self, values: Sequence[float]) -> float | None:
        return None if self.place is None else values[self.place]


def _pairs(findings: Findings, endpoint: str, reference: Reference) -> Iterator[_Pair]:
    """Yield each contrast at each k, and the pairs of arms that have none."""
    for analysis, found in findings.profiles(endpoint, reference):
        arms = [one.arm for one in analysis.arms]
        labels = {arm: findings.arm_label(analysis.trial, arm) for arm in arms}
        for one in found.contrasts:
            name = f"{labels.get(one.arm, one.arm)} v {labels.get(one.comparator, one.comparator)}"
            for k, place in _reached(one.k):
                yield _Pair(analysis, one, name, k, place)
        names = {f"{a} v {b}": f"{labels[a]} v {labels[b]}" for a in arms for b in arms}
        for name, reason in found.missing:
            if name in names and name not in arms:
                yield _Pair(analysis, None, names[name], None, None, reason)


def profile_contrast_table(findings: Findings, endpoint: str, reference: Reference) -> Table | None:
    """Return differences between arms at several k with their band; None where there is none."""
    rows = list(_pairs(findings, endpoint, reference))
    if not rows:
        return None

    columns = _pair_columns(findings)
    if not any(row.reason for row in rows):
        columns.pop()
    return build_table(
        file_name("profile-contrasts", endpoint, reference),
        f"Differences against k: {_about(endpoint, reference)}",
        columns,
        rows,
        notes=[
            "P at this k is adjusted for all k looked at; P for any k: of no difference at any.",
            "Each arm is judged at its own thresholds: not a randomised comparison."
            if reference == "own"
            else "",
        ],
        group=lambda row: (row.analysis.trial, row.analysis.analysis, row.name),
    )


def _difference(row: _Pair, name: str) -> float | None:
    """Return a value of a contrast at this k."""
    return row.of(getattr(row.found, name)) if row.found else None


def _pair_columns(findings: Findings) -> list[Column[_Pair]]:
    """Return difference and p values; the last column says why there is none."""

    def shown(row: _Pair) -> str:
        limits = interval(
            points(_difference(row, "band_low")), points(_difference(row, "band_high"))
        )
        text = points(_difference(row, "difference"))
        return f"{text} ({limits})" if limits else text

    return [
        trial_column(findings),
        Column(
            "Arms",
            lambda row: row.name,
            {
                "arms": lambda row: row.name,
                "arm": lambda row: row.found.arm if row.found else None,
                "comparator": lambda row: row.found.comparator if row.found else None,
            },
            once=True,
        ),
        Column(
            "k",
            lambda row: _in_words(row.k, row.of(row.found.k) if row.found else None),
            {"k": lambda row: row.k, "k_found": lambda row: _difference(row, "k")},
            numeric=True,
        ),
        Column(
            "Difference (band), points",
            shown,
            {name: partial(_difference, name=name) for name in ("difference", *BANDED[1:])},
            numeric=True,
        ),
        Column(
            "P at this k",
            lambda row: p_value(_difference(row, "p_adjusted")),
            {
                "p": lambda row: _difference(row, "p_value"),
                "p_adjusted": lambda row: _difference(row, "p_adjusted"),
            },
            numeric=True,
        ),
        Column(
            "P for any k",
            lambda row: p_value(row.found.p_any if row.found else None),
            {"p_any": lambda row: row.found.p_any if row.found else None},
            numeric=True,
            once=True,
        ),
        Column(
            "All k",
            lambda row: _range(row.found),
            {
                "first_k": lambda row: row.found.k[0] if row.found else None,
                "last_k": lambda row: row.found.k[-1] if row.found else None,
            },
            numeric=True,
            once=True,
        ),
        Column("No number because", lambda row: row.reason, {"reason": lambda row: row.reason}),
    ]
