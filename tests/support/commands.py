"""The command `perdure` run as its user does, without a new process each time."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from perdure.cli import main

__all__ = ["perdure"]


def perdure(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``main`` on these words in the folder; return its exit status and what it printed."""
    command = ["perdure", *map(str, words)]
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd or Path.cwd()),
        mock.patch.object(sys, "argv", command),
        pytest.raises(SystemExit) as end,
    ):
        main()
    code = end.value.code
    status = code if isinstance(code, int) else 0 if code is None else 1
    return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())
