"""Durable response where progression is seen at scans: coverage under own and control median.

Run: ``python validation/scans.py [--repeats 2000]``; writes validation/scans.md (6 minutes).
"""

import argparse
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from in_short import with_summary

import perdure
from perdure.durable import durable_trial
from perdure.records import Patients, Proportion, Reference

PAGE = Path(__file__).with_suffix(".md")
SEED = 20190519
K = 3.0
REFERENCES: tuple[Reference, ...] = ("own", "control")


@dataclass(frozen=True)
class Design:
    """Exponential times of those who are not cured, seen at scans ``every`` so many months.

    ``jitter`` moves each visit by a normal error of so many months.
    """

    scale: float
    cured: float
    n: int
    every: float
    jitter: float = 0.0

    def arm(self, random: np.random.Generator, count: int) -> Patients:
        """Return so many patients, accrued over ten months and followed for 20 to 30."""
        time = random.exponential(self.scale, count)
        time[random.random(count) < self.cured] = np.inf
        if self.every:
            visit = np.ceil(time / self.every) * self.every
            time = np.maximum(visit + self.jitter * random.standard_normal(count), 1e-3)
        stop = random.uniform(20, 30, count)
        return Patients(np.minimum(time, stop), (time <= stop).astype(int))

    def truth(self) -> float:
        """S(k m) of the population, from a very large arm."""
        found = durable_trial({"a": self.arm(np.random.default_rng(SEED), 2_000_000)}, k=K)
        value = found.responses[0].proportion
        if value is None:
            raise AssertionError("the population has a median and a threshold")
        return value


DESIGNS = (
    *(Design(2.6, 0.30, n, every) for n in (100, 400) for every in (0.0, 2.0)),
    *(Design(1.5, 0.20, n, every) for n in (100, 400) for every in (0.0, 2.0)),
    *(Design(3.0, 0.15, n, every) for n in (100, 400) for every in (0.0, 2.0)),
    *(Design(2.6, 0.30, n, 2.0, jitter) for n in (100, 400) for jitter in (0.1, 0.3)),
)


@dataclass(frozen=True)
class Cell:
    """What repeats of one design showed under one reference."""

    coverage: float
    error_ratio: float
    cautioned: float


def cell(design: Design, reference: Reference, repeats: int) -> Cell:
    """Repeat a design."""
    truth, random = design.truth(), np.random.default_rng(SEED)
    hits, values, errors, cautions = 0, [], [], 0
    for _ in range(repeats):
        arms = {name: design.arm(random, design.n) for name in ("test", "control")}
        found = durable_trial(arms, k=K, reference=reference, comparators={"test": "control"})
        response = found.responses[0]
        if not isinstance(response.estimate, Proportion) or response.estimate.se is None:
            raise AssertionError("every repeat reaches its threshold above 0")
        hits += response.estimate.ci_low <= truth <= response.estimate.ci_high
        values.append(response.estimate.value)
        errors.append(response.estimate.se)
        cautions += response.caution is not None
    spread = float(np.std(values))
    return Cell(hits / repeats, float(np.mean(errors)) / spread, cautions / repeats)


def main() -> None:
    """Run every design and write the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=2000)
    repeats = parser.parse_args().repeats
    lines, short = [], 0.0
    for design in DESIGNS:
        row = [f"{design.scale:g}", f"{design.cured:.0%}", f"{design.n}"]
        row += [f"{design.every:g}" if design.every else "none", f"{design.jitter:g}"]
        for reference in REFERENCES:
            found = cell(design, reference, repeats)
            if design.jitter and reference == "own":
                short = max(short, 1 - found.error_ratio)
            row += [f"{found.coverage:.1%}", f"{found.error_ratio:.2f}", f"{found.cautioned:.0%}"]
        lines.append("| " + " | ".join(row) + " |")
        print(lines[-1], flush=True)
    heads = "mean, months | cured | n | scans every | jitter | own: coverage | error / spread |"
    heads += " cautioned | control: coverage | error / spread | cautioned"
    text = (
        f"""# Progression that is seen at scans

Times to progression are exponential for those who are not cured and come on the first scan after
them; `jitter` is the standard deviation, in months, of a visit about its date. Threshold {K:g}
times the median; nominal coverage 95%; {repeats:,} repeats a row, so that a coverage is known to
{1.96 * (0.05 * 0.95 / repeats) ** 0.5:.1%}. `error / spread` is the mean standard error over the
standard deviation of the estimates; the truth is S(k m) of two million patients.

| {heads} |
|{" --- |" * 11}
"""
        + "\n".join(lines)
        + f"""

Where the median can be one of few dates only, the smoothed density is not used
(`perdure.durable.clumps`). Visits that are only near their dates are not recognised: there the
error under `own` was up to {short:.0%} too small; `--with bootstrap` needs no density.

Made by `python validation/scans.py --repeats {repeats}` on {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}
with perdure {perdure.__version__}, seed {SEED}.
"""
    )
    PAGE.write_text(with_summary("scans", text), encoding="utf-8")


if __name__ == "__main__":
    main()
