"""Pages of the documentation as the tests read them: their blocks, in order, made small and run."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tariffsim.cli.arguments import parse
from tariffsim.cli.jobs import jobs_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts)]
FENCE = re.compile(r"^```(\{?[\w-]*\}?)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"`([\w/-]+\.yaml)`")
FEW_TERMS = (
    "talks.issues.addon_by_first.levels=[10,30]",
    "talks.issues.addon_by_second.levels=[0,10]",
    "talks.issues.licence.levels=[0.25,1.0]",
    "talks.issues.control.levels=[0.0,1.0]",
)
SMALL = ("ticks=2", "economy.draws=1", "ensemble.counterfactuals=false", *FEW_TERMS)
SMALL_RUN = ("ensemble.worlds=2", "output.report=false", *SMALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file that the words before it name last."""

    language: str
    text: str
    file: str

    @property
    def commands(self) -> list[list[str]]:
        """Command lines of a console block, split as a shell would."""
        return [shlex.split(line) for line in self.text.splitlines()] if self.language == "console" else []


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order; code cells count as python."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        files = NAMED_FILE.findall(text[: match.start()])
        language = {"{code-cell}": "python"}.get(match[1], match[1])
        code = re.sub(r"^:tags:.*\n", "", match[2])  # an option of the directive
        found.append(Block(language, code, files[-1] if files else ""))
    return found


def title(page: Path) -> str:
    """A page's path, as the tests name it."""
    return str(page.relative_to(ROOT))


def shrunk(code: str) -> str:
    """The same code with few worlds and weeks."""
    code = re.sub(r"worlds=\d[\d_]*", "worlds=2", code)
    code = re.sub(r'(load_scenario\("\w+"(?:, config_dir="\w+")?)\)', r"\1, overrides=[])", code)
    return code.replace("overrides=[", "overrides=[" + "".join(f"{word!r}, " for word in SMALL))


class Reader:
    """Somebody who follows a page in an empty folder and types what it says.

    `commands` of ours are "checked" (composed and validated), "called" (run in this process) or "typed" (run in a
    process of their own); those of single modules are called where others are checked.
    """

    def __init__(self, folder: Path, *, commands: str) -> None:
        self.folder = folder
        self.commands = commands
        self.names: dict[str, Any] = {"__name__": "page"}

    def follow(self, block: Block) -> None:
        """Do what one block says; raises if it doesn't work."""
        if block.language == "python":
            self._run_code(block.text)
        elif block.language == "pycon":
            self._compare(block.text)
        elif block.language == "yaml" and block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        for command in block.commands:
            self._type(command)

    def _run_code(self, code: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.chdir(self.folder):
            exec(compile(shrunk(code), "block", "exec", dont_inherit=True), self.names)

    def _compare(self, text: str) -> None:
        test = doctest.DocTestParser().get_doctest(text, self.names, "block", None, 0)
        said = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
        with contextlib.chdir(self.folder):
            result = runner.run(test, out=said.write, clear_globs=False)
        self.names |= test.globs  # the next block goes on from here
        assert result.failed == 0, said.getvalue()

    def _type(self, command: list[str]) -> None:
        assert command[:2] == ["python", "-m"], f"{command} is no command of ours"
        module, words = command[2], command[3:]
        if module == "tariffsim" and self.commands == "checked":
            self._check(words)
            return
        words = [*words, *(SMALL_RUN if module == "tariffsim" else ())]
        code, said = self._typed(module, words) if self.commands == "typed" else self._called(module, words)
        assert code == 0, f"{shlex.join(command)}\n{said}"

    def _typed(self, module: str, words: list[str]) -> tuple[int, str]:
        line = [sys.executable, "-m", module, *words]
        done = subprocess.run(line, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def _called(self, module: str, words: list[str]) -> tuple[int, str]:
        main = importlib.import_module("tariffsim.cli" if module == "tariffsim" else module).main
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.chdir(self.folder):
            return main(words), said.getvalue()

    def _check(self, words: list[str]) -> None:
        """Compose and validate every job of a command line without simulating it."""
        with contextlib.chdir(self.folder):
            assert jobs_of(parse(words))
