"""What is said of an upload that is not taken."""

from __future__ import annotations

from cxr_demo.limits import MAX_FILE_BYTES, MAX_UPLOADS_AT_ONCE

# The page shows them beside the file, and the HTTP answer holds nothing else.
FILE_TOO_LARGE = f"A file may have at most {MAX_FILE_BYTES // 2**20} MB: export a single, smaller image."
TOO_MANY_FILES = f"At most {MAX_UPLOADS_AT_ONCE} files can be uploaded at once: choose fewer."
YOURS_ARE_WAITING = "Your earlier uploads are still waiting to be read: try again in a minute."
OTHERS_ARE_WAITING = "Too many uploads are waiting to be read: try again in a minute."
DISK_IS_FULL = "The server has no room for this file at the moment: try again in a few minutes."
NOT_AN_UPLOAD = "This upload was damaged on its way: try again."
# (message, hint)
GONE = "This upload is no longer here.", "Upload the file again."
