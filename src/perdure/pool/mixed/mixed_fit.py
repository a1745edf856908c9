"""A fitted multilevel or multivariate model, and the questions it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.mixed.components import Blocks, Whitened
from perdure.pool.mixed.grouping import Grouping
from perdure.pool.mixed.structures import Structure, StructureName, covariance_of
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import combination, joint_test, predicted
from perdure.records import Coefficient, Floats, JointTest, Pooled, Predicted
from perdure.records.multilevel import InformationCriteria, RandomEffect, VarianceComponent

__all__ = ["DegreesOfFreedom", "MixedFit", "least_df"]

DegreesOfFreedom = Literal["residual", "contain"]


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A multilevel model ("three-level") or a multivariate one, with what it can be asked.

    Attributes
    ----------
    pooled : Pooled
        ``sigma2``: of each level, outermost first, or of each outcome (one where they share it);
        ``rho``: correlations of pairs of outcomes, (1, 2), (1, 3), ..., (2, 3), ...
    y : array of float, shape (k,)
    v : array of float, shape (k,) or (k, k)
        Sampling variances, or covariance.
    x : array of float, shape (k, p)
    terms : tuple of str
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        Of ``beta``.
    df : array of float, shape (p,), or None
        Of each coefficient's t distribution; None for normal ones.
    level : float
        Of the intervals.
    components : tuple of VarianceComponent
        Their ``i2`` add up to that of ``pooled``.
    groupings : tuple of Grouping
        The levels; for several outcomes the trials.
    outcomes : Grouping or None
        What each effect measures, in a multivariate model.
    structure_name : {"UN", "CS", "HCS", "DIAG", "ID"} or None
        None for levels.
    structure : Structure
    parameters : array of float
        Of the structure, at the maximum.
    blocks : Blocks
        The effects arranged in independent blocks.
    white : Whitened
        Least squares at the maximum; ``white.roots`` are the inverse Cholesky factors of the
        marginal covariance, block by block.
    notes : tuple of str
        What a reader should know of the components.
    """

    pooled: Pooled
    y: Floats
    v: Floats | Matrix
    x: Matrix
    terms: tuple[str, ...]
    beta: Floats
    covariance: Matrix
    df: Floats | None
    level: float
    components: tuple[VarianceComponent, ...]
    groupings: tuple[Grouping, ...]
    outcomes: Grouping | None
    structure_name: StructureName | None
    structure: Structure
    parameters: Floats
    blocks: Blocks
    white: Whitened
    notes: tuple[str, ...] = ()

    @property
    def restricted(self) -> bool:
        """Whether the likelihood is the restricted one."""
        return self.pooled.method == "REML"

    @property
    def marginal(self) -> Matrix:
        """The covariance of the effects under the model, shape (k, k)."""
        c = self.structure.coefficients(self.parameters)
        return self.blocks.full([batch.marginal(c) for batch in self.blocks.batches])

    @property
    def precision(self) -> Matrix:
        """The inverse of the marginal covariance, shape (k, k)."""
        return self.blocks.full([np.swapaxes(root, 1, 2) @ root for root in self.white.roots])

    @property
    def between(self) -> Matrix:
        """The covariance of one group's random effects: diagonal for levels, G for outcomes."""
        c = self.structure.coefficients(self.parameters)
        if self.outcomes is None:
            return np.diag(c)
        return covariance_of(c, len(self.outcomes.groups))

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients as a coefficient of its own.

        With degrees of freedom by containment those of the combination are the least of the
        coefficients in it.
        """
        df = least_df(self.df, weights)
        return combination(term, weights, self.beta, self.covariance, df, self.level)

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test that several combinations of the coefficients are all 0: chi-square, or F for t."""
        df = least_df(self.df, contrasts)
        return joint_test(terms, contrasts, self.beta, self.covariance, df)

    def predicted(
        self, labels: Sequence[str], rows: ArrayLike, outcomes: Sequence[str] | None = None
    ) -> tuple[Predicted, ...]:
        """Return the mean at rows of the design, with confidence and prediction intervals.

        Parameters
        ----------
        labels : sequence of str
            One a row.
        rows : array_like of float, shape (m, p)
        outcomes : sequence of str, optional
            What each row measures: needed for prediction intervals where outcomes have variances
            of their own.

        Raises
        ------
        InputError
            If an outcome is not one of the model's.
        """
        design = np.asarray(rows, dtype=np.float64)
        spread = self._spread(design.shape[0], outcomes)
        found: list[Predicted] = []
        for label, row, between in zip(labels, design, spread, strict=True):
            df = least_df(self.df, row)
            found += predicted([label], [row], self.beta, self.covariance, df, self.level, between)
        return tuple(found)

    def _spread(self, m: int, outcomes: Sequence[str] | None) -> list[float | None]:
        """Return the variance of true effects at each of m rows."""
        g = self.between
        if self.outcomes is None:
            return [float(np.trace(g))] * m
        if outcomes is None:
            return [float(g[0, 0]) if self.structure_name in ("CS", "ID") else None] * m
        unknown = [name for name in outcomes if name not in self.outcomes.groups]
        if unknown:
            known = ", ".join(self.outcomes.groups)
            raise InputError(
                Problem("the model has no such outcome", f"choose of {known}", value=unknown[0])
            )
        places = [self.outcomes.groups.index(name) for name in outcomes]
        return [float(g[at, at]) for at in places]

    def information_criteria(self) -> InformationCriteria:
        """Return AIC, BIC and AICc.

        Every variance counts, those that were estimated as 0 too. For REML the number of
        observations is k - p, so that only fits with the same coefficients can be compared.
        """
        k, p = self.x.shape
        parameters = p + len(self.pooled.sigma2) + len(self.pooled.rho)
        n = k - p if self.restricted else k
        deviance = -2 * self.pooled.log_likelihood
        size = max(n, parameters + 2)
        return InformationCriteria(
            log_likelihood=self.pooled.log_likelihood,
            n_parameters=parameters,
            aic=deviance + 2 * parameters,
            bic=deviance + parameters * float(np.log(n)),
            aicc=deviance + 2 * parameters * size / (size - parameters - 1),
        )

    def random_effects(self) -> tuple[RandomEffect, ...]:
        """Return how far every group lies from the mean, level by level.

        Best linear unbiased predictions D Z'P y with mean squared errors D - D Z'P Z D (Henderson
        1975, Biometrics 31:423, doi 10.2307/2529430). In a multivariate model a trial has one for
        each outcome, also for those that it does not report.
        """
        root = self.blocks.full(self.white.roots)
        whitened_x = root @ self.x
        q = np.linalg.qr(whitened_x)[0]
        residual = root @ (self.y - self.x @ self.beta)
        found: list[RandomEffect] = []
        g = self.between
        if self.outcomes is None:
            for level, variance in zip(self.groupings, np.diagonal(g).tolist(), strict=True):
                z = root @ (level.codes[:, None] == np.arange(len(level.groups))).astype(float)
                within = (z**2).sum(axis=0) - ((q.T @ z) ** 2).sum(axis=0)
                error = np.sqrt(np.maximum(variance - variance**2 * within, 0.0)).tolist()
                mean = (variance * (residual @ z)).tolist()
                found += map(RandomEffect, [level.name] * len(mean), level.groups, mean, error)
            return tuple(found)
        trial = self.groupings[0]
        for at, group in enumerate(trial.groups):
            inside = np.flatnonzero(trial.codes == at)
            loaded = root[:, inside] @ g[self.outcomes.codes[inside]]
            mean = (residual @ loaded).tolist()
            within = (loaded**2).sum(axis=0) - ((q.T @ loaded) ** 2).sum(axis=0)
            error = np.sqrt(np.maximum(np.diagonal(g) - within, 0.0)).tolist()
            found += map(RandomEffect, self.outcomes.groups, [group] * len(mean), mean, error)
        return tuple(found)


def least_df(df: Floats | None, weights: ArrayLike) -> float | None:
    """Return the least degrees of freedom of the coefficients that have a weight.

    Examples
    --------
    >>> least_df(np.array([13.0, 36.0]), [0, 1])
    36.0
    """
    if df is None:
        return None
    used = np.atleast_2d(np.asarray(weights, dtype=np.float64)).any(axis=0)
    return float(df[used].min()) if used.any() else float(df.min())
