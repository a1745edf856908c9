"""What the patient bootstrap says of durable responses."""

from dataclasses import dataclass

__all__ = ["Bootstrap", "TrialBootstrap"]


@dataclass(frozen=True)
class Bootstrap:
    """Standard error and percentile interval of an arm's durable response, or of a difference.

    Attributes
    ----------
    arm : str
    comparator : str or None
        None for the arm itself.
    se, ci_low, ci_high : float or None
        None where they are not identified, with a ``reason``.
    not_known : float
        Share of replicates without a median, or whose curve ends before its threshold.
    replicates, seed : int
    reason : str or None
    """

    arm: str
    comparator: str | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    not_known: float
    replicates: int
    seed: int
    reason: str | None = None


@dataclass(frozen=True)
class TrialBootstrap:
    """Of a trial's arms, and of each arm against its comparator."""

    arms: tuple[Bootstrap, ...]
    contrasts: tuple[Bootstrap, ...]
