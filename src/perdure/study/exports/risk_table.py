"""Numbers at risk in the words of other programs, as a table with ``time`` and ``n_at_risk``."""

from perdure.records import TimeUnit
from perdure.study.exports.grid import blocks_of
from perdure.study.exports.headers import (
    is_index,
    is_number_at_risk,
    is_survival,
    is_time,
    unit_of,
)
from perdure.study.tables import Table

__all__ = ["exported_risk_table"]

_ROWS_OF_POINTS = frozenset({"lower", "upper"})
_SURVHE = 5
"""Columns of survHE's file: interval, time, lower, upper, nrisk."""


def exported_risk_table(text: str, file: str) -> tuple[Table, TimeUnit | None] | None:
    r"""Return the table of numbers at risk, and its time unit where the header tells one.

    Understood are survHE's five columns, of which lower and upper, row numbers of the points, are
    left out; IPDfromKM's trisk and nrisk; a column of times and one an arm; and two columns without
    a header. None for others.

    Examples
    --------
    >>> found, unit = exported_risk_table("trisk nrisk\n0 120\n6 80\n", "risk.txt")
    >>> found.header, found.rows
    (('time', 'n_at_risk'), (('0', '120'), ('6', '80')))
    """
    _, blocks = blocks_of(text, file)
    if len(blocks) != 1:
        return None
    block = blocks[0]
    header = block.header
    if not header:
        if block.width not in (2, _SURVHE):
            return None
        header = ("interval", "time", "lower", "upper", "nrisk")[: block.width]
        header = header if block.width == _SURVHE else ("time", "nrisk")
    if len(header) == block.width - 1:
        header = ("", *header)  # R writes the names of its rows without a name over them
    if len(header) != block.width:
        return None
    times = [at for at, name in enumerate(header) if is_time(name) and not is_number_at_risk(name)]
    left_out = {
        at
        for at, name in enumerate(header)
        if name.strip().lower() in _ROWS_OF_POINTS or (is_index(name) and at not in times)
    }
    arms = [name for at, name in enumerate(header) if at not in (*times, *left_out)]
    if len(times) != 1 or not arms or any(is_survival(name) for name in arms):
        return None
    names = tuple(
        "time" if at == times[0] else "n_at_risk" if is_number_at_risk(name) else name
        for at, name in enumerate(header)
        if at not in left_out
    )
    if len(set(names)) < len(names):
        return None
    rows = tuple(
        tuple(row[at] if at < len(row) else "" for at in range(block.width) if at not in left_out)
        for row in block.rows
    )
    notices = tuple(
        f"{file}: column {header[at] or 'without a name'} counts rows and was left out"
        for at in sorted(left_out)
    )
    return Table(file, names, rows, block.lines, notices), unit_of(header[times[0]])
