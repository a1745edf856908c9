"""First order against the bootstrap on real trials, and why they are apart where they are."""

from collections.abc import Iterator, Mapping

import numpy as np
from real_trials_measured import ESTIMATED, NONE, REFERENCES, REPLICATES, SEED, DataSet, Row
from real_trials_words import changes, part, places, shown, shown_arm, singles, spread, table

from perdure.durable.density import density
from perdure.durable.response import THIN, thresholds_of
from perdure.durable.sample import TrialSamples, covariance
from perdure.records import Floats
from perdure.survival import KaplanMeier, resample, resampled_together


def ratio_to_bootstrap(row: Row) -> float | None:
    """Return the first-order standard error over the bootstrap's."""
    return row.se / row.boot_se if row.se and row.boot_se else None


def plain(row: Row, se: float | None) -> str:
    """Return the conclusion of an interval of 1.96 standard errors either way."""
    if row.value is None or se is None:
        return NONE
    return row.concludes(row.value - 1.96 * se, row.value + 1.96 * se)


def bootstrap_part(rows: list[Row], sets: list[DataSet]) -> list[str]:
    """Return section 4: first order against the bootstrap, and the bandwidth."""
    lines = ["## 4. First order against the bootstrap, and the bandwidth", ""]
    body: list[tuple[object, ...]] = []
    bands: list[tuple[object, ...]] = []
    for compared in (True, False):
        what = "difference" if compared else "arm"
        for reference in REFERENCES:
            mine = [row for row in rows if bool(row.comparator) == compared]
            have = list(places(mine, reference).values())
            found = [r for row in have if (r := ratio_to_bootstrap(row)) is not None]
            estimated = sum(row.verdict != NONE for row in have)
            within = sum(0.8 <= r <= 1.25 for r in found)
            both = [
                (row.verdict, row.concludes(row.boot_low, row.boot_high))
                for row in have
                if row.boot_se is not None and row.verdict != NONE
                if compared or reference == "own"
            ]
            count = changes([pair for pair in both if NONE not in pair])
            verdicts = (part(count[0], len(both)), count[3]) if both else ("", "")
            other = [row for row in have if row.boot_se is not None and row.se is not None]
            moved = sum(plain(row, row.se) != plain(row, row.boot_se) for row in other)
            body.append(
                (
                    what,
                    reference,
                    part(len(found), estimated),
                    spread(found),
                    part(within, len(found)),
                    *verdicts,
                    part(moved, len(other)) if both else "",
                )
            )
            if reference != "fixed":
                half = [row.se_half / row.se for row in have if row.se and row.se_half]
                double = [row.se_double / row.se for row in have if row.se and row.se_double]
                bands.append((what, reference, len(half), spread(half), spread(double)))
    heads = (
        "bootstrap identified, of estimable",
        "ratio: median (5-95%)",
        "0.8 to 1.25",
        "conclusion differs by percentile limits",
        "reverses",
        "differs, +-1.96 of either se",
    )
    lines += table(("of", "reference", *heads), body)
    lines += ["Standard error at half and twice the bandwidth, over that at the default:", ""]
    lines += table(("of", "reference", "n", "half: median (5-95%)", "twice: median (5-95%)"), bands)
    return lines + worst_part(rows, {(one.name, one.endpoint): one for one in sets})


def worst_part(rows: list[Row], sets: Mapping[tuple[str, str], DataSet]) -> list[str]:
    """Return the differences, and the arms, whose two standard errors are farthest apart."""
    lines: list[str] = []
    for what, chosen in (
        ("differences, all references", [row for row in rows if row.comparator]),
        ("arms under own", [row for row in singles(rows) if row.reference == "own"]),
    ):
        each = [
            (abs(np.log(ratio)), row, ratio)
            for row in chosen
            if row.main and row.reference != "fixed" and (ratio := ratio_to_bootstrap(row))
        ]
        each.sort(key=lambda one: -one[0])
        body = []
        for _, row, ratio in each[:10]:
            boot = row.concludes(row.boot_low, row.boot_high)
            same = row.verdict if boot == row.verdict else f"{row.verdict}, by bootstrap {boot}"
            why = reasons(row, sets[row.name, row.endpoint])
            value = shown(row) if row.comparator else shown_arm(row.value, row.low, row.high)
            widths = " / ".join(
                f"{other / row.se:.2f}"
                for other in (row.se_half, row.se_double)
                if other and row.se
            )
            body.append((row.label, row.reference, f"{ratio:.2f}", widths, value, same, why))
        heads = (
            "",
            "reference",
            "se over bootstrap's",
            "se at half / twice the bandwidth over se",
            "estimate",
            "conclusion",
            "why",
        )
        lines += [f"The ten farthest apart, {what}:", "", *table(heads, body)]
    return lines


def reasons(row: Row, one: DataSet) -> str:
    """Return what a curve does near median and threshold that a first-order step does not see."""
    trial = TrialSamples(one.arms)
    random = np.random.default_rng(SEED)
    drawn = {arm: resample(sample.curve, REPLICATES, random) for arm, sample in trial.arms.items()}
    reference = next(name for name in ESTIMATED if name == row.reference)
    thresholds = thresholds_of(trial, reference, row.k, one.comparators)
    found: list[str] = []
    told: set[str] = set()
    for arm in filter(None, (row.arm, row.comparator)):
        whose = {"own": arm, "control": row.comparator, "trial": "all arms"}[reference]
        medians = (
            resampled_together(list(drawn.values())).median
            if reference == "trial"
            else drawn[whose].median
        )
        threshold = thresholds[arm]
        if whose not in told:
            told.add(whose)
            first = covariance(threshold.influence, threshold.influence) ** 0.5 / row.k
            found += of_median(whose, medians, first, threshold.median or 0.0)
            if threshold.basis is not None:
                found += of_slope(whose, threshold.basis.curve, threshold.median or 0.0)
        found += of_fall(trial, arm, threshold.time or 0.0, row.k * medians)
    return "; ".join(found) or "nothing that these looks show"


def of_median(whose: str, medians: Floats, first: float, value: float) -> Iterator[str]:
    """Yield what is unusual about a median: of the replicates, and by first order."""
    finite = np.sort(medians[np.isfinite(medians)])
    same = np.unique(finite, return_counts=True)[1].max() / medians.size
    ratio = first / float(np.std(finite))
    low, high = np.quantile(finite, (0.025, 0.975))
    inside = np.unique(finite[(finite >= low) & (finite <= high)])
    gaps = np.diff(inside)
    if not 0.8 <= ratio <= 1.25:
        yield f"median of {whose} ({value:.1f}): se {ratio:.2f} of the bootstrap's"
    if gaps.size and gaps.max() > 0.3 * (high - low):
        widest = int(gaps.argmax())
        yield (
            f"no replicate's median of {whose} lies between {inside[widest]:.1f} and"
            f" {inside[widest + 1]:.1f} ({np.mean(finite <= inside[widest]):.0%} below)"
        )
    if same >= 0.2:
        yield f"median of {whose} on one date in {same:.0%} of replicates"


def of_slope(whose: str, curve: KaplanMeier, time: float) -> Iterator[str]:
    """Yield whether the curve is flat or a cliff at its median, beside the density there."""
    low, high = 0.9 * time, 1.1 * time
    events = int(curve.events[(curve.time > low) & (curve.time <= high)].sum())
    fall, said = curve.at(low) - curve.at(high), density(curve, time) * (high - low)
    shape = "almost flat" if fall < said / 1.5 else "steep" if fall > 1.5 * said else ""
    if shape:
        yield (
            f"the curve of {whose} is {shape} at its median: within a tenth of it {events} events,"
            f" {100 * fall:.1f} points, {100 * said:.1f} by the density"
        )


def of_fall(trial: TrialSamples, arm: str, time: float, drawn: Floats) -> Iterator[str]:
    """Yield what is unusual about a curve between the thresholds that the bootstrap visits."""
    curve = trial.arms[arm].curve
    finite = drawn[np.isfinite(drawn)]
    moves = np.std(curve.at(np.minimum(finite, curve.end_time)))
    said = density(curve, time) * np.std(finite)
    low, high = np.quantile(finite, (0.025, 0.975))
    if not 0.8 <= said / moves <= 1.25:
        yield (
            f"as its threshold varies ({low:.1f} to {high:.1f}) {arm} moves by {100 * moves:.1f}"
            f" points (sd), {100 * said:.1f} by the density at {time:.1f}"
        )
    low, high = (min(float(one), curve.end_time) for one in (low, high))
    inside = (curve.time > low) & (curve.time <= high)
    levels = np.concatenate([[curve.at(low)], curve.at(curve.time[inside])])
    steps = -np.diff(levels)
    if steps.size and steps.max() >= max(0.02, 0.4 * (levels[0] - levels[-1])):
        date = curve.time[inside][steps.argmax()]
        yield f"{arm} drops {100 * steps.max():.0f} points at once at {date:.1f}"
    at_risk = int(curve.at_risk(time))
    if at_risk < THIN:
        yield f"{arm}: {at_risk} at risk"
