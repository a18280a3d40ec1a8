"""The README's worked question, answered anew: `python -m tests.docs.readme` writes the answer into the README."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT, Block, blocks

README = ROOT / "README.md"


def question() -> tuple[Block, Block, Block]:
    """The commands, the lines of Python and the answer as the README states it: three blocks in a row."""
    found = blocks(README)
    at = next(k for k, block in enumerate(found) if block.language == "text")
    return found[at - 2], found[at - 1], found[at]


def answer() -> str:
    """What the commands and the lines of Python print now, with all worlds and weeks."""
    console, python, _ = question()
    with tempfile.TemporaryDirectory() as folder:
        for command in console.commands:
            words = [sys.executable, *command[1:], "output.report=false"]
            subprocess.run(words, cwd=folder, capture_output=True, check=True)
        said, names = io.StringIO(), dict[str, Any]()
        with contextlib.redirect_stdout(said), contextlib.chdir(folder):
            exec(compile(python.text, "README.md", "exec", dont_inherit=True), names)
    return "".join(f"{line.rstrip()}\n" for line in said.getvalue().splitlines())


def write(path: Path = README) -> None:
    """Put the answer of today in the place of the one that is there."""
    stated = question()[2].text
    path.write_text(path.read_text(encoding="utf-8").replace(stated, answer()), encoding="utf-8")


if __name__ == "__main__":
    write()
