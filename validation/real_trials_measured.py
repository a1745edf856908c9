"""What is measured of each real comparison, under every choice."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from perdure.durable import durability_profile, durable_bootstrap
from perdure.durable.contrast import contrast
from perdure.durable.proportion import Estimate, estimate_proportion
from perdure.durable.response import THIN, TrialDurability, of_samples
from perdure.durable.sample import TrialSamples
from perdure.durable.threshold import fixed_threshold
from perdure.records import Bootstrap, NotEstimable, Patients, Proportion, Reference
from perdure.study import Study
from perdure.survival import median

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
