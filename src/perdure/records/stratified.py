"""Contrasts of several trials as one."""

from dataclasses import dataclass

from perdure.records.estimate import Reference

__all__ = ["Stratified"]


@dataclass(frozen=True)
class Stratified:
    """One common contrast of durable response over trials, each a stratum.

    Attributes
    ----------
    measure : {"difference", "ratio", "odds ratio"}
    k : float or None
    reference : {"own", "control", "trial", "fixed"}
    n_trials : int
    left_out : tuple of (str, str)
        Trials that are not in it, and why.
    estimate, ci_low, ci_high : float or None
        None where no trial is in it.
    se : float or None
        On the log scale for ratios.
    p_value : float or None
    q, q_p : float or None
        Cochran's test that the trials have one effect; None for one trial.
    q_df : int
    """

    measure: str
    k: float | None
    reference: Reference
    n_trials: int
    left_out: tuple[tuple[str, str], ...]
    estimate: float | None = None
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    q: float | None = None
    q_df: int = 0
    q_p: float | None = None
