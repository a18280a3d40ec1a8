"""Settings of the documentation: Sphinx, MyST, furo. It builds without a network."""

from __future__ import annotations

import sys
from pathlib import Path

import tariffsim

sys.path.insert(0, str(Path(__file__).parent))

project = "tariffsim"
author = "The tariffsim authors"
copyright = "the tariffsim authors, Apache-2.0"
release = tariffsim.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "mathml"]
exclude_patterns = ["_build", "images"]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # the pages show what the code does today
nb_execution_timeout = 300
nb_execution_raise_on_error = True

numfig = True  # equations are numbered page by page: (2.7) is the seventh of the second
math_eqref_format = "({number})"
html_math_renderer = "mathml"

autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "tariffsim"
html_static_path = ["_static"]
html_css_files = ["equations.css"]
html_show_sphinx = False
