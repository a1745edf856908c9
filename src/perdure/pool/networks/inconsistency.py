"""Whether trials of a network agree: within designs, between designs, in one model of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from perdure.pool.models.correlated import fit_correlated
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import Method
from perdure.pool.networks.network_data import NetworkData
from perdure.pool.networks.network_fit import stacked
from perdure.records import Bools, Floats, JointTest
from perdure.records.network import DesignHeterogeneity, Inconsistency

__all__ = ["inconsistency"]


NEW = 1e-9
"""Share of a column that must be new for it to say more than the others."""


@dataclass(frozen=True, eq=False)
class _Whitened:
    """Contrasts in coordinates where their sampling errors are standard."""

    y: Floats
    x: Matrix

    def left(self, columns: Matrix, rows: Bools | None = None) -> tuple[float, int]:
        """Return the residual sum of squares and its degrees of freedom."""
        keep = np.ones(self.y.size, dtype=bool) if rows is None else rows
        y, x = self.y[keep], columns[keep]
        beta, _, rank, _ = np.linalg.lstsq(x, y, rcond=1e-10)
        return float(((y - x @ beta) ** 2).sum()), y.size - int(rank)


def inconsistency(data: NetworkData, *, method: Method = "REML") -> Inconsistency:
    """Return Cochran's Q of a connected network, split by design, and the interaction test.

    A design is the set of treatments that a trial compares. Q of the network is the sum of Q
    within each design and of Q between designs (common-effect weights; Krahn, Binder and Koenig
    2013, doi 10.1186/1471-2288-13-35). Detaching a design gives it effects of its own: where Q
    between the others falls far, it is the one that disagrees. The design-by-treatment interaction
    model gives every design effects of its own, with random effects around them, and tests that
    they are consistent by a Wald test (Higgins et al. 2012, doi 10.1002/jrsm.1044).

    Parameters
    ----------
    data : NetworkData
    method : str
        Of tau2 in the interaction model.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> data = network_of_contrasts("ABC", "yzz", "xxy", [1, 3, 1], v=[0.1, 0.2, 0.3])
    >>> found = inconsistency(data)
    >>> print(f"{found.between.statistic:.3f} on {found.between.df}, {found.within}")
    1.667 on 1, None
    >>> print(found.reason)
    no two trials share a design: heterogeneity and inconsistency cannot be told apart
    """
    y, v, similar, x, labels = stacked(data, data.treatments[1:])
    root = np.linalg.cholesky(v)
    white = _Whitened(np.linalg.solve(root, y), np.linalg.solve(root, x))
    designs = _designs(data, labels)
    saturated = np.hstack([np.where(rows[:, None], white.x, 0.0) for rows in designs.values()])
    total = white.left(white.x)
    within = white.left(saturated)
    between = (max(total[0] - within[0], 0.0), total[1] - within[1])
    counts = {
        design: sum(set(trial.treatments) == set(design) for trial in data.trials)
        for design in designs
    }
    parts = tuple(
        DesignHeterogeneity(
            design,
            counts[design],
            _test(design, *white.left(white.x, rows)),
            _detached(white, rows, within, between, design),
        )
        for design, rows in designs.items()
    )
    reason = interaction = tau2 = None
    if between[1] == 0:
        reason = "no comparison is seen by two designs: their consistency cannot be tested"
    elif within[1] == 0:
        reason = (
            "no two trials share a design: heterogeneity and inconsistency cannot be told apart"
        )
    else:
        extra = _interactions(x, designs.values())
        names = [f"interaction {at + 1}" for at in range(extra.shape[1])]
        terms = [*data.treatments[1:], *names]
        fit = fit_correlated(
            y,
            v,
            similar,
            method=method,
            test="z",
            moderators=np.hstack((x, extra)),
            terms=terms,
            trial=labels,
        ).independent
        interaction = fit.joint_test(names, np.eye(len(terms))[x.shape[1] :])
        tau2 = fit.between
    return Inconsistency(
        _test(("network",), *total),
        _test(("within designs",), *within),
        _test(("between designs",), *between),
        parts,
        interaction,
        tau2,
        reason,
    )


def _designs(data: NetworkData, labels: Sequence[str]) -> dict[tuple[str, ...], Bools]:
    """Return each design with the rows of its contrasts."""
    order = {name: at for at, name in enumerate(data.treatments)}
    of_trial = {
        trial.trial: tuple(sorted(trial.treatments, key=lambda name: order[name]))
        for trial in data.trials
    }
    own = [of_trial[label] for label in labels]
    return {design: np.array([other == design for other in own]) for design in dict.fromkeys(own)}


def _test(terms: tuple[str, ...], q: float, df: int) -> JointTest | None:
    """Return a chi-square test; None without degrees of freedom."""
    return JointTest(terms, q, df, None, float(chdtrc(df, q))) if df else None


def _detached(
    white: _Whitened,
    rows: Bools,
    within: tuple[float, int],
    between: tuple[float, int],
    design: tuple[str, ...],
) -> JointTest | None:
    """Return Q between designs once one of them has effects of its own."""
    q, df = white.left(np.hstack((white.x, np.where(rows[:, None], white.x, 0.0))))
    left = df - within[1]
    if left == between[1]:
        return None
    return _test(design, max(q - within[0], 0.0), left)


def _interactions(x: Matrix, designs: Iterable[Bools]) -> Matrix:
    """Return columns that complete ``x`` to effects of every design's own."""
    basis, _ = np.linalg.qr(x)
    found = []
    for rows in designs:
        for column in np.where(rows[:, None], x, 0.0).T:
            rest = column - basis @ (basis.T @ column)
            rest -= basis @ (basis.T @ rest)  # once more, against rounding
            length = float(np.linalg.norm(rest))
            if length > NEW * float(np.linalg.norm(column)):
                basis = np.column_stack((basis, rest / length))
                found.append(column)
    return np.column_stack(found)
