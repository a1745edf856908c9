"""What is lost when a threshold of k times the median is taken as known: a small simulation.

    python docs/figures/median_estimated.py

Exponential arms of 150 patients, followed up for 1.25 times the longest threshold, without other
loss; 95% intervals of the proportion beyond k times the arm's own median, once with the threshold
taken as known, once with what the estimation of the median adds. Draws
docs/images/median_estimated.svg and prints the share of intervals that held 2^-k.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from perdure import Patients, durable_response
from perdure.records import Proportion

SEED, REPEATS, PATIENTS = 20190519, 4000, 150
MEDIAN = 7.0
MULTIPLES = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
KNOWN, ESTIMATED = "threshold taken as known", "median estimated (perdure)"
COLOURS = {KNOWN: "#b3541e", ESTIMATED: "#1f5f99"}


def held(k: float, generator: np.random.Generator) -> dict[str, float]:
    """Return the share, in per cent, of each kind of interval that held the truth."""
    truth = 2.0**-k
    counts = dict.fromkeys(COLOURS, 0)
    for _ in range(REPEATS):
        time = generator.exponential(MEDIAN / np.log(2), PATIENTS)
        end = 1.25 * max(MULTIPLES) * MEDIAN
        patients = Patients(np.minimum(time, end), time <= end)
        own = durable_response(patients, k=k)
        known = durable_response(patients, k=None, reference="fixed", time=own.threshold)
        for kind, found in ((KNOWN, known), (ESTIMATED, own)):
            estimate = found.estimate
            counts[kind] += (
                isinstance(estimate, Proportion) and estimate.ci_low <= truth <= estimate.ci_high
            )
    return {kind: 100 * count / REPEATS for kind, count in counts.items()}


def main() -> None:
    """Simulate, print, draw."""
    generator = np.random.default_rng(SEED)
    found = {k: held(k, generator) for k in MULTIPLES}
    print(f"| k | {KNOWN} | {ESTIMATED} |")
    for k, shares in found.items():
        print(f"| {k:g} | {shares[KNOWN]:.1f} | {shares[ESTIMATED]:.1f} |")
    mpl.rcParams["svg.hashsalt"] = "perdure"
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(95, color="0.6", linewidth=1, linestyle="--")
    axes.text(1.52, 95.15, "nominal", va="bottom", color="0.35", fontsize=9)
    for kind, colour in COLOURS.items():
        axes.plot(MULTIPLES, [found[k][kind] for k in MULTIPLES], marker="o", color=colour)
        place = (3.0, 95.5) if kind == ESTIMATED else (2.9, 89.6)
        axes.text(*place, kind, color=colour, ha="left" if kind == ESTIMATED else "right")
    axes.set(xlabel="k, multiple of the arm's own median", ylabel="intervals that held, %")
    axes.set_ylim(85, 99)
    axes.spines[["top", "right"]].set_visible(False)
    picture = Path(__file__).parents[1] / "images" / "median_estimated.svg"
    figure.savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    main()
