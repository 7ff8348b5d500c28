"""The windows and tables that a DICOM file offers, each as pydicom shows it, whatever a network reads."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

from cxr_demo import limits
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.film.dicom_voi import WHITE
from cxr_demo.film.gate import Mend, mend_image
from cxr_demo.film.reading import Radiograph, read_image
from tests.film.test_dicom import FILM, dicom_file, lut

NAMED = {"WindowCenter": [2000, 900, 3000], "WindowWidth": [3000, 600, 40]}
NAMES = {"WindowCenterWidthExplanation": ["NORMAL", "HARDER", ""]}


def see(image: Radiograph, at: int) -> np.ndarray:
    """As a browser shows the window of this place among those that are offered, 0..1."""
    assert image.windows is not None
    return image.windows.greys[at - 1][image.windows.levels] / WHITE


def by_pydicom(data: bytes, at: int, of_table: bool = False) -> np.ndarray:
    """0..1, before any inversion."""
    dataset = dcmread(io.BytesIO(data))
    values = apply_modality_lut(dataset.pixel_array, dataset)
    shown = apply_voi_lut(values, dataset, at, prefer_lut=of_table).astype(float)
    if of_table:
        return shown / (2 ** int(dataset.VOILUTSequence[at].LUTDescriptor[2]) - 1)
    bits = int(dataset.BitsStored)
    low = -(2 ** (bits - 1)) if dataset.PixelRepresentation else 0
    ends = [end * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
            for end in (low, low + 2**bits - 1)]  # fmt: skip
    return (shown - min(ends)) / (max(ends) - min(ends))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("slope", [1, 2.5])
def test_every_window_is_that_of_pydicom(photometric, function, slope):
    rescale = {"RescaleSlope": slope, "RescaleIntercept": -100} if slope != 1 else {}
    data = dicom_file(photometric=photometric, VOILUTFunction=function, **NAMED, **NAMES, **rescale)
    image = read_image(data)
    assert image.windows is not None and len(image.windows.names) == 3
    for at in (1, 2):
        expected = by_pydicom(data, at)
        expected = 1 - expected if photometric == "MONOCHROME1" else expected
        assert np.abs(see(image, at) - expected).max() <= 1 / 255, at
    assert [str(name).split(" (")[0] for name in image.windows.names[:2]] == ["NORMAL", "HARDER"]
    assert "3,000" in str(image.windows.names[2]) or "3000" in str(image.windows.names[2])
    first = read_image(dicom_file(photometric=photometric, VOILUTFunction=function, WindowCenter=2000,
                                  WindowWidth=3000, **rescale))  # fmt: skip
    assert np.array_equal(image.pixels, first.pixels), "a network reads the first, as before"


def test_tables_are_offered_by_their_names_and_the_window_after_them():
    curve = np.rint(4095 * (np.arange(4096) / 4095) ** 2.2).astype(np.uint16)
    tables = [lut(0, np.arange(4096), 12), lut(0, curve, 12)]
    tables[0].LUTExplanation, tables[1].LUTExplanation = "STRAIGHT", "GAMMA"
    data = dicom_file(VOILUTSequence=tables, WindowCenter=2000, WindowWidth=1000)
    image = read_image(data)
    assert image.windows is not None
    assert [str(name) for name in image.windows.names[:2]] == ["STRAIGHT", "GAMMA"] and len(image.windows.names) == 3
    assert np.abs(see(image, 1) - by_pydicom(data, 1, of_table=True)).max() <= 1 / 255
    assert np.abs(see(image, 2) - by_pydicom(data, 0)).max() <= 1 / 255


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"WindowCenter": 2000, "WindowWidth": 3000},
        {"WindowCenter": [2000, 900], "WindowWidth": [3000, 0]},
        {"WindowCenter": [2000, 90000], "WindowWidth": [3000, 10]},  # nothing to be seen
    ],
)
def test_nothing_is_offered_where_there_is_no_choice(tags):
    assert read_image(dicom_file(**tags)).windows is None


def test_a_first_window_that_is_none_leaves_the_full_range_and_the_others():
    image = read_image(dicom_file(WindowCenter=[2000, 900], WindowWidth=[0, 600]))
    assert image.windows is not None and len(image.windows.names) == 2
    assert np.ptp(image.pixels) == 1


def test_padding_is_black_in_every_window_and_so_many_are_offered():
    values = FILM.copy()
    values[:, :5] = 4095
    image = read_image(dicom_file(values, PixelPaddingValue=4095, photometric="MONOCHROME1",
                                  WindowCenter=list(range(500, 530)), WindowWidth=[1000] * 30))  # fmt: skip
    assert image.windows is not None and len(image.windows.names) == limits.MAX_WINDOWS
    assert not see(image, 3)[:, :5].any() and see(image, 3)[:, 5:].any()


def test_they_go_with_a_film_that_is_turned_inverted_resized_or_read_elsewhere(tmp_path):
    data = dicom_file(PixelAspectRatio=[2, 1], **NAMED)
    image = read_image(data)
    assert image.windows is not None and image.windows.levels.shape == image.pixels.shape == (80, 48)
    assert np.array_equal(see(mend_image(image, Mend.TURN_90), 1), np.rot90(see(image, 1), -1))
    assert np.allclose(see(mend_image(image, Mend.INVERT), 1), 1 - see(image, 1))
    (tmp_path / "film").write_bytes(data)
    other = read_bounded(tmp_path / "film")
    assert other.windows is not None and list(map(str, other.windows.names)) == list(map(str, image.windows.names))
    assert np.array_equal(other.windows.levels, image.windows.levels)
    assert np.array_equal(other.windows.greys, image.windows.greys) and other.nbytes == image.nbytes
