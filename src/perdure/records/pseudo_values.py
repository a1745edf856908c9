"""What each patient of a trial adds to the durable responses of its arms: pseudo-values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perdure.records.arrays import Bools, Floats, Ints
from perdure.records.estimate import Reference

__all__ = ["PseudoRows", "PseudoValues"]


@dataclass(frozen=True, eq=False)
class PseudoRows:
    """Pseudo-values one a row, as a one-stage model takes them.

    Attributes
    ----------
    value : array of float, shape (rows,)
    arm : tuple of str
        The arm whose durable response the row adds to.
    patient : array of int, shape (rows,)
    patient_arm : tuple of str
        The arm that the patient belongs to.
    member : array of bool, shape (rows,)
        Whether the two are the same. A row of another arm's patient is what that patient adds
        through the threshold, and counts as nobody when a mean is taken.
    """

    value: Floats
    arm: tuple[str, ...]
    patient: Ints
    patient_arm: tuple[str, ...]
    member: Bools


@dataclass(frozen=True, eq=False)
class PseudoValues:
    """Pseudo-values of a trial's patients under one threshold.

    The patient i of an arm b has, for the durable response p of each arm a, the value
    p 1{a = b} + n_a c, where c is what i adds to p: through the arm's own curve if a = b, and
    through the threshold if i is one of those whose median sets it.

    Attributes
    ----------
    arms : tuple of str
        Those with a durable response.
    estimate : array of float, shape (arms,)
    patient_arm : tuple of str
        Of every patient of the trial, those of an arm without an estimate too.
    value : array of float, shape (patients, arms)
    reference : {"own", "control", "trial", "fixed"}
    k, time : float or None
        The multiple, or the time of ``fixed``.
    missing : tuple of (str, str)
        Arms that are not estimable, and why.
    """

    arms: tuple[str, ...]
    estimate: Floats
    patient_arm: tuple[str, ...]
    value: NDArray[np.float64]
    reference: Reference
    k: float | None
    time: float | None
    missing: tuple[tuple[str, str], ...]

    @property
    def member(self) -> Bools:
        """Whether a patient is of an arm, shape (patients, arms)."""
        own, arms = np.array(self.patient_arm, dtype=str), np.array(self.arms, dtype=str)
        return np.asarray(own[:, None] == arms[None, :], dtype=np.bool_)

    def means(self) -> Floats:
        """Return the sum of each arm's values over its number of patients: its durable response.

        Examples
        --------
        >>> one = PseudoValues(
        ...     ("a",), np.array([0.5]), ("a", "a"), np.array([[0.0], [1.0]]), "own", 2, None, ()
        ... )
        >>> one.means().tolist()
        [0.5]
        """
        return np.asarray(self.value.sum(axis=0) / self.member.sum(axis=0))

    def covariance(self) -> NDArray[np.float64]:
        """Return the first-order covariance of the arms' durable responses.

        Arm sizes are fixed by design, so values are centred within the patients' own arm.

        Examples
        --------
        >>> one = PseudoValues(
        ...     ("a",), np.array([0.5]), ("a", "a"), np.array([[0.0], [1.0]]), "own", 2, None, ()
        ... )
        >>> one.covariance().tolist()
        [[0.125]]
        """
        each = self.value / self.member.sum(axis=0)
        groups = np.array(self.patient_arm)
        total = np.zeros((len(self.arms), len(self.arms)))
        for name in dict.fromkeys(self.patient_arm):
            inside = each[groups == name]
            centred = inside - inside.mean(axis=0)
            total += centred.T @ centred
        return total

    def rows(self) -> PseudoRows:
        """Return the values one a row; patients of another arm that add nothing are left out.

        Examples
        --------
        >>> one = PseudoValues(
        ...     ("a",), np.array([0.5]), ("a", "b"), np.array([[0.5], [0.1]]), "own", 2, None, ()
        ... )
        >>> one.rows().member.tolist()
        [True, False]
        """
        member = self.member
        patient, arm = np.nonzero(member | (self.value != 0))
        return PseudoRows(
            self.value[patient, arm],
            tuple(self.arms[at] for at in arm),
            patient.astype(np.int64),
            tuple(self.patient_arm[at] for at in patient),
            member[patient, arm],
        )
