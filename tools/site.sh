#!/usr/bin/env bash
# Makes the documentation site in build/site. A warning is an error, and so is a link that leads to no page or heading.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p build
doxygen docs/Doxyfile
.venv-docs/bin/python tools/site.py build/site-pages
# --quiet would hide warnings from --strict.
NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --strict
echo "build/site/index.html; with search: python3 -m http.server --directory build/site"
