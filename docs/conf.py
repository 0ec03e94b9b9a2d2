"""How Sphinx builds the pages into a site with a search: `make docs`.

The sources are taken from the whole project, so that a link leads to the same file here and on a code host.
"""

project = "ePages–Afosto connector"
html_title = project
root_doc = "docs/index"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
include_patterns = ["docs/**", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "tests/chaos/README.md"]
exclude_patterns = [".*", "build", "dist"]

# Each heading has the anchor that code hosts give it. Its links are checked: the build fails at one that leads nowhere.
myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# A block without a language holds commands.
highlight_language = "sh"
html_theme_options = {"navigation_with_keys": True}
# The first page of the site is not at its root; this one leads there.
html_extra_path = ["site/index.html"]
