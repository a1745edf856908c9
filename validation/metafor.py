"""Whether perdure's pooling gives R's numbers: metafor, clubSandwich, lme4, geepack.

    python validation/metafor.py        writes validation/metafor.md and metafor.csv

Every number of tests/reference/pool is compared, or named with the reason why not. Exit status 1
if one differs by more than its bound and is not explained in metafor_exceptions.py, if an
explanation is no longer needed, if a number is forgotten, or if R found a higher likelihood.
"""

import sys
from pathlib import Path

from in_short import with_summary
from metafor_clusters import compare_clusters
from metafor_compare import Comparison
from metafor_counts import compare_counts
from metafor_effects import compare_effects
from metafor_exceptions import EXPLAINED, INPUTS, LEFT_OUT, NOT_COMPARED_YET
from metafor_likelihoods import LEAST, exact_errors, likelihoods, profile_limits
from metafor_nested import compare_nested
from metafor_page import (
    agreement,
    evidence,
    left_out_part,
    likelihoods_of_mixed_models,
    unlike,
    write_csv,
)
from metafor_selection import compare_selection
from metafor_sensitivity import compare_sensitivity

HEAD = [
    "# Agreement with R",
    "",
    "Made by `python validation/metafor.py` from tests/reference/pool: R 4.2.2, metafor 3.8-1,",
    "clubSandwich 0.5.8, lme4 1.1-31, geepack 1.3.9, mvtnorm 1.1-3. R's fits were run with tight",
    "tolerances (shared reference); perdure's as they are.",
    "",
    "A group is one number or array of R's files. The difference is",
    "|perdure - R| / max(|R|, 0.001); asked is 1e-6, and where R itself is no better 1e-4 (profile",
    "limits of sigma2, selection models, rma.glmm UM.*) or 1e-5 (glmer, so CM.AL of rma.glmm too,",
    "and predicted classes). `Without the floor` is |perdure - R| / |R| over R's numbers of 1e-9",
    "and above, and all P values. Differences below 1e-12 are not told apart.",
    "",
]


def main() -> int:
    """Compare, write the page and the table, and return the exit status."""
    compare = Comparison()
    compare_effects(compare)
    compare_nested(compare)
    compare_counts(compare)
    compare_clusters(compare)
    compare_sensitivity(compare)
    compare_selection(compare)
    beside = likelihoods()
    left_out = (*LEFT_OUT, *NOT_COMPARED_YET)
    lines = [
        *HEAD,
        *agreement(compare, left_out),
        *unlike(compare, EXPLAINED),
        *left_out_part(compare, LEFT_OUT, NOT_COMPARED_YET),
        *evidence(compare, beside, profile_limits(), exact_errors()),
    ]
    page = Path(__file__).with_suffix(".md")
    page.write_text(with_summary("metafor", "\n".join(lines)), encoding="utf-8")
    write_csv(compare, page.with_suffix(".csv"))
    wrong = compare.unexplained(EXPLAINED) + compare.forgotten(INPUTS, left_out)
    wrong += [f"{one.case}: likelihood below R's" for one in beside if one.below]
    wrong += [
        f"{'/'.join(group.where)}: likelihood below R's"
        for group in likelihoods_of_mixed_models(compare)
        if group.lowest < LEAST
    ]
    for one in wrong:
        print(one)
    total = sum(group.n for group in compare.groups)
    print(f"{total} numbers in {len(compare.groups)} groups, {len(wrong)} errors")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
