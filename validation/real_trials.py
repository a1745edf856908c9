"""What the choices behind durable response change on real trials: conclusions, counted.

    python validation/real_trials.py --from ../shared/data [--jobs 1]

writes validation/real_trials.md and validation/real_trials.csv. The trials are those that the
examples kmdata and ici-2019 build, each arm with the comparator that they give it; a data set of
ici-2019 whose trial and endpoint kmdata has too is taken once. Only derived numbers are written.
"""

import argparse
import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from perdure.durable import durability_profile, durable_bootstrap
from perdure.durable.contrast import contrast
from perdure.durable.density import density
from perdure.durable.proportion import Estimate, estimate_proportion
from perdure.durable.response import THIN, TrialDurability, of_samples, thresholds_of
from perdure.durable.sample import TrialSamples, covariance
from perdure.durable.threshold import fixed_threshold
from perdure.records import Bootstrap, Floats, NotEstimable, Patients, Proportion, Reference
from perdure.study import Study
from perdure.survival import KaplanMeier, median, resample, resampled_together
from perdure.workers import in_workers

SEED = 20190519
REPLICATES = 1000
MULTIPLES = {"PFS": (2.0, 3.0, 4.0), "OS": (1.5, 2.0, 3.0)}
MAIN = {"PFS": 3.0, "OS": 2.0}
ENDPOINTS = ("PFS", "OS")
ESTIMATED: tuple[Reference, ...] = ("own", "control", "trial")
REFERENCES: tuple[Reference, ...] = (*ESTIMATED, "fixed")
NONE = "not estimable"
EXCESS = ("above", "below", "unclear")
CLEAR = {"test", "control", "above", "below"}
PAIRS = (("own", "control"), ("own", "trial"), ("control", "trial"), ("control", "fixed"))
EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True)
class DataSet:
    """One endpoint of one trial: its arms' patients, and who is compared with whom."""

    name: str
    endpoint: str
    arms: Mapping[str, Patients]
    comparators: Mapping[str, str | None]

    @property
    def paired(self) -> bool:
        """Whether an arm has its comparator here."""
        return any(control is not None for control in self.comparators.values())


@dataclass(frozen=True)
class Row:
    """One estimate, of an arm (no comparator) or of a difference, in every way it was made."""

    name: str
    endpoint: str
    arm: str
    comparator: str
    reference: str
    k: float
    status: str
    value: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    naive_low: float | None = None
    naive_high: float | None = None
    likelihood_low: float | None = None
    likelihood_high: float | None = None
    se_half: float | None = None
    se_double: float | None = None
    boot_se: float | None = None
    boot_low: float | None = None
    boot_high: float | None = None
    p_profile: float | None = None
    k_profile: float | None = None
    at_risk: int | None = None

    @property
    def main(self) -> bool:
        """Whether k is the study's."""
        return self.k == MAIN[self.endpoint]

    @property
    def label(self) -> str:
        """What people read."""
        whose = f"{self.arm} v {self.comparator}" if self.comparator else self.arm
        return f"{self.name} {self.endpoint}, {whose}"

    def concludes(self, low: float | None, high: float | None) -> str:
        """Return the conclusion that an interval leads to."""
        if low is None or high is None:
            return NONE
        null = 0.0 if self.comparator else 2.0**-self.k
        up, down = ("test", "control") if self.comparator else ("above", "below")
        return up if low > null else down if high < null else "unclear"

    @property
    def verdict(self) -> str:
        """The conclusion of perdure's own interval."""
        return self.concludes(self.low, self.high)


def read(source: Path) -> tuple[list[DataSet], list[str]]:
    """Return the data sets that both examples build, and those left out as repeats."""
    found: dict[tuple[str, str], list[DataSet]] = {}
    repeats: list[str] = []
    kept: list[DataSet] = []
    with TemporaryDirectory() as scratch:
        for script, data in (
            ("kmdata/build_kmdata.py", "kmdata"),
            ("ici-2019/build_ici_2019.py", "ici_trials"),
        ):
            folder = Path(scratch) / data
            command = [
                sys.executable,
                *map(str, (EXAMPLES / script, folder, "--from", source / data)),
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            earlier = set(found)
            for one, key in data_sets(folder):
                if key in earlier:
                    repeats.append(f"{one.name} {one.endpoint}")
                    continue
                found.setdefault(key, []).append(one)
                kept.append(one)
    return kept, repeats


def data_sets(folder: Path) -> Iterator[tuple[DataSet, tuple[str, str]]]:
    """Yield each primary data set of a study, with its registered trial and endpoint."""
    study = Study.open(folder)
    trials = {trial.trial: trial for trial in study.trials}
    for analysis in study.analyses:
        if not analysis.primary:
            continue
        trial = trials[analysis.trial]
        arms = {one.arm: one.patients for one in analysis.arms if one.patients is not None}
        controls = {arm.arm: arm.comparator for arm in trial.arms if arm.arm in arms}
        kept = {arm: (one if one in arms else None) for arm, one in controls.items()}
        one = DataSet(analysis.trial, analysis.endpoint, arms, kept)
        yield one, (trial.registry_id, analysis.endpoint)


def measure(one: DataSet) -> list[Row]:
    """Return every estimate of a data set."""
    trial = TrialSamples(one.arms)
    rows: list[Row] = []
    for reference in REFERENCES if one.paired else ("own",):
        profile = profiled(one, reference)
        for k in MULTIPLES[one.endpoint]:
            rows += estimates(one, trial, reference, k, profile)
    return rows


def profiled(one: DataSet, reference: Reference) -> dict[str, tuple[float, float]]:
    """Return the least p adjusted for the choice of k, and its k, by arm or "arm v comparator"."""
    if reference == "fixed":
        return {}
    found = durability_profile(
        one.arms, reference=reference, comparators=one.comparators, seed=SEED
    )
    each = {f"{it.arm} v {it.comparator}": least(it.p_adjusted, it.k) for it in found.contrasts}
    return each | {it.arm: least(it.excess_p, it.k) for it in found.profiles if it.excess_p}


def least(p: Sequence[float], k: Sequence[float]) -> tuple[float, float]:
    """Return the least p and its k."""
    place = int(np.argmin(p))
    return p[place], k[place]


def estimates(
    one: DataSet,
    trial: TrialSamples,
    reference: Reference,
    k: float,
    profile: Mapping[str, tuple[float | None, float | None]],
) -> Iterator[Row]:
    """Yield the rows of a reference and a k; bootstrap and bandwidths at the study's k only."""
    time = fixed_time(one, trial, k) if reference == "fixed" else None
    if reference == "fixed" and time is None:
        for arm, control in one.comparators.items():
            for other in ("", control) if control else ("",):
                yield Row(one.name, one.endpoint, arm, other, reference, k, NONE)
        return

    def at(smoothing: float) -> TrialDurability:
        return of_samples(
            trial,
            k=k,
            reference=reference,
            comparators=one.comparators,
            time=time,
            smoothing=smoothing,
        )

    found = at(1.0)
    naive = known(one, trial, {arm.arm: arm.threshold for arm in found.responses}, k)
    others: tuple[TrialDurability, ...] = ()
    boot: dict[tuple[str, str], Bootstrap] = {}
    if k == MAIN[one.endpoint]:
        others = (at(0.5), at(2.0))
        drawn = durable_bootstrap(
            one.arms,
            k=k,
            reference=reference,
            comparators=one.comparators,
            time=time,
            replicates=REPLICATES,
            seed=SEED,
        )
        boot = {(b.arm, b.comparator or ""): b for b in (*drawn.arms, *drawn.contrasts)}
    for place, response in enumerate(found.responses):
        estimate, key = response.estimate, (response.arm, "")
        start = (one.name, one.endpoint, response.arm, "", reference, k)
        if isinstance(estimate, NotEstimable):
            below = "below" if estimate.limit < 2.0**-k else ""
            yield Row(*start, NONE + (", bound below" if below else ""))
            continue
        se = [standard_error(other.responses[place].estimate) for other in others]
        yield Row(
            *start,
            estimate.status,
            estimate.value,
            estimate.se,
            estimate.ci_low,
            estimate.ci_high,
            *naive[key],
            estimate.likelihood_low,
            estimate.likelihood_high,
            *two(se),
            *booted(boot.get(key)),
            *profile.get(response.arm, (None, None)),
            estimate.n_at_risk,
        )
    for place, pair in enumerate(found.contrasts):
        start = (one.name, one.endpoint, pair.arm, pair.comparator, reference, k)
        if pair.difference is None:
            yield Row(*start, NONE)
            continue
        yield Row(
            *start,
            "estimable",
            pair.difference,
            pair.se,
            pair.ci_low,
            pair.ci_high,
            *naive[pair.arm, pair.comparator],
            None,
            None,
            *two([other.contrasts[place].se for other in others]),
            *booted(boot.get((pair.arm, pair.comparator))),
            *profile.get(f"{pair.arm} v {pair.comparator}", (None, None)),
        )


def standard_error(estimate: object) -> float | None:
    """Return the standard error of an estimate that has one."""
    found = getattr(estimate, "se", None)
    return found if isinstance(found, float) else None


def two(found: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Return two values, or two of None."""
    return (found[0], found[1]) if found else (None, None)


def booted(found: Bootstrap | None) -> tuple[float | None, float | None, float | None]:
    """Return standard error and limits by the bootstrap."""
    return (None, None, None) if found is None else (found.se, found.ci_low, found.ci_high)


def fixed_time(one: DataSet, trial: TrialSamples, k: float) -> float | None:
    """Return k times the control's median."""
    control = next(name for name in one.comparators.values() if name is not None)
    found = median(trial.arms[control].curve).value
    return k * found if found else None


def known(
    one: DataSet, trial: TrialSamples, times: Mapping[str, float | None], k: float
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Return the limits of arms and differences with each arm's threshold taken as known."""
    each: dict[str, Estimate] = {
        arm: estimate_proportion(trial.arms[arm], fixed_threshold(time), thin=THIN)
        for arm, time in times.items()
        if time is not None
    }
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for arm in times:
        value = each[arm].value if arm in each else None
        found[arm, ""] = (None, None)
        if isinstance(value, Proportion):
            found[arm, ""] = (value.ci_low, value.ci_high)
    for arm, control in one.comparators.items():
        if control is None:
            continue
        found[arm, control] = (None, None)
        if arm in each and control in each:
            basis = fixed_threshold(k)
            pair = contrast(basis, {arm: each[arm], control: each[control]})
            found[arm, control] = (pair.ci_low, pair.ci_high)
    return found


Key = tuple[str, str, str, str]


def places(rows: Iterable[Row], reference: str, k: float | None = None) -> dict[Key, Row]:
    """Return the rows of one reference, at the study's k or at another, by what they estimate."""
    return {
        (row.name, row.endpoint, row.arm, row.comparator): row
        for row in rows
        if row.reference == reference and (row.main if k is None else row.k == k)
    }


def of(rows: Iterable[Row], endpoint: str, *, compared: bool) -> list[Row]:
    """Return the rows of one endpoint: of differences, or of arms."""
    return [row for row in rows if row.endpoint == endpoint and bool(row.comparator) == compared]


def met(first: Mapping[Key, Row], second: Mapping[Key, Row]) -> list[tuple[Row, Row]]:
    """Return the pairs in which both have an interval."""
    return [
        (first[key], second[key])
        for key in first
        if key in second and NONE not in {first[key].verdict, second[key].verdict}
    ]


def table(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> list[str]:
    """Return a table."""
    return [
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines),
        "",
    ]


def part(count: int, whole: int) -> str:
    """Return a count with its denominator."""
    return f"{count} of {whole}" + (f" ({count / whole:.0%})" if whole else "")


def changes(pairs: Sequence[tuple[str, str]]) -> tuple[int, int, int, int]:
    """Return how many verdicts change at all, become clear, become unclear, and reverse."""
    different = [(a, b) for a, b in pairs if a != b]
    return (
        len(different),
        sum(a == "unclear" for a, _ in different),
        sum(b == "unclear" for _, b in different),
        sum({a, b} <= CLEAR for a, b in different),
    )


def spread(values: Sequence[float]) -> str:
    """Return median and the 5th and 95th of a hundred."""
    if not values:
        return "none"
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def references_part(rows: list[Row]) -> list[str]:
    """Return section 1: conclusions under each reference."""
    lines = ["## 1. Does the reference decide?", "", "Differences, test arm minus control:", ""]
    names: tuple[str, ...] = ("test", "control", "unclear", NONE)
    counted: list[tuple[object, ...]] = []
    for endpoint in ENDPOINTS:
        for reference in REFERENCES:
            here = places(of(rows, endpoint, compared=True), reference).values()
            count = Counter(row.verdict for row in here)
            counted.append((endpoint, reference, len(here), *(count[name] for name in names)))
    heads: tuple[str, ...] = ("test arm better", "control better", "no clear difference", NONE)
    lines += table(("endpoint", "reference", "comparisons", *heads), counted)
    lines += ["Arms under their own reference, against 2^-k:", ""]
    counted = []
    for endpoint in ENDPOINTS:
        here = places(of(rows, endpoint, compared=False), "own").values()
        count = Counter(row.verdict for row in here)
        bound = sum("bound" in row.status for row in here)
        names = (*EXCESS, NONE)
        counted.append((endpoint, len(here), *(count[name] for name in names), bound))
    heads = ("above", "below", "unclear", NONE, "of these, bound alone below 2^-k")
    lines += table(("endpoint", "arms", *heads), counted)
    lines += ["What changes from one reference to another, where both are estimable:", ""]
    changed: list[tuple[object, ...]] = []
    listed: list[str] = []
    for first, second in PAIRS:
        for endpoint in ENDPOINTS:
            mine = of(rows, endpoint, compared=True)
            both = met(places(mine, first), places(mine, second))
            count4 = changes([(a.verdict, b.verdict) for a, b in both])
            signs = [(a, b) for a, b in both if (a.value or 0) * (b.value or 0) < 0]
            clear = [(a, b) for a, b in signs if {a.verdict, b.verdict} & CLEAR]
            changed.append(
                (
                    f"{first} to {second}",
                    endpoint,
                    part(count4[0], len(both)),
                    *count4[1:],
                    part(len(signs), len(both)),
                    len(clear),
                )
            )
            listed += [f"- {a.label}: {first} {shown(a)}, {second} {shown(b)}" for a, b in clear]
    heads = ("conclusion changes", "becomes clear", "becomes unclear", "reverses")
    more = ("estimate changes sign", "of these, clear under one at least")
    lines += table(("from, to", "endpoint", *heads, *more), changed)
    lines += ["Cross tables, both endpoints (rows the first, columns the second):", ""]
    for first, second in PAIRS[:3]:
        lines += cross(differences(rows), first, second)
    lines += ["The estimate changes sign, and one of the two is clear (difference, 95% interval):"]
    return [*lines, "", *(listed or ["None."]), ""]


def shown(row: Row) -> str:
    """Return a difference with its limits, in points."""
    if row.value is None or row.low is None or row.high is None:
        return NONE
    return f"{100 * row.value:+.1f} ({100 * row.low:+.1f} to {100 * row.high:+.1f})"


def cross(rows: list[Row], first: str, second: str) -> list[str]:
    """Return the verdicts of two references against each other."""
    one, two = places(rows, first), places(rows, second)
    count = Counter((one[key].verdict, two[key].verdict) for key in one if key in two)
    names = ("test", "control", "unclear", NONE)
    body = [(f"{first}: {a}", *(count[a, b] for b in names)) for a in names]
    return table(("", *(f"{second}: {b}" for b in names)), body)


def ratios(rows: Iterable[Row]) -> list[float]:
    """Return the honest interval's width over the naive one's."""
    return [
        (row.high - row.low) / (row.naive_high - row.naive_low)
        for row in rows
        if row.low is not None
        and row.high is not None
        and row.naive_low is not None
        and row.naive_high is not None
        and row.naive_high > row.naive_low
    ]


def naive_part(rows: list[Row]) -> list[str]:
    """Return section 2: the threshold taken as known."""
    lines = ["## 2. What if the threshold is taken as known?", ""]
    body: list[tuple[object, ...]] = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            for reference in ESTIMATED:
                if not compared and reference != "own":
                    have = list(places(of(rows, endpoint, compared=False), reference).values())
                    body.append(("arm", endpoint, reference, "", "", "", "", spread(ratios(have))))
                    continue
                here = places(of(rows, endpoint, compared=compared), reference).values()
                have = [row for row in here if row.verdict != NONE]
                both = [(row.concludes(row.naive_low, row.naive_high), row.verdict) for row in have]
                count = changes(both)
                body.append(
                    (
                        "difference" if compared else "arm's excess",
                        endpoint,
                        reference,
                        part(count[0], len(both)),
                        *count[1:],
                        spread(ratios(have)),
                    )
                )
    heads = ("conclusion changes", "becomes clear", "becomes unclear", "reverses")
    width = "width, honest over naive: median (5-95%)"
    return lines + table(("of", "endpoint", "reference", *heads, width), body)


def multiples_part(rows: list[Row]) -> list[str]:
    """Return section 3: other k."""
    lines = ["## 3. Does k decide?", ""]
    body: list[tuple[object, ...]] = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            low, middle, high = MULTIPLES[endpoint]
            for reference in ESTIMATED if compared else ("own",):
                mine = of(rows, endpoint, compared=compared)
                at = {k: places(mine, reference, k) for k in (low, middle, high)}
                cells = []
                for k, other in ((middle, low), (middle, high), (low, high)):
                    both = [(a.verdict, b.verdict) for a, b in met(at[k], at[other])]
                    count = changes(both)
                    cells.append(f"{count[0]} of {len(both)} ({count[3]} reverse)")
                shares = "/".join(str(clear(at[k].values())) for k in (low, middle, high))
                none = "/".join(
                    str(sum(row.verdict == NONE for row in at[k].values()))
                    for k in (low, middle, high)
                )
                what = "difference" if compared else "arm's excess"
                ks = f"{low:g}/{middle:g}/{high:g}"
                body.append((what, endpoint, reference, ks, *cells, shares, none))
    heads: tuple[str, ...] = (
        "study's to low k",
        "study's to high k",
        "low to high k",
        "clear",
        NONE,
    )
    lines += table(("of", "endpoint", "reference", "k", *heads), body)
    lines.append(
        "The profile's p, adjusted for having looked at every k to the last with 10 at risk,"
        " against the single interval at the study's k (95%, where both exist):\n"
    )
    body = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            for reference in ESTIMATED if compared else ("own",):
                here = places(of(rows, endpoint, compared=compared), reference).values()
                have = [row for row in here if row.verdict != NONE and row.p_profile is not None]
                only = [r for r in have if r.verdict in CLEAR and (r.p_profile or 0) >= 0.05]
                new = [r for r in have if r.verdict == "unclear" and (r.p_profile or 0) < 0.05]
                early = sum((row.k_profile or 0) < row.k for row in new)
                what = "difference" if compared else "arm's excess"
                disagree = part(len(only) + len(new), len(have))
                body.append((what, endpoint, reference, disagree, len(only), len(new), early))
    heads = (
        "disagree",
        "clear at the single k only",
        "clear in the profile only",
        "of these, clearest below the study's k",
    )
    lines += table(("of", "endpoint", "reference", *heads), body)
    return lines


def clear(rows: Iterable[Row]) -> int:
    """Return how many lead to a conclusion."""
    return sum(row.verdict in CLEAR for row in rows)


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


def status_part(rows: list[Row]) -> list[str]:
    """Return section 5: arms that are not estimable, thin, or zero."""
    lines = ["## 5. Arms that are not estimable, thin, or zero", ""]
    body: list[tuple[object, ...]] = []
    for endpoint in ENDPOINTS:
        for reference in REFERENCES:
            here = places(of(rows, endpoint, compared=False), reference).values()
            count = Counter(row.status.split(",", maxsplit=1)[0] for row in here)
            names: tuple[str, ...] = (NONE, "zero", "thin", "estimable")
            body.append((endpoint, reference, len(here), *(count[name] for name in names)))
    lines += table(("endpoint", "reference", "arms", NONE, "zero", "thin", "10 or more"), body)
    lines += ["Thin arms under own: the likelihood interval beside the other, against 2^-k:", ""]
    body = []
    listed: list[str] = []
    for endpoint in ENDPOINTS:
        here = places(of(rows, endpoint, compared=False), "own").values()
        thin = [row for row in here if row.status == "thin"]
        both = [(row, row.concludes(row.likelihood_low, row.likelihood_high)) for row in thin]
        moved = changes([(row.verdict, other) for row, other in both])
        body.append((endpoint, part(moved[0], len(both)), *moved[1:]))
        listed += [
            f"- {row.label}: {row.verdict} ({shown_arm(row.value, row.low, row.high)}), by"
            f" likelihood {other} ({shown_arm(row.value, row.likelihood_low, row.likelihood_high)})"
            for row, other in both
            if other != row.verdict
        ]
    heads = ("endpoint", "conclusion differs", "becomes clear", "becomes unclear", "reverses")
    return [*lines, *table(heads, body), *listed, ""]


def shown_arm(value: float | None, low: float | None, high: float | None) -> str:
    """Return a proportion with its limits, in per cent."""
    if value is None or low is None or high is None:
        return NONE
    return f"{100 * value:.1f}%, {100 * low:.1f} to {100 * high:.1f}"


def differences(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that compare two arms."""
    return [row for row in rows if row.comparator]


def page(sets: list[DataSet], repeats: list[str], rows: list[Row], made: str) -> list[str]:
    """Return the page."""
    arms = sum(len(one.arms) for one in sets)
    paired = [one for one in sets if one.paired]
    compared = len(places(differences(rows), "own"))
    what = (
        f"{len(sets)} data sets (one endpoint of one trial), {arms} arms; {len(paired)} data"
        f" sets hold {compared} comparisons of an arm with its control. The other"
        f" {len(sets) - len(paired)} hold one eligible arm and are looked at under `own` only."
        f" Taken once though both sources have them: {', '.join(repeats)}."
    )
    return [
        "# What the choices change on real trials",
        "",
        made,
        what,
        "",
        HEAD,
        "",
        *in_short(rows),
        *references_part(rows),
        *naive_part(rows),
        *multiples_part(rows),
        *bootstrap_part(rows, sets),
        *status_part(rows),
    ]


HEAD = (
    "PFS at k = 3 and OS at k = 2 unless said otherwise; 95%, log(-log) for an arm. Every count"
    " stands with what it is out of; the PFS and the OS of one trial count as two, and are not"
    " independent. `fixed` is the control's median times k taken as known: the same point estimates"
    " as `control`. Conclusions: the interval of the difference leaves out 0 (`test`: the test arm"
    " better, `control`: the control), or an arm's interval leaves out 2^-k (`above`, `below`)."
    " Nearly all patients are reconstructed from published curves, whose own error is not looked at"
    " here; there is no truth to compare with, only one choice against another."
)


def in_short(rows: list[Row]) -> list[str]:
    """Return the answers in a few lines."""
    pairs, alone = differences(rows), singles(rows)

    def moved(both: Sequence[tuple[Row, Row]]) -> str:
        return part(sum(a.verdict != b.verdict for a, b in both), len(both))

    def between(first: str, second: str) -> str:
        return moved(met(places(pairs, first), places(pairs, second)))

    def naive(some: Iterable[Row]) -> str:
        have = [row for row in some if row.verdict != NONE]
        changed = [r for r in have if r.concludes(r.naive_low, r.naive_high) != r.verdict]
        return part(len(changed), len(have))

    def far(some: list[Row], reference: str) -> str:
        found = [ratio_to_bootstrap(row) for row in places(some, reference).values()]
        have = [ratio for ratio in found if ratio is not None]
        return part(sum(ratio < 0.8 for ratio in have), len(have))

    by = {name: places(pairs, name).values() for name in ESTIMATED}
    own = places(alone, "own").values()
    none = part(sum(row.verdict == NONE for row in own), len(own))
    thin = part(sum(row.status == "thin" for row in own), len(own))
    return [
        "## In short",
        "",
        (
            f"1. Whose median it is matters: from `own` to `control` {between('own', 'control')}"
            " conclusions change. Once both arms have one threshold it hardly matters which:"
            f" `control` to `trial` {between('control', 'trial')}, `control` to `fixed`"
            f" {between('control', 'fixed')}."
        ),
        (
            "2. Taking the threshold as known changes few conclusions on differences: `own`"
            f" {naive(by['own'])}, `control` {naive(by['control'])}, `trial` {naive(by['trial'])};"
            f" on an arm's excess {naive(own)}."
        ),
        (
            "3. Another k never reverses a conclusion; it makes some clear and others unclear, and"
            " decides what is estimable (section 3)."
        ),
        (
            "4. First-order standard errors below 0.8 of the bootstrap's: differences under `own`"
            f" {far(pairs, 'own')}, `control` {far(pairs, 'control')}, `trial`"
            f" {far(pairs, 'trial')}; arms under `own` {far(alone, 'own')}. No conclusion reverses."
        ),
        f"5. Under `own` {none} arms are not estimable and {thin} are thin.",
        "",
        SURPRISES,
        "",
    ]


SURPRISES = """\
What surprised us:

- Honest is not always wider. Under `own` the interval that carries the median is as wide as the
  naive one in the middle (section 2): median and proportion move together, and where a curve is
  steep at the threshold the covariance outweighs the median's variance. So on an arm's excess it
  makes conclusions clear in OS and unclear in PFS. One arm beyond the *control's* median pays most.
- `own` and a shared threshold can both be clear, with opposite signs (REVEL, PFS): a drug that
  lengthens the median raises its own bar.
- The first-order error is farthest off in large PFS trials with scans on fixed dates (BEACON,
  ASPECCT, CheckMate 057), not in small ones. Their curves pass 1/2 on a stretch with few events
  between two scans; the density there takes in the drops on either side, so that the median looks
  surer than it is, and the error is too small, by up to half. Half the bandwidth shows it where the
  flat stretch is wide (BEACON), not always (ASPECCT, 20050181); twice the bandwidth never does, and
  the bootstrap does. So a stable answer under other bandwidths is no proof.
- The profile finds an arm's curve away from 2^-k far more often than the study's k does, mostly
  at smaller k, where many patients are at risk: a steplike or bent PFS curve is not exponential.
  That is evidence against an exponential curve, and not of durable responses."""


def singles(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of one arm."""
    return [row for row in rows if not row.comparator]


def write_numbers(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows; of arms, only those under own at the study's k."""
    names = [field.name for field in fields(Row)]
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(names)
        for row in rows:
            if not (row.comparator or (row.main and row.reference == "own")):
                continue
            if row.reference == "fixed" and not row.main:
                continue
            out.writerow([compact(getattr(row, name)) for name in names])


def compact(value: object) -> str:
    """Return a cell: four decimals, nothing for None."""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def main() -> None:
    """Measure every data set, and write the page and the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    asked = parser.parse_args()
    start = perf_counter()
    sets, repeats = read(asked.source)
    each = dict(in_workers(measure, [(one,) for one in sets], asked.jobs))
    rows = [row for place in sorted(each) for row in each[place]]
    made = (
        f"Made by `python validation/real_trials.py --from ../shared/data --jobs {asked.jobs}`,"
        f" seed {SEED}, {REPLICATES:,} bootstrap replicates, in {perf_counter() - start:.0f} s."
    )
    asked.out.write_text("\n".join(page(sets, repeats, rows, made)) + "\n", encoding="utf-8")
    write_numbers(asked.out.with_suffix(".csv"), rows)


if __name__ == "__main__":
    main()
