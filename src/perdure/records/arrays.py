"""Arrays that records can hold: one-dimensional, finite, read-only."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perdure.errors import InputError, Problem

__all__ = ["Bools", "Floats", "Ints", "frozen"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def frozen(name: str, values: ArrayLike) -> Floats:
    """Return ``values`` as a read-only one-dimensional array of finite floats.

    Raises
    ------
    InputError
        If there is more than one dimension, or a value is missing or infinite (the first is named).

    Examples
    --------
    >>> frozen("time", [0, 1, 2])
    array([0., 1., 2.])
    """
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1:
        raise InputError(
            Problem(f"{name} has {array.ndim} dimensions", "give one value a patient or point")
        )
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise InputError(
            Problem(
                f"{name} at position {wrong[0]} is not a finite number",
                "give a number, or leave the row out",
                value=str(array[wrong[0]]),
            )
        )
    array.flags.writeable = False
    return array
