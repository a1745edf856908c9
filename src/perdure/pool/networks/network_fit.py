"""The model of a network whose treatments are connected, with what later questions need."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import block_diag

from perdure.pool.models.correlated import CorrelatedFit, fit_correlated
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient, predicted
from perdure.pool.models.random_effects import Method, Model, Test
from perdure.pool.networks.network_data import NetworkData, TrialContrasts
from perdure.records import Floats
from perdure.records.network import Comparison

__all__ = ["NetworkFit", "comparisons", "fit_network", "stacked"]


@dataclass(frozen=True, eq=False)
class NetworkFit:
    """A connected network with its model.

    Attributes
    ----------
    data : NetworkData
    reference : str
    fit : CorrelatedFit
        Coefficients are each other treatment minus the reference.
    effects : array of float, shape (T,)
        Of each treatment, in the order of ``data.treatments``; 0 for the reference.
    covariance : array of float, shape (T, T)
        Of ``effects``.
    own : array of float, shape (T, T)
        The same before the test's factor.
    inflation : float
        That factor: what the test multiplied the model's covariance by (Hartung-Knapp), else 1.
    residual_sum : float
        Weighted residual sum of squares at the network's tau2; rounding is 0.
    note : str or None
        Why the model is not the one that was asked for.
    """

    data: NetworkData
    reference: str
    fit: CorrelatedFit
    effects: Floats
    covariance: Matrix
    own: Matrix
    inflation: float
    residual_sum: float
    note: str | None

    @property
    def between(self) -> float:
        """The variance of a true contrast between trials: tau2."""
        return self.fit.independent.between

    @property
    def df(self) -> float | None:
        """Of the reference distribution; None for a normal one."""
        return self.fit.independent.df

    @property
    def level(self) -> float:
        """Of the intervals."""
        return self.fit.independent.level

    def total(self, trial: TrialContrasts) -> Matrix:
        """Return the covariance of a trial's contrasts, heterogeneity included."""
        return np.asarray(trial.v + self.between * trial.similar)


def stacked(
    data: NetworkData, treatments: Sequence[str]
) -> tuple[Floats, Matrix, Matrix, Matrix, list[str]]:
    """Return y, its covariance, how true contrasts vary together, the design, and trial labels.

    Parameters
    ----------
    data : NetworkData
    treatments : sequence of str
        Columns of the design; a treatment that is not named is the reference.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> data = network_of_contrasts(["A", "B"], ["y", "z"], ["x", "y"], [1, 2], v=[0.1, 0.2])
    >>> stacked(data, ["y", "z"])[3].tolist()
    [[1.0, 0.0], [-1.0, 1.0]]
    """
    return (
        np.concatenate([trial.y for trial in data.trials]),
        np.asarray(block_diag(*(trial.v for trial in data.trials)), dtype=np.float64),
        np.asarray(block_diag(*(trial.similar for trial in data.trials)), dtype=np.float64),
        np.vstack([trial.design(treatments) for trial in data.trials]),
        [trial.trial for trial in data.trials for _ in range(trial.y.size)],
    )


def fit_network(
    data: NetworkData,
    *,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    reference: str | None = None,
    level: float = 0.95,
) -> NetworkFit:
    """Fit consistency: every contrast is the difference of two treatments.

    Parameters
    ----------
    data : NetworkData
        Whose treatments are connected.
    model, method, test, level
        As in :func:`perdure.pool.pool`. With as many contrasts as comparisons nothing is left to
        estimate heterogeneity from: then the model is a common effect, and the ``note`` says so.
    reference : str, optional
        Default the treatment of most trials.

    Raises
    ------
    InputError
        As :func:`perdure.pool.models.correlated.fit_correlated`.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> data = network_of_contrasts(["A", "B"], ["y", "z"], ["x", "y"], [1, 2], v=[0.1, 0.2])
    >>> found = fit_network(data, reference="x")
    >>> found.effects, found.fit.independent.pooled.model
    (array([0., 1., 3.]), 'common')
    """
    treatments = data.treatments
    if reference not in treatments:
        reference = max(
            treatments, key=lambda name: sum(name in trial.treatments for trial in data.trials)
        )
    others = [name for name in treatments if name != reference]
    y, v, similar, x, labels = stacked(data, others)
    note = None
    if y.size == len(others) and (model != "common" or test not in {None, "z"}):
        note = (
            f"There are as many contrasts as comparisons ({y.size}): heterogeneity cannot be"
            " estimated, and a common effect is taken."
        )
        model, test = "common", "z"
    fit = fit_correlated(
        y,
        v,
        similar,
        model=model,
        method=method,
        test=test,
        moderators=x,
        terms=[f"{name} - {reference}" for name in others],
        trial=labels,
        level=level,
    )
    own = fit.independent
    weight = np.linalg.inv(v + own.between * similar)
    model_covariance = np.linalg.inv(x.T @ weight @ x)
    inflation = float(np.trace(own.covariance) / np.trace(model_covariance))
    at = [row for row, name in enumerate(treatments) if name != reference]
    effects = np.zeros(len(treatments))
    effects[at] = own.beta
    covariance, before = np.zeros((2, len(treatments), len(treatments)))
    covariance[np.ix_(at, at)] = own.covariance
    before[np.ix_(at, at)] = model_covariance
    residual = y - x @ own.beta
    left = float(residual @ weight @ residual)
    return NetworkFit(
        data,
        reference,
        fit,
        effects,
        covariance,
        before,
        inflation,
        left if left > np.finfo(np.float64).eps else 0.0,
        note,
    )


def comparisons(network: NetworkFit) -> tuple[Comparison, ...]:
    """Return every pair of treatments compared: the league table, with each edge's evidence.

    The hat matrix is that of a flow on weighted edges (Koenig, Krahn and Binder 2013, doi
    10.1002/sim.6001): a trial with contrast covariance S over arms with incidence B gives the edge
    of its arms i and j the weight -(B' S^-1 B)_ij.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> data = network_of_contrasts(["A", "B"], ["y", "z"], ["x", "y"], [1, 2], v=[0.1, 0.2])
    >>> [(c.treatment, c.comparator, c.estimate) for c in comparisons(fit_network(data))]
    [('y', 'x', 1.0), ('z', 'x', 3.0), ('z', 'y', 2.0)]
    """
    treatments = network.data.treatments
    place = {name: at for at, name in enumerate(treatments)}
    edges = network.data.edges
    trials = {(edge.treatment, edge.comparator): edge.n_trials for edge in edges}
    laplacian = _laplacian(network)
    random = network.fit.independent.pooled.model == "random"
    found = []
    for comparator, treatment in combinations(treatments, 2):
        row = np.zeros(len(treatments))
        row[place[treatment]], row[place[comparator]] = 1, -1
        mean = predicted(
            ["mean"],
            row[None],
            network.effects,
            network.covariance,
            network.df,
            network.level,
            network.between if random else None,
        )[0]
        potential = network.own @ row
        evidence = tuple(
            float(-laplacian[place[e.treatment], place[e.comparator]])
            * float(potential[place[e.treatment]] - potential[place[e.comparator]])
            for e in edges
        )
        judged = coefficient("difference", mean.estimate, mean.se**2, network.df, network.level)
        found.append(
            Comparison(
                treatment,
                comparator,
                mean.estimate,
                mean.se,
                mean.df,
                mean.ci_low,
                mean.ci_high,
                judged.p,
                mean.prediction_low,
                mean.prediction_high,
                trials.get((treatment, comparator), 0),
                evidence,
            )
        )
    return tuple(found)


def _laplacian(network: NetworkFit) -> Matrix:
    """Return the information on treatments, up to a constant for all of them."""
    treatments = network.data.treatments
    found = np.zeros((len(treatments), len(treatments)))
    for trial in network.data.trials:
        x = trial.design(treatments)
        found += x.T @ np.linalg.solve(network.total(trial), x)
    return found
