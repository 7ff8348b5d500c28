"""A panel as a DICOM secondary capture, so that a viewer of a hospital opens it. Its header names neither
a patient nor the film's file: only the person who exports it knows who it is of, and what is burned into it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.utils import set_pixel_data
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from cxr_demo import __version__
from cxr_demo.export import panel_pictures
from cxr_demo.export.report import describe_panel, name_film
from cxr_demo.export.shown import ShownStudy
from cxr_demo.text.catalogue import format_text

ROOT = "2.25."  # of UIDs that are made of numbers nobody else has (DICOM PS3.5, B.2)
LONG_STRING, SHORT_TEXT = 64, 1024  # of a value of type LO and ST: characters, which many readers take for bytes


def make_secondary_capture(shown: ShownStudy, panel: str, longest_px: int) -> bytes:
    """The file of `build_secondary_capture`."""
    sink = io.BytesIO()
    build_secondary_capture(shown, panel, longest_px).save_as(sink, enforce_file_format=True)
    return sink.getvalue()


def build_secondary_capture(shown: ShownStudy, panel: str, longest_px: int) -> Dataset:
    """The film, or the map of a method over it, as a Secondary Capture Image (PS3.3, A.8.1), 8 bits RGB; what it is
    stands in its descriptions. The same panel has the same UIDs, so that a second import adds nothing. KeyError for a
    method without a map that can be drawn."""
    rgb = panel_pictures.draw_panel(shown, panel, longest_px)
    words = describe_panel(replace(shown, film_name=name_film(shown)), panel)  # a file's own name may be a person's
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    film = shown.study.image.sha256
    dataset.StudyInstanceUID = make_uid(shown.study.image.file_sha256)
    what = film, shown.study.checkpoint_sha256, shown.label, str(shown.contrast), panel
    dataset.SeriesInstanceUID, dataset.SOPInstanceUID = make_uid(*what), make_uid(*what, _digest(rgb))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = dataset.PatientID = dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.StudyID = dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.StudyDate = dataset.StudyTime = ""  # of the film, which nobody here knows
    dataset.ContentDate, dataset.ContentTime = shown.made.strftime("%Y%m%d"), shown.made.strftime("%H%M%S")
    dataset.Modality, dataset.ConversionType = "OT", "WSD"
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.Manufacturer, dataset.SoftwareVersions = "cxr-demo", __version__
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    header = shown.study.image.header
    if header is not None and header.has_burned_in_words:  # else nobody knows, and the tag is left out
        dataset.BurnedInAnnotation = "YES"
    dataset.SeriesDescription = cut_text(f"{words['title']}, {words['subtitle']}")
    dataset.DerivationDescription = cut_text(" ".join(words["lines"]), SHORT_TEXT)
    dataset.ImageComments = format_text("not-clinical")
    set_pixel_data(dataset, np.ascontiguousarray(rgb), "RGB", 8, generate_instance_uid=False)
    return dataset


def _digest(rgb: np.ndarray) -> str:
    return hashlib.sha256(rgb.tobytes()).hexdigest()


def make_uid(*parts: str) -> str:
    """Of equal parts the same one."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return ROOT + str(int.from_bytes(digest[:16], "big"))


def cut_text(text: str, most: int = LONG_STRING) -> str:
    """As much of it as `most` bytes of UTF-8 hold."""
    return text.encode()[:most].decode(errors="ignore")
