"""What ``perdure durable --with`` finds beside the estimates: sentences, JSON, tables, pictures."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perdure.cli.forms import contrast_json, response_json
from perdure.durable import (
    TailThreshold,
    TrialDurability,
    durability_profile,
    durable_bootstrap,
    follow_up,
    tail_awards,
    tail_thresholds,
    trial_models,
    trial_tail,
)
from perdure.records import (
    ArmAwards,
    ArmModels,
    Bootstrap,
    FollowUp,
    Patients,
    Reference,
    TailMeasure,
    TrialProfile,
    TrialTail,
)
from perdure.study.tail_tables import (
    award_rows,
    bootstrap_rows,
    follow_up_rows,
    model_rows,
    profile_contrast_rows,
    profile_rows,
    rows_text,
    tail_rows,
)

__all__ = ["Beside", "Question", "found_beside", "write_beside"]

Row = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Question:
    """What was asked of ``perdure durable``."""

    arms: Mapping[str, Patients]
    ensembles: Mapping[str, Sequence[Patients]]
    k: float | None
    reference: Reference
    comparators: Mapping[str, str]
    time: float | None
    endpoint: str | None
    thin: int
    level: float
    replicates: int
    seed: int
    milestones: Sequence[float] = ()
    beyond: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class Beside:
    """What was found: rows by table, sentences, and the profile that there is a picture of."""

    tables: Mapping[str, list[Row]]
    lines: Sequence[str]
    profile: TrialProfile | None = None


def found_beside(question: Question, wanted: Collection[str]) -> Beside:
    """Return what is wanted of: bootstrap, profile, follow-up, tail, models, awards.

    Of arms with several histories bootstrap and awards use all, the others the first: their rows
    and sentences say so.
    """
    found = [_FINDERS[kind](question) for kind in _FINDERS if kind in wanted]
    return Beside(
        {name: rows for one in found for name, rows in one.tables.items()},
        [line for one in found for line in one.lines],
        next((one.profile for one in found if one.profile is not None), None),
    )


def write_beside(
    folder: Path, question: Question, found: TrialDurability, beside: Beside, *, title: str
) -> list[Path]:
    """Write estimates.csv, contrasts.csv, every other table and the pictures; return their paths.

    All of them or none; what an earlier call wrote there and this one has not is removed.
    """
    from perdure.plots import durability_panel, profile_plot
    from perdure.study import write_files

    tables: dict[str, list[Row]] = {
        "estimates": [response_json(one) for one in found.responses],
        "contrasts": [_flat(contrast_json(one)) for one in found.contrasts],
        **beside.tables,
    }
    contents = {f"{name}.csv": rows_text(rows).encode() for name, rows in tables.items() if rows}
    contents["curves.svg"] = durability_panel(
        question.arms, found.responses, title=title, comparators=question.comparators
    )
    if beside.profile is not None and beside.profile.profiles:
        contents["profile.svg"] = profile_plot(beside.profile, title=title, k=question.k)
    write_files({folder / name: content for name, content in contents.items()})
    for name in _FILES:
        if name not in contents:
            (folder / name).unlink(missing_ok=True)
    return [folder / name for name in contents]


def _flat(row: Mapping[str, object]) -> dict[str, object]:
    """Return a contrast with the two limits of its number needed to treat in two columns."""
    flat = dict(row)
    limits = flat.pop("number_needed_to_treat_limits")
    low, high = limits if isinstance(limits, tuple) else (None, None)
    return flat | {"number_needed_to_treat_low": low, "number_needed_to_treat_high": high}


def _of_first(question: Question, tables: Mapping[str, list[Row]], lines: Sequence[str]) -> Beside:
    """Return what was found of the first history, and say so where there are several."""
    size = next((len(draws) for draws in question.ensembles.values()), 1)
    if size == 1:
        return Beside(tables, lines)
    note = f"the first of {size} histories"
    marked: dict[str, list[Row]] = {
        name: [{**row, "histories": note} for row in rows] for name, rows in tables.items()
    }
    return Beside(marked, [f"{line} [{note}]" for line in lines])


def _bootstrap(question: Question) -> Beside:
    drawn = durable_bootstrap(
        question.arms,
        question.ensembles,
        k=question.k,
        reference=question.reference,
        comparators=question.comparators,
        time=question.time,
        replicates=question.replicates,
        seed=question.seed,
        level=question.level,
    )
    lines = [_bootstrap_line(one) for one in (*drawn.arms, *drawn.contrasts)]
    return Beside({"bootstrap": list(bootstrap_rows(drawn))}, lines)


def _profile(question: Question) -> Beside:
    if question.reference == "fixed":
        return Beside({}, ["profile: none (the reference fixed has no k)"])
    profile = durability_profile(
        question.arms,
        reference=question.reference,
        comparators=question.comparators,
        level=question.level,
        seed=question.seed,
    )
    tables = {
        "profile": list(profile_rows(profile)),
        "profile_contrasts": list(profile_contrast_rows(profile)),
    }
    return replace(_of_first(question, tables, list(_profile_lines(profile))), profile=profile)


def _thresholds(question: Question) -> dict[str, TailThreshold]:
    return tail_thresholds(
        question.arms,
        k=question.k,
        reference=question.reference,
        comparators=question.comparators,
        time=question.time,
    )


def _follow_up(question: Question) -> Beside:
    thresholds = _thresholds(question)
    followed = [
        follow_up(
            arm,
            one,
            threshold=thresholds[arm].time,
            threshold_reason=thresholds[arm].reason,
            thin=question.thin,
            level=question.level,
            seed=question.seed,
        )
        for arm, one in question.arms.items()
    ]
    lines = [_follow_up_line(one) for one in followed]
    return _of_first(question, {"follow_up": list(follow_up_rows(followed))}, lines)


def _tail(question: Question) -> Beside:
    empty = [arm for arm, one in question.arms.items() if one.time.max() <= 0]
    if empty:
        return Beside({}, [f"tail: none (nobody is followed beyond time 0 in {', '.join(empty)})"])
    tail = trial_tail(
        question.arms,
        _thresholds(question),
        comparators=question.comparators,
        milestones=question.milestones,
        beyond=question.beyond,
        level=question.level,
    )
    return _of_first(question, {"tail": list(tail_rows(tail))}, list(_tail_lines(tail)))


def _models(question: Question) -> Beside:
    models = trial_models(
        question.arms,
        k=question.k,
        reference=question.reference,
        comparators=question.comparators,
        time=question.time,
        level=question.level,
    )
    lines = [line for one in models for line in _model_lines(one)]
    return _of_first(question, {"models": list(model_rows(models))}, lines)


def _awards(question: Question) -> Beside:
    """Return the tail rules of every arm with a comparator."""
    awards = [
        ArmAwards(
            arm,
            control,
            tail_awards(
                question.arms[arm],
                question.arms[control],
                endpoint=question.endpoint or "",
                test_draws=question.ensembles.get(arm, ()),
                comparator_draws=question.ensembles.get(control, ()),
                replicates=question.replicates,
                seed=question.seed,
            ),
        )
        for arm, control in question.comparators.items()
    ]
    lines = [one.sentence for pair in awards for one in pair.awards] or [
        "value frameworks: no rule applies (they need --endpoint OS or PFS, and --control)"
    ]
    return Beside({"awards": list(award_rows(awards))}, lines)


_FINDERS: Mapping[str, Callable[[Question], Beside]] = {
    "bootstrap": _bootstrap,
    "profile": _profile,
    "follow-up": _follow_up,
    "tail": _tail,
    "models": _models,
    "awards": _awards,
}

_FILES = (
    *(
        f"{name}.csv"
        for name in (
            "estimates",
            "contrasts",
            "bootstrap",
            "profile",
            "profile_contrasts",
            "follow_up",
            "tail",
            "models",
            "awards",
        )
    ),
    "curves.svg",
    "profile.svg",
)
"""Every file that a call can write."""


def _bootstrap_line(one: Bootstrap) -> str:
    """Return what the bootstrap says, in words."""
    name = one.arm if one.comparator is None else f"{one.arm} v {one.comparator}"
    limits = f"{_percent(one.ci_low)} to {_percent(one.ci_high)}"
    se = "not identified" if one.se is None else f"{100 * one.se:.1f} points"
    reason = f" ({one.reason})" if one.reason else ""
    return f"bootstrap, {name}: standard error {se}, percentile interval {limits}{reason}"


def _percent(value: float | None) -> str:
    return "not identified" if value is None else f"{100 * value:.1f}%"


def _profile_lines(found: TrialProfile) -> Iterator[str]:
    """Yield what the profiles say, in words."""
    for one in found.profiles:
        area = (
            f"mean durable response {one.area.value:.1%} from k = {one.k[0]:.2g} to {one.k[-1]:.2g}"
        )
        flat = (
            ""
            if one.area.exponential is None
            else f" (a constant hazard: {one.area.exponential:.1%})"
        )
        yield (
            f"profile, {one.arm}: {area}{flat}; the band is {one.critical:.2f} standard errors wide"
            " to each side"
        )
    for pair in found.contrasts:
        yield f"profile, {pair.arm} v {pair.comparator}: p = {pair.p_any:.2g} for any k"
    for name, reason in found.missing:
        yield f"profile, {name}: none ({reason})"


def _follow_up_line(one: FollowUp) -> str:
    median = "not reached" if one.median is None else f"{one.median:.1f} {one.time_unit}"
    return (
        f"follow-up, {one.arm}: median {median}, {one.maturity:.0%} with the event. {one.verdict}"
    )


def _tail_lines(found: TrialTail) -> Iterator[str]:
    """Yield what the tails are made of, in words."""
    for arm in found.tails:
        for one in arm.measures:
            if one.value is None:
                yield f"tail, {arm.arm}: no {one.quantity} ({one.reason})"
                continue
            low, high = _measured(one, one.ci_low), _measured(one, one.ci_high)
            limits = "" if one.ci_low is None or one.ci_high is None else f" ({low} to {high})"
            unit = "" if one.quantity in _SHARES else f" {arm.time_unit}"
            shown = f"{_measured(one, one.value)}{limits}{unit}"
            yield (
                f"tail, {arm.arm}: {one.quantity} {shown}"
                f", from {one.start:.1f} to {one.stop:.1f} {arm.time_unit}"
            )


_SHARES = ("milestone survival", "conditional survival")
"""Quantities that are proportions; the others are times."""


def _measured(one: TailMeasure, value: float | None) -> str:
    """Return a value of a measure without its unit."""
    if value is None:
        return ""
    return f"{value:.1%}" if one.quantity in _SHARES else f"{value:.2f}"


def _model_lines(found: ArmModels) -> Iterator[str]:
    """Yield the three best models of an arm, in words."""
    if found.reason:
        yield f"models, {found.arm}: none ({found.reason})"
    for one in found.models[:3]:
        if one.proportion is None:
            yield f"model, {found.arm}: {one.model}: {one.reason}"
            continue
        limits = (
            ""
            if one.ci_low is None or one.ci_high is None
            else f" ({one.ci_low:.1%} to {one.ci_high:.1%})"
        )
        where = "beyond the end of follow-up" if one.extrapolated else "within follow-up"
        cured = "" if one.cured is None else f", cured fraction {one.cured:.1%}"
        yield (
            f"model, {found.arm}: {one.model}: durable response {one.proportion:.1%}{limits},"
            f" {where}{cured}; AIC {one.aic:.1f}"
        )
