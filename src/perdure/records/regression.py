"""A meta-regression as its reader asks for it: terms tested, classes predicted and compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from perdure.records.pooled import Coefficient, JointTest, Pooled, Predicted

__all__ = ["FactorMeans", "MetaRegression"]


@dataclass(frozen=True)
class FactorMeans:
    """The levels of one factor, on one mix of the other moderators.

    Attributes
    ----------
    factor : str
    means : tuple of Predicted
        One a level.
    differences : tuple of Coefficient
        Every pair, as "a - b".
    """

    factor: str
    means: tuple[Predicted, ...]
    differences: tuple[Coefficient, ...]


@dataclass(frozen=True)
class MetaRegression:
    """A model with moderators from a formula.

    Attributes
    ----------
    formula : str
    pooled : Pooled
    tests : tuple of JointTest
        Each term of the formula, all its coefficients together.
    factors : tuple of FactorMeans
    left_out : mapping of str to str
        Rows that are not in the model, and why.
    notes : tuple of str
        What a reader should know of the groups.
    """

    formula: str
    pooled: Pooled
    tests: tuple[JointTest, ...]
    factors: tuple[FactorMeans, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]
