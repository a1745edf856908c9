"""Simulated arms of trials of two, with the precision of the arms of real trials."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perdure.records import Floats

__all__ = ["SimulatedArms", "precision_of_real_arms", "simulated_arms"]

REAL = Path(__file__).with_name("real_trials.csv")
FEW, MANY = 20.0, 1000.0


@dataclass(frozen=True, eq=False)
class SimulatedArms:
    """Arms with their estimates; the first of each trial is its control.

    Attributes
    ----------
    trial : tuple of str
    treated : array of float, shape (arms,)
        1 for a test arm.
    proportion, se : array of float, shape (arms,)
        Of the arms above 0 and below 1.
    """

    trial: tuple[str, ...]
    treated: Floats
    proportion: Floats
    se: Floats


def precision_of_real_arms() -> Floats:
    """Return effective numbers of patients, p (1 - p) / se^2, of the real trials' arms.

    Own median, the endpoint's usual k; see real_trials.md for the trials.
    """
    with REAL.open(newline="", encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if row["reference"] == "own"
            and not row["comparator"]
            and row["status"] in ("estimable", "thin")
            and (row["endpoint"] == "OS") == (row["k"] == "2")
            and row["k"] in ("2", "3")
            and row["se"]
        ]
    p = np.array([float(row["value"]) for row in rows])
    se = np.array([float(row["se"]) for row in rows])
    kept = (se > 0) & (p > 0) & (p < 1)
    found = p[kept] * (1 - p[kept]) / se[kept] ** 2
    return np.asarray(found[(found >= FEW) & (found <= MANY)])


def simulated_arms(
    random: np.random.Generator,
    n_arms: int,
    *,
    effect: float,
    control: float,
    between_trials: float,
    between_contrasts: float,
    sizes: Floats,
) -> SimulatedArms:
    """Return arms of trials of two; an odd number ends with a test arm alone.

    Logits of the control arms vary by ``between_trials`` (a variance) around ``control``; the test
    arm's lies ``effect`` above its control's, give or take ``between_contrasts``. Counts are
    binomial in the effective size, so that estimate and error depend on each other as they do in
    trials.
    """
    at = np.arange(n_arms) // 2
    treated = (np.arange(n_arms) % 2).astype(np.float64)
    if n_arms % 2:
        treated[-1] = 1.0
    trials = int(at[-1]) + 1
    base = control + np.sqrt(between_trials) * random.standard_normal(trials)
    gain = effect + np.sqrt(between_contrasts) * random.standard_normal(trials)
    logit = base[at] + treated * gain[at]
    size = random.choice(sizes, n_arms)
    events = random.binomial(np.round(size).astype(int), 1 / (1 + np.exp(-logit)))
    p = events / np.round(size)
    kept = (p > 0) & (p < 1)
    trial = tuple(f"T{one}" for one in at[kept])
    se = np.sqrt(p * (1 - p) / np.round(size))
    return SimulatedArms(trial, treated[kept], p[kept], se[kept])
