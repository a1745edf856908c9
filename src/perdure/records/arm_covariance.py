"""How the durable responses of one trial's arms vary together."""

from dataclasses import dataclass

__all__ = ["ArmCovariance"]


@dataclass(frozen=True)
class ArmCovariance:
    """Covariance matrix of the proportions of a trial's arms, under one reference.

    Attributes
    ----------
    arms : tuple of str
        Those whose proportion has a standard error.
    matrix : tuple of tuple of float
        Symmetric; the diagonal holds the squares of the standard errors. Arms that share a
        threshold, or the patients that set it, are not independent.
    """

    arms: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]

    def between(self, first: str, second: str) -> float | None:
        """Return the covariance of two arms; None where one of them has no standard error.

        Examples
        --------
        >>> ArmCovariance(("a", "b"), ((0.04, 0.01), (0.01, 0.09))).between("a", "b")
        0.01
        """
        if first not in self.arms or second not in self.arms:
            return None
        return self.matrix[self.arms.index(first)][self.arms.index(second)]
