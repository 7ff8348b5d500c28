"""The page. The only importer of gradio; `cxr_demo.text` holds its wording.

`open_folder` first (where uploads arrive), then `build_page`, then `launch(**make_launch_settings())`.
"""

from cxr_demo.ui.app.page import build_page, make_launch_settings
from cxr_demo.ui.app.uploads import open_folder

__all__ = ["build_page", "make_launch_settings", "open_folder"]
