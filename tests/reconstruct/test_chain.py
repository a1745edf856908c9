"""The hidden Markov chain against exact enumeration of every history of tiny arms."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cache
from math import comb, exp, log

import numpy as np
import pytest

from perdure.reconstruct import ensemble
from perdure.reconstruct.chain import Chain
from perdure.reconstruct.choice import most_probable
from perdure.reconstruct.ensemble import Fit, InfeasibleError, fit
from perdure.reconstruct.facts import Facts, gather
from perdure.reconstruct.histories import Histories
from perdure.reconstruct.reading import Reading
from perdure.records import Curve, NumbersAtRisk

FINE = 40.0
"""Fineness of the grid of survival at which it agrees with exact survival."""

DRAWS = 4000

History = tuple[tuple[int, int], ...]
"""Censorings and events of each block."""


@dataclass(frozen=True)
class Arm:
    """A tiny arm: its figure, its table, and how the figure was read."""

    time: tuple[float, ...]
    survival: tuple[float, ...]
    ticks: tuple[float, ...]
    printed: tuple[int, ...]
    reading: Reading
    tilt: float = 1.0
    marks: tuple[float, ...] | None = None
    limits: tuple[tuple[float, float, float], ...] = ()
    beyond: bool = False

    @property
    def facts(self) -> Facts:
        """What is known of the arm."""
        table = NumbersAtRisk(self.ticks, self.printed)
        curve = Curve(self.time, self.survival)
        found = gather(curve, table, limits=self.limits, marks=self.marks)
        return replace(found, beyond=self.beyond)


ARMS = {
    "columns": Arm((0, 1, 2, 3), (1, 0.8, 0.62, 0.4), (0, 2), (6, 3), Reading("columns", 0.15)),
    "columns with a number printed at their end": Arm(
        (0, 1, 2, 3), (1, 0.8, 0.6, 0.5), (0, 3), (6, 2), Reading("columns", 0.2)
    ),
    "columns a row off": Arm(
        (0, 1, 2, 3),
        (1, 0.75, 0.6, 0.5),
        (0, 2),
        (5, 3),
        Reading("columns", 0.08, strays=(0.8, 0.1)),
    ),
    "columns down to the last patient": Arm(
        (0, 1, 2, 3), (1, 0.7, 0.35, 0.05), (0,), (4,), Reading("columns", 0.2)
    ),
    "columns with a number printed between them": Arm(
        (0, 1, 2), (1, 0.7, 0.4), (0, 1.5), (6, 3), Reading("columns", 0.15)
    ),
    "columns, events tilted": Arm(
        (0, 1, 2, 3), (1, 0.8, 0.62, 0.4), (0, 2), (6, 3), Reading("columns", 0.15), tilt=3.0
    ),
    "columns with two marks": Arm(
        (0, 1, 2, 3), (1, 0.8, 0.6, 0.5), (0,), (6,), Reading("columns", 0.2), marks=(0.9, 2.2)
    ),
    "columns with survival limited": Arm(
        (0, 1, 2, 3),
        (1, 0.8, 0.6, 0.5),
        (0,),
        (6,),
        Reading("columns", 0.15),
        limits=((1.6, 0.55, 0.72),),
    ),
    "steps": Arm((0, 1, 2.5, 3), (1, 0.8, 0.55, 0.4), (0, 2), (6, 4), Reading("steps", 0.2)),
    "steps with a number printed at one of them": Arm(
        (0, 1, 2.5, 3), (1, 0.8, 0.6, 0.4), (0, 2.5), (6, 4), Reading("steps", 0.2)
    ),
    "steps with numbers beyond their time": Arm(
        (0, 1, 2.5, 3), (1, 0.8, 0.55, 0.4), (0, 2.5), (6, 2), Reading("steps", 0.2), beyond=True
    ),
}


class Enumeration:
    """Every history of a chain with its weight, by the definition of the model and no grid."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.weight: defaultdict[History, float] = defaultdict(float)
        n = int(chain.high[0])
        for level, share in enumerate(chain.share):
            self._follow((), n, 1.0, level, float(share))

    def _follow(self, past: History, n: int, survival: float, level: int, weight: float) -> None:
        """Add up all that can follow from one state."""
        chain, node = self.chain, len(past) + 1
        if node == chain.low.size:
            if chain.ending[n] > 0:
                self.weight[past] += weight * float(chain.ending[n])
            return
        for then in range(chain.share.size):
            move = float(chain.move[node])
            moved = move * float(chain.share[then]) + (1 - move) * (then == level)
            for k in range(n + 1):
                censored = self._censored(node, n, k, then)
                if weight * moved * censored > 0:
                    self._events(past, n, k, survival, then, weight * moved * censored)

    def _events(
        self, past: History, n: int, k: int, survival: float, level: int, weight: float
    ) -> None:
        chain, node, m = self.chain, len(past) + 1, n - k
        if m == 0:  # an empty arm has no Kaplan-Meier value but 0
            if survival == 0:
                here = weight * self._seen(node, 0.0)
                self._follow((*past, (k, 0)), 0, 0.0, level, here)
            return
        for d in range(min(m, int(chain.most[node])) + 1):
            if not chain.low[node] <= m - d <= chain.high[node]:
                continue
            after = survival * (m - d) / m
            p = float(chain.event[node])
            here = count(m, d, p, float(chain.burst[node])) * chain.tilt**d
            here *= weight * self._seen(node, after)
            if here > 0:
                self._follow((*past, (k, d)), m - d, after, level, here)

    def _censored(self, node: int, n: int, k: int, level: int) -> float:
        """Return the probability of k censorings of n."""
        chain = self.chain
        if k < chain.marked[node] or (k > 0 and chain.marked[node] == 0):
            return 0.0
        p = min(float(chain.censoring[node] * chain.multiple[level]), 0.5)
        return count(n, k, p, 0.01)

    def _seen(self, node: int, survival: float) -> float:
        """Return how probable the reading of a node is, given survival there."""
        chain = self.chain
        top = chain.start[node] + (chain.width[node] - 1) * chain.spacing[node]
        if not chain.start[node] - 1e-9 <= survival <= top + 1e-9:
            return 0.0
        if not chain.floor[node] - 1e-9 <= survival <= chain.ceiling[node] + 1e-9:
            return 0.0
        if not chain.seen[node]:
            return 1.0
        places = np.arange(chain.table.size) * chain.step
        off = abs(survival - chain.reading[node]) / chain.scale[node]
        return float(np.interp(off, places, chain.table))

    @property
    def total(self) -> float:
        """The likelihood."""
        return sum(self.weight.values())

    @property
    def posterior(self) -> dict[History, float]:
        """The probability of each history, given all that was seen."""
        return {one: weight / self.total for one, weight in self.weight.items()}


def count(n: int, k: int, p: float, heavy: float) -> float:
    """Return the probability of k of n: binomial, and a share that falls off as 1/k²."""
    if p <= 0:
        return float(k == 0)
    binomial = comb(n, k) * p**k * (1 - p) ** (n - k)
    return (1 - heavy) * binomial + heavy / ((k + 1) * (k + 2))


@cache
def fitted(name: str, fineness: float = FINE) -> Fit:
    """Return the chain of an arm, run backward on its grid."""
    arm = ARMS[name]
    return fit(arm.facts, arm.reading, tilt=arm.tilt, fineness=fineness)


@cache
def enumerated(name: str) -> Enumeration:
    """Return the histories of an arm without a grid."""
    return Enumeration(fitted(name).chain)


@cache
def drawn(name: str, fineness: float = FINE) -> Histories:
    """Return many draws of an arm."""
    arm = ARMS[name]
    return fitted(name, fineness).draw(arm.facts, arm.reading, DRAWS, seed=11)


def as_enumerated(found: Histories) -> list[History]:
    """Return the draws as they are enumerated."""
    pairs = np.stack((found.censored, found.events), axis=2)[:, 1:]
    return [tuple((int(k), int(d)) for k, d in one) for one in pairs.tolist()]


def distance_and_bound(found: Histories, exact: Enumeration) -> tuple[float, float]:
    """Return the total variation distance of draws from a posterior, and what it may be.

    For M independent draws from p its mean is at most ½ Σ √(p(1 - p)/M), and it exceeds that by
    0.03 with probability below exp(-2 M 0.03²) = 7e-4 (McDiarmid's inequality).
    """
    drawn = as_enumerated(found)
    frequency = Counter(drawn)
    posterior = exact.posterior
    both = set(posterior) | set(frequency)
    distance = 0.5 * sum(abs(posterior.get(one, 0.0) - frequency[one] / len(drawn)) for one in both)
    mean = 0.5 * sum((p * (1 - p) / len(drawn)) ** 0.5 for p in posterior.values())
    return distance, mean + 0.03


@pytest.mark.parametrize("name", ARMS)
class TestAgainstEnumeration:
    def test_the_case_can_tell_something(self, name: str) -> None:
        posterior = enumerated(name).posterior
        entropy = -sum(p * log(p) for p in posterior.values())
        assert len(posterior) > 12
        assert exp(entropy) > 5

    def test_log_likelihood(self, name: str) -> None:
        reading, columns = ARMS[name].reading, fitted(name).columns
        errors = reading.half_width * columns.scale[columns.seen]
        expected = log(enumerated(name).total) - float(np.log(errors).sum())
        assert fitted(name).log_likelihood == pytest.approx(expected, abs=1e-5)
        # The usual grid rounds the likelihood by less than the data tell readings apart.
        assert fitted(name, 1.0).log_likelihood == pytest.approx(expected, abs=0.05)

    def test_draws_have_their_posterior_frequencies(self, name: str) -> None:
        distance, bound = distance_and_bound(drawn(name), enumerated(name))
        assert distance <= bound

    def test_draws_on_the_usual_grid_are_possible_and_nearly_as_frequent(self, name: str) -> None:
        distance, bound = distance_and_bound(drawn(name, 1.0), enumerated(name))
        assert set(as_enumerated(drawn(name, 1.0))) <= set(enumerated(name).posterior)
        assert distance <= bound

    def test_draws_meet_the_printed_numbers(self, name: str) -> None:
        columns = fitted(name).columns
        at_risk = drawn(name).at_risk
        printed = columns.printed >= 0
        assert printed.sum() == len(ARMS[name].facts.ticks)
        assert (at_risk[:, printed] == columns.printed[printed]).all()
        assert (at_risk >= 0).all()

    def test_survival_is_the_kaplan_meier_value_of_the_counts(self, name: str) -> None:
        found = drawn(name)
        for draw in range(0, DRAWS, 250):
            n, survival = found.n, 1.0
            for k, d, reported in zip(
                found.censored[draw], found.events[draw], found.survival[draw], strict=True
            ):
                n -= int(k)
                survival *= 1 - int(d) / n if d else 1.0
                n -= int(d)
                assert reported == pytest.approx(survival, abs=1e-12)

    def test_a_seed_says_which_histories(self, name: str) -> None:
        arm, found = ARMS[name], fitted(name)
        one, again, other = (found.draw(arm.facts, arm.reading, 30, seed) for seed in (5, 5, 6))
        assert one.events.tobytes() == again.events.tobytes()
        assert one.censored.tobytes() == again.censored.tobytes()
        assert as_enumerated(one) != as_enumerated(other)


@pytest.mark.parametrize("name", ARMS)
def test_a_draw_knows_how_probable_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # With one level of the censoring hazard a draw is one history of the enumeration.
    monkeypatch.setattr(ensemble, "_LEVELS", np.array([1.0]))
    monkeypatch.setattr(ensemble, "_SHARES", np.array([1.0]))
    arm = ARMS[name]
    found = fit(arm.facts, arm.reading, tilt=arm.tilt)
    weight = Enumeration(found.chain).weight
    draws = found.draw(arm.facts, arm.reading, 400, seed=2)
    exact = np.log([weight[one] for one in as_enumerated(draws)])
    np.testing.assert_allclose(np.exp(draws.log_probability), np.exp(exact), rtol=1e-6)
    assert exact[most_probable(draws)] == pytest.approx(exact.max(), abs=1e-9)


def test_the_distance_tells_posteriors_apart() -> None:
    plain = drawn("columns")
    distance, bound = distance_and_bound(plain, enumerated("columns, events tilted"))
    assert distance > bound


def test_a_tilt_brings_events() -> None:
    totals = [drawn(name).total.mean() for name in ("columns", "columns, events tilted")]
    assert totals[1] > totals[0] + 0.1


def test_marks_are_met_block_by_block() -> None:
    # A column is 1 wide, so that the marks at 0.9 and 2.2 lie in those around 1 and 2.
    censored = drawn("columns with two marks").censored
    np.testing.assert_array_equal(drawn("columns with two marks").time, [0, 1, 2, 3])
    assert (censored[:, 1] == 0).all()
    assert (censored[:, 2:] >= 1).all()


def test_survival_keeps_its_limits() -> None:
    found = drawn("columns with survival limited")
    free = ARMS["columns with survival limited"]
    at = found.time.tolist().index(1.6)
    assert ((found.survival[:, at] >= 0.55) & (found.survival[:, at] <= 0.72)).all()
    facts = gather(Curve(free.time, free.survival), NumbersAtRisk(free.ticks, free.printed))
    without = fit(facts, free.reading).draw(facts, free.reading, 500, 0)
    near = without.survival[:, np.searchsorted(without.time, 1.6, side="right") - 1]
    assert ((near < 0.55) | (near > 0.72)).any()


def test_events_of_steps_happen_at_the_steps_and_nowhere_else() -> None:
    found, columns = drawn("steps"), fitted("steps").columns
    assert (found.events[:, ~columns.seen] == 0).all()
    assert (found.events[:, columns.seen].sum(axis=0) > 0).sum() == 3


def test_what_no_history_can_show_is_infeasible() -> None:
    # Two patients: survival is 1, 1/2 or 0, or stays at 1 while one of them is censored.
    facts = gather(Curve((0, 1, 2), (1, 0.8, 0.8)), n=2)
    with pytest.raises(InfeasibleError):
        fit(facts, Reading("steps", 0.02))
