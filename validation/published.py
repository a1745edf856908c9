"""Whether intervals of arms known by published facts hold the truth, and how wide they are.

    python validation/published.py [--repeats 60] [--real ../shared/data/kmdata]
                                                        writes validation/published.md

Simulated: trials of two arms are drawn, analysed as a publication would, and rounded as it would
print them; the curves drawn from those facts are compared with the truth behind the trial, beside
the intervals that the patients themselves give. Real: facts are taken from the patients of real
arms (kmdata), and the intervals compared with the arm's own Kaplan-Meier estimate, of which they
ought to know less than the truth: they should hold it more often than 95%.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from in_short import with_summary

from perdure.durable import durable_trial
from perdure.published import published_curves, published_responses
from perdure.records import DurableResponse, Floats, Patients, Proportion, PublishedFact, Reference
from perdure.simulate import DelayedSeparation, EventTimes, MixtureCure, Weibull
from perdure.simulate import durable_proportion as durable_truth
from perdure.study import write_text
from perdure.survival import hazard_ratio, kaplan_meier

SEED = 20260701
HERE = Path(__file__).parent
DRAWS = 300
MULTIPLES = (2.0, 3.0)
COMPARATORS = {"control": None, "new": "control"}
LEVELS = {
    "median": (),
    "median, one landmark": (1.0,),
    "median, two landmarks, hazard ratio": (1.0, 2.2),
}
"""Landmarks in medians of the control, rounded to whole months."""

SIMULATED_HEAD = """\
## Simulated trials

200 patients an arm, the control exponential with a median of 6 months, followed for 18 to 36
months; the new arm is judged under its own median and under the control's. Medians with their
intervals, n and events are always known; landmarks (6 and 13 months, without intervals) and the
hazard ratio where named. Held: how often the 95% interval held the truth, in per cent; width: mean,
in points; the last row of each truth is what the patients themselves give.""".splitlines()

REAL_HEAD = """\

## Real arms

Eligible arms of kmdata, each by its own facts (the landmark at 1.6 medians, rounded to a month).
Held: how often the interval held the arm's own Kaplan-Meier estimate under its own median.

| endpoint | k | published | arms | held | width |
| --- | --- | --- | --- | --- | --- |""".splitlines()

CONTROL = Weibull(median=6.0)
TRUTHS: Mapping[str, EventTimes] = {
    "exponential": Weibull(median=8.0),
    "Weibull, shape 0.63": Weibull(median=8.0, shape=0.63),
    "Weibull, shape 1.4": Weibull(median=8.0, shape=1.4),
    "cured 25%": MixtureCure(median=8.0, cured=0.25),
    "curves part after 4 months": DelayedSeparation(CONTROL, until=4.0, hazard_ratio=0.45),
}


@dataclass
class Tally:
    """How often intervals held what they should, and how wide they were."""

    held: int = 0
    made: int = 0
    width: float = 0.0

    def add(self, low: float, high: float, truth: float) -> None:
        """Count one interval."""
        self.held += low <= truth <= high
        self.made += 1
        self.width += high - low

    @property
    def words(self) -> str:
        """Coverage and mean width, in per cent and points."""
        if not self.made:
            return "– | –"
        return f"{100 * self.held / self.made:.1f} | {100 * self.width / self.made:.0f}"


def facts_of(
    arms: Mapping[str, Patients], landmarks: tuple[float, ...], *, ratio: bool
) -> list[PublishedFact]:
    """Return what a publication would print of a trial's endpoint."""
    facts = []
    for name, one in arms.items():
        facts.append(PublishedFact(name, "n", one.n, "verified", "simulated"))
        facts.append(PublishedFact(name, "events", float(one.event.sum()), "verified", "simulated"))
        response = durable_trial({name: one}, k=2.0, reference="own").responses[0]
        if response.median is not None:
            low, high = response.median_low, response.median_high
            facts.append(
                PublishedFact(
                    name,
                    "median",
                    round(response.median, 1),
                    "verified",
                    "simulated",
                    low=None if low is None else round(low, 1),
                    high=None if high is None else round(high, 1),
                    rounding=0.05,
                )
            )
        curve = kaplan_meier(one.time, one.event)
        for time in landmarks:
            if time < one.time.max():
                value = round(float(curve.at(time)), 2)
                facts.append(
                    PublishedFact(
                        name, "survival", value, "verified", "x", time=time, rounding=0.005
                    )
                )
    if ratio and len(arms) == 2:
        facts += _ratio(arms)
    return facts


def _ratio(arms: Mapping[str, Patients]) -> Iterator[PublishedFact]:
    """Yield the hazard ratio of the second arm against the first."""
    (control, old), (name, new) = arms.items()
    found = hazard_ratio(
        np.concatenate([old.time, new.time]),
        np.concatenate([old.event, new.event]),
        np.concatenate([np.zeros(old.n, int), np.ones(new.n, int)]),
    )
    if found.hr is not None and found.low is not None and found.high is not None:
        yield PublishedFact(
            name,
            "hazard ratio",
            round(found.hr, 2),
            "verified",
            "simulated",
            low=round(found.low, 2),
            high=round(found.high, 2),
            against=control,
            rounding=0.005,
        )


def trial(truth: EventTimes, n: int, random: np.random.Generator) -> dict[str, Patients]:
    """Return a trial of two arms with n patients each, followed for 18 to 36 months."""
    arms = {}
    for name, times in (("control", CONTROL), ("new", truth)):
        life: Floats = times.time_at(random.random(n))
        limit = random.uniform(18, 36, n)
        arms[name] = Patients(np.minimum(life, limit), life <= limit)
    return arms


def simulated(repeats: int) -> Iterator[str]:
    """Yield the rows of the first table."""
    for place, (name, truth) in enumerate(TRUTHS.items()):
        tallies: dict[tuple[float, str, Reference], Tally] = defaultdict(Tally)
        for repeat in range(repeats):
            random = np.random.default_rng([SEED, place, repeat])
            _tally(tallies, trial(truth, 200, random), truth, repeat)
        for k in MULTIPLES:
            for level in (*LEVELS, "patients themselves"):
                own, control = tallies[k, level, "own"], tallies[k, level, "control"]
                yield f"| {name} | {k:g} | {level} | {own.words} | {control.words} |"


def _tally(
    tallies: dict[tuple[float, str, Reference], Tally],
    arms: dict[str, Patients],
    truth: EventTimes,
    seed: int,
) -> None:
    """Count the intervals of one trial's new arm."""
    drawn = {}
    for level, multiples in LEVELS.items():
        landmarks = tuple(float(round(6.0 * one)) for one in multiples)
        facts = facts_of(arms, landmarks, ratio="ratio" in level)
        drawn[level] = published_curves(facts, draws=DRAWS, seed=seed)
    for k in MULTIPLES:
        target: dict[Reference, float] = {
            "own": durable_truth(truth, k),
            "control": float(truth.survival(np.array([k * 6.0]))[0]),
        }
        for reference, value in target.items():
            for level, curves in drawn.items():
                found = published_responses(
                    curves,
                    k=k,
                    reference=reference,
                    comparators={"control": None, "new": "control"},
                )
                _count(tallies[k, level, reference], _new(found.responses).estimate, value)
            comparators = {"new": "control"}
            observed = durable_trial(arms, k=k, reference=reference, comparators=comparators)
            estimate = _new(observed.responses).estimate
            _count(tallies[k, "patients themselves", reference], estimate, value)


def _new(responses: Sequence[DurableResponse]) -> DurableResponse:
    """Return the new arm's."""
    return next(one for one in responses if one.arm == "new")


def _count(tally: Tally, estimate: object, truth: float) -> None:
    if isinstance(estimate, Proportion):
        tally.add(estimate.ci_low, estimate.ci_high, truth)


def real_arms(folder: Path) -> Iterator[tuple[str, str, str, Patients]]:
    """Yield the data set, name, endpoint and patients of every eligible arm of kmdata."""
    with (folder / "arms.csv").open(encoding="utf-8", newline="") as handle:
        eligible = {
            (row["id"], row["arm"]): row["endpoint"]
            for row in csv.DictReader(handle)
            if row["eligible"] == "TRUE" and not row["repeat_of"]
        }
    for path in sorted((folder / "ipd").glob("*.csv")):
        groups: dict[str, list[tuple[float, int]]] = defaultdict(list)
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                groups[row["arm"]].append((float(row["time"]), int(row["event"])))
        for arm, rows in groups.items():
            endpoint = eligible.get((path.stem, arm))
            if endpoint is not None:
                times = np.array([time for time, _ in rows])
                patients = Patients(times, np.array([bool(event) for _, event in rows]))
                yield path.stem, arm, "OS" if endpoint == "OS" else "PFS and like", patients


def real(folder: Path) -> Iterator[str]:
    """Yield the rows of the second table."""
    tallies: dict[tuple[str, float, str], Tally] = defaultdict(Tally)
    for _, arm, endpoint, patients in real_arms(folder):
        _real_arm(tallies, arm, patients, endpoint)
    for (endpoint, k, level), tally in sorted(tallies.items()):
        yield f"| {endpoint} | {k:g} | {level} | {tally.made} | {tally.words} |"


def premises(folder: Path) -> Iterator[str]:
    """Yield what the prior takes for granted, as it is in real arms."""
    inflation: list[float] = []
    gained: dict[str, dict[str, float]] = defaultdict(dict)
    for data_set, arm, _, patients in real_arms(folder):
        response = durable_trial({arm: patients}, k=3.0, reference="own").responses[0]
        if response.median is None:
            continue
        curve = kaplan_meier(patients.time, patients.event)
        error, alive = curve.standard_error_at(response.median), float(curve.at(response.median))
        if error:
            inflation.append((error / alive) ** 2 * patients.n / (1 / alive - 1))
        if response.proportion and response.status != "zero":
            gained[data_set][arm] = float(np.log(-np.log(response.proportion) / np.log(2)))
    pairs = np.array([list(one.values())[:2] for one in gained.values() if len(one) > 1])
    every = np.array([one for arms in gained.values() for one in arms.values()])
    low, middle, high = np.quantile(2.0 ** -np.exp(every), (0.025, 0.5, 0.975))
    alone = [
        PublishedFact("a", "median", 6.0, "verified", "made up", low=5.0, high=7.2),
        PublishedFact("a", "n", 200.0, "verified", "made up"),
    ]
    drawn = published_curves(alone, draws=2000)
    tail = drawn.survival("a", 3 * drawn.median("a"))
    least, centre, most = np.quantile(tail, (0.025, 0.5, 0.975))
    yield ""
    yield "## What is taken for granted"
    yield ""
    yield (
        f"Variance at the median over that of as many patients without censoring, in"
        f" {len(inflation)} real arms: median {np.median(inflation):.2f}, 90% quantile"
        f" {np.quantile(inflation, 0.9):.2f} (1.5 is used where no interval was printed)."
    )
    yield (
        f"Correlation between two arms of a trial of log(cumulative hazard at three medians), in"
        f" {len(pairs)} trials: {np.corrcoef(pairs.T)[0, 1]:.2f} (half of the walk's variance is"
        " shared)."
    )
    yield (
        f"Durable response at three own medians in {len(every)} real arms: 95% of them within"
        f" {100 * low:.0f} and {100 * high:.0f}%, median {100 * middle:.0f}%; a median alone leaves"
        f" {100 * least:.0f} to {100 * most:.0f}%, median {100 * centre:.0f}%: wider than these"
        " arms, few of which had checkpoint inhibitors."
    )


def _real_arm(
    tallies: dict[tuple[str, float, str], Tally], arm: str, patients: Patients, endpoint: str
) -> None:
    """Count the intervals of one real arm."""
    known = {
        k: durable_trial({arm: patients}, k=k, reference="own").responses[0] for k in (2.0, 3.0)
    }
    middle = known[2.0].median
    if middle is None or not any(one.proportion is not None for one in known.values()):
        return
    for level, multiples in LEVELS.items():
        if "ratio" in level:
            continue
        landmarks = tuple(max(float(round(middle * 1.6 * one)), 1.0) for one in multiples)
        curves = published_curves(facts_of({arm: patients}, landmarks, ratio=False), draws=DRAWS)
        for k, response in known.items():
            if response.proportion is None:
                continue
            found = published_responses(curves, k=k, reference="own", comparators={})
            estimate = found.responses[0].estimate
            _count(tallies[endpoint, k, level], estimate, response.proportion)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--real", type=Path, help="folder kmdata; without it, no second table")
    given = parser.parse_args()
    error = 100 * (0.95 * 0.05 / given.repeats) ** 0.5
    made = f"`python validation/published.py --repeats {given.repeats} --real <kmdata>`"
    lines = [
        "# Arms known by published facts: do their intervals hold the truth?",
        "",
        f"Made by {made}, seed {SEED}.",
        "",
        *SIMULATED_HEAD,
        f"Monte Carlo error of a coverage of 95%: {error:.1f}.",
        "",
        "| truth of the new arm | k | published | own: held | width | control: held | width |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *simulated(given.repeats),
    ]
    if given.real:
        lines += [*REAL_HEAD, *real(given.real), *premises(given.real)]
    text = "\n".join(lines) + "\n"
    write_text(HERE / "published.md", with_summary("published", text) if given.real else text)


if __name__ == "__main__":
    main()
