"""A fitted model that is asked with cluster-robust errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.pool.clusters.robust import robust, with_robust_errors
from perdure.pool.clusters.sandwich import Robust, RobustKind
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Fit
from perdure.records import Coefficient, JointTest, Pooled, Predicted

__all__ = ["RobustAnswer", "robust_answer"]


@dataclass(frozen=True, eq=False)
class RobustAnswer:
    """Answers of a model whose errors are robust to clusters.

    Attributes
    ----------
    pooled : Pooled
        With robust coefficients.
    fit : Fit or MixedFit
    found : Robust
    notes : tuple of str
        What a reader should know of the errors.
    """

    pooled: Pooled
    fit: Fit | MixedFit
    found: Robust
    notes: tuple[str, ...]

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a combination of coefficients, with Satterthwaite degrees of freedom for CR2."""
        return self.found.combination(term, weights)

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test combinations of coefficients together: HTZ for CR2."""
        return self.found.joint_test(terms, contrasts)

    def predicted(self, labels: Sequence[str], rows: ArrayLike) -> tuple[Predicted, ...]:
        """Return the mean at rows of the design; prediction intervals add tau2 to robust errors."""
        between = self.fit.between
        spread = float(np.trace(between)) if isinstance(between, np.ndarray) else between
        random = self.fit.pooled.model != "common"
        found = []
        for label, row in zip(labels, np.asarray(rows, dtype=np.float64), strict=True):
            mean = self.combination(label, row)
            low = high = None
            if random:
                half = upper_quantile(mean.df, self.fit.level) * float(np.sqrt(mean.se**2 + spread))
                low, high = mean.estimate - half, mean.estimate + half
            found.append(
                Predicted(
                    label, mean.estimate, mean.se, mean.df, mean.ci_low, mean.ci_high, low, high
                )
            )
        return tuple(found)


def robust_answer(
    fit: Fit | MixedFit, cluster: Sequence[str], *, kind: RobustKind = "CR2"
) -> RobustAnswer:
    """Return a fit with errors that are robust to clusters.

    Raises
    ------
    InputError
        As :func:`perdure.pool.clusters.robust.robust`.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6)
    >>> robust_answer(fit, list("AABBCC")).pooled.robust
    'CR2'
    """
    found = robust(fit, cluster, kind=kind)
    pooled, notes = with_robust_errors(fit, found)
    return RobustAnswer(pooled, fit, found, notes)
