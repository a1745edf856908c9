"""The page of agreement with R, and its table of all groups of numbers."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from metafor_compare import FILES, Comparison, Explained, Group, LeftOut, given, leaves, within
from metafor_likelihoods import Beside

__all__ = ["agreement", "evidence", "left_out_part", "unlike", "write_csv"]

# a case ends where one of these begins: they are parts of one fit
PARTS = {
    *("fits", "fit", "robust", "prediction", "I2", "ranef", "by_factor", "pd1_minus_ctla4"),
    *("leave1out", "influence", "rstudent", "rstandard", "blup", "model", "regtest", "ranktest"),
    *("trimfill", "fail_safe_n", "variance", "gee", "CR0", "CR1", "CR2", "CR3", "CR2_robust"),
    *("CR1_clubSandwich", "tests", "tau2_ci_QP", "tau2_ci_PL", "prediction_at_data"),
}
DEPTH = {"rma": 2, "regression": 3, "design": 3, "escalc": 3, "power": 1, "multiplicity": 1}
COLUMNS = {
    "estimates": ("estimates", "back-transformed proportions", "selection"),
    "standard errors": ("standard errors", "covariances"),
    "limits": ("confidence limits",),
    "p": ("p values", "adjusted p values"),
    "tau2, sigma2, rho": ("tau2", "standard error of tau2", "sigma2 and rho"),
    "their limits": ("limits of tau2, I2, H2", "profile limits of sigma2"),
    "tests, Q, df": ("test statistics", "Q", "degrees of freedom", "trim and fill, fail-safe n"),
    "I2, H2, R2": ("I2 and H2", "R2"),
    "prediction limits": ("prediction limits",),
    "log-likelihood": ("log-likelihood",),
    "weights, residuals, power": ("weights", "residuals and influence", "power"),
}
COLUMN = {quantity: column for column, own in COLUMNS.items() for quantity in own}


def _case(where: Sequence[str]) -> str:
    found: list[str] = []
    for key in where[1 : min(len(where) - 1, DEPTH.get(where[0], 9))]:
        if key in PARTS:
            break
        found.append(key)
    return " ".join(found) or "all"


def _shown(value: float) -> str:
    """Return a difference with one digit."""
    if value == 0:
        return "0"
    if value == float("inf"):
        return "one only"
    return "< 1e-12" if value < 1e-12 else f"{value:.0e}"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _table(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    return [_row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows), ""]


def _largest(groups: Iterable[Group]) -> str:
    found = [group.largest for group in groups if group.n]
    return _shown(max(found)) if found else ""


def _files_part(compare: Comparison, left_out: Sequence[LeftOut]) -> list[str]:
    rows: list[tuple[object, ...]] = []
    counts: Counter[int] = Counter()
    for name in FILES:
        own = [group for group in compare.groups if group.where[0] == name]
        apart = [group for group in own if not group.agrees]
        rest = sum(
            any(within(where, one.path) for one in left_out)
            for where, value in leaves(given(name), (name,))
            if where not in compare.seen and value is not None
        )
        agreeing = [group for group in own if group.agrees]
        found = (len({_case(group.where) for group in own}), len(own), sum(g.n for g in own))
        rows.append((f"{name}.json", *found, _largest(agreeing), len(apart), rest))
        counts.update(dict(enumerate((*found, len(apart), rest))))
    everything = _largest(group for group in compare.groups if group.agrees)
    rows.append(("all", *(counts[at] for at in range(3)), everything, counts[3], counts[4]))
    heads = (
        *("file", "cases", "groups", "numbers", "largest difference within the bound"),
        *("groups beyond it, explained", "groups not compared"),
    )
    return _table(heads, rows)


def _quantities_part(compare: Comparison) -> list[str]:
    groups: dict[tuple[str, float], list[Group]] = defaultdict(list)
    for group in compare.groups:
        groups[group.quantity, group.bound].append(group)
    order = list(dict.fromkeys(group.quantity for group in compare.groups))
    rows = []
    for quantity, bound in sorted(groups, key=lambda key: (order.index(key[0]), key[1])):
        own = groups[quantity, bound]
        agreeing = [group for group in own if group.agrees]
        apart = [group for group in own if not group.agrees]
        plain = _shown(max((group.plain for group in agreeing), default=0.0))
        rows.append(
            (
                *(quantity, sum(group.n for group in own), f"{bound:.0e}", _largest(agreeing)),
                *(plain, len(apart), _largest(apart)),
            )
        )
    heads = ("quantity", "numbers", "asked", "largest within", "the same without the floor")
    return _table((*heads, "groups beyond", "largest beyond"), rows)


def _cases_part(compare: Comparison) -> list[str]:
    lines: list[str] = []
    for name in FILES:
        cases: dict[str, list[Group]] = defaultdict(list)
        for group in compare.groups:
            if group.where[0] == name:
                cases[_case(group.where)].append(group)
        if not cases:
            continue
        used = {COLUMN[group.quantity] for own in cases.values() for group in own if group.n}
        columns = [column for column in COLUMNS if column in used]
        rows = []
        for case, own in cases.items():
            parts = [
                _largest(group for group in own if COLUMN[group.quantity] == column)
                for column in columns
            ]
            rows.append((case, sum(group.n for group in own), *parts))
        lines += [f"### {name}.json", "", *_table(("case", "numbers", *columns), rows)]
    return lines


def agreement(compare: Comparison, left_out: Sequence[LeftOut]) -> list[str]:
    """Return the counts and largest differences: by file and by quantity."""
    return [
        *("## Files", "", *_files_part(compare, left_out)),
        *("## Quantities", "", *_quantities_part(compare)),
    ]


def unlike(compare: Comparison, explained: Sequence[Explained]) -> list[str]:
    """Return what does not agree: each number, by how much, and why."""
    apart = [group for group in compare.groups if not group.agrees]
    lines = [
        "## What does not agree, and why",
        "",
        "Of an array the number that differs most. `one only`: R gives a number, perdure none.",
        "",
    ]
    heads = ("number", "perdure", "R", "difference", "asked")
    for reason, patterns in _by_reason(explained).items():
        rows = []
        for one in patterns:
            own = [g for g in apart if within(g.where, one.path) and g.largest <= one.up_to]
            if len(own) > 8:
                path = one.path.replace("*", r"\*")
                ours, theirs = own[0].worst
                both = (_number(ours), f"{_number(theirs)}, ...")
                asked = f"{own[0].bound:.0e}"
                rows.append((f"{path} ({len(own)})", *both, _largest(own), asked))
                continue
            for group in own:
                both = (_number(group.worst[0]), _number(group.worst[1]))
                difference = (_largest([group]), f"{group.bound:.0e}")
                rows.append(("/".join(group.where), *both, *difference))
        if rows:
            lines += [reason, "", *_table(heads, rows)]
    return lines


def _by_reason(explained: Sequence[Explained]) -> dict[str, list[Explained]]:
    found: dict[str, list[Explained]] = defaultdict(list)
    for one in explained:
        found[one.reason].append(one)
    return found


def _number(value: float | str | None) -> str:
    return "none" if value is None else value if isinstance(value, str) else f"{value:.8g}"


def evidence(
    compare: Comparison,
    beside: Sequence[Beside],
    limits: Sequence[tuple[str, float, float, float, float]],
    errors: Sequence[tuple[str, float, float, float]],
) -> list[str]:
    """Return what shows who is right where numbers differ, and then every case."""
    rows = [(one.case, f"{one.ours:.9f}", f"{one.ours - one.theirs:+.1e}") for one in beside]
    mixed = likelihoods_of_mixed_models(compare)
    least = min(group.lowest for group in mixed)
    ends = [
        (case, f"{ours:.9f}", f"{theirs:.9f}", f"{abs(mine):.0e}", f"{abs(rs):.0e}")
        for case, ours, theirs, mine, rs in limits
    ]
    exact = [(case, *(f"{value:.10f}" for value in values)) for case, *values in errors]
    return [
        "## Where R stopped short",
        "",
        "Log-likelihoods at perdure's numbers and at R's, by one function; the last column must",
        "not be below 0 by more than rounding. `as printed`: R's own figure, of the same",
        "likelihood.",
        "",
        *_table(("case", "perdure", "perdure minus R"), rows),
        f"In the {len(mixed)} other models of several variances and networks (rma.mv, glmer by",
        f"Laplace and by quadrature) perdure minus R is {least:+.0e} at the least.",
        "",
        "Profile limits of variances, and how far the profile log-likelihood there is off the cut:",
        "",
        *_table(("limit", "perdure", "R", "off the cut: perdure", "R"), ends),
        *("What R takes from differenced Hessians, by another way:", ""),
        *_table(("number", "perdure", "the other way", "R"), exact),
        "## Every case",
        "",
        "Largest relative difference of each kind of number, those explained above included.",
        "",
        *_cases_part(compare),
    ]


def likelihoods_of_mixed_models(compare: Comparison) -> list[Group]:
    """Return the log-likelihoods at optima that both programs print on one scale."""
    files = ("multilevel", "nested", "correlated", "network")
    return [
        group
        for group in compare.groups
        if group.where[-1] in ("logLik", "log_likelihood")
        and group.where[0] in files
        and "rma_glmm_class" not in group.where
    ]


def left_out_part(
    compare: Comparison, left_out: Sequence[LeftOut], yet: Sequence[LeftOut]
) -> list[str]:
    """Return the cases that are not compared, and why."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for one in left_out:
        reasons[one.reason].append(one.path)
    count: Counter[str] = Counter()
    for name in FILES:
        for where, value in leaves(given(name), (name,)):
            if where not in compare.seen and value is not None:
                count.update({one.path for one in (*left_out, *yet) if within(where, one.path)})
    rows = [
        (", ".join(path.replace("*", r"\*") for path in paths), sum(count[p] for p in paths), why)
        for why, paths in reasons.items()
    ]
    lines = ["## What is not compared, and why", ""]
    lines += _table(("groups of numbers", "how many", "why"), rows)
    if yet:
        lines += ["### Not compared yet", ""]
        rows = [(one.path.replace("*", r"\*"), count[one.path], one.reason) for one in yet]
        lines += _table(("groups of numbers", "how many", "why"), rows)
    lines += [
        "Words, inputs and R's `null` are not counted. Of R's fit statistics of independent",
        "effects both log-likelihoods are compared; deviance, AIC, BIC and AICc are made of them.",
        "",
    ]
    return lines


def write_csv(compare: Comparison, path: Path) -> None:
    """Write a row for each case, quantity and bound."""
    groups: dict[tuple[str, str, str, float], list[Group]] = defaultdict(list)
    for group in compare.groups:
        key = (group.where[0], _case(group.where), group.quantity, group.bound)
        groups[key].append(group)
    heads = ("file", "case", "quantity", "numbers", "largest", "largest_plain", "bound", "beyond")
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow((*heads, "where"))
        for (name, case, quantity, bound), own in groups.items():
            worst = max(own, key=lambda group: group.largest)
            plain = max(group.plain for group in own)
            beyond = sum(not group.agrees for group in own)
            differences = (_shown(worst.largest), _shown(plain), f"{bound:.0e}")
            n = sum(group.n for group in own)
            row = (name, case, quantity, n, *differences, beyond, "/".join(worst.where))
            writer.writerow(row)
