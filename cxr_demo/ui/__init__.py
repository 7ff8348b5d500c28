"""The page. The only importer of gradio; `cxr_demo.text` holds its wording.

`open_folder` first (where uploads arrive), then `build_page`, then `serve_page`.
"""

from cxr_demo.ui.app.page import build_page, serve_page
from cxr_demo.ui.app.uploads import open_folder

__all__ = ["build_page", "open_folder", "serve_page"]
