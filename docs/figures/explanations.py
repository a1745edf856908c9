"""The pictures of three pages of explanation.

    python docs/figures/explanations.py

- durable-response.svg: two arms with constant hazards, at their own and at the control's threshold.
- not-estimable.svg: three simulated arms, of which one reaches its threshold.
- what-is-known.svg: histories of one simulated arm, rebuilt with numbers at risk and without.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perdure import Patients, durable_response, kaplan_meier
from perdure.reconstruct import curve_from_points, reconstruct
from perdure.records import Floats, NotEstimable, NumbersAtRisk, Proportion
from perdure.simulate import FollowUp, Weibull, publish, simulate_arm

IMAGES = Path(__file__).parents[1] / "images"
TEST, CONTROL, PALE, INK = "#1f5f99", "#b3541e", "0.75", "0.25"
CLICKED, HAND = 20, 0.002
"""Columns between two clicks, and how far the hand errs, as a proportion."""


def panels(count: int, width: float = 7.2, height: float = 2.9) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side, without boxes around them."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = [figure.add_subplot(1, count, 1 + place) for place in range(count)]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.set(ylim=(0, 102), xlabel="months")
    axes[0].set_ylabel("survival, %")
    return figure, axes


def save(figure: Figure, name: str) -> None:
    """Write a picture, the same to the byte each time."""
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})


def draw_durable_response() -> None:
    """Draw two exponential arms under both references."""
    k, end = 3, 36
    medians = {"control": (5.0, CONTROL), "test": (10.0, TEST)}
    time = np.linspace(0, end, 400)
    figure, axes = panels(2)
    titles = ("own: 3 times the arm's own median", "control: 3 times the control's")
    for one, title in zip(axes, titles, strict=True):
        one.set(title=title, xlim=(0, end), xticks=range(0, end + 1, 5))
        one.axhline(50, color=PALE, linewidth=0.8)
        for label, (median, colour) in medians.items():
            own = one is axes[0]
            threshold = k * (median if own else medians["control"][0])
            one.plot(time, 100 * 0.5 ** (time / median), color=colour, linewidth=1.6, label=label)
            one.plot(median, 50, marker="|", color=colour, markersize=9)
            reached = 100 * 0.5 ** (threshold / median)
            one.vlines(threshold, 0, reached, color=colour, linestyle=":", linewidth=1.2)
            one.plot(threshold, reached, marker="o", color=colour)
            one.text(threshold + 0.6, reached + 2, f"{reached:.1f}%", color=colour)
    axes[1].legend(frameon=False)
    save(figure, "durable-response")


def draw_not_estimable() -> None:
    """Draw an arm with a number and two without, with their bounds."""
    generator = np.random.default_rng(4)
    k = 3
    plans = (
        ("reaches its threshold", Weibull(6.0, 0.8), FollowUp(12, 24)),
        ("follow-up too short", Weibull(14.0, 0.8), FollowUp(12, 24)),
        ("median not reached", Weibull(44.0, 0.7), FollowUp(12, 24)),
    )
    figure, axes = panels(3, width=8.6)
    for one, (title, event_times, follow_up) in zip(axes, plans, strict=True):
        arm = simulate_arm(generator, 150, {"PFS": event_times}, follow_up)["PFS"]
        draw_arm(one, arm, k)
        one.set(title=title, xlim=(0, 50), xticks=range(0, 49, 12))
    save(figure, "not-estimable")


def draw_arm(axes: Axes, arm: Patients, k: float) -> None:
    """Draw a curve with its median and threshold, and what is known beyond its end."""
    curve = kaplan_meier(arm.time, arm.event)
    axes.axhline(50, color=PALE, linewidth=0.8)
    time = np.concatenate(([0.0], curve.time))
    axes.step(time, 100 * np.concatenate(([1.0], curve.survival)), where="post", color=TEST)
    found = durable_response(arm, k=k)
    at = found.threshold
    if at is not None:
        axes.axvline(at, color=INK, linestyle=":", linewidth=1.2)
        axes.text(at - 0.8, 96, f"{k} medians", va="top", ha="right", color=INK, fontsize=9)
    if at is not None and isinstance(found.estimate, Proportion):
        value = 100 * found.estimate.value
        axes.plot(at, value, marker="o", color=TEST)
        axes.text(at + 1.2, value + 3, f"{value:.0f}%", color=TEST)
    elif isinstance(found.estimate, NotEstimable):
        low, high = 100 * found.estimate.low, 100 * found.estimate.high
        axes.fill_between([curve.end_time, 50], low, high, color=TEST, alpha=0.15, linewidth=0)
        axes.text(50, high + 2, f"{low:.0f} to {high:.0f}%", ha="right", color=TEST)


def draw_what_is_known() -> None:
    """Rebuild one arm from its curve with and without numbers at risk, and draw the histories."""
    generator = np.random.default_rng(11)
    arm = simulate_arm(generator, 200, {"OS": Weibull(11.0, 0.9)}, FollowUp(18, 8, 0.15))["OS"]
    shown = publish(generator, [arm])
    read = shown.arms[0]
    clicks = np.unique(np.append(np.arange(0, read.time.size, CLICKED), read.time.size - 1))
    aimed = read.survival[clicks] + generator.normal(0, HAND, clicks.size)
    curve, _ = curve_from_points(read.time[clicks], np.minimum.accumulate(aimed.clip(0, 1)))
    table = NumbersAtRisk(shown.ticks, read.n_at_risk)
    ways = {
        "with numbers at risk": reconstruct(curve, table),
        "without": reconstruct(curve, n=arm.n),
    }
    figure, axes = panels(2)
    figure.set_size_inches(7.2, 3.1)
    grid = np.linspace(0, min(float(h.time.max()) for w in ways.values() for h in w.ensemble), 60)
    for colour, (label, found) in zip((TEST, CONTROL), ways.items(), strict=True):
        histories = found.ensemble[::2]
        curves = [kaplan_meier(one.time, one.event).at(grid) for one in histories]
        low, high = 100 * np.min(curves, axis=0), 100 * np.max(curves, axis=0)
        axes[0].fill_between(grid, low, high, color=colour, alpha=0.35, linewidth=0)
        followed = np.stack([at_risk(one, grid) for one in histories], axis=1)
        axes[1].plot(grid, followed, color=colour, alpha=0.25, linewidth=0.8)
        axes[1].plot([], [], color=colour, label=label)
        events = [one.events for one in found.ensemble]
        print(f"{label}: {min(events)} to {max(events)} events; truly {arm.events}")
    true = kaplan_meier(arm.time, arm.event)
    axes[0].step(true.time, 100 * true.survival, where="post", color="black", linewidth=0.9)
    axes[1].plot(grid, at_risk(arm, grid), color="black", linewidth=1.2, label="the patients")
    axes[1].plot(shown.ticks, read.n_at_risk, "o", color="black", markersize=4)
    axes[1].set(title="who is still followed up", ylabel="patients at risk", ylim=(0, arm.n * 1.02))
    axes[0].set_title("the curve")
    axes[1].legend(frameon=False, fontsize=9)
    save(figure, "what-is-known")


def at_risk(patients: Patients, times: Floats) -> Floats:
    """Return how many patients have no event and are not censored before each time."""
    return np.asarray(patients.n - np.searchsorted(np.sort(patients.time), times), dtype=np.float64)


def main() -> None:
    """Draw all three."""
    mpl.rcParams["svg.hashsalt"] = "perdure"
    draw_durable_response()
    draw_not_estimable()
    draw_what_is_known()


if __name__ == "__main__":
    main()
