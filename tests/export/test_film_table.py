"""The findings of several films as CSV."""

import csv
import io

import numpy as np

from cxr_demo.export.film_table import FilmRow, write_film_table
from tests.ui.stand_ins import card


def test_every_film_has_a_row_and_what_is_not_known_stays_empty():
    rows = [
        FilmRow("a, b.png", "ab" * 32, None, np.array([0.2, 0.7, 0.1], np.float32), ("turn-90", "mirror")),
        FilmRow('=HYPERLINK("x")', "", None, None),
    ]
    made = card(task="multi-label", thresholds={"normal": 0.5, "bacterial_pneumonia": 0.4})
    first, second = csv.DictReader(io.StringIO(write_film_table(made, "cd" * 32, rows)))
    assert first["film"] == "a, b.png" and first["checkpoint_sha256"] == "cd" * 32
    assert (first["normal"], first["normal_threshold"], first["normal_verdict"]) == ("0.200000", "0.5", "below")
    assert first["mends"] == "turn-90 mirror" and second["mends"] == ""
    assert first["bacterial_pneumonia_verdict"] == "above"
    assert (first["viral_pneumonia_threshold"], first["viral_pneumonia_verdict"]) == ("", "no threshold")
    assert second["film"].startswith("'=") and second["normal"] == second["normal_verdict"] == ""
