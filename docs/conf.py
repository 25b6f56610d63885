"""How the pages of this folder become a site: `make docs`."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

project = "nomoat"
version = release = version_of("nomoat")
project_copyright = "the authors of nomoat"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "nomoat"
html_show_sphinx = False
html_copy_source = False

# links between headings, as code hosts make them
myst_heading_anchors = 3
highlight_language = "text"
smartquotes = False  # what is quoted is typed as it stands

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
napoleon_google_docstring = True


def fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put what is made from the code where a page asks for it."""
    import generate

    source[0] = generate.filled(source[0])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", fill)
