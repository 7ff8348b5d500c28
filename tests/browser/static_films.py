"""Films of each variety that hospitals, telephones and exports write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import set_pixel_data
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from cxr_demo.text.catalogue import Words
from tests.browser.conftest import synthetic_film


def make_films(folder: Path) -> list[Path]:
    """One of each variety that hospitals, telephones and exports write."""
    film = synthetic_film((130, 101))
    eight, sixteen = np.rint(film * 255).astype(np.uint8), np.rint(film * 65535).astype(np.uint16)
    twelve, colour = sixteen >> 4, np.dstack([eight, eight // 2, 255 - eight])
    for name, values in {"8": eight, "16": sixteen, "12": twelve, "colour-16": colour.astype(np.uint16) * 257}.items():
        cv2.imwrite(str(folder / f"{name}.png"), values)
    pictures = {"colour": colour, "grey-alpha": np.dstack([eight, 255 - eight]), "alpha": np.dstack([colour, eight])}
    for name, values in pictures.items():
        Image.fromarray(values).save(folder / f"{name}.png")
    grey = Image.fromarray(eight)
    Image.fromarray(colour).quantize(4).save(folder / "palette.png")
    grey.convert("1").save(folder / "bits.png")
    grey.save(folder / "key.png", transparency=100)
    grey.save(folder / "grey.bmp")
    Image.fromarray(colour).save(folder / "colour.webp", quality=80)
    Image.fromarray(colour).save(folder / "colour.jpg", quality=90)
    (folder / "no-end.jpg").write_bytes((folder / "colour.jpg").read_bytes()[:-2])
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        grey.save(folder / f"turned-{orientation}.jpg", quality=92, exif=exif)
        if orientation in (3, 6):
            grey.save(folder / f"turned-{orientation}.png", exif=exif)
    for name, compression in {"plain": None, "lzw": "tiff_lzw", "deflated": "tiff_adobe_deflate"}.items():
        Image.fromarray(sixteen).save(folder / f"{name}.tif", compression=compression)
    tifffile.imwrite(folder / "floats.tif", film * 300 - 20, byteorder=">")
    tifffile.imwrite(folder / "white-zero.tif", twelve, photometric="miniswhite")
    tifffile.imwrite(folder / "tiles.tif", sixteen, tile=(64, 64))
    for name, dataset in (make_dicom(twelve, eight) | make_ybr()).items():
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    whole = (folder / "plain.dcm").read_bytes()
    (folder / "bare.dcm").write_bytes(whole[whole.index(b"\x08\x00\x16\x00") :])
    return sorted(folder.iterdir())


def make_dicom(twelve: np.ndarray, eight: np.ndarray) -> dict[str, Dataset]:
    signed = (twelve.astype(int) - 2048).astype(np.int16)
    window: dict[str, Any] = {"WindowCenter": 2000, "WindowWidth": 1500}
    padded = twelve.copy()
    padded[:, :10] = padded[50:60, 50:60] = 0
    made = {
        "plain": make_dataset(twelve),
        "inverted": make_dataset(twelve, "MONOCHROME1"),
        "eight": make_dataset(eight, bits=8),
        "window": make_dataset(twelve, **window),
        "windows": make_dataset(twelve, WindowCenter=[2000, 1000], WindowWidth=[1500, 500]),
        "exact": make_dataset(twelve, **window, VOILUTFunction="LINEAR_EXACT"),
        "rescaled": make_dataset(
            twelve, RescaleSlope="2.5", RescaleIntercept="-1024", WindowCenter=3000, WindowWidth=4000
        ),
        "signed": make_dataset(signed, bits=16, WindowCenter=0, WindowWidth=1000),
        "padded": make_dataset(padded),
        "oblong": make_dataset(twelve, PixelSpacing=[0.2, 0.1]),
        "sideways": make_dataset(twelve, PatientOrientation=["H", "L"]),
        "implicit": make_dataset(twelve, syntax=ImplicitVRLittleEndian),
        "deflated": make_dataset(twelve, syntax=DeflatedExplicitVRLittleEndian),
    }
    made["padded"].add_new("PixelPaddingValue", "US", 0)
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", (np.sqrt(np.arange(4096) / 4095) * 4095).astype("<u2").tobytes())
    made["table"] = make_dataset(twelve, VOILUTSequence=Sequence([table]))
    for name, syntax in {"rle": RLELossless, "jpeg-ls": JPEGLSLossless, "jpeg-2000": JPEG2000Lossless}.items():
        made[name] = make_dataset(signed, bits=16)
        made[name].compress(syntax, generate_instance_uid=False)
    return made


def make_ybr() -> dict[str, Dataset]:
    """Colours as brightness and two differences, of each pixel, part after part, and of every second pixel."""
    noise = np.random.default_rng(4).integers(0, 256, (130, 100, 3), np.uint8)
    made = {name: make_dataset(noise, "RGB", bits=8) for name in ("ybr", "ybr-planes", "ybr-pairs")}
    for dataset in made.values():
        dataset.PhotometricInterpretation = "YBR_FULL"
    made["ybr-planes"].PlanarConfiguration = 1
    made["ybr-planes"].PixelData = np.moveaxis(noise, -1, 0).tobytes()
    made["ybr-pairs"].PhotometricInterpretation = "YBR_FULL_422"
    pairs = np.concatenate([noise[:, ::2, :1], noise[:, 1::2, :1], noise[:, ::2, 1:]], axis=-1)
    made["ybr-pairs"].PixelData = pairs.tobytes()
    return made


def make_dataset(
    pixels: np.ndarray,
    photometric: str = "MONOCHROME2",
    bits: int = 12,
    syntax: UID = ExplicitVRLittleEndian,
    **tags: Any,
) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    dataset.Modality, dataset.ViewPosition = "DX", "PA"
    set_pixel_data(dataset, pixels, photometric, bits)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def name_message(words: object) -> object:
    assert isinstance(words, Words)
    return words.args[0]


def encode_png(levels: np.ndarray) -> bytes:
    return cv2.imencode(".png", levels)[1].tobytes()
