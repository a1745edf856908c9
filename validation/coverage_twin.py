"""What `coverage_study.py` counts of one simulated trial, written again for numba.

It shares no code with perdure. `coverage_study.py --twin` counts with it, after having counted
some of the same trials with perdure and compared every count (`--check`).
"""

import math

import numpy as np
from numba import njit

Z = 1.959963984540054
THIN = 10
STEP = 0.1
"""Standard errors between two widths of an interval of a difference."""
SAME = 1e-9


@njit(cache=True)
def curve(time, event):  # type: ignore[no-untyped-def]
    """Return survival, the sum of d / (n (n - d)) and time at risk; times are sorted, no ties."""
    n = time.size
    survival, total, lived = np.empty(n), np.empty(n), np.empty(n)
    s, g, h, before = 1.0, 0.0, 0.0, 0.0
    for i in range(n):
        left = n - i
        h += left * (time[i] - before)
        before = time[i]
        if event[i]:
            s *= (left - 1) / left
            g = g + 1.0 / (left * (left - 1)) if left > 1 else math.inf
        survival[i], total[i], lived[i] = s, g, h
    return survival, total, lived


@njit(cache=True)
def rows(time, at):  # type: ignore[no-untyped-def]
    """Return how many times lie at or before ``at``."""
    return np.searchsorted(time, at * (1 + SAME), side="right")


@njit(cache=True)
def middle(time, survival):  # type: ignore[no-untyped-def]
    """Return the median by R's rule; -1 where it is not reached."""
    for i in range(time.size):
        if survival[i] <= 0.5 + SAME:
            if survival[i] < 0.5 - SAME:
                return time[i]
            for j in range(i + 1, time.size):
                if survival[j] < 0.5 - SAME:
                    return (time[i] + time[j]) / 2
            return (time[i] + time[-1]) / 2
    return -1.0


@njit(cache=True)
def moves(time, event, survival, total, at):  # type: ignore[no-untyped-def]
    """Return what each patient adds to survival at ``at``, in the order of time."""
    n, k = time.size, rows(time, at)
    s = 1.0 if k == 0 else survival[k - 1]
    found = np.zeros(n)
    if s == 0 or k == 0:
        return found
    for i in range(n):
        found[i] = s * total[min(i, k - 1)]
        if i < k and event[i]:
            found[i] -= s / (n - i - 1)
    return found


@njit(cache=True)
def exposed(time, lived, at):  # type: ignore[no-untyped-def]
    """Return the time that all patients together lived at risk until ``at``."""
    k = np.searchsorted(time, at, side="right")
    before, since = (0.0, 0.0) if k == 0 else (lived[k - 1], time[k - 1])
    return before + (time.size - k) * (at - since)


@njit(cache=True)
def slope(time, event, lived, at):  # type: ignore[no-untyped-def]
    """Return the smoothed hazard."""
    width = event.sum() ** -0.2
    while True:
        start, stop = max(at * (1 - width), 0.0), min(at * (1 + width), time[-1])
        first = np.searchsorted(time, start, side="right")
        last = np.searchsorted(time, stop, side="right")
        events = event[first:last].sum()
        if events > 0:
            return events / (exposed(time, lived, stop) - exposed(time, lived, start))
        width *= 1.3


@njit(cache=True)
def loses(time, event, k, multiplier):  # type: ignore[no-untyped-def]
    """Return twice the log-likelihood that a multiplier costs, and the survival that it gives."""
    n, lost, survival = time.size, 0.0, 1.0
    for i in range(k):
        if event[i]:
            left = float(n - i)
            lost += left * math.log1p(multiplier / left)
            if left > 1:
                lost -= (left - 1) * math.log1p(multiplier / (left - 1))
            survival *= (left - 1 + multiplier) / (left + multiplier)
    return 2 * lost, survival


@njit(cache=True)
def likely(time, event, at, chi2, upper):  # type: ignore[no-untyped-def]
    """Return one limit of Thomas and Grunkemeier."""
    k = rows(time, at)
    events, last = 0, 0
    for i in range(k):
        if event[i]:
            events += 1
            last = i
    if events == 0:
        at_risk = time.size - np.searchsorted(time, at * (1 - SAME), side="left")
        return 1.0 if upper else math.exp(-chi2 / (2 * at_risk))
    fewest = time.size - last - 1
    if not upper and fewest == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(200):
        share = (low + high) / 2
        if share in (low, high):
            break
        multiplier = share / (1 - share) if upper else -share * fewest
        if loses(time, event, k, multiplier)[0] < chi2:
            low = share
        else:
            high = share
    return loses(time, event, k, low / (1 - low) if upper else -low * fewest)[1]


@njit(cache=True)
def power(p, se, sign, z):  # type: ignore[no-untyped-def]
    """Return a limit that is symmetric on the scale of log(-log)."""
    return p ** math.exp(min(sign * z * se / (p * abs(math.log(p))), 700.0))


@njit(cache=True)
def within(first, second, n):  # type: ignore[no-untyped-def]
    """Return the covariance of two estimates, centred within the two arms."""
    total = 0.0
    for part in range(2):
        a = first[:n] if part == 0 else first[n:]
        b = second[:n] if part == 0 else second[n:]
        total += np.dot(a - a.mean(), b - b.mean())
    return total


@njit(cache=True)
def distances(a, b, limits_a, limits_b, rho):  # type: ignore[no-untyped-def]
    """Return how far the limits of a - b lie below and above it, all on one scale."""
    down_a, up_a = a - limits_a[0], limits_a[1] - a
    down_b, up_b = b - limits_b[0], limits_b[1] - b
    below = math.sqrt(max(down_a**2 + up_b**2 - 2 * rho * down_a * up_b, 0.0))
    above = math.sqrt(max(up_a**2 + down_b**2 - 2 * rho * up_a * down_b, 0.0))
    return below, above


@njit(cache=True)
def scaled(p, scale):  # type: ignore[no-untyped-def]
    """Return p as it is (0), its logarithm (1), or its logit (2)."""
    if scale == 0:
        return p
    if scale == 1:
        return math.log(p) if p > 0 else -math.inf
    if p >= 1:
        return math.inf
    return math.log(p / (1 - p)) if p > 0 else -math.inf


@njit(cache=True)
def one_arm(row, arm, basis, order, k, at_known, truth, place):  # type: ignore[no-untyped-def]
    """Fill a row of counts for one arm; return its proportion, its limits and its influence.

    ``arm`` and ``basis`` are (time, event, survival, sum, time at risk); ``order`` puts the basis's
    patients into the trial's order; ``place`` is where the arm's own stand there. A proportion of
    -1 stands for none, a variance of -1 for one of 0 or 1.
    """
    time, event, survival, total, lived = arm
    n, size = time.size, order[-1]
    influence = np.zeros(size)
    end, last, chi2 = time[-1], survival[-1], Z * Z
    row[0] = 1
    m = 0.0
    if at_known > 0:
        at, least = at_known, at_known
    else:
        m = middle(basis[0], basis[2])
        at = k * m if m > 0 else -1.0
        least = at if m > 0 else k * basis[0][-1]
    if at < 0 or at > end * (1 + SAME):
        if last == 0 and least >= end:
            high = likely(time, event, end, chi2, True)
            row[1] = row[2] = row[4] = 1.0
            row[1] = row[3] = truth <= high
            return 0.0, 0.0, high, -1.0, influence
        until = min(end, least)
        reached = rows(time, until)
        value = 1.0 if reached == 0 else survival[reached - 1]
        if value == 1:
            limit = 1.0
        elif value == 0:
            limit = likely(time, event, until, chi2, True)
        else:
            limit = power(value, value * math.sqrt(total[reached - 1]), -1.0, Z)
        row[1] = truth <= limit
        return -1.0, 0.0, 0.0, -1.0, influence
    reached = rows(time, at)
    p = 1.0 if reached == 0 else survival[reached - 1]
    at_risk = n - np.searchsorted(time, at * (1 - SAME), side="left")
    row[2], row[7] = 1, p
    if p in (0.0, 1.0):
        low = 0.0 if p == 0 else likely(time, event, at, chi2, False)
        high = 1.0 if p == 1 else likely(time, event, at, chi2, True)
        row[4] = p == 0
        row[1] = row[3] = low <= truth <= high
        return p, low, high, -1.0, influence
    influence[place : place + n] = moves(time, event, survival, total, at)
    greenwood = p * p * total[reached - 1]
    if at_known <= 0:
        half = rows(basis[0], m)
        left = basis[2][half - 1]
        left = left if left > 0 else 0.5
        steep = p * slope(time, event, lived, at)
        turn = steep * k / (left * slope(basis[0], basis[1], basis[4], m))
        part = moves(basis[0], basis[1], basis[2], basis[3], m)
        for i in range(part.size):
            influence[order[i]] -= turn * part[i]
    return p, greenwood, float(at_risk), at, influence


@njit(cache=True)
def judged(row, arm, found, se, truth):  # type: ignore[no-untyped-def]
    """Fill the row of an arm whose proportion has a standard error."""
    p, greenwood, at_risk, at, _ = found
    low, high = power(p, se, 1.0, Z), power(p, se, -1.0, Z)
    row[1] = row[3] = low <= truth <= high
    if at_risk < THIN:
        row[5] = 1
        chi2 = Z * Z * se * se / greenwood
        below, above = p, p
        if chi2 > 0:
            below = likely(arm[0], arm[1], at, chi2, False)
            above = likely(arm[0], arm[1], at, chi2, True)
        row[6] = below <= truth <= above


@njit(cache=True)
def count(counts, c_time, c_event, t_time, t_event, multiples, fixed, truths):  # type: ignore[no-untyped-def]
    """Add one trial to the counts, shape (references, multiples, arms, counts)."""
    n, size = c_time.size, c_time.size + t_time.size
    first, second = np.argsort(c_time), np.argsort(t_time)
    all_time = np.concatenate((c_time, t_time))
    all_event = np.concatenate((c_event, t_event))
    third = np.argsort(all_time)
    control = (c_time[first], c_event[first], *curve(c_time[first], c_event[first]))
    test = (t_time[second], t_event[second], *curve(t_time[second], t_event[second]))
    together = (all_time[third], all_event[third], *curve(all_time[third], all_event[third]))
    # an arm's own patients stand in the trial's order sorted by time: control, then test
    by_control = np.append(np.arange(n), size)
    by_test = np.append(np.arange(n, size), size)
    rank = np.empty(size, np.int64)
    rank[first] = np.arange(n)
    rank[n + second] = np.arange(n, size)
    by_all = np.append(rank[third], size)
    for r in range(4):
        for j in range(multiples.size):
            k, known = multiples[j], fixed[j] if r == 3 else -1.0
            row_c, row_t = np.zeros(counts.shape[3]), np.zeros(counts.shape[3])
            basis_c, order_c = (together, by_all) if r == 2 else (control, by_control)
            basis_t, order_t = basis_c, order_c
            if r == 0:
                basis_t, order_t = test, by_test
            true_c, true_t = truths[r, j, 0], truths[r, j, 1]
            one = one_arm(row_c, control, basis_c, order_c, k, known, true_c, 0)
            two = one_arm(row_t, test, basis_t, order_t, k, known, true_t, n)
            se_c = se_t = -1.0
            if one[3] >= 0:
                se_c = math.sqrt(max(within(one[4], one[4], n), 0.0))
                judged(row_c, control, one, se_c, true_c)
            if two[3] >= 0:
                se_t = math.sqrt(max(within(two[4], two[4], n), 0.0))
                judged(row_t, test, two, se_t, true_t)
            if se_c >= 0 and se_t >= 0:
                contrast(row_t, one, two, (se_c, se_t), (true_c, true_t), n)
            if one[0] >= 0 and two[0] >= 0:
                plain(row_t, one[0], two[0], n, size - n)
            counts[r, j, 0] += row_c
            counts[r, j, 1] += row_t


@njit(cache=True)
def contrast(row, one, two, errors, truth, n):  # type: ignore[no-untyped-def]
    """Fill what a contrast shows: difference, ratio, odds ratio, and its test."""
    rho = 0.0
    if errors[0] > 0 and errors[1] > 0:
        rho = min(max(within(one[4], two[4], n) / (errors[0] * errors[1]), -1.0), 1.0)
    row[9] = 1
    steps = math.ceil(Z / STEP) if rho > 0 else 1
    for scale in range(3):
        a, b = scaled(two[0], scale), scaled(one[0], scale)
        below = above = 0.0
        for step in range(1, steps + 1):
            z = STEP * step if step < steps else Z
            up = (
                scaled(power(two[0], errors[1], 1.0, z), scale),
                scaled(power(two[0], errors[1], -1.0, z), scale),
            )
            down = (
                scaled(power(one[0], errors[0], 1.0, z), scale),
                scaled(power(one[0], errors[0], -1.0, z), scale),
            )
            far = distances(a, b, up, down, rho)
            below, above = max(below, far[0]), max(above, far[1])
        true = scaled(truth[1], scale) - scaled(truth[0], scale)
        row[10 + scale] = a - b - below <= true <= a - b + above
        if scale == 0:
            row[13] = a - b - below > 0 or a - b + above < 0


@njit(cache=True)
def plain(row, first, second, n, m):  # type: ignore[no-untyped-def]
    """Fill whether a test of two proportions of all patients rejects."""
    row[14] = 1
    both = (first * n + second * m) / (n + m)
    if 0 < both < 1:
        se = math.sqrt(both * (1 - both) * (1 / n + 1 / m))
        row[15] = math.erfc(abs(second - first) / se / math.sqrt(2)) < 0.05
