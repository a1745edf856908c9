"""Which way of pooling holds its level: coverage, type I error and width, by simulation.

Run: ``python validation/pooling.py [--repeats 1000]``; writes validation/pooling.md and .csv.
"""

import argparse
import csv
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from in_short import with_summary
from pooling_trials import SimulatedArms, precision_of_real_arms, simulated_arms
from scipy.stats import t as student

import perdure
from perdure.errors import InputError
from perdure.pool import Method, Model, Test, fit_effects
from perdure.pool.clusters.robust import robust
from perdure.pool.mixed.multilevel import fit_multilevel
from perdure.records import Coefficient, Floats

PAGE = Path(__file__).with_suffix(".md")
SEED = 20190519
ARMS = (5, 10, 20, 40)
BETWEEN = (0.0, 0.05, 0.2, 0.6)
EFFECTS = (0.0, 0.8)
CONTROL, TRIALS = -2.0, 0.2
"""Logit of a control arm, as 12% durable response, and its variance between trials."""

Answer = tuple[float, float, float]
"""Estimate and limits."""
Candidate = Callable[[SimulatedArms], Answer | None]


def logits(arms: SimulatedArms) -> tuple[Floats, Floats]:
    """Return each arm on the logit scale, with its variance by the delta method."""
    p = arms.proportion
    return np.log(p / (1 - p)), (arms.se / (p * (1 - p))) ** 2


def answer(found: Coefficient) -> Answer:
    """Return a coefficient as an answer."""
    return found.estimate, found.ci_low, found.ci_high


def contrasts(arms: SimulatedArms) -> tuple[Floats, Floats]:
    """Test arm less control, of the trials that have both."""
    y, v = logits(arms)
    place = {
        (name, int(kind)): at
        for at, (name, kind) in enumerate(zip(arms.trial, arms.treated, strict=True))
    }
    pairs = [
        (place[name, 1], place[name, 0])
        for name in dict.fromkeys(arms.trial)
        if (name, 1) in place and (name, 0) in place
    ]
    test, control = [one for one, _ in pairs], [other for _, other in pairs]
    return y[test] - y[control], v[test] + v[control]


def within(model: Model, method: Method, test: Test) -> Candidate:
    """Return a candidate that pools contrasts."""

    def run(arms: SimulatedArms) -> Answer | None:
        y, v = contrasts(arms)
        if y.size < 2:
            return None
        return answer(
            fit_effects(y, v, model=model, method=method, test=test).pooled.coefficients[0]
        )

    return run


def design(arms: SimulatedArms) -> Floats:
    """Return intercept and class."""
    return np.column_stack((np.ones(arms.treated.size), arms.treated))


def independent(arms: SimulatedArms) -> Answer | None:
    """Regress arms on their class as if each were a trial of its own."""
    y, v = logits(arms)
    if y.size < 4:
        return None
    return answer(fit_effects(y, v, moderators=design(arms)).pooled.coefficients[1])


def nested(kind: str) -> Candidate:
    """Return a candidate that has arms in trials."""

    def run(arms: SimulatedArms) -> Answer | None:
        y, v = logits(arms)
        levels = {"trial": arms.trial, "arm": range(y.size)}
        if y.size < 5:
            return None
        fit = fit_multilevel(
            y, v, levels, moderators=design(arms), test="z" if kind == "z" else "t"
        )
        if kind != "CR2":
            return answer(fit.pooled.coefficients[1])
        return answer(robust(fit, arms.trial, kind="CR2").coefficients[1])

    return run


def paper(arms: SimulatedArms) -> Answer | None:
    """Difference of the plain means of proportions, by Welch's t test."""
    groups = [arms.proportion[arms.treated == kind] for kind in (1, 0)]
    if min(one.size for one in groups) < 2:
        return None
    share = [float(one.var(ddof=1)) / one.size for one in groups]
    df = sum(share) ** 2 / sum(s**2 / (one.size - 1) for s, one in zip(share, groups, strict=True))
    gap = float(groups[0].mean() - groups[1].mean())
    half = float(student.ppf(0.975, df)) * sum(share) ** 0.5
    return gap, gap - half, gap + half


CANDIDATES: Mapping[str, Mapping[str, Candidate]] = {
    "Contrasts within trials (log odds ratio)": {
        "common effect, z": within("common", "REML", "z"),
        "DL, z": within("random", "DL", "z"),
        "REML, z": within("random", "REML", "z"),
        "REML, t": within("random", "REML", "t"),
        "REML, Hartung-Knapp": within("random", "REML", "knha"),
        "REML, Hartung-Knapp not below 1": within("random", "REML", "adhoc"),
        "PM, Hartung-Knapp": within("random", "PM", "knha"),
        "DL, Hartung-Knapp": within("random", "DL", "knha"),
    },
    "Arms by class (difference of logits)": {
        "arms as independent, Hartung-Knapp": independent,
        "three-level, z": nested("z"),
        "three-level, t": nested("t"),
        "three-level, CR2 by trial": nested("CR2"),
        "plain means, Welch (the paper's way)": paper,
    },
}
"""The paper's way has another scale: its type I error only is compared."""
WITHIN, ACROSS = CANDIDATES
MORE = {WITHIN: 5}
"""Contrasts are fitted in no time, and are the primary answer: so many times the repeats."""


@dataclass(frozen=True)
class Cell:
    """One number of arms, heterogeneity and effect; what each candidate did there."""

    n_arms: int
    between: float
    effect: float
    candidate: str
    answered: int
    covered: int
    rejected: int
    width: float


def cell(work: tuple[int, float, float, int]) -> list[Cell]:
    """Repeat one number of arms, heterogeneity and effect."""
    n_arms, between, effect, repeats = work
    sizes = precision_of_real_arms()
    random = np.random.default_rng([SEED, n_arms, round(1000 * between), round(10 * effect)])
    times = {name: MORE.get(group, 1) for group, found in CANDIDATES.items() for name in found}
    run = {name: one for group in CANDIDATES.values() for name, one in group.items()}
    found: dict[str, list[Answer]] = {name: [] for name in run}
    for repeat in range(repeats * max(times.values())):
        arms = simulated_arms(
            random,
            n_arms,
            effect=effect,
            control=CONTROL,
            between_trials=TRIALS,
            between_contrasts=between,
            sizes=sizes,
        )
        for name, candidate in run.items():
            if repeat >= repeats * times[name]:
                continue
            try:
                one = candidate(arms)
            except InputError:
                one = None
            if one is not None:
                found[name].append(one)
    return [
        Cell(
            n_arms,
            between,
            effect,
            name,
            len(each),
            sum(low <= effect <= high for _, low, high in each),
            sum(low > 0 or high < 0 for _, low, high in each),
            float(np.median([high - low for _, low, high in each])) if each else float("nan"),
        )
        for name, each in found.items()
    ]


def table(cells: Sequence[Cell], group: str, repeats: int) -> str:
    """Return one question's candidates: type I error, coverage and width in every cell."""
    head = "| arms | tau2 | " + " | ".join(CANDIDATES[group]) + " |"
    lines = [head, "|" + " --- |" * (2 + len(CANDIDATES[group]))]
    find = {(one.n_arms, one.between, one.effect, one.candidate): one for one in cells}
    for n_arms in ARMS:
        for between in BETWEEN:
            row = [f"{n_arms}", f"{between:g}"]
            for name in CANDIDATES[group]:
                null, real = (find[n_arms, between, effect, name] for effect in EFFECTS)
                if null.answered < repeats / 2:
                    row.append("none")
                    continue
                text = f"{null.rejected / null.answered:.1%}"
                if name != PAPER:
                    text += f", {real.covered / real.answered:.1%}, {real.width:.2f}"
                row.append(text)
            lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def verdicts(cells: Sequence[Cell], group: str, repeats: int) -> list[str]:
    """Return of each candidate its worst cells, and whether it holds its level."""
    lines = []
    for name in CANDIDATES[group]:
        mine = [one for one in cells if one.candidate == name and one.answered >= repeats / 2]
        nulls = [one for one in mine if one.effect == 0]
        reals = [one for one in mine if one.effect != 0]
        error = max(one.rejected / one.answered for one in nulls)
        cover = min(one.covered / one.answered for one in reals)
        above = sum(one.rejected / one.answered > limit(one.answered) for one in nulls)
        text = f"| {name} | {error:.1%} | {above} of {len(nulls)} |"
        text += " | |" if name == PAPER else f" {cover:.1%} | {width(cells, name, repeats):.2f} |"
        lines.append(text)
    return lines


def holds(cells: Sequence[Cell], name: str, repeats: int) -> bool:
    """Say whether a candidate's type I error is at most 5% in every cell, but for chance."""
    nulls = [one for one in cells if one.candidate == name and one.effect == 0]
    return all(
        one.rejected / one.answered <= limit(one.answered)
        for one in nulls
        if one.answered >= repeats / 2
    )


def width(cells: Sequence[Cell], name: str, repeats: int, least: int = 0) -> float:
    """Return a candidate's mean width over the cells with so many arms."""
    return float(
        np.mean(
            [
                one.width
                for one in cells
                if one.candidate == name
                and one.effect != 0
                and one.answered >= repeats / 2
                and one.n_arms >= least
            ]
        )
    )


def worst(cells: Sequence[Cell], name: str, repeats: int) -> float:
    """Return the largest type I error of a candidate."""
    return max(
        one.rejected / one.answered
        for one in cells
        if one.candidate == name and one.effect == 0 and one.answered >= repeats / 2
    )


def conclusion(cells: Sequence[Cell], group: str, repeats: int) -> str:
    """Return which candidates hold their level, the narrowest first."""
    names = [name for name in CANDIDATES[group] if name != PAPER and holds(cells, name, repeats)]
    names.sort(key=lambda name: width(cells, name, repeats))
    if not names:
        best = min(
            (name for name in CANDIDATES[group] if name != PAPER),
            key=lambda name: worst(cells, name, repeats),
        )
        return (
            "No candidate's type I error is at most 5% in every cell, but for chance; the smallest"
            f" largest error is that of {best} ({worst(cells, best, repeats):.1%})."
        )
    listed = ", ".join(f"{name} ({width(cells, name, repeats):.2f})" for name in names)
    return (
        "Candidates whose type I error is at most 5% in every cell, but for chance, the narrowest"
        f" first (mean width): {listed}."
    )


def limit(repeats: int) -> float:
    """Return the largest share of rejections that 5% makes likely: 99.9% of repeats."""
    return 0.05 + 3.09 * float(np.sqrt(0.05 * 0.95 / repeats))


PAPER = "plain means, Welch (the paper's way)"


def main() -> None:
    """Run every cell and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    start = time.perf_counter()
    work = [(a, b, e, given.repeats) for a in ARMS for b in BETWEEN for e in EFFECTS]
    with ProcessPoolExecutor(given.jobs) as workers:
        cells = [one for found in workers.map(cell, work[::-1]) for one in found]
    with PAGE.with_suffix(".csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(Cell.__dataclass_fields__)
        writer.writerows(tuple(vars(one).values()) for one in cells)
    seconds = time.perf_counter() - start
    text = with_summary("pooling", page(cells, given.repeats, seconds))
    PAGE.write_text(text, encoding="utf-8")


def page(cells: Sequence[Cell], repeats: int, seconds: float) -> str:
    """Return the page of all cells."""
    sizes = precision_of_real_arms()
    low, middle, high = np.quantile(sizes, (0.1, 0.5, 0.9))
    parts = [
        f"""# Pooling: which way holds its level

Trials of two arms: control arms respond durably in {1 / (1 + np.exp(-CONTROL)):.0%} (logits vary
between trials with variance {TRIALS:g}), the test arm's logit lies an effect above its control's,
and effects vary with variance tau2 around {EFFECTS[0]:g} (type I error) or {EFFECTS[1]:g}
(coverage, width). Effective numbers of patients are drawn from {sizes.size} arms of real trials
({low:.0f}, {middle:.0f} and {high:.0f} at the 10%, 50% and 90% quantile); counts are binomial in
them. {repeats * MORE[WITHIN]:,} repeats a cell for contrasts, {repeats:,} for arms by
class: an error of 5% shows as less than {limit(repeats * MORE[WITHIN]):.1%} and
{limit(repeats):.1%} in 99.9% of cells. With 5 arms the fifth has no control. In each cell:
type I error, coverage, median width of the 95% interval.
"""
    ]
    for group in CANDIDATES:
        parts.append(f"## {group}\n\n{table(cells, group, repeats)}\n")
        head = (
            "| candidate | largest type I error | cells above 5% | lowest coverage | mean width |"
        )
        rows = "\n".join(verdicts(cells, group, repeats))
        parts.append(f"{head}\n|{' --- |' * 5}\n{rows}\n")
        parts.append(conclusion(cells, group, repeats) + "\n")
    parts.append(
        "perdure's defaults: a study pools contrasts within trials with `adhoc` (Hartung-Knapp not"
        " below 1); `pool()` and `perdure pool` have Hartung-Knapp, as metafor's users expect. For"
        " differences between classes of arms the main table takes arms as independent, which keeps"
        " below 5% and is wide; the other models stand beside it.\n"
    )
    parts.append(
        f"Made by `python validation/pooling.py --repeats {repeats}` in"
        f" {seconds:.0f} s on {dt.datetime.now(tz=dt.UTC):%Y-%m-%d} with"
        f" perdure {perdure.__version__}, seed {SEED}.\n"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    main()
