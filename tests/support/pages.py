"""The pages of the documentation, done as they say: every code block in order.

In a folder of the page's own, which starts with the files of docs/<page>/ where there are any, and
in the page's order: a block with a title is written as that file; a `console` block's commands run;
a `python` block runs. Output that is shown, under a command or in a `text` block right after
Python, must be printed, line by line; `...` stands for what is left out. A command fails only where
the page goes on with `$ echo $?`.
"""

import contextlib
import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from commands import perdure

__all__ = ["DOCS", "PAGES", "Block", "assert_printed", "blocks_of", "run_page"]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))

BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is, its text, and the text shown after it."""

    language: str
    title: str | None
    text: str
    shown: str


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page; a `text` block that follows Python at once is its output."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = list(BLOCK.finditer(text))
    blocks = []
    for place, match in enumerate(found):
        title = TITLE.search(match[2])
        shown = ""
        for after in found[place + 1 : place + 2]:
            at_once = not text[match.end() : after.start()].strip()
            if match[1] == "python" and after[1] == "text" and at_once:
                shown = after[3]
        blocks.append(Block(match[1], title[1] if title else None, match[3], shown))
    return blocks


def assert_printed(shown: str, printed: str, where: str) -> None:
    """Assert that each line shown was printed; `...` within a line stands for anything."""
    lines = [line.rstrip() for line in printed.splitlines()]
    for line in shown.splitlines():
        if line.strip() in {"", "..."}:
            continue
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("..."))))
        assert any(map(pattern.fullmatch, lines)), f"{where}: {line!r} is not in\n{printed}"


def run_console(text: str, folder: Path) -> None:
    """Run the commands of a block, and compare what each printed with what is shown below it."""
    parts = re.split(r"^\$ ", text.replace("\\\n", ""), flags=re.MULTILINE)
    assert not parts[0].strip(), f"output before a command: {parts[0]}"
    commands = [
        (shlex.split(line), shown) for line, _, shown in (p.partition("\n") for p in parts[1:])
    ]
    status = 0
    for place, (words, shown) in enumerate(commands):
        if words == ["echo", "$?"]:
            assert shown.strip() == str(status)
        elif words[0] == "cp":
            for name in words[1:-1]:
                shutil.copy(folder / name, folder / words[-1])
        else:
            assert words[0] == "perdure", words
            done = perdure(*words[1:], cwd=folder)
            status = done.returncode
            told = commands[place + 1 :] and commands[place + 1][0] == ["echo", "$?"]
            assert told or status == 0, done.stdout + done.stderr
            assert_printed(shown, done.stdout + done.stderr, " ".join(words))


def run_python(block: Block, names: dict[str, object], page: str) -> None:
    """Run a block in the page's names, and compare what it printed with what is shown."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block.text, page, "exec"), names)
    assert_printed(block.shown, out.getvalue(), page)


def run_page(page: str, folder: Path) -> None:
    """Do what a page says, in a folder that is the current one."""
    beside = (DOCS / page).with_suffix("")
    if beside.is_dir():
        shutil.copytree(beside, folder, dirs_exist_ok=True)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.title:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_console(block.text, folder)
        elif block.language == "python":
            run_python(block, names, page)
        else:
            assert block.language == "text", f"{page}: a {block.language} block that nothing runs"
