"""What ``perdure durable --with`` finds beside the estimates: sentences, JSON, tables, pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perdure.durable import (
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
    tail_rows,
    write_rows,
)

__all__ = ["Beside", "Question", "found_beside"]

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


@dataclass(frozen=True, eq=False)
class Beside:
    """What was found: rows by table, and sentences; and the files once they are written."""

    question: Question
    tables: dict[str, list[Row]]
    lines: list[str]
    profile: TrialProfile | None
    written: list[Path] = field(default_factory=list)

    @property
    def json(self) -> dict[str, list[Row]]:
        """The rows of every table."""
        return self.tables

    def write(self, folder: Path, found: TrialDurability, *, title: str) -> None:
        """Write estimates.csv, contrasts.csv, every other table, and the pictures."""
        from perdure.cli.forms import contrast_json, response_json
        from perdure.plots import durability_panel, profile_plot
        from perdure.study import write_text

        folder.mkdir(parents=True, exist_ok=True)
        tables: dict[str, list[Row]] = {
            "estimates": [response_json(one) for one in found.responses],
            "contrasts": [_flat(contrast_json(one)) for one in found.contrasts],
            **self.tables,
        }
        for name, rows in tables.items():
            path = folder / f"{name}.csv"
            write_rows(path, rows)
            if rows:
                self.written.append(path)
        panel = durability_panel(
            self.question.arms, found.responses, title=title, comparators=self.question.comparators
        )
        pictures = {"curves.svg": panel}
        if self.profile is not None and self.profile.profiles:
            pictures["profile.svg"] = profile_plot(self.profile, title=title, k=self.question.k)
        for name, picture in pictures.items():
            write_text(folder / name, picture.decode())
            self.written.append(folder / name)


def _flat(row: Mapping[str, object]) -> dict[str, object]:
    """Return a contrast with the two limits of its number needed to treat in two columns."""
    flat = dict(row)
    limits = flat.pop("number_needed_to_treat_limits")
    low, high = limits if isinstance(limits, tuple) else (None, None)
    return flat | {"number_needed_to_treat_low": low, "number_needed_to_treat_high": high}


def found_beside(question: Question, wanted: Sequence[str]) -> Beside:
    """Return what is wanted of: bootstrap, profile, follow-up, tail, models, awards."""
    tables: dict[str, list[Row]] = {}
    lines: list[str] = []
    profile: TrialProfile | None = None
    options = {
        "k": question.k,
        "reference": question.reference,
        "comparators": question.comparators,
        "time": question.time,
    }
    if "bootstrap" in wanted:
        drawn = durable_bootstrap(
            question.arms,
            **options,  # type: ignore[arg-type]
            replicates=question.replicates,
            seed=question.seed,
            level=question.level,
        )
        tables["bootstrap"] = list(bootstrap_rows(drawn))
        lines += [_bootstrap_line(one) for one in (*drawn.arms, *drawn.contrasts)]
    if "profile" in wanted and question.reference != "fixed":
        profile = durability_profile(
            question.arms,
            reference=question.reference,
            comparators=question.comparators,
            level=question.level,
            seed=question.seed,
        )
        tables["profile"] = list(profile_rows(profile))
        tables["profile_contrasts"] = list(profile_contrast_rows(profile))
        lines += _profile_lines(profile)
    if {"follow-up", "tail"} & set(wanted):
        thresholds = tail_thresholds(question.arms, **options)  # type: ignore[arg-type]
        if "follow-up" in wanted:
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
            tables["follow_up"] = list(follow_up_rows(followed))
            lines += [_follow_up_line(one) for one in followed]
        if "tail" in wanted:
            tail = trial_tail(
                question.arms,
                thresholds,
                comparators=question.comparators,
                level=question.level,
            )
            tables["tail"] = list(tail_rows(tail))
            lines += list(_tail_lines(tail))
    if "models" in wanted:
        models = trial_models(
            question.arms,
            **options,  # type: ignore[arg-type]
            level=question.level,
        )
        tables["models"] = list(model_rows(models))
        lines += [line for one in models for line in _model_lines(one)]
    if "awards" in wanted:
        awards = _awards(question)
        tables["awards"] = list(award_rows(awards))
        lines += [one.sentence for pair in awards for one in pair.awards] or [
            "value frameworks: no rule applies (they need --endpoint OS or PFS, and --control)"
        ]
    return Beside(question, tables, lines, profile)


def _awards(question: Question) -> list[ArmAwards]:
    """Return the tail rules of every arm with a comparator."""
    return [
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
            share = one.quantity.endswith("milestone survival") or "conditional" in one.quantity
            shown = f"{one.value:.1%}" if share else f"{one.value:.2f} {arm.time_unit}"
            yield (
                f"tail, {arm.arm}: {one.quantity} {shown}"
                f" (from {one.start:.1f} to {one.stop:.1f} {arm.time_unit})"
            )


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
