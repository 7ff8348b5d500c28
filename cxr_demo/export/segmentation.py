"""The lungs as they were estimated, and the regions that a person drew, as a DICOM Segmentation (PS3.3, A.51).

It refers to the film as `secondary_capture` writes it, which lies beside it in the ZIP, and never to the file that the
film came from: of that file neither the patient nor an identifier is kept here.
"""

from __future__ import annotations

import hashlib
import io

import cv2
import numpy as np

from cxr_demo import __version__
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.regions import LUNGS, Region, mask_region, name_drawn_region
from cxr_demo.export import panel_pictures
from cxr_demo.export.secondary_capture import build_secondary_capture, cut_text, make_uid
from cxr_demo.export.shown import ShownStudy
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.evaluation_text import name_region

# (value, scheme, meaning): category and type of a segment (PS3.16, CID 7150 and 7151; of a region CID 7453).
LUNG = ("123037004", "SCT", "Anatomical Structure"), ("39607008", "SCT", "Lung")
REGION = ("309825002", "SCT", "Spatial and Relational Concept"), ("111030", "DCM", "Image Region")
NETWORK = "123110", "DCM", "Artificial Intelligence"  # the family of an algorithm (PS3.16, CID 7162)


def list_segments(shown: ShownStudy, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Masks (H, W) = `shape` bool by the name of their region, the lungs first; nothing where none are found and none
    drawn."""
    segments = {}
    if shown.lungs is not None and shown.lungs.any():
        lungs = cv2.resize(shown.lungs.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)
        segments[LUNGS] = lungs > 0
    whole = shown.study.image.pixels.shape
    drawn = {name_drawn_region(at): _mask_shrunk(each.shape, whole, shape) for at, each in enumerate(shown.drawn)}
    return segments | drawn


def _mask_shrunk(region: Region, whole: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
    """(H, W) = `shape` bool: where none of its pixels has its centre in the region, those on which the pixels of the
    `whole` film lie that do."""
    try:
        return mask_region(region, shape)
    except ExplanationError:
        mask = np.zeros(shape, bool)
        rows, columns = mask_region(region, (whole[0], whole[1])).nonzero()
        mask[rows * shape[0] // whole[0], columns * shape[1] // whole[1]] = True
        return mask


def make_segmentation(shown: ShownStudy, longest_px: int) -> bytes | None:
    """The file, None where there is no segment. Of equal segments it has the same UIDs."""
    import highdicom  # which takes most of a second

    film = build_secondary_capture(shown, panel_pictures.FILM, longest_px)
    segments = list_segments(shown, (film.Rows, film.Columns))
    if not segments:
        return None

    def describe(number: int, name: str) -> highdicom.seg.SegmentDescription:
        is_lungs = name == LUNGS
        category, kind = LUNG if is_lungs else REGION
        family, codes = highdicom.sr.CodedConcept(*NETWORK), highdicom.sr.CodedConcept
        return highdicom.seg.SegmentDescription(
            number, cut_text(name_region(name)), codes(*category), codes(*kind),
            algorithm_type="AUTOMATIC" if is_lungs else "MANUAL",
            algorithm_identification=highdicom.AlgorithmIdentificationSequence("cxr-demo lungs", family, __version__)
            if is_lungs else None,
        )  # fmt: skip

    masks = np.stack(list(segments.values()), axis=-1)[None].astype(np.uint8)
    digest = hashlib.sha256(masks.tobytes()).hexdigest()
    made = highdicom.seg.Segmentation(
        [film], masks, "BINARY", [describe(at, name) for at, name in enumerate(segments, 1)],
        series_instance_uid=make_uid(film.SOPInstanceUID, "segmentation"), series_number=2,
        sop_instance_uid=make_uid(film.SOPInstanceUID, "segmentation", digest), instance_number=1,
        manufacturer="cxr-demo", manufacturer_model_name="cxr-demo", software_versions=__version__,
        device_serial_number="0", content_label="REGIONS",
        content_description=cut_text(format_text("not-clinical")),
    )  # fmt: skip
    made.ContentDate = made.InstanceCreationDate = film.ContentDate
    made.ContentTime = made.InstanceCreationTime = film.ContentTime
    for equipment in made.ContributingEquipmentSequence:  # the moment of this call, in which nothing else differs
        equipment.ContributionDateTime = film.ContentDate + film.ContentTime
    order = make_uid(made.SOPInstanceUID, "order of frames")
    for each in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        each.DimensionOrganizationUID = order
    sink = io.BytesIO()
    made.save_as(sink)
    return sink.getvalue()
