"""The same comparison of classes by several models."""

from dataclasses import dataclass

from perdure.records.estimate import Reference
from perdure.records.pooled import Coefficient

__all__ = ["ClassModel", "ClassModels"]


@dataclass(frozen=True)
class ClassModel:
    """One model's comparison of every pair of classes.

    Attributes
    ----------
    model : str
        In words, as "arms in trials".
    error : str
        What the intervals rest on, as "Hartung-Knapp" or "CR2 by trial".
    n_arms, n_trials : int
    differences : tuple of Coefficient
        Of log odds, every pair as "first - second"; empty with a ``reason``.
    notes : tuple of str
        What a reader should know of it.
    reason : str or None
        Why the model has no answer.
    """

    model: str
    error: str
    n_arms: int
    n_trials: int
    differences: tuple[Coefficient, ...]
    notes: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class ClassModels:
    """Classes of arms compared by several models, of one endpoint at one threshold.

    Attributes
    ----------
    endpoint : str
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    by : str
    classes : tuple of str
    models : tuple of ClassModel
    """

    endpoint: str
    k: float | None
    reference: Reference
    by: str
    classes: tuple[str, ...]
    models: tuple[ClassModel, ...]
