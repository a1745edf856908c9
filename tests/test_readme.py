"""The README's Python runs, and its commands exist."""

import re
from pathlib import Path
from typing import Any, cast

from typer.main import get_command

from perdure.cli.app import app

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_python_blocks_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block.replace('study = Study.open("my-study")', ""), "README.md", "exec"), {})


def test_every_command_named_exists() -> None:
    commands = cast("Any", get_command(app)).commands
    named = set(re.findall(r"^ {4}perdure (\w+)", README, re.MULTILINE))
    assert named
    assert named <= set(commands)


def test_options_named_exist() -> None:
    commands = cast("Any", get_command(app)).commands
    for command, rest in re.findall(r"^ {4}perdure (\w+)(.*)$", README, re.MULTILINE):
        known = {option for parameter in commands[command].params for option in parameter.opts}
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest.split("#")[0]):
            assert option in known, f"perdure {command} {option}"


def test_links_within_the_repository_lead_somewhere() -> None:
    root = Path(__file__).parents[1]
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (root / link).exists(), link
