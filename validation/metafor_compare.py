"""Numbers of perdure put beside R's: what is compared, by how much they differ, what is not there.

Every leaf of R's JSON files (a number or an array of numbers) is compared, or is an input, or is
not compared for a reason; one that is none of these is an error, so that no case is forgotten.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "FILES",
    "FLOOR",
    "REFERENCE",
    "USUAL",
    "Comparison",
    "Explained",
    "Group",
    "LeftOut",
    "given",
    "leaves",
    "quantity_of",
    "within",
]

REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "pool"
FILES = (
    *("rma", "regression", "design", "multilevel", "nested", "correlated", "network"),
    *("diagnostics", "small_study", "binomial", "escalc", "one_stage", "design_patients"),
    *("multiplicity", "power"),
)
USUAL = 1e-6
FLOOR = 1e-3
Number = float | None
Where = tuple[str, ...]

_QUANTITIES = {
    "estimates": "beta coef pred estimate logit slope limit_estimate proportion yi pd1 X intercept",
    "standard errors": "se robust_se CR2_se",
    "covariances": "vcov robust_vcov naive_vcov vi filled_v",
    "confidence limits": "ci_lower ci_upper ci.lb ci.ub limit_lower limit_upper",
    "prediction limits": "pi_lower pi_upper",
    "p values": "p CR2_p pval Qp QE_p QM_p MH_p TA_p CO_p BD_p LRT_p p_k0 df9 normal",
    "test statistics": "stat t z zval tval QM MH TA CO BD LRT Fstat QE_LRT extra tau",
    "degrees of freedom": "df dfs QM_df QE_df QEdf df_num df_denom CR2_df n_clusters k",
    "tau2": "tau2 tau2_del arm_id trial",
    "standard error of tau2": "se_tau2",
    "sigma2 and rho": "sigma2 rho",
    "profile limits of sigma2": "sigma2_profile_ci",
    "limits of tau2, I2, H2": "lower upper",
    "log-likelihood": "logLik log_likelihood ML REML",
    "Q": "QE Q QE_del QE_Wald",
    "I2 and H2": "I2 H2 I2_total I2_by_level typical_variance",
    "R2": "R2",
    "weights": "weights_percent weight hat s2w scale",
    "residuals and influence": "rstudent dffits cook_d cov_r dfbs resid residuals influential",
    "trim and fill, fail-safe n": "k0 se_k0 side filled_y rosenthal",
    "selection": "delta se_delta",
    "back-transformed proportions": "ilogit ipft ipft_hm iarcsin mean_of_proportions",
    "adjusted p values": "holm hochberg bonferroni BH BY",
    "power": "power",
}
_QUANTITY = {name: what for what, names in _QUANTITIES.items() for name in names.split()}


@cache
def given(name: str) -> dict[str, Any]:
    """Return one of R's files; a list of cases by their places."""
    found = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    if isinstance(found, list):
        return {str(at): case for at, case in enumerate(found)}
    return dict(found)


def quantity_of(where: Where) -> str:
    """Return what a leaf is, by its own name and that of the one above it.

    Examples
    --------
    >>> quantity_of(("rma", "bcg_RR", "fits", "DL", "tau2"))
    'tau2'
    """
    if where[-1] == "estimate" and where[-2].startswith("tau2_ci"):
        return "limits of tau2, I2, H2"
    return _QUANTITY[where[-1]]


def leaves(found: object, where: Where) -> Iterator[tuple[Where, object]]:
    """Return every number and array of a JSON value with the keys that lead to it."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from leaves(value, (*where, key))
    else:
        yield where, found


def _flat(value: object) -> list[Number | str]:
    """Return the numbers of a value in order; NaN and R's NA are None."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | np.ndarray):
        return [number for each in value for number in _flat(each)]
    if isinstance(value, str):
        return [float(value) if value in ("Inf", "-Inf") else value]
    if isinstance(value, int | float | np.number) and not math.isnan(value):
        return [float(value)]
    return [None]


def _apart(ours: Number | str, theirs: Number | str, floor: float) -> float:
    """Return the relative difference of two numbers; infinity where one of them is not there."""
    if ours == theirs:
        return 0.0
    if isinstance(ours, float) and isinstance(theirs, float) and math.isfinite(theirs):
        size = max(abs(theirs), floor)
        return abs(ours - theirs) / size if size else math.inf
    return math.inf


@dataclass(frozen=True)
class Group:
    """One leaf of R's files beside perdure's numbers.

    ``largest`` is the relative difference as check.py of the reference takes it; ``plain`` is that
    without its floor of 0.001, over R's numbers of 1e-9 and above and all P values; ``lowest`` is
    the least of ours minus R's; ``worst`` are the two numbers that differ most.
    """

    where: Where
    quantity: str
    n: int
    largest: float
    plain: float
    lowest: float
    worst: tuple[Number | str, Number | str]
    bound: float

    @property
    def agrees(self) -> bool:
        """Whether the largest difference is within the bound."""
        return self.largest <= self.bound


@dataclass(frozen=True)
class Explained:
    """Numbers that do not agree, of which the reason is known.

    ``path`` is a pattern of leaves; ``up_to`` is the largest difference that the reason covers,
    infinity where only one of the two says anything.
    """

    path: str
    up_to: float
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """Leaves that are not compared, by pattern, and why."""

    path: str
    reason: str


def within(where: Where, path: str) -> bool:
    """Return whether a leaf is of a pattern: * is any part of a key, ** any keys or none.

    Examples
    --------
    >>> within(("rma", "bcg_RR", "yi"), "rma/*/yi"), within(("rma", "bcg_RR", "yi"), "**/yi")
    (True, True)
    """
    return _fits(where, tuple(path.split("/")))


def _fits(where: Where, keys: Where) -> bool:
    if not keys:
        return not where
    if keys[0] == "**":
        return any(_fits(where[at:], keys[1:]) for at in range(len(where) + 1))
    return bool(where) and fnmatchcase(where[0], keys[0]) and _fits(where[1:], keys[1:])


@dataclass
class Comparison:
    """All that was compared so far."""

    groups: list[Group] = field(default_factory=list)
    seen: set[Where] = field(default_factory=set)

    def add(
        self, where: Sequence[str], ours: object, *, bound: float = USUAL, at: Sequence[int] = ()
    ) -> None:
        """Compare perdure's numbers with the leaf of R's files that stands at these keys.

        Parameters
        ----------
        where : sequence of str
            The file, and keys in it.
        ours : number, sequence or array of numbers, or None
        bound : float
            The largest relative difference that counts as agreement.
        at : sequence of int
            The places of the leaf that are compared; all, if empty.

        Raises
        ------
        ValueError
            If there is no such leaf, or it has another number of values.
        """
        theirs: Any = given(where[0])
        for key in where[1:]:
            theirs = theirs[key]
        mine, r = _flat(ours), _flat(theirs)
        if at:
            r = [r[place] for place in at]
        if len(mine) != len(r):
            raise ValueError(f"{'/'.join(where)}: {len(mine)} numbers here, {len(r)} in R")
        self.seen.add(tuple(where))
        pairs = [pair for pair in zip(mine, r, strict=True) if pair != (None, None)]
        if not pairs:  # both have nothing to say
            return
        quantity = quantity_of(tuple(where))
        least = 1e-300 if quantity == "p values" else 1e-9
        large = [p for p in pairs if isinstance(p[1], float) and abs(p[1]) >= least]
        group = Group(
            where=tuple(where),
            quantity=quantity,
            n=len(pairs),
            largest=max(_apart(pair[0], pair[1], FLOOR) for pair in pairs),
            worst=max(pairs, key=lambda pair: _apart(pair[0], pair[1], FLOOR)),
            plain=max((_apart(pair[0], pair[1], 0.0) for pair in large), default=0.0),
            lowest=min(
                (a - b for a, b in pairs if isinstance(a, float) and isinstance(b, float)),
                default=0.0,
            ),
            bound=bound,
        )
        self.groups.append(group)

    def put(
        self,
        where: Sequence[str],
        ours: Mapping[str, Any],
        *,
        bound: float | Mapping[str, float] = USUAL,
    ) -> None:
        """Compare several leaves that stand side by side, those that R's file has."""
        here: Any = given(where[0])
        for key in where[1:]:
            here = here[key]
        for key, value in ours.items():
            if key in here:
                limit = bound if isinstance(bound, float) else bound.get(key, USUAL)
                self.add((*where, key), value, bound=limit)

    def forgotten(self, inputs: Sequence[str], left_out: Sequence[LeftOut]) -> list[str]:
        """Return the leaves that were neither compared nor named, and patterns that fit none."""
        patterns = {*inputs, *(one.path for one in left_out)}
        used: set[str] = set()
        here = {path.stem for path in REFERENCE.glob("*.json")}
        missing = [f"file not compared: {name}.json" for name in sorted(here - {*FILES})]
        for name in FILES:
            for where, value in leaves(given(name), (name,)):
                if where in self.seen or value is None:
                    continue
                fits = {path for path in patterns if within(where, path)}
                used |= fits
                if not fits:
                    missing.append(f"forgotten: {'/'.join(where)}")
        return missing + [f"no leaf is left for {path}" for path in sorted(patterns - used)]

    def unexplained(self, explained: Sequence[Explained]) -> list[str]:
        """Return disagreements that no reason covers, and reasons that are not needed."""
        needed: set[Explained] = set()
        wrong = []
        for group in self.groups:
            if group.agrees:
                continue
            covers = [one for one in explained if within(group.where, one.path)]
            covers = [one for one in covers if group.largest <= one.up_to]
            needed |= set(covers)
            if not covers:
                path = "/".join(group.where)
                wrong.append(f"{path}: {group.largest:.2g} apart, {group.bound:g} is asked")
        return wrong + [f"not needed: {one.path}" for one in explained if one not in needed]
