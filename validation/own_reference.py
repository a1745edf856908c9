"""Coverage of the 95% interval under the own-median reference, and of Greenwood's alone.

    python validation/own_reference.py [--repeats 2000]        writes validation/own_reference.md

Arms of 60 to 600 patients from four families, uniform censoring after 1.15 times the threshold.
Bounds count as an interval where an arm is not estimable. The full study over references, k and
censoring comes with the next issue on durable response.
"""

import argparse
from pathlib import Path

import numpy as np

from perdure.durable import durable_response
from perdure.records import Patients, Proportion
from perdure.simulate import EventTimes, MixtureCure, Weibull, durable_proportion

FAMILIES: dict[str, EventTimes] = {
    "exponential": Weibull(7.0, 1.0),
    "Weibull 0.63": Weibull(7.0, 0.63),
    "Weibull 1.3": Weibull(7.0, 1.3),
    "cure 25%": MixtureCure(7.0, 0.25),
}


def covered(patients: Patients, k: float, truth: float, reference_time: float | None) -> bool:
    """Say whether the interval, or the bounds, hold the truth."""
    if reference_time is None:
        found = durable_response(patients, k=k).estimate
    else:  # Greenwood alone: the threshold taken as if it had been known
        found = durable_response(patients, reference="fixed", time=reference_time).estimate
    if isinstance(found, Proportion):
        return found.ci_low <= truth <= found.ci_high
    return found.low <= truth <= found.high


def cell(
    times: EventTimes, k: float, n: int, repeats: int, random: np.random.Generator
) -> tuple[float, float]:
    """Return the coverage of perdure's interval and of Greenwood's at the estimated threshold."""
    truth = durable_proportion(times, k)
    hits = np.zeros(2)
    for _ in range(repeats):
        event = times.time_at(random.random(n))
        limit = random.uniform(1.15 * k * times.median, 2.5 * k * times.median, n)
        patients = Patients(np.minimum(event, limit), event <= limit)
        threshold = durable_response(patients, k=k).threshold
        hits[0] += covered(patients, k, truth, None)
        hits[1] += covered(patients, k, truth, threshold)
    return float(hits[0] / repeats), float(hits[1] / repeats)


def main() -> None:
    """Fill the table and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=2000)
    repeats = parser.parse_args().repeats
    lines = [
        "# Coverage of the own-median interval",
        "",
        f"Made by `python validation/own_reference.py --repeats {repeats}`, seed 20190519. Nominal",
        f"95%; Monte Carlo standard error {100 * (0.05 * 0.95 / repeats) ** 0.5:.1f} points.",
        "Greenwood: the same estimate with the threshold taken as known.",
        "",
        "| family | k | patients | expected at risk at the threshold | perdure, % | Greenwood, % |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, times in FAMILIES.items():
        for k in (2.0, 3.0):
            for n in (60, 150, 300, 600):
                random = np.random.default_rng([20190519, len(lines)])
                ours, greenwood = cell(times, k, n, repeats, random)
                at_risk = n * durable_proportion(times, k)
                shares = f"{100 * ours:.1f} | {100 * greenwood:.1f}"
                lines.append(f"| {name} | {k:g} | {n} | {at_risk:.0f} | {shares} |")
                print(lines[-1], flush=True)
    path = Path(__file__).with_suffix(".md")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
