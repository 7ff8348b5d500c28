"""The page. The only importer of gradio; `words` holds all its wording.

`open_folder` first (where uploads arrive), then `build`, then `launch(**launch_settings())`.
"""

from cxr_demo.ui.page import build, launch_settings
from cxr_demo.ui.uploads import open_folder

__all__ = ["build", "launch_settings", "open_folder"]
