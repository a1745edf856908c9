"""A multivariate random-effects model of arms that show vectors: fit and what may be asked of it.

The errors of the coefficients carry the estimation of the covariance between arms: where part of
a vector is missing, its mean moves with the correlations, and an error that took these as known
would be too small (Kenward and Molenberghs 1998, doi 10.1214/ss/1028905886: with data missing at
random the observed information is the right one).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from perdure.errors import InputError, Problem
from perdure.pool.clusters.cluster_scores import ClusterSandwich, Sandwich, cluster_sandwich
from perdure.pool.missing.vector_data import VectorData
from perdure.pool.missing.vector_likelihood import Evaluation, evaluate
from perdure.pool.missing.vector_structure import Structure
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient, upper_quantile
from perdure.records import Coefficient, Floats, Predicted

__all__ = ["VectorFit", "VectorMethod", "fit_vectors"]

VectorMethod = Literal["REML", "ML"]

_STEP = 1e-4
"""Of the differences that curvature is taken from, in units of the parameters."""
_NEAR = 1e-4
"""After a step of Newton's that is shorter, the next would be its square."""
_FLAT = 1e-7
"""A direction with less than this share of the largest curvature is not told by the data."""


@dataclass(frozen=True, eq=False)
class VectorFit:
    """A fit that can be asked for combinations of its coefficients.

    Attributes
    ----------
    data : VectorData
    method : {"REML", "ML"}
    structure : Structure
    parameters : array of float
        Of the structure.
    between : array of float, shape (d, d)
    beta : array of float, shape (kept,)
    given : array of float, shape (kept, kept)
        Covariance of ``beta`` if ``between`` were known.
    covariance : array of float, shape (kept, kept)
        With the estimation of ``between``.
    log_likelihood : float
    evaluation : Evaluation
    moves : array of float, shape (directions, kept, kept)
        How ``given`` changes along directions in which the parameters vary with variance 1.
    level : float
    sandwich : ClusterSandwich or None
        Where errors come from clusters: see :meth:`clustered`.
    """

    data: VectorData
    method: VectorMethod
    structure: Structure
    parameters: Floats
    between: Matrix
    beta: Floats
    given: Matrix
    covariance: Matrix
    log_likelihood: float
    evaluation: Evaluation
    moves: NDArray[np.float64]
    level: float
    sandwich: ClusterSandwich | None = None

    def clustered(
        self, trial: Sequence[str], kind: Sandwich = "CR2", *, terms: Sequence[str] | None = None
    ) -> "VectorFit":
        """Return the fit with errors that come from the differences between clusters of arms.

        The sandwich takes the covariance between arms as known; what its estimation adds is that of
        the model.

        Parameters
        ----------
        trial : sequence of str, length N
        kind : {"CR2", "Mancl-DeRouen", "CR0"}
        terms : sequence of str, optional
            Of the kept coefficients, for messages.

        Raises
        ------
        InputError
            If lengths differ, or as :func:`perdure.pool.clusters.cluster_scores.cluster_sandwich`.
        """
        if len(trial) != len(self.data.value):
            raise InputError(
                Problem("lengths differ", "give one trial an arm", value=f"{len(trial)}")
            )
        labels, names = np.array(trial, dtype=str), list(dict.fromkeys(trial))
        weight, score = self.evaluation.weight, self.evaluation.score
        inside = [np.asarray(labels == name, dtype=np.float64) for name in names]
        before = self.given if self.sandwich is None else self.sandwich.covariance
        sandwich = cluster_sandwich(
            np.array([self.data.stacked(weight * one[:, None, None]) for one in inside]),
            np.array([one @ score for one in inside]),
            kind,
            names=names,
            terms=terms,
        )
        added = self.covariance - before
        return replace(self, covariance=sandwich.covariance + added, sandwich=sandwich)

    def weights(self, coordinate: int, row: ArrayLike) -> Floats:
        """Return the weights of the mean of a coordinate at moderators, among the coefficients.

        Raises
        ------
        InputError
            If nothing is seen of it at these moderators.
        """
        d, p = self.data.value.shape[1], self.data.design.shape[1]
        full = np.zeros((d, p))
        full[coordinate] = np.asarray(row, dtype=np.float64)
        flat = full.reshape(-1)
        if flat[~self.data.kept].any():
            raise InputError(
                Problem("nothing is seen of that mean", "leave the class out, or another multiple")
            )
        return np.asarray(flat[self.data.kept])

    def combination(self, term: str, weights: Floats) -> Coefficient:
        """Return a combination of coefficients.

        Its degrees of freedom are Satterthwaite's: 2 v^2 over the variance of v, where v is its
        variance with ``between`` known (Fai and Cornelius 1996, doi 10.1080/00949659608811740);
        not above the number of arms that show the coordinates asked for, less the moderators. With
        a sandwich they are its own.
        """
        row = np.asarray(weights, dtype=np.float64)
        variance, estimate = float(row @ self.covariance @ row), float(row @ self.beta)
        return coefficient(term, estimate, variance, self._df(row), self.level)

    def _df(self, row: Floats) -> float:
        if self.sandwich is not None:
            return self.sandwich.degrees_of_freedom(row)
        given = float(row @ self.given @ row)
        moved = np.einsum("p,kpq,q->k", row, self.moves, row)
        spread = float(moved @ moved)
        most = self._most(row)
        return most if spread <= 0 else min(max(2 * given * given / spread, 1.0), most)

    def predicted(self, label: str, weights: Floats, coordinate: int) -> Predicted:
        """Return a mean with the prediction interval of one more arm's coordinate."""
        mean = self.combination(label, weights)
        between = float(self.between[coordinate, coordinate])
        half = upper_quantile(mean.df, self.level) * float(np.sqrt(mean.se**2 + between))
        return Predicted(
            label,
            mean.estimate,
            mean.se,
            mean.df,
            mean.ci_low,
            mean.ci_high,
            mean.estimate - half,
            mean.estimate + half,
        )

    def _most(self, row: Floats) -> float:
        """Return the most degrees of freedom that the coordinates asked for allow."""
        asked, each = self.data.spread(row), self.data.spread(np.ones(len(row)))
        return min(
            float(max(self.data.seen[:, at].sum() - np.count_nonzero(each[at]), 1))
            for at in range(len(asked))
            if asked[at].any()
        )


_SINGULAR = (
    "the errors of an arm's multiples follow from each other, so the model has no maximum",
    "average the sampling covariances of arms, or use fewer multiples",
)
"""As where an arm has no event between two multiples."""


def fit_vectors(
    data: VectorData,
    structure: Structure,
    *,
    method: VectorMethod = "REML",
    level: float = 0.95,
) -> VectorFit:
    """Fit the model.

    Parameters
    ----------
    data : VectorData
    structure : Structure
    method : {"REML", "ML"}
        Arms that show a bound only have no restricted likelihood.
    level : float

    Raises
    ------
    InputError
        If the method is unknown or does not fit the data, a coordinate is seen in no more arms
        than it has coefficients, or the search finds no maximum.

    Notes
    -----
    Jackson, Riley and White 2011, doi 10.1002/sim.4172. The likelihood is maximised over the
    structure's parameters with its own gradient, then by a step of Newton's; coefficients are
    maximised out at each step.

    Examples
    --------
    >>> from perdure.pool.missing.vector_data import vector_data
    >>> value = [[0.0, 1.0], [1.0, np.nan], [2.0, 2.5], [0.5, 1.0], [1.5, 2.8]]
    >>> data = vector_data(value, [np.diag([0.01, 0.01])] * 5)
    >>> from perdure.pool.missing.vector_structure import unstructured
    >>> fit = fit_vectors(data, unstructured(np.ones(2)))
    >>> fit.beta.round(2).tolist()
    [1.0, 1.83]
    """
    _check_fit(data, method, level)
    restricted = method == "REML"

    def lost(parameters: Floats) -> tuple[float, Floats]:
        try:
            found = evaluate(data, structure.between(parameters), restricted=restricted)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(parameters)
        return -found.log_likelihood, -structure.gradient(parameters, found.slope)

    best = minimize(lost, structure.start, jac=True, method="BFGS", options={"gtol": 1e-5})
    parameters = np.asarray(best.x, dtype=np.float64)
    if not np.isfinite(best.fun) or best.fun >= 1e10:
        raise InputError(Problem("the model of vectors has no maximum", "use fewer multiples"))
    for _ in range(3):
        try:
            gradient, curvature, betas, breads = _around(
                data, structure, parameters, restricted=restricted
            )
        except np.linalg.LinAlgError as error:
            raise InputError(Problem(*_SINGULAR)) from error
        axes = _told(curvature)
        step = -axes @ (axes.T @ gradient)
        if lost(parameters + step)[0] > lost(parameters)[0]:
            break
        parameters = parameters + step
        if float(np.abs(step).max()) < _NEAR:
            break
    between = structure.between(parameters)
    found = evaluate(data, between, restricted=restricted)
    given = np.asarray(np.linalg.inv(found.information), dtype=np.float64)
    shift = axes.T @ betas
    return VectorFit(
        data,
        method,
        structure,
        parameters,
        between,
        found.beta,
        given,
        given + shift.T @ shift,
        found.log_likelihood,
        found,
        np.einsum("tk,tpq->kpq", axes, breads),
        level,
    )


def _around(
    data: VectorData, structure: Structure, parameters: Floats, *, restricted: bool
) -> tuple[Floats, Matrix, Matrix, NDArray[np.float64]]:
    """Return gradient and curvature of what is lost, and slopes of beta and of its covariance."""
    gradients, betas, breads = [], [], []
    for at in range(len(parameters)):
        ends = []
        for sign in (1.0, -1.0):
            moved = parameters.copy()
            moved[at] += sign * _STEP
            found = evaluate(data, structure.between(moved), restricted=restricted)
            ends.append(
                (
                    -structure.gradient(moved, found.slope),
                    found.beta,
                    np.linalg.inv(found.information),
                )
            )
        gradients.append((ends[0][0] - ends[1][0]) / (2 * _STEP))
        betas.append((ends[0][1] - ends[1][1]) / (2 * _STEP))
        breads.append((ends[0][2] - ends[1][2]) / (2 * _STEP))
    here = evaluate(data, structure.between(parameters), restricted=restricted)
    curvature = np.array(gradients)
    return (
        -structure.gradient(parameters, here.slope),
        (curvature + curvature.T) / 2,
        np.array(betas),
        np.array(breads),
    )


def _told(curvature: Matrix) -> Matrix:
    """Return axes A with A A' the inverse of the curvature, where there is any."""
    share, basis = np.linalg.eigh(curvature)
    use = share > _FLAT * max(float(share[-1]), 0.0)
    return np.asarray(basis[:, use] / np.sqrt(share[use]))


def _check_fit(data: VectorData, method: str, level: float) -> None:
    if method not in ("REML", "ML"):
        raise InputError(Problem("unknown method", "choose REML or ML", value=str(method)))
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if method == "REML" and data.bounded.any():
        raise InputError(
            Problem("arms that show only a bound have no restricted likelihood", "use ML")
        )
    coefficients = data.kept.reshape(data.value.shape[1], -1).sum(axis=1)
    few = np.flatnonzero(data.seen.sum(axis=0) <= coefficients)
    if few.size:
        raise InputError(
            Problem(
                f"coordinate {few[0] + 1} is seen in {int(data.seen[:, few[0]].sum())} arms only,"
                f" with {int(coefficients[few[0]])} coefficients",
                "leave it out, or use fewer classes",
            )
        )
