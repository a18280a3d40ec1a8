"""HTML from text: every piece of text is escaped on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def element(name: str, *children: str, **attributes: str) -> str:
    """An element around children that are HTML already; attribute values are text (`cls` is written class)."""
    names = (key.replace("cls", "class").replace("_", "-") for key in attributes)
    written = "".join(f' {key}="{escape(value)}"' for key, value in zip(names, attributes.values(), strict=True))
    return f"<{name}{written}>{''.join(children)}</{name}>"


def paragraph(text: str, cls: str = "") -> str:
    """A paragraph of text."""
    return element("p", escape(text), **({"cls": cls} if cls else {}))


def heading(text: str, anchor: str) -> str:
    """A section heading that can be linked to."""
    return element("h2", escape(text), id=anchor)


def bullets(items: Iterable[str]) -> str:
    """An unordered list of texts."""
    return element("ul", *(element("li", escape(item)) for item in items))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, text_columns: int = 1) -> str:
    """A table of texts; all but the first `text_columns` columns hold numbers and are set to the right."""
    head = element(
        "tr", *(element("th", escape(h), scope="col", cls=_side(k, text_columns)) for k, h in enumerate(header))
    )
    body = (element("tr", *_cells(row, text_columns)) for row in rows)
    inner = element("caption", escape(caption)) + element("thead", head) + element("tbody", *body)
    return element("div", element("table", inner), cls="wide")


def folded(summary: str, *children: str) -> str:
    """Content that opens on demand."""
    return element("details", element("summary", escape(summary)), *children)


def _cells(row: Sequence[str], text_columns: int) -> list[str]:
    first = element("th", escape(row[0]), scope="row", cls="text")
    return [first, *(element("td", escape(c), cls=_side(k, text_columns)) for k, c in enumerate(row[1:], 1))]


def _side(column: int, text_columns: int) -> str:
    return "text" if column < text_columns else "number"
