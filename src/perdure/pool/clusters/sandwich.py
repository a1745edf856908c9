"""Standard errors and tests that hold when the model's covariance inside clusters is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc

from perdure.errors import InputError, Problem
from perdure.pool.mixed.grouping import grouping
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient
from perdure.records import Coefficient, Floats, JointTest

__all__ = ["Robust", "RobustKind", "cluster_robust"]

RobustKind = Literal["CR0", "CR1", "CR1p", "CR2"]
LEAST_DF = 4.0
"""Below so many Satterthwaite degrees of freedom a test is not to be trusted (Tipton 2015)."""
SINGULAR = 1e-10
"""An eigenvalue below this share of the largest is 0."""
UNKNOWN = 1e-8
"""A variance whose expectation is below this share of the model's says nothing."""
LOST = 0.01
"""Share of a variance that may be missing before a reader is told."""


@dataclass(frozen=True, eq=False)
class Robust:
    """Coefficients with cluster-robust errors, and what they can be asked.

    Attributes
    ----------
    kind : {"CR0", "CR1", "CR1p", "CR2"}
    terms : tuple of str
    coefficients : tuple of Coefficient
        One that no error can be given of has an infinite ``se`` and a sentence in ``cautions``.
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        Robust.
    n_clusters : int
    cautions : tuple of str
        What a reader should know: which tests rest on too little.
    level : float
        Of the intervals.
    model_covariance : array of float, shape (p, p)
        Of ``beta`` if the model is right.
    own, shared : array of float, shape (clusters, p, p)
        Moments of the clusters' scores under the model: those of clusters i and j have covariance
        ``own[i]`` (where i is j) less ``shared[i].T @ shared[j]``.
    """

    kind: RobustKind
    terms: tuple[str, ...]
    coefficients: tuple[Coefficient, ...]
    beta: Floats
    covariance: Matrix
    n_clusters: int
    cautions: tuple[str, ...]
    level: float
    model_covariance: Matrix
    own: NDArray[np.float64]
    shared: NDArray[np.float64]

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients as a coefficient of its own.

        Raises
        ------
        InputError
            If the clusters say nothing of its error.
        """
        row = np.asarray(weights, dtype=np.float64)
        if _share_seen(self, row) < UNKNOWN:
            raise InputError(_resting_on_one(term))
        variance = float(row @ self.covariance @ row)
        return coefficient(term, float(row @ self.beta), variance, self.df(row), self.level)

    def df(self, weights: ArrayLike) -> float:
        """Return the degrees of freedom of a linear combination of the coefficients.

        CR2: Satterthwaite's under the model, 2 E(V)^2 / Var(V) (Bell and McCaffrey 2002). Else the
        number of clusters less that of coefficients (CR0, CR1p), or less one (CR1).
        """
        row = np.asarray(weights, dtype=np.float64)
        if self.kind != "CR2":
            return _plain_df(self.kind, self.n_clusters, row.size)
        loading = self.shared @ row
        moments = np.diag(np.einsum("p,ipq,q->i", row, self.own, row)) - loading @ loading.T
        return float(np.trace(moments) ** 2) / float((moments**2).sum())

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test that several combinations of the coefficients are all 0.

        CR2: the approximate Hotelling test HTZ of Pustejovsky and Tipton (2018, doi
        10.1080/07350015.2016.1247004): Q (eta - q + 1) / (eta q) on q and eta - q + 1 degrees of
        freedom, eta matching the total variance of the robust covariance to that of a Wishart
        matrix. Else Q / q on q and the degrees of freedom of one coefficient.

        Raises
        ------
        InputError
            If combinations depend on each other, or there are too few clusters to test them.
        """
        rows = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
        q = rows.shape[0]
        if np.linalg.matrix_rank(rows) < q:
            raise InputError(
                Problem(
                    "the combinations that are tested together depend on each other",
                    "leave out those that the others already say",
                    value=", ".join(terms),
                )
            )
        spread = rows @ self.covariance @ rows.T
        expected = rows @ self._expected() @ rows.T
        if min(_smallest(spread, expected), _smallest(expected, self._model(rows))) < SINGULAR:
            raise InputError(_too_few(self.n_clusters, q))
        found = rows @ self.beta
        statistic = float(found @ np.linalg.solve(spread, found))
        if self.kind != "CR2":
            df = _plain_df(self.kind, self.n_clusters, self.beta.size)
            return JointTest(tuple(terms), statistic / q, q, df, float(fdtrc(q, df, statistic / q)))
        eta = self._wishart_df(rows, expected)
        df = eta - q + 1
        if df <= 0:
            raise InputError(_too_few(self.n_clusters, q))
        statistic *= df / (eta * q)
        return JointTest(tuple(terms), statistic, q, df, float(fdtrc(q, df, statistic)))

    def _expected(self) -> Matrix:
        """Return what the robust covariance is on average if the model is right."""
        lost = np.einsum("irp,irq->pq", self.shared, self.shared)
        return np.asarray(self.own.sum(axis=0) - lost)

    def _model(self, rows: Matrix) -> Matrix:
        """Return the model's covariance of combinations."""
        return np.asarray(rows @ self.model_covariance @ rows.T)

    def _wishart_df(self, rows: Matrix, expected: Matrix) -> float:
        """Return the degrees of freedom of the Wishart matrix with the same total variance."""
        values, vectors = np.linalg.eigh(expected)
        standard = rows.T @ (vectors / np.sqrt(values)) @ vectors.T
        q = rows.shape[0]
        own = standard.T @ self.own @ standard
        shared = self.shared @ standard
        total = 0.0
        for at in range(self.n_clusters):
            moments = -(shared[at].T @ shared)
            moments[at] += own[at]
            total += float((np.trace(moments, axis1=1, axis2=2) ** 2).sum())
            total += float((moments * np.swapaxes(moments, 1, 2)).sum())
        return float(q * (q + 1) / total)


def cluster_robust(
    beta: ArrayLike,
    x: ArrayLike,
    residuals: ArrayLike,
    marginal: ArrayLike,
    cluster: Sequence[object],
    *,
    terms: Sequence[str] | None = None,
    kind: RobustKind = "CR2",
    level: float = 0.95,
) -> Robust:
    """Return cluster-robust errors of coefficients fitted with the inverse of a working covariance.

    Parameters
    ----------
    beta : array_like of float, shape (p,)
        Generalised least squares with ``marginal`` as covariance.
    x : array_like of float, shape (k, p)
    residuals : array_like of float, shape (k,)
        y - X beta.
    marginal : array_like of float, shape (k,) or (k, k)
        The covariance that the effects have under the model: variances with tau2 added, or the
        whole matrix; 0 between clusters.
    cluster : sequence
        Each effect's cluster, as its trial.
    terms : sequence of str, optional
    kind : {"CR2", "CR1p", "CR1", "CR0"}
        Bias-reduced: unbiased if the model is right; the sandwich times m / (m - p); times
        m / (m - 1); the sandwich itself; for m clusters and p coefficients.
    level : float
        Of the intervals.

    Raises
    ------
    InputError
        If shapes do not fit, the marginal covariance is not positive definite or reaches across
        clusters, or there are too few clusters: fewer than two, or for CR0 and CR1p not more than
        coefficients.

    Notes
    -----
    CR0: Liang and Zeger 1986, doi 10.1093/biomet/73.1.13. CR2 with Satterthwaite degrees of
    freedom: Bell and McCaffrey 2002 (Surv Methodol 28:169), with a working covariance: Pustejovsky
    and Tipton 2018, doi 10.1080/07350015.2016.1247004; below 4 degrees of freedom tests are not to
    be trusted: Tipton 2015, doi 10.1037/met0000011. ``robust()`` of metafor gives CR1p and CR0,
    coef_test of clubSandwich CR1 and CR2.

    Examples
    --------
    >>> y, trial = np.array([0.1, 0.3, 0.9, 1.3, 0.4, 0.5]), list("AABBCC")
    >>> mean = y.mean()
    >>> found = cluster_robust([mean], np.ones((6, 1)), y - mean, np.ones(6), trial)
    >>> print(f"{found.coefficients[0].se:.4f} on {found.coefficients[0].df:.2f}")
    0.2682 on 2.00
    """
    _one_of(kind, level)
    design, left, spread = _checked(x, residuals, marginal)
    k, p = design.shape
    groups = grouping("cluster", cluster, k)
    m = len(groups.groups)
    if m < 2 or (kind != "CR2" and _plain_df(kind, m, p) < 1):
        raise InputError(
            Problem(
                f"robust errors of {p} coefficients cannot rest on {m} clusters",
                "cluster by something finer, or use the model's own errors",
            )
        )
    _refuse_across(spread, groups.codes)
    root = _root(spread)
    q, r = np.linalg.qr(root @ design)
    inverse = np.linalg.inv(r)
    rows = [np.flatnonzero(groups.codes == at) for at in range(m)]
    scores, own, shared = np.zeros((m, p)), np.zeros((m, p, p)), np.zeros((m, p, p))
    for at, inside in enumerate(rows):
        inner = q[inside]
        half = root[np.ix_(inside, inside)]
        # weights g on the residuals and h on their whitened values
        g, h = _adjusted(inner, half) if kind == "CR2" else (half.T @ inner, inner)
        g, h = g @ inverse.T, h @ inverse.T
        scores[at] = left[inside] @ g
        own[at], shared[at] = h.T @ h, inner.T @ h
    factor = {"CR1": m / (m - 1), "CR1p": m / max(m - p, 1)}.get(kind, 1.0)
    names = tuple(terms) if terms is not None else tuple(f"x{at + 1}" for at in range(p))
    bare = Robust(
        kind,
        names,
        (),
        np.asarray(beta, dtype=np.float64),
        factor * scores.T @ scores,
        m,
        (),
        level,
        inverse @ inverse.T,
        own,
        shared,
    )
    coefficients, cautions = _coefficients(bare)
    return replace(bare, coefficients=coefficients, cautions=cautions)


def _one_of(kind: str, level: float) -> None:
    """Refuse options that do not exist."""
    if kind not in get_args(RobustKind):
        allowed = ", ".join(get_args(RobustKind))
        raise InputError(
            Problem("unknown kind of robust error", f"choose one of {allowed}", value=kind)
        )
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )


def _checked(
    x: ArrayLike, residuals: ArrayLike, marginal: ArrayLike
) -> tuple[Matrix, Floats, Floats | Matrix]:
    """Return the arrays, of sizes that fit."""
    design = np.asarray(x, dtype=np.float64)
    left = np.asarray(residuals, dtype=np.float64)
    spread = np.asarray(marginal, dtype=np.float64)
    k = left.size
    if design.ndim != 2 or design.shape[0] != k or spread.shape not in ((k,), (k, k)):
        raise InputError(
            Problem(
                "design, residuals and covariance are of different sizes",
                "give one row, one residual and one variance an effect",
                value=f"{design.shape}, {left.shape}, {spread.shape}",
            )
        )
    return design, left, spread


def _root(spread: Floats | Matrix) -> Matrix:
    """Return the inverse of the Cholesky factor of the marginal covariance."""
    try:
        if spread.ndim == 2:
            return np.asarray(np.linalg.inv(np.linalg.cholesky(spread)), dtype=np.float64)
        if (spread > 0).all():
            return np.diag(1 / np.sqrt(spread))
    except np.linalg.LinAlgError:
        pass
    raise InputError(
        Problem(
            "the marginal covariance is not positive definite",
            "give the variances that the effects have under the model",
        )
    )


def _refuse_across(spread: Floats | Matrix, codes: NDArray[np.int64]) -> None:
    """Refuse clusters between which the model has a covariance."""
    if spread.ndim == 1:
        return
    across = (spread != 0) & (codes[:, None] != codes)
    if across.any():
        row, column = np.argwhere(across)[0].tolist()
        raise InputError(
            Problem(
                f"effects {row + 1} and {column + 1} are in different clusters but depend on each"
                " other in the model",
                "cluster by the outermost level, the trial",
            )
        )


def _adjusted(inner: Matrix, half: Matrix) -> tuple[Matrix, Matrix]:
    """Return a cluster's weights with the bias-reducing matrix of CR2.

    With L the Cholesky factor of its covariance: A = L B^(+1/2) L', B = L' (Phi - X M X') L; a
    cluster that the coefficients fit without residual has a singular B, whose generalised inverse
    is taken.
    """
    lower = np.linalg.inv(half)
    square = lower.T @ lower
    b = square @ (np.eye(lower.shape[0]) - inner @ inner.T) @ square
    values, vectors = np.linalg.eigh((b + b.T) / 2)
    kept = values > SINGULAR * max(float(values[-1]), float(np.trace(square @ square)) * 1e-3)
    power = np.zeros(values.size)
    power[kept] = values[kept] ** -0.5
    turned = (vectors * power) @ vectors.T @ inner
    return lower @ turned, square @ turned


def _plain_df(kind: RobustKind, clusters: int, coefficients: int) -> float:
    """Return degrees of freedom by counting."""
    return float(clusters - (1 if kind == "CR1" else coefficients))


def _share_seen(found: Robust, row: Floats) -> float:
    """Return the expected robust variance of a combination as a share of the model's."""
    own = float(row @ found.own.sum(axis=0) @ row)
    lost = float(((found.shared @ row) ** 2).sum())
    model = float(row @ found.model_covariance @ row)
    return (own - lost) / model if model > 0 else 1.0


def _coefficients(found: Robust) -> tuple[tuple[Coefficient, ...], tuple[str, ...]]:
    """Return the coefficients, and sentences on those that are not to be trusted."""
    rows: list[Coefficient] = []
    cautions: list[str] = []
    for term, row, estimate in zip(
        found.terms, np.eye(found.beta.size), found.beta.tolist(), strict=True
    ):
        seen = _share_seen(found, row)
        if seen < UNKNOWN:
            rows.append(Coefficient(term, estimate, np.inf, None, -np.inf, np.inf, 1.0))
            cautions.append(f"{_resting_on_one(term).message}: it has no robust error")
            continue
        at = found.combination(term, row)
        rows.append(at)
        if found.kind == "CR2" and at.df is not None and at.df < LEAST_DF:
            cautions.append(
                f"the test of {term} has {at.df:.1f} degrees of freedom: below 4 its interval and p"
                " are not to be trusted"
            )
        if found.kind == "CR2" and seen < 1 - LOST:
            cautions.append(
                f"a part of the error of {term} comes from clusters that the coefficients fit"
                " without residual: its robust error is too small"
            )
    if found.kind != "CR2" and found.n_clusters < 40:
        cautions.append(
            f"{found.kind} with {found.n_clusters} clusters makes errors too small and p values too"
            " low: CR2 corrects for few clusters"
        )
    return tuple(rows), tuple(cautions)


def _resting_on_one(term: str) -> Problem:
    """Return what is wrong with a coefficient that no residual speaks of."""
    return Problem(
        f"the coefficient {term} rests on single clusters that it fits without residual",
        "leave it out, or use the model's own errors",
    )


def _too_few(clusters: int, q: int) -> Problem:
    """Return what is wrong with a joint test of too many combinations."""
    return Problem(
        f"{clusters} clusters are too few to test {q} combinations together",
        "test fewer at a time, or use the model's own test",
    )


def _smallest(matrix: Matrix, beside: Matrix) -> float:
    """Return the smallest eigenvalue of a matrix whose entries are scaled by another's diagonal."""
    scale = np.sqrt(np.diagonal(beside))
    if not (scale > 0).all():
        return 0.0
    return float(np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0])
