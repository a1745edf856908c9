"""Text that a spreadsheet would take for a formula, written so that it stays text.

A spreadsheet computes a CSV cell that begins with =, +, - or @ whether it is quoted or not: a label
"+ bevacizumab" becomes #NAME?, and "=HYPERLINK(...)" from someone else's table becomes a link. An
apostrophe before it is the one mark that Excel, LibreOffice and Google Sheets all take for text
(OWASP, CSV Injection; a tab is dropped on import). It would change the cell for every other
reader, so it stands only where a formula would: never before a number, whatever its sign, nor
before a dash alone, which are what results are made of. Reading a table takes it off again, so
that what perdure wrote it reads back as it was.
"""

import re

__all__ = ["formula_proof", "without_proof"]

_FORMULA = re.compile(r"'*([=@\t\r].*|[+-].+)", re.DOTALL)


def formula_proof(text: str) -> str:
    """Return text that no spreadsheet computes.

    Examples
    --------
    >>> [formula_proof(text) for text in ("=1+1", "+ chemo", "-0.31", "-", "anti-PD-1")]
    ["'=1+1", "'+ chemo", '-0.31', '-', 'anti-PD-1']
    """
    return f"'{text}" if _computed(text) else text


def without_proof(text: str) -> str:
    """Return what :func:`formula_proof` was given.

    Examples
    --------
    >>> [without_proof(text) for text in ("'=1+1", "'+ chemo", "-0.31", "'quoted'")]
    ['=1+1', '+ chemo', '-0.31', "'quoted'"]
    """
    return text[1:] if text.startswith("'") and _computed(text) else text


def _computed(text: str) -> bool:
    """Say whether a spreadsheet would compute the text, but for apostrophes before it."""
    found = _FORMULA.fullmatch(text)
    if found is None:
        return False
    try:
        float(found[1])
    except ValueError:
        return True
    return False
