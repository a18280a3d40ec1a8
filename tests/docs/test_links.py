"""Links between files lead somewhere; nothing is loaded from the network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.docs.pages import PAGES, ROOT, title

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TOC = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    return LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as MyST and code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def broken(page: Path) -> list[str]:
    found = []
    for link in links(page):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert broken(page) == []


def test_every_page_is_in_a_table_of_contents() -> None:
    docs = ROOT / "docs"
    listed = {docs / "index.md"}
    for page in PAGES[1:]:
        for toc in TOC.findall(page.read_text(encoding="utf-8")):
            entries = [line for line in toc.splitlines() if line and not line.startswith(":")]
            listed |= {p.resolve() for e in entries for p in page.parent.glob(f"{e}.md" if "*" not in e else e)}
    assert set(PAGES[1:]) - listed == set()


def test_the_documentation_loads_nothing_from_the_network() -> None:
    settings = (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
    assert re.findall(r"https?://", settings) == []
    assert [title(p) for p in PAGES if re.search(r"!\[[^\]]*\]\(http", p.read_text(encoding="utf-8"))] == []
