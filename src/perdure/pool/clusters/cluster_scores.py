"""Sandwich covariances from what clusters add up to: p numbers and a p by p matrix each.

Where the working covariance is the inverse of the weights, everything that the small-sample
corrections need of a cluster is its score s_j = D_j' W_j e_j and its information
G_j = D_j' W_j D_j: the adjustment of the residuals, (I - H_jj)^-1/2 or (I - H_jj)^-1, becomes
(I - G_j B)^-1/2 or (I - G_j B)^-1 on the score, with B the inverse of all the information. So a
trial of a thousand patients costs as much as one of ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from perdure.errors import InputError, Problem
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["ClusterSandwich", "Sandwich", "cluster_sandwich"]

Sandwich = Literal["CR0", "CR2", "Mancl-DeRouen"]
"""Plain; unbiased under the working model (Bell and McCaffrey); residuals over 1 - leverage."""

_ALONE = 1e-9
"""A cluster whose leverage is this close to 1 has some combination of coefficients to itself."""


@dataclass(frozen=True, eq=False)
class ClusterSandwich:
    """A covariance of p coefficients from J clusters, and its degrees of freedom.

    Attributes
    ----------
    kind : {"CR0", "CR2", "Mancl-DeRouen"}
    covariance : array of float, shape (p, p)
    bread : array of float, shape (p, p)
        The inverse of the information.
    information : array of float, shape (J, p, p)
    adjust : array of float, shape (J, p, p)
        What the score of each cluster is multiplied by.
    """

    kind: Sandwich
    covariance: Matrix
    bread: Matrix
    information: NDArray[np.float64]
    adjust: NDArray[np.float64]

    def degrees_of_freedom(self, weights: Floats) -> float:
        """Return Satterthwaite's degrees of freedom of a combination of coefficients.

        Those of the chi-square with the mean and variance that the estimated variance has if the
        working model holds (Bell and McCaffrey 2002, Survey Methodology 28:169; Pustejovsky and
        Tipton 2018, doi 10.1080/07350015.2016.1247004, equation 11).

        Parameters
        ----------
        weights : array of float, shape (p,)

        Examples
        --------
        >>> ones = np.ones((5, 1, 1))  # five clusters alike: a mean of five numbers
        >>> found = cluster_sandwich(ones, np.array([[1.0], [-1], [2], [-2], [0]]))
        >>> round(found.degrees_of_freedom(np.ones(1)), 6)
        4.0
        """
        rows = np.einsum("p,pq,jqr->jr", weights, self.bread, self.adjust)
        through = np.einsum("jp,jpq->jq", rows, self.information)
        shared = -through @ self.bread @ through.T
        shared[np.diag_indices_from(shared)] += np.einsum("jp,jp->j", through, rows)
        return float(np.trace(shared) ** 2 / np.sum(shared**2))


def cluster_sandwich(
    information: NDArray[np.float64],
    score: NDArray[np.float64],
    kind: Sandwich = "CR2",
    *,
    names: Sequence[str] | None = None,
    terms: Sequence[str] | None = None,
) -> ClusterSandwich:
    """Return a sandwich covariance from the information and the score of every cluster.

    Parameters
    ----------
    information : array of float, shape (J, p, p)
    score : array of float, shape (J, p)
        At the estimate, where the scores sum to 0.
    kind : {"CR0", "CR2", "Mancl-DeRouen"}
    names : sequence of str, optional
        Of the clusters, for messages.
    terms : sequence of str, optional
        Of the coefficients, for messages.

    Raises
    ------
    InputError
        If the kind is unknown, there are fewer than two clusters, or a combination of
        coefficients rests on one cluster alone, so that clusters do not show its error.

    Notes
    -----
    CR0: Liang and Zeger 1986, doi 10.1093/biomet/73.1.13. CR2: Bell and McCaffrey 2002; for GEE on
    the residuals linearised at the estimate. Mancl and DeRouen 2001, doi
    10.1111/j.0006-341X.2001.00126.x. With a working covariance other than the identity more than
    one adjustment is unbiased: this one does not depend on the order of rows, clubSandwich's does.

    Examples
    --------
    >>> ones = np.ones((4, 1, 1))  # a mean of four numbers: CR2 is its usual variance
    >>> score = np.array([[1.0], [-1], [2], [-2]])
    >>> float(cluster_sandwich(ones, score).covariance[0, 0].round(6))
    0.833333
    """
    if kind not in get_args(Sandwich):
        remedy = f"choose one of {', '.join(get_args(Sandwich))}"
        raise InputError(Problem("unknown kind of sandwich", remedy, value=str(kind)))
    if len(score) < 2:
        raise InputError(
            Problem("there is one trial only", "errors between trials need two trials or more")
        )
    total = information.sum(axis=0)
    bread = np.linalg.inv(total)
    bread = (bread + bread.T) / 2
    root = np.linalg.cholesky(total)
    inverse_root = np.linalg.inv(root)
    leverage = inverse_root @ information @ inverse_root.T
    share, basis = np.linalg.eigh((leverage + leverage.transpose(0, 2, 1)) / 2)
    _refuse_alone(share, basis, root, names, terms)
    power = {"CR0": 0.0, "CR2": -0.5, "Mancl-DeRouen": -1.0}[kind]
    inner = (basis * (1 - share)[:, None, :] ** power) @ basis.transpose(0, 2, 1)
    adjust = root @ inner @ inverse_root
    adjusted = np.einsum("jpq,jq->jp", adjust, score) @ bread
    return ClusterSandwich(kind, adjusted.T @ adjusted, bread, information, adjust)


def _refuse_alone(
    share: Floats,
    basis: NDArray[np.float64],
    root: Matrix,
    names: Sequence[str] | None,
    terms: Sequence[str] | None,
) -> None:
    """Refuse what one cluster alone decides."""
    alone = np.argwhere(share > 1 - _ALONE)
    if not alone.size:
        return
    cluster, column = alone[0]
    loading = np.linalg.solve(root.T, basis[cluster][:, column])
    scaled = np.abs(loading)
    shown = np.flatnonzero(scaled > 1e-6 * scaled.max()).tolist()
    which = f"trial {names[cluster]}" if names is not None else f"trial {cluster + 1}"
    called = [terms[at] if terms is not None else f"coefficient {at + 1}" for at in shown]
    raise InputError(
        Problem(
            f"{which} alone decides {', '.join(called)}: trials do not show the error of that",
            "leave out that moderator or that trial",
        )
    )
