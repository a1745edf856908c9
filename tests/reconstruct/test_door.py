"""`reconstruct` by its default method: true patients back, printed numbers met, users' failures."""

import subprocess
import sys
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table, reconstruct
from perdure.records import Curve, Floats, Ints, NumbersAtRisk, Patients, Reconstruction
from perdure.survival import kaplan_meier

DAYS = 30.4375
"""In a month."""


def event_table(patients: Patients) -> tuple[Floats, Ints, Ints]:
    """Return the times of events, and how many had one and were at risk at each."""
    times, d = np.unique(patients.time[patients.event], return_counts=True)
    n = (patients.time[:, None] >= times).sum(axis=0)
    return times, d, n


def corners(patients: Patients) -> tuple[Floats, Floats]:
    """Return the corners of the path that a program draws: each step's top and its bottom."""
    found = kaplan_meier(patients.time, patients.event)
    drops = np.flatnonzero(np.diff(found.survival, prepend=1.0) < 0)
    before = np.concatenate(([1.0], found.survival))[drops]
    times = np.repeat(found.time[drops], 2)
    values = np.column_stack((before, found.survival[drops])).ravel()
    last = values[-1] if values.size else 1.0
    return (
        np.concatenate(([0.0], times, [patients.time.max()])),
        np.concatenate(([1.0], values, [last])),
    )


def simulated(seed: int, n: int = 300) -> Patients:
    """Return an arm of whole days, with late entry and some drop-out."""
    random = np.random.default_rng(seed)
    life = random.exponential(10, n)
    left = np.minimum(random.uniform(8, 30, n), random.exponential(60, n))
    days = np.maximum(np.round(np.minimum(life, left) * DAYS), 1)
    return Patients(days / DAYS, life <= left)


@dataclass(frozen=True)
class Figure:
    """A figure and who is behind it."""

    truth: Patients
    curve: Curve
    table: NumbersAtRisk


def vector_figure(seed: int) -> Figure:
    """Return a figure whose path is kept to 6 digits, with numbers at risk every 4 months."""
    truth = simulated(seed)
    time, survival = corners(truth)
    ticks = np.arange(0, truth.time.max(), 4.0)
    curve, _ = curve_from_points(np.round(time, 6), np.round(survival, 6))
    table, _ = numbers_at_risk_from_table(ticks, at_risk(truth, ticks))
    return Figure(truth, curve, table)


def traced_figure(seed: int, n: int = 120) -> Figure:
    """Return a figure of 400 by 300 pixels, traced, with numbers at risk every 6 months."""
    truth = simulated(seed, n)
    found = kaplan_meier(truth.time, truth.event)
    columns = np.linspace(0, 30, 400)
    columns = columns[columns <= found.end_time]
    ticks = np.arange(0, found.end_time, 6.0)
    curve, _ = curve_from_points(columns, np.round(found.at(columns) * 299) / 299)
    return Figure(truth, curve, NumbersAtRisk(ticks, at_risk(truth, ticks)))


def at_risk(patients: Patients, ticks: Floats) -> Ints:
    """Return how many are followed up to each time."""
    return np.asarray((patients.time[:, None] >= ticks - 1e-9).sum(axis=0))


def consistent(found: Reconstruction, n: int) -> None:
    """Check what holds of the written history and of every draw."""
    for patients in (found.patients, *found.ensemble):
        assert patients.n == n
        assert np.isfinite(patients.time).all()
        assert (patients.time >= 0).all()
        assert (np.diff(patients.time) >= 0).all()


def all_met(found: Reconstruction, table: NumbersAtRisk) -> None:
    """Check that the written history and every draw have the printed numbers."""
    assert found.evidence.risk_mismatch == 0
    for patients in (found.patients, *found.ensemble):
        np.testing.assert_array_equal(at_risk(patients, table.time), table.n)


def as_bytes(found: Reconstruction) -> bytes:
    """Return all draws, to the bit."""
    parts = (part for one in (found.patients, *found.ensemble) for part in (one.time, one.event))
    return b"".join(part.tobytes() for part in parts)


class TestVectorFigures:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_every_event_comes_back_with_its_d_and_n(self, seed: int) -> None:
        figure = vector_figure(seed)
        found = reconstruct(figure.curve, figure.table)
        for patients in (found.patients, *found.ensemble[:5]):
            times, d, n = event_table(patients)
            true_times, true_d, true_n = event_table(figure.truth)
            assert true_times.size > 150
            np.testing.assert_allclose(times, true_times, rtol=0, atol=1e-6)
            np.testing.assert_array_equal(d, true_d)
            np.testing.assert_array_equal(n, true_n)
        all_met(found, figure.table)
        assert found.evidence.reading == "steps"
        assert found.warnings == ()

    def test_and_without_numbers_at_risk_when_n_is_known(self) -> None:
        figure = vector_figure(0)
        found = reconstruct(figure.curve, n=300)
        for rebuilt, true in zip(
            event_table(found.patients), event_table(figure.truth), strict=True
        ):
            np.testing.assert_allclose(rebuilt, true, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_counts_beyond_a_time_are_told_from_counts_up_to_it(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        life, left = random.exponential(10, 120), random.uniform(4, 30, 120)
        time = np.ceil(np.minimum(life, left))
        truth = Patients(time, life <= left)
        curve, _ = curve_from_points(*corners(truth))
        ticks = np.arange(0, time.max(), 6.0)
        up_to, beyond = ((time[:, None] >= ticks), (time[:, None] > ticks))
        assert (up_to.sum(axis=0) != beyond.sum(axis=0)).sum() >= 2
        for printed, said in ((up_to, False), (beyond, True)):
            found = reconstruct(curve, NumbersAtRisk(ticks, printed.sum(axis=0)))
            assert any("(> t)" in warning for warning in found.warnings) == said
            assert found.evidence.risk_mismatch == 0
            for rebuilt, true in zip(event_table(found.patients), event_table(truth), strict=True):
                np.testing.assert_allclose(rebuilt, true, rtol=0, atol=1e-9)


class TestPrintedNumbers:
    @pytest.mark.parametrize("seed", [0, 1])
    def test_every_draw_meets_numbers_at_risk(self, seed: int) -> None:
        figure = traced_figure(seed)
        found = reconstruct(figure.curve, figure.table)
        assert found.evidence.reading == "columns"
        consistent(found, 120)
        all_met(found, figure.table)

    @pytest.mark.parametrize("off", [-1, 0, 1])
    def test_every_draw_meets_the_total_of_events_too(self, off: int) -> None:
        figure = traced_figure(0)
        events = figure.truth.events + off
        found = reconstruct(figure.curve, figure.table, events=events)
        assert {one.events for one in (found.patients, *found.ensemble)} == {events}
        assert (found.evidence.events_low, found.evidence.events_high) == (events, events)
        all_met(found, figure.table)
        assert "events" in found.evidence.used

    @pytest.mark.parametrize("off", [-40, 25])
    def test_events_that_contradict_the_curve_are_named(self, off: int) -> None:
        figure = traced_figure(0)
        events = figure.truth.events + off
        found = reconstruct(figure.curve, figure.table, events=events)
        all_met(found, figure.table)
        assert found.patients.events != events
        said = [warning for warning in found.warnings if "events were reported" in warning]
        assert len(said) == 1
        assert said[0].startswith(f"{events} events were reported and {found.patients.events} are")

    def test_more_events_than_patients_are_refused(self) -> None:
        figure = traced_figure(0)
        with pytest.raises(InputError, match="121 events are more than the arm's 120 patients"):
            reconstruct(figure.curve, figure.table, events=121)


class TestDraws:
    def test_a_seed_gives_the_same_bytes(self) -> None:
        figure = traced_figure(1)
        one, again, other = (
            reconstruct(figure.curve, figure.table, draws=20, seed=seed) for seed in (7, 7, 8)
        )
        assert as_bytes(one) == as_bytes(again)
        assert one.seed == 7
        assert all(
            left.time.tobytes() != right.time.tobytes()
            for left, right in zip(one.ensemble, other.ensemble, strict=True)
        )

    def test_and_so_it_does_in_another_process(self) -> None:
        figure = traced_figure(1)
        here = as_bytes(reconstruct(figure.curve, figure.table, draws=5, seed=7))
        code = (
            "import sys; from hashlib import sha256; import numpy as np\n"
            "from perdure.records import Curve, NumbersAtRisk\n"
            "from perdure.reconstruct import reconstruct\n"
            "time, survival, ticks, n = (\n"
            "    np.array([float.fromhex(one) for one in line.split()]) for line in sys.stdin\n"
            ")\n"
            "found = reconstruct(Curve(time, survival), NumbersAtRisk(ticks, n), draws=5, seed=7)\n"
            "for one in (found.patients, *found.ensemble):\n"
            "    sys.stdout.buffer.write(one.time.tobytes() + one.event.tobytes())\n"
        )
        arrays = (figure.curve.time, figure.curve.survival, figure.table.time, figure.table.n)
        lines = "\n".join(" ".join(float(one).hex() for one in part) for part in arrays)
        there = subprocess.run(
            [sys.executable, "-c", code], input=lines.encode(), capture_output=True, check=True
        )
        assert there.stdout == here

    def test_one_draw(self) -> None:
        figure = traced_figure(0)
        found = reconstruct(figure.curve, figure.table, draws=1)
        assert len(found.ensemble) == 1
        consistent(found, 120)
        all_met(found, figure.table)
        assert found.evidence.events_low == found.evidence.events_high == found.ensemble[0].events

    def test_no_draw_is_refused(self) -> None:
        figure = traced_figure(0)
        with pytest.raises(InputError, match="an ensemble needs a draw"):
            reconstruct(figure.curve, figure.table, draws=0)

    def test_guyot_has_no_ensemble(self) -> None:
        figure = traced_figure(0)
        found = reconstruct(figure.curve, figure.table, method="guyot")
        assert found.method == "guyot"
        assert found.ensemble == ()
        assert found.seed is None
        assert found.evidence.events_low is None
        by_default = reconstruct(figure.curve, figure.table)
        assert (by_default.method, len(by_default.ensemble), by_default.seed) == ("chain", 50, 1)


class TestUsersFailures:
    """Issue threads of survHE (24, 30, 31, 43, 58) and RESOLVE-IPD (4), as told in issue 4."""

    POINTS = (
        (0.546, 1.00), (1.05, 1.00), (2.05, 0.906), (2.98, 0.815), (4.05, 0.766), (5.03, 0.67),
        (8.01, 0.574), (11, 0.383), (12, 0.286), (15, 0.191), (17, 0.144), (22, 0.096), (23, 0.05),
    )  # fmt: skip
    TABLE = ((0, 21), (4, 16), (8, 11), (12, 6), (16, 3), (20, 2))

    @pytest.mark.parametrize("events", [None, 18])
    def test_points_on_which_a_function_never_returned(self, events: int | None) -> None:
        curve, _ = curve_from_points(*zip(*self.POINTS, strict=True))
        table, _ = numbers_at_risk_from_table(*zip(*self.TABLE, strict=True))
        started = perf_counter()
        found = reconstruct(curve, table, events=events)
        assert perf_counter() - started < 10
        consistent(found, 21)
        all_met(found, table)
        assert found.method == "chain"
        assert found.evidence.max_distance < 1.5 / 21
        if events is not None:
            assert {one.events for one in found.ensemble} == {events}

    def test_flat_tail_with_heavy_late_censoring(self) -> None:
        # 83 patients, 38 events and one censoring before month 30: survival 0.54, 44 at risk.
        # One dies at 33.1 while 14 are censored by month 36; the other 29 are censored later.
        random = np.random.default_rng(0)
        early, late, last = (
            random.uniform(low, high, size)
            for low, high, size in ((0.5, 29.5, 38), (30.2, 35.9, 14), (36.1, 47.9, 29))
        )
        truth = Patients(
            np.concatenate((early, [29.6], [33.1], late, last)),
            np.repeat([1, 0, 1, 0], [38, 1, 1, 43]),
        )
        found_km = kaplan_meier(truth.time, truth.event)
        assert found_km.at(30.0) == pytest.approx(0.54, abs=0.005)
        columns = np.linspace(0, truth.time.max(), 500)
        curve, _ = curve_from_points(columns, np.round(found_km.at(columns) * 349) / 349)
        ticks = np.arange(0, 48.0, 6)
        table, _ = numbers_at_risk_from_table(ticks, at_risk(truth, ticks))
        assert table.n[5:7].tolist() == [44, 29]
        found = reconstruct(curve, table)
        all_met(found, table)
        right = []
        for patients in (found.patients, *found.ensemble):
            events = patients.time[patients.event]
            between = int(((events >= 30) & (events < 36)).sum())
            right.append(between == 1 and not (events >= 36).any())
        assert right[0]
        assert np.mean(right[1:]) >= 0.9

    def test_points_outlast_the_table(self) -> None:
        figure = traced_figure(2)
        short = NumbersAtRisk(figure.table.time[:2], figure.table.n[:2])
        found = reconstruct(figure.curve, short)
        consistent(found, 120)
        all_met(found, short)
        assert found.evidence.max_distance < 0.01
        late = found.patients.time[found.patients.event] > short.time[-1]
        true_late = figure.truth.time[figure.truth.event] > short.time[-1]
        assert abs(int(late.sum()) - int(true_late.sum())) <= 8

    def test_the_table_runs_past_the_curve(self) -> None:
        figure = traced_figure(2)
        shown = figure.curve.time <= 15
        cut = Curve(figure.curve.time[shown], figure.curve.survival[shown])
        found = reconstruct(cut, figure.table)
        consistent(found, 120)
        inside = figure.table.time <= 15
        for patients in (found.patients, *found.ensemble):
            np.testing.assert_array_equal(
                at_risk(patients, figure.table.time[inside]), figure.table.n[inside]
            )
            assert patients.time.max() <= 15
            # Those known to be at risk at 18 had no event by the end of the curve.
            assert (~patients.event & (patients.time == patients.time.max())).sum() >= (
                figure.table.n[3]
            )
        assert any("but the curve ends at" in warning for warning in found.warnings)

    def test_a_table_with_zeros_past_the_curve(self) -> None:
        figure = traced_figure(2)
        zeros = NumbersAtRisk(
            np.append(figure.table.time, [36, 42]), np.append(figure.table.n, [0, 0])
        )
        found = reconstruct(figure.curve, zeros)
        all_met(found, zeros)
        assert found.warnings == ()

    def test_a_table_that_starts_late(self) -> None:
        figure = traced_figure(2)
        late = NumbersAtRisk(figure.table.time[1:], figure.table.n[1:])
        known = reconstruct(figure.curve, late, n=120)
        consistent(known, 120)
        all_met(known, late)
        guessed = reconstruct(figure.curve, late)
        all_met(guessed, late)
        assert abs(guessed.patients.n - 120) <= 12
        assert any("the table starts at 6 months" in warning for warning in guessed.warnings)

    def test_points_that_repeat_a_time(self) -> None:
        figure = traced_figure(2)
        twice = np.repeat(np.arange(figure.curve.time.size), 2)
        time, survival = figure.curve.time[twice], figure.curve.survival[twice]
        curve, _ = curve_from_points(time[1:], survival[:-1])
        found = reconstruct(curve, figure.table)
        consistent(found, 120)
        all_met(found, figure.table)
        assert abs(found.patients.events - figure.truth.events) <= 2

    def test_points_that_start_after_0_or_below_1(self) -> None:
        figure = traced_figure(2)
        for start in (1, 8):
            time, survival = figure.curve.time[start:], figure.curve.survival[start:]
            curve, _ = curve_from_points(time, survival)
            found = reconstruct(curve, figure.table)
            consistent(found, 120)
            all_met(found, figure.table)
            assert abs(found.patients.events - figure.truth.events) <= 2
        lower = np.minimum(figure.curve.survival, 0.994)
        found = reconstruct(curve_from_points(figure.curve.time, lower)[0], figure.table)
        consistent(found, 120)
        all_met(found, figure.table)
        assert abs(found.patients.events - figure.truth.events) <= 2
