"""Equations as MathML, written by docutils and mended, so that pages need no script and no network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
PRIME = re.compile(r"([A-Za-z}])'")
ACCENTS = {"ˆ": "^", "ˉ": "¯", "˜": "~"}  # to characters that stand clear of the letter in every font


def mathml(tex: str, *, block: bool) -> str:
    """LaTeX as MathML."""
    text = tex2mathml(PRIME.sub(r"\1^{\\prime}", tex), as_block=block)
    tree = ET.fromstring(text.replace("&ApplyFunction;", ""))  # an entity of HTML, invisible
    for parent in tree.iter():
        for position, child in enumerate(parent):
            if child.tag.endswith(("munderover", "mover")) and child[-1].text in ACCENTS:
                parent[position] = _mended(child)
    ET.register_namespace("", NAMESPACE)
    return ET.tostring(tree, encoding="unicode")


def _mended(node: ET.Element) -> ET.Element:
    r"""The accent clear of its letter, and the index of \hat P_{nj} beside it, where docutils puts it under it."""
    letter, *index, accent = node
    accent.text = ACCENTS[accent.text or ""]
    accented = ET.Element(f"{{{NAMESPACE}}}mover")
    accented.extend([letter, accent])
    if not index:
        return accented
    mended = ET.Element(f"{{{NAMESPACE}}}msub")
    mended.extend([accented, *index])
    return mended


def inline_math(translator: Any, node: nodes.math) -> None:
    """Write one inline formula."""
    translator.body.append(mathml(node.astext(), block=False))
    raise SkipNode


def block_math(translator: Any, node: nodes.math_block) -> None:
    """Write one displayed formula with its number, if it has a label."""
    anchor = f' id="{node["ids"][0]}"' if node["ids"] else ""
    number = get_node_equation_number(translator, node) if node["number"] else ""
    label = f'<span class="eqno">({number})</span>' if number else ""
    translator.body.append(f'<div class="math"{anchor}>{mathml(node.astext(), block=True)}{label}</div>\n')
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the writer under the name `mathml`."""
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
