"""Settings of the documentation: Sphinx, MyST, furo. Builds without a network: equations become MathML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number

import tariffsim

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

project = "tariffsim"
author = "The tariffsim authors"
copyright = "the tariffsim authors, Apache-2.0"
release = tariffsim.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "images"]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # the pages show what the code does today
nb_execution_timeout = 300
nb_execution_raise_on_error = True

math_number_all = False
math_eqref_format = "({number})"
html_math_renderer = "mathml"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "__init__"}

html_theme = "furo"
html_title = "tariffsim"
html_static_path = ["_static"]
html_css_files = ["equations.css"]
html_show_sphinx = False

ACCENT = re.compile(r"\\(hat|bar|tilde|dot)\s*(\{[^{}]*\}|\\[a-zA-Z]+|[a-zA-Z])")


def mathml(tex: str, *, block: bool) -> str:
    """LaTeX as MathML; accents are braced first, else docutils sets an index under the accented letter."""
    return tex2mathml(ACCENT.sub(r"{\\\1 \2}", tex), as_block=block)


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the MathML writer."""
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
