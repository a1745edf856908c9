"""Numbers in words, the same in every figure, table and sentence: a true minus, no false digits."""

from math import exp

from perdure.records import DurableResponse, Proportion, Reference, Synthesis

__all__ = [
    "antilog",
    "beyond",
    "count",
    "decimals",
    "interval",
    "median_in_words",
    "months",
    "multiple",
    "p_in_words",
    "p_value",
    "percent",
    "points",
    "ratio",
    "ratio_and_limits",
    "response_in_words",
    "short_reason",
    "threshold_in_words",
]

NOTHING = "–"
"""What stands where there is no number."""
LARGEST_LOG = 700.0
"""The exponential of more would overflow: a ratio is cut there."""
SMALLEST_RATIO, LARGEST_RATIO = 0.01, 1000.0
LONGEST_REASON = 44
"""Letters of a reason that a figure has room for."""


def decimals(value: float | None, digits: int) -> str:
    """Return a number with this many decimals; a dash for None.

    Examples
    --------
    >>> decimals(-1.234, 1), decimals(-0.001, 1), decimals(None, 1)
    ('−1.2', '0.0', '–')
    """
    if value is None:
        return NOTHING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def percent(proportion: float | None, digits: int = 1) -> str:
    """Return a proportion in per cent, without the sign.

    Examples
    --------
    >>> percent(0.2834), percent(0.2834, 0)
    ('28.3', '28')
    """
    return decimals(None if proportion is None else 100 * proportion, digits)


def points(difference: float | None) -> str:
    """Return a difference of proportions in percentage points, with its sign.

    Examples
    --------
    >>> points(0.123), points(-0.04), points(0.0)
    ('+12.3', '−4.0', '0.0')
    """
    text = percent(difference)
    return f"+{text}" if difference is not None and text[0] != "−" and float(text) > 0 else text


def interval(low: str, high: str) -> str:
    """Return two limits in words; nothing where there is neither.

    Examples
    --------
    >>> interval("2.1", "3.4"), interval("2.1", "–"), interval("–", "–")
    ('2.1 to 3.4', 'from 2.1', '')
    """
    if NOTHING in (low, high):
        return f"from {low}" if low != NOTHING else f"up to {high}" if high != NOTHING else ""
    return f"{low} to {high}"


def antilog(logarithm: float) -> float:
    """Return the ratio that a log ratio or log odds ratio is of; one that is too large is cut.

    Examples
    --------
    >>> round(antilog(0.6931), 3), antilog(1e9) < float("inf")
    (2.0, True)
    """
    return exp(min(logarithm, LARGEST_LOG))


def ratio(value: float | None) -> str:
    """Return a ratio with two decimals; one so far from 1 that its digits say nothing is cut.

    Examples
    --------
    >>> ratio(2.5), ratio(0.001), ratio(1e5), ratio(None)
    ('2.50', '<0.01', '>1000', '–')
    """
    if value is not None and value < SMALLEST_RATIO:
        return f"<{SMALLEST_RATIO:g}"
    if value is not None and value > LARGEST_RATIO:
        return f">{LARGEST_RATIO:g}"
    return decimals(value, 2)


def ratio_and_limits(logarithm: float, low: float | None, high: float | None) -> str:
    """Return a ratio with its limits, all three given as logarithms.

    Examples
    --------
    >>> ratio_and_limits(0.6931, 0.0, 1.6094)
    '2.00 (1.00 to 5.00)'
    """
    first, *ends = (ratio(None if one is None else antilog(one)) for one in (logarithm, low, high))
    return f"{first} ({interval(*ends)})"


def months(time: float | None) -> str:
    """Return a time in months with one decimal; a dash for None.

    Examples
    --------
    >>> months(12.34)
    '12.3'
    """
    return decimals(time, 1)


def count(number: int | None) -> str:
    """Return a count with thin spaces between thousands; a dash for None.

    Examples
    --------
    >>> count(305), count(12345) == "12\u2009345"
    ('305', True)
    """
    return NOTHING if number is None else f"{number:,}".replace(",", "\u2009")


def p_value(p: float | None) -> str:
    """Return a p value with two significant digits, and not more than its use.

    Examples
    --------
    >>> p_value(0.00004), p_value(0.0123), p_value(0.51), p_value(0.998)
    ('<0.001', '0.012', '0.51', '>0.99')
    """
    if p is None:
        return NOTHING
    if p < 0.001:
        return "<0.001"
    if p > 0.99:
        return ">0.99"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def p_in_words(p: float | None) -> str:
    """Return a p value with its sign of comparison.

    Examples
    --------
    >>> p_in_words(0.0123), p_in_words(0.00004)
    ('P = 0.012', 'P <0.001')
    """
    shown = p_value(p)
    return f"P {shown}" if shown[:1] in "<>" else f"P = {shown}"


def multiple(k: float) -> str:
    """Return k without idle zeros.

    Examples
    --------
    >>> multiple(3.0), multiple(1.5)
    ('3', '1.5')
    """
    return f"{k:g}"


_WHOSE: dict[Reference, str] = {
    "own": "the own median",
    "control": "the control arm’s median",
    "trial": "the trial’s median",
    "fixed": "a fixed time",
}


def median_in_words(reference: Reference) -> str:
    """Return whose median the threshold is a multiple of.

    Examples
    --------
    >>> median_in_words("control")
    'the control arm’s median'
    """
    return _WHOSE[reference]


def threshold_in_words(k: float | None, reference: Reference, fixed: float | None = None) -> str:
    """Return a threshold as a rule; ``fixed`` is the time in months of the reference fixed.

    Examples
    --------
    >>> threshold_in_words(3.0, "own")
    '3 times the own median'
    >>> threshold_in_words(None, "fixed", 12.0)
    '12 months'
    """
    if k is None or reference == "fixed":
        return _WHOSE["fixed"] if fixed is None else f"{fixed:.4g} months"
    return f"{multiple(k)} times {_WHOSE[reference]}"


def beyond(synthesis: Synthesis, fixed: float | None = None) -> str:
    """Return what a synthesis is about: "PFS beyond 3 times the own median"."""
    rule = threshold_in_words(synthesis.k, synthesis.reference, fixed)
    return f"{synthesis.endpoint} beyond {rule}"


def response_in_words(response: DurableResponse) -> str:
    """Return a durable response for a figure's margin: proportion, interval and threshold."""
    found = response.estimate
    if not isinstance(found, Proportion):
        return short_reason(response)
    limits = f"{percent(found.ci_low, 0)}–{percent(found.ci_high, 0)}"
    text = f"{percent(found.value, 0)}% ({limits})"
    return text if response.threshold is None else f"{text} beyond {months(response.threshold)} mo"


def short_reason(response: DurableResponse) -> str:
    """Return why there is no number, in a few words; tables give the whole sentence."""
    if response.reason is None:
        return ""
    if response.threshold is not None:
        return f"follow-up ends before {months(response.threshold)} mo"
    reason = response.reason.split(":")[0].strip()
    if len(reason) <= LONGEST_REASON:
        return reason
    return reason[: LONGEST_REASON - 1].rsplit(" ", 1)[0] + "…"
