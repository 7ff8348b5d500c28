"""The reader beside pydicom's own pixel pipeline and dcmtk's, on every DICOM file of pydicom's package that is one
monochrome picture. Corners of 16 x 16 pixels are among them, so the limits of size are lifted here."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from cxr_demo.errors import ImageError
from cxr_demo.film import dicom, size
from cxr_demo.film.reading import read_image

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
OTHERS = ("liver", "rtdose")  # segmentations and doses, which are told to be no films
# A codestream with bytes of something else in it, and a file cut short.
NOBODY_READS = ("JPEG2000-embedded-sequence-delimiter.dcm", "MR_truncated.dcm")
OF_PYDICOM, OF_DCMTK = 1e-6, 1e-3  # of white; dcmtk rounds to its own tables
JPEG_LS, JPEG_2000 = "1.2.840.10008.1.2.4.8", "1.2.840.10008.1.2.4.9"  # how their names begin; dcmtk has no JPEG 2000


pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom says what is odd about some


def read_dataset(name: str) -> pydicom.Dataset:
    return pydicom.dcmread(FOLDER / name, force=True)


def is_one_monochrome_picture(name: str) -> bool:
    try:
        found = read_dataset(name)
        frames = int(found.get("NumberOfFrames") or 1)
    except (ValueError, OSError, AttributeError):  # files about other faults than a picture's
        return False
    return "PixelData" in found and frames == 1 and str(found.get("PhotometricInterpretation")).startswith("MONO")


def list_films() -> list[str]:
    files = (path for path in FOLDER.rglob("*") if path.is_file() and path.suffix in (".dcm", ""))
    names = (path.relative_to(FOLDER).as_posix() for path in sorted(files))
    return [name for name in names if not name.startswith(OTHERS) and is_one_monochrome_picture(name)]


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    FILMS = list_films()


@pytest.fixture(autouse=True)
def any_size(monkeypatch):
    monkeypatch.setattr(size, "MIN_SIDE_PX", 1)
    monkeypatch.setattr(size, "MAX_ASPECT", 10)
    monkeypatch.setattr(dicom, "MAX_ASPECT", 10)


def show_by_pydicom(found: pydicom.Dataset) -> np.ndarray:
    """(H, W) 0..1: the window of the file, or else all its values."""
    values = apply_voi_lut(apply_modality_lut(found.pixel_array, found), found).astype(float)
    black, white = values.min(), values.max()
    if "WindowWidth" in found:
        low = -(2 ** (found.BitsStored - 1)) if found.PixelRepresentation else 0
        black, white = apply_modality_lut(np.array([low, low + 2**found.BitsStored - 1]), found)
    shown = (values - black) / (white - black)
    return 1 - shown if found.PhotometricInterpretation == "MONOCHROME1" else shown


def show_by_dcmtk(path: Path, found: pydicom.Dataset, scratch: Path) -> np.ndarray:
    if found.file_meta.TransferSyntaxUID.startswith(JPEG_LS):
        subprocess.run(["dcmdjpls", path, scratch / "plain.dcm"], check=True)
        path = scratch / "plain.dcm"
    window = ["+Wi", "1"] if "WindowWidth" in found else ["+Wm"]
    subprocess.run(["dcmj2pnm", "-O", "+opw", *window, path, scratch / "a.pgm"], check=True)  # -O: no overlays
    return cv2.imread(str(scratch / "a.pgm"), cv2.IMREAD_UNCHANGED) / (2**16 - 1)


def compare(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    if np.ptp(theirs) == 0:  # the window leaves nothing of this corner: then the reader shows all values, which it says
        assert np.ptp(ours) > 0
        return
    if ours.shape != theirs.shape:  # pixels that are not square
        theirs = cv2.resize(theirs, ours.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(ours, theirs, atol=tolerance, rtol=0)


@pytest.mark.parametrize("name", FILMS)
def test_the_reader_pydicom_and_dcmtk_show_the_same_picture(name, tmp_path):
    found, path = read_dataset(name), FOLDER / name
    if name in NOBODY_READS:
        with pytest.raises(ImageError):
            read_image(path)
        with pytest.raises((RuntimeError, ValueError)):
            show_by_pydicom(found)
        return
    ours, oracles = read_image(path).pixels, 0
    try:
        theirs = show_by_pydicom(found)
    except RuntimeError:  # it has no decoder of JPEG with 12 bits here
        assert "JPEG" in found.file_meta.TransferSyntaxUID.name
    else:
        compare(ours, theirs, OF_PYDICOM)
        oracles += 1
    if shutil.which("dcmj2pnm") and not found.file_meta.TransferSyntaxUID.startswith(JPEG_2000):
        compare(ours, show_by_dcmtk(path, found, tmp_path), OF_DCMTK)
        oracles += 1
    if not oracles:
        pytest.skip("dcmtk (apt install dcmtk) is not installed, and pydicom cannot decode this file here")


def test_there_are_files_of_many_kinds():
    syntaxes = {read_dataset(name).file_meta.TransferSyntaxUID for name in FILMS}
    assert len(FILMS) >= 50 and len(syntaxes) >= 9
