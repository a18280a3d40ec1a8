"""What the README and the documentation tell readers to type works, and says what they claim."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.docs.pages import PAGES, ROOT, Block, Reader, blocks, title
from tests.docs.readme import answer, question

from tariffsim.instruments.base import INSTRUMENTS
from tariffsim.negotiation.bargaining import STRATEGIES
from tariffsim.negotiation.escalating import ESCALATIONS
from tariffsim.negotiation.meeting import PROTOCOLS

if TYPE_CHECKING:
    from pathlib import Path

RUN = ("python", "pycon", "console")
README = ROOT / "README.md"
NOTEBOOKS = sorted((ROOT / "experiments" / "notebooks").glob("*.ipynb"))


def runnable(page: Path) -> list[Block]:
    return blocks(page) if any(block.language in RUN for block in blocks(page)) else []


@pytest.fixture(autouse=True)
def _plugins_of_a_page_stay_in_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in (INSTRUMENTS, STRATEGIES, ESCALATIONS, PROTOCOLS):
        registry.names()  # loads them
        monkeypatch.setattr(registry, "_items", dict(registry._items))


@pytest.mark.parametrize("page", [p for p in PAGES if runnable(p)], ids=title)
def test_every_block_of_the_page_runs_in_the_order_it_is_read(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, commands="called" if page == README else "checked")
    for block in runnable(page):
        reader.follow(block)


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if any(b.commands for b in blocks(p))], ids=title)
def test_every_command_of_the_page_runs_for_real(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, commands="typed")
    for block in blocks(page):
        writes = block.language == "python" and "write_text(" in block.text  # files that commands read
        if block.language in {"yaml", "console"} or writes:
            reader.follow(block)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_runs_from_top_to_bottom(notebook: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, commands="checked")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code
    for text in code:
        reader.follow(Block("python", text, ""))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_is_stored_without_output_that_could_grow_old(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert [cell["id"] for cell in cells if cell.get("outputs")] == []


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_no_number_is_still_to_be_filled_in(page: Path) -> None:
    assert "TODO" not in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_answer_in_the_readme_is_what_its_commands_give() -> None:
    assert question()[2].text == answer(), "run: python -m tests.docs.readme"
