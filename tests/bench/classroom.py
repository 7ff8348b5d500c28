"""`python -m tests.bench.classroom`: how long a learner's answer takes to be taken, in a class of thirty.

The real `app.py` with the bundled checkpoints, a teacher's wall and thirty browsers on this same machine, which take
most of its time; to each film all answer at once. Measured in each browser: from sending an answer until the next view
is there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.chromium import launch_chromium
from tests.class_drive import ClassDrive
from tests.serving import serve_app

LEARNERS, FILMS, GOAL_MS = 30, 5, 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, serve_app(Path(scratch), {}) as server, sync_playwright() as play:
        browser = launch_chromium(play)
        drive = ClassDrive(browser, server.url, LEARNERS, FILMS)
        took = drive.run().round_trips_ms
        drive.take_table()
        drive.close()
        late = float(np.percentile(took, 95))
        print(
            f"{len(took)} answers: {np.median(took):.0f} ms, {late:.0f} ms at the 95th percentile "
            f"(goal {GOAL_MS}: {'reached' if late <= GOAL_MS else 'missed'})"
        )
        browser.close()


if __name__ == "__main__":
    main()
