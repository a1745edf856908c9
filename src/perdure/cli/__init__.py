"""The command line: a command is parse, one call, print.

Commands import what they need when they are called, so that ``perdure --help`` stays quick.
"""

from perdure.cli.app import main

__all__ = ["main"]
