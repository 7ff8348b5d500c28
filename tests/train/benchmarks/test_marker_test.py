"""Letters and borders are found and painted over, and nothing else is."""

import cv2
import numpy as np
import pytest

from tests.conftest import make_film
from train.benchmarks import marker_test

SIDE = 400
BORDER_PX = round(marker_test.BORDER * SIDE)


def film(letters_at: tuple[int, int] | None) -> np.ndarray:
    """Smooth and grey, with a bright spot as small as a letter in the middle, and "L" where it is asked for."""
    pixels = cv2.GaussianBlur(make_film(0, (SIDE, SIDE)), (0, 0), 12) * 0.4
    pixels[195:207, 195:203] = 1.0
    if letters_at:
        row, column = letters_at
        pixels[row : row + 14, column : column + 4] = pixels[row + 11 : row + 14, column : column + 10] = 1.0
    return pixels.astype(np.float32)


@pytest.mark.parametrize("corner", [(40, 40), (40, 330), (340, 40)])
def test_a_letter_goes_and_what_lies_around_it_takes_its_place(corner):
    pixels = film(corner)
    masked, mask = marker_test.mask_markers(pixels)
    row, column = corner
    assert mask[row : row + 14, column : column + 4].all() and mask[row + 11 : row + 14, column : column + 10].all()
    there = slice(row, row + 14), slice(column, column + 10)
    assert np.abs(masked[there] - film(None)[there]).max() < 0.1 < np.abs(pixels[there] - film(None)[there]).max()
    inside = np.zeros_like(mask)
    inside[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = True
    assert (mask & inside).sum() < 40 * 40, "the letter and its edge, no more"
    assert np.abs(masked - pixels)[~mask].max() <= 0.5 / 255 + 1e-6, "the rest is only rounded to bytes"


def test_what_is_bright_in_the_middle_is_no_letter_and_borders_always_go():
    masked, mask = marker_test.mask_markers(film(None))
    middle = slice(190, 212)
    assert not mask[middle, middle].any() and masked[200, 199] == 1.0
    border = np.ones_like(mask)
    border[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = False
    assert (mask == border).all() and len(np.unique(masked[border])) == 1


@pytest.mark.parametrize(("films", "most"), [(None, marker_test.FILMS), (200, 10), (5, 1), (10_000, marker_test.FILMS)])
def test_a_quick_trial_masks_fewer_films(films, most, monkeypatch, tmp_path):
    class Everything:
        split = np.array(["test", "external"])

        def where(self, chosen):
            return chosen

    asked = []
    monkeypatch.setattr(marker_test, "load", lambda folder: None)
    monkeypatch.setattr(marker_test, "Analyser", lambda checkpoint, cache_bytes: None)
    monkeypatch.setitem(marker_test.DATASETS, "drawn", type("Drawn", (), {"read": lambda self, data: Everything()})())
    monkeypatch.setattr(marker_test, "_changes", lambda analyser, rows, split, most: asked.append((split, most)) or [])
    marker_test.summarise_markers(tmp_path, "drawn", tmp_path, films)
    assert asked == [("test", most), ("external", most)]


def test_what_is_known_of_no_film_is_told_as_unknown():
    """The ranks of maps of one cell, as small squares have."""
    changes = [
        marker_test.MarkerChange(probability=0.1, is_other=False, agreement={"a": value, "b": np.nan}, under_mask=share)
        for value, share in ((0.5, {"a": 0.25, "b": 0.5}), (np.nan, {"a": 0.75, "b": 0.5}))
    ]
    assert marker_test._said("test", changes)[-3:] == ["| a | 0.50 | 0.50 |", "| b | - | 0.50 |", ""]
