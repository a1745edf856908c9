"""The page of answers on real trials."""

from collections import Counter
from collections.abc import Iterable, Sequence

from real_trials_bootstrap import bootstrap_part, ratio_to_bootstrap
from real_trials_measured import (
    CLEAR,
    ENDPOINTS,
    ESTIMATED,
    EXCESS,
    MULTIPLES,
    NONE,
    PAIRS,
    REFERENCES,
    DataSet,
    Row,
)
from real_trials_words import (
    changes,
    clear,
    differences,
    met,
    of,
    part,
    places,
    ratios,
    shown,
    shown_arm,
    singles,
    spread,
    table,
)


def references_part(rows: list[Row]) -> list[str]:
    """Return section 1: conclusions under each reference."""
    lines = ["## 1. Does the reference decide?", "", "Differences, test arm minus control:", ""]
    names: tuple[str, ...] = ("test", "control", "unclear", NONE)
    counted: list[tuple[object, ...]] = []
    for endpoint in ENDPOINTS:
        for reference in REFERENCES:
            here = places(of(rows, endpoint, compared=True), reference).values()
            count = Counter(row.verdict for row in here)
            counted.append((endpoint, reference, len(here), *(count[name] for name in names)))
    heads: tuple[str, ...] = ("test arm better", "control better", "no clear difference", NONE)
    lines += table(("endpoint", "reference", "comparisons", *heads), counted)
    lines += ["Arms under their own reference, against 2^-k:", ""]
    counted = []
    for endpoint in ENDPOINTS:
        here = places(of(rows, endpoint, compared=False), "own").values()
        count = Counter(row.verdict for row in here)
        bound = sum("bound" in row.status for row in here)
        names = (*EXCESS, NONE)
        counted.append((endpoint, len(here), *(count[name] for name in names), bound))
    heads = ("above", "below", "unclear", NONE, "of these, bound alone below 2^-k")
    lines += table(("endpoint", "arms", *heads), counted)
    lines += ["What changes from one reference to another, where both are estimable:", ""]
    changed: list[tuple[object, ...]] = []
    listed: list[str] = []
    for first, second in PAIRS:
        for endpoint in ENDPOINTS:
            mine = of(rows, endpoint, compared=True)
            both = met(places(mine, first), places(mine, second))
            count4 = changes([(a.verdict, b.verdict) for a, b in both])
            signs = [(a, b) for a, b in both if (a.value or 0) * (b.value or 0) < 0]
            clear = [(a, b) for a, b in signs if {a.verdict, b.verdict} & CLEAR]
            changed.append(
                (
                    f"{first} to {second}",
                    endpoint,
                    part(count4[0], len(both)),
                    *count4[1:],
                    part(len(signs), len(both)),
                    len(clear),
                )
            )
            listed += [f"- {a.label}: {first} {shown(a)}, {second} {shown(b)}" for a, b in clear]
    heads = ("conclusion changes", "becomes clear", "becomes unclear", "reverses")
    more = ("estimate changes sign", "of these, clear under one at least")
    lines += table(("from, to", "endpoint", *heads, *more), changed)
    lines += ["Cross tables, both endpoints (rows the first, columns the second):", ""]
    for first, second in PAIRS[:3]:
        lines += cross(differences(rows), first, second)
    lines += ["The estimate changes sign, and one of the two is clear (difference, 95% interval):"]
    return [*lines, "", *(listed or ["None."]), ""]


def cross(rows: list[Row], first: str, second: str) -> list[str]:
    """Return the verdicts of two references against each other."""
    one, two = places(rows, first), places(rows, second)
    count = Counter((one[key].verdict, two[key].verdict) for key in one if key in two)
    names = ("test", "control", "unclear", NONE)
    body = [(f"{first}: {a}", *(count[a, b] for b in names)) for a in names]
    return table(("", *(f"{second}: {b}" for b in names)), body)


def naive_part(rows: list[Row]) -> list[str]:
    """Return section 2: the threshold taken as known."""
    lines = ["## 2. What if the threshold is taken as known?", ""]
    body: list[tuple[object, ...]] = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            for reference in ESTIMATED:
                if not compared and reference != "own":
                    have = list(places(of(rows, endpoint, compared=False), reference).values())
                    body.append(("arm", endpoint, reference, "", "", "", "", spread(ratios(have))))
                    continue
                here = places(of(rows, endpoint, compared=compared), reference).values()
                have = [row for row in here if row.verdict != NONE]
                both = [(row.concludes(row.naive_low, row.naive_high), row.verdict) for row in have]
                count = changes(both)
                body.append(
                    (
                        "difference" if compared else "arm's excess",
                        endpoint,
                        reference,
                        part(count[0], len(both)),
                        *count[1:],
                        spread(ratios(have)),
                    )
                )
    heads = ("conclusion changes", "becomes clear", "becomes unclear", "reverses")
    width = "width, honest over naive: median (5-95%)"
    return lines + table(("of", "endpoint", "reference", *heads, width), body)


def multiples_part(rows: list[Row]) -> list[str]:
    """Return section 3: other k."""
    lines = ["## 3. Does k decide?", ""]
    body: list[tuple[object, ...]] = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            low, middle, high = MULTIPLES[endpoint]
            for reference in ESTIMATED if compared else ("own",):
                mine = of(rows, endpoint, compared=compared)
                at = {k: places(mine, reference, k) for k in (low, middle, high)}
                cells = []
                for k, other in ((middle, low), (middle, high), (low, high)):
                    both = [(a.verdict, b.verdict) for a, b in met(at[k], at[other])]
                    count = changes(both)
                    cells.append(f"{count[0]} of {len(both)} ({count[3]} reverse)")
                shares = "/".join(str(clear(at[k].values())) for k in (low, middle, high))
                none = "/".join(
                    str(sum(row.verdict == NONE for row in at[k].values()))
                    for k in (low, middle, high)
                )
                what = "difference" if compared else "arm's excess"
                ks = f"{low:g}/{middle:g}/{high:g}"
                body.append((what, endpoint, reference, ks, *cells, shares, none))
    heads: tuple[str, ...] = (
        "study's to low k",
        "study's to high k",
        "low to high k",
        "clear",
        NONE,
    )
    lines += table(("of", "endpoint", "reference", "k", *heads), body)
    lines.append(
        "The profile's p, adjusted for having looked at every k to the last with 10 at risk,"
        " against the single interval at the study's k (95%, where both exist):\n"
    )
    body = []
    for compared in (True, False):
        for endpoint in ENDPOINTS:
            for reference in ESTIMATED if compared else ("own",):
                here = places(of(rows, endpoint, compared=compared), reference).values()
                have = [row for row in here if row.verdict != NONE and row.p_profile is not None]
                only = [r for r in have if r.verdict in CLEAR and (r.p_profile or 0) >= 0.05]
                new = [r for r in have if r.verdict == "unclear" and (r.p_profile or 0) < 0.05]
                early = sum((row.k_profile or 0) < row.k for row in new)
                what = "difference" if compared else "arm's excess"
                disagree = part(len(only) + len(new), len(have))
                body.append((what, endpoint, reference, disagree, len(only), len(new), early))
    heads = (
        "disagree",
        "clear at the single k only",
        "clear in the profile only",
        "of these, clearest below the study's k",
    )
    lines += table(("of", "endpoint", "reference", *heads), body)
    return lines


def status_part(rows: list[Row]) -> list[str]:
    """Return section 5: arms that are not estimable, thin, or zero."""
    lines = ["## 5. Arms that are not estimable, thin, or zero", ""]
    body: list[tuple[object, ...]] = []
    for endpoint in ENDPOINTS:
        for reference in REFERENCES:
            here = places(of(rows, endpoint, compared=False), reference).values()
            count = Counter(row.status.split(",", maxsplit=1)[0] for row in here)
            names: tuple[str, ...] = (NONE, "zero", "thin", "estimable")
            body.append((endpoint, reference, len(here), *(count[name] for name in names)))
    lines += table(("endpoint", "reference", "arms", NONE, "zero", "thin", "10 or more"), body)
    lines += ["Thin arms under own: the likelihood interval beside the other, against 2^-k:", ""]
    body = []
    listed: list[str] = []
    for endpoint in ENDPOINTS:
        here = places(of(rows, endpoint, compared=False), "own").values()
        thin = [row for row in here if row.status == "thin"]
        both = [(row, row.concludes(row.likelihood_low, row.likelihood_high)) for row in thin]
        moved = changes([(row.verdict, other) for row, other in both])
        body.append((endpoint, part(moved[0], len(both)), *moved[1:]))
        listed += [
            f"- {row.label}: {row.verdict} ({shown_arm(row.value, row.low, row.high)}), by"
            f" likelihood {other} ({shown_arm(row.value, row.likelihood_low, row.likelihood_high)})"
            for row, other in both
            if other != row.verdict
        ]
    heads = ("endpoint", "conclusion differs", "becomes clear", "becomes unclear", "reverses")
    return [*lines, *table(heads, body), *listed, ""]


def page(sets: list[DataSet], repeats: list[str], rows: list[Row], made: str) -> list[str]:
    """Return the page."""
    arms = sum(len(one.arms) for one in sets)
    paired = [one for one in sets if one.paired]
    compared = len(places(differences(rows), "own"))
    what = (
        f"{len(sets)} data sets (one endpoint of one trial), {arms} arms; {len(paired)} data"
        f" sets hold {compared} comparisons of an arm with its control. The other"
        f" {len(sets) - len(paired)} hold one eligible arm and are looked at under `own` only."
        f" Taken once though both sources have them: {', '.join(repeats)}."
    )
    return [
        "# What the choices change on real trials",
        "",
        made,
        what,
        "",
        HEAD,
        "",
        *in_short(rows),
        *references_part(rows),
        *naive_part(rows),
        *multiples_part(rows),
        *bootstrap_part(rows, sets),
        *status_part(rows),
    ]


HEAD = (
    "PFS at k = 3 and OS at k = 2 unless said otherwise; 95%, log(-log) for an arm. Every count"
    " stands with what it is out of; the PFS and the OS of one trial count as two, and are not"
    " independent. `fixed` is the control's median times k taken as known: the same point estimates"
    " as `control`. Conclusions: the interval of the difference leaves out 0 (`test`: the test arm"
    " better, `control`: the control), or an arm's interval leaves out 2^-k (`above`, `below`)."
    " Nearly all patients are reconstructed from published curves, whose own error is not looked at"
    " here; there is no truth to compare with, only one choice against another."
)


def in_short(rows: list[Row]) -> list[str]:
    """Return the answers in a few lines."""
    pairs, alone = differences(rows), singles(rows)

    def moved(both: Sequence[tuple[Row, Row]]) -> str:
        return part(sum(a.verdict != b.verdict for a, b in both), len(both))

    def between(first: str, second: str) -> str:
        return moved(met(places(pairs, first), places(pairs, second)))

    def naive(some: Iterable[Row]) -> str:
        have = [row for row in some if row.verdict != NONE]
        changed = [r for r in have if r.concludes(r.naive_low, r.naive_high) != r.verdict]
        return part(len(changed), len(have))

    def far(some: list[Row], reference: str) -> str:
        found = [ratio_to_bootstrap(row) for row in places(some, reference).values()]
        have = [ratio for ratio in found if ratio is not None]
        return part(sum(ratio < 0.8 for ratio in have), len(have))

    by = {name: places(pairs, name).values() for name in ESTIMATED}
    own = places(alone, "own").values()
    none = part(sum(row.verdict == NONE for row in own), len(own))
    thin = part(sum(row.status == "thin" for row in own), len(own))
    return [
        "## In short",
        "",
        (
            f"1. Whose median it is matters: from `own` to `control` {between('own', 'control')}"
            " conclusions change. Once both arms have one threshold it hardly matters which:"
            f" `control` to `trial` {between('control', 'trial')}, `control` to `fixed`"
            f" {between('control', 'fixed')}."
        ),
        (
            "2. Taking the threshold as known changes few conclusions on differences: `own`"
            f" {naive(by['own'])}, `control` {naive(by['control'])}, `trial` {naive(by['trial'])};"
            f" on an arm's excess {naive(own)}."
        ),
        (
            "3. Another k never reverses a conclusion; it makes some clear and others unclear, and"
            " decides what is estimable (section 3)."
        ),
        (
            "4. First-order standard errors below 0.8 of the bootstrap's: differences under `own`"
            f" {far(pairs, 'own')}, `control` {far(pairs, 'control')}, `trial`"
            f" {far(pairs, 'trial')}; arms under `own` {far(alone, 'own')}. No conclusion reverses."
        ),
        f"5. Under `own` {none} arms are not estimable and {thin} are thin.",
        "",
        SURPRISES,
        "",
    ]


SURPRISES = """\
What surprised us:

- Honest is not always wider. Under `own` the interval that carries the median is as wide as the
  naive one in the middle (section 2): median and proportion move together, and where a curve is
  steep at the threshold the covariance outweighs the median's variance. So on an arm's excess it
  makes conclusions clear in OS and unclear in PFS. One arm beyond the *control's* median pays most.
- `own` and a shared threshold can both be clear, with opposite signs (REVEL, PFS): a drug that
  lengthens the median raises its own bar.
- The first-order error is farthest off in large PFS trials with scans on fixed dates (BEACON,
  ASPECCT, CheckMate 057), not in small ones. Their curves pass 1/2 on a stretch with few events
  between two scans; the density there takes in the drops on either side, so that the median looks
  surer than it is, and the error is too small, by up to half. Half the bandwidth shows it where the
  flat stretch is wide (BEACON), not always (ASPECCT, 20050181); twice the bandwidth never does, and
  the bootstrap does. So a stable answer under other bandwidths is no proof.
- The profile finds an arm's curve away from 2^-k far more often than the study's k does, mostly
  at smaller k, where many patients are at risk: a steplike or bent PFS curve is not exponential.
  That is evidence against an exponential curve, and not of durable responses."""
