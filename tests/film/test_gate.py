"""The gate: what the header, colours, lungs and a learned check say; mends; with stand-ins for both networks."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import set_pixel_data
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from cxr_demo.errors import ImageError
from cxr_demo.film.borders import _find_ends, trim_borders
from cxr_demo.film.gate import Assessment, Mend, Verdict, judge_image, measure_lungs, mend_image
from cxr_demo.film.header import _day
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.text import gate_text

FILM = make_phantom(3, 96).pixels
DX, CT, RT_DOSE, SEG = "1.1.1", "2", "481.2", "66.4"


def encode_dicom(sop_class: str = DX, **tags) -> bytes:
    """FILM as a DICOM file of that SOP class, a tag left out where its value is None."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.{sop_class}"
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "0815"
    set_pixel_data(dataset, np.rint(FILM * 255).astype(np.uint8), "MONOCHROME2", 8)
    for name, value in ({"Modality": "DX"} | tags).items():
        if value is not None:
            setattr(dataset, name, value)
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def read_dicom(sop_class: str = DX, **tags) -> Radiograph:
    return read_image(encode_dicom(sop_class, **tags))


def list_kinds(image: Radiograph, **models) -> list[str]:
    answer = judge_image(image, **models)
    assert (answer.verdict is Verdict.USUAL) == (not answer.doubts)
    for doubt in answer.doubts:
        assert doubt.sentence == gate_text.describe_doubt(doubt.kind) and str(doubt.measure).endswith(".")
    return [doubt.kind for doubt in answer.doubts]


class Fixed:
    """A learned check and a lung model that always say the same."""

    def __init__(
        self, kind: str = "frontal", is_usual: bool = False, lungs: np.ndarray | None = None, is_mirrored: bool = False
    ) -> None:
        self.found = Assessment(
            is_usual, kind, "lateral" if kind == "frontal" else kind, 0.9, 0.01, 3.0, 1.5, is_mirrored, 0.99
        )
        self.lungs = lungs

    def assess(self, pixels: np.ndarray) -> Assessment:
        return self.found

    def probability(self, pixels: np.ndarray) -> np.ndarray:
        assert self.lungs is not None
        return self.lungs


# ---- the header


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"ViewPosition": "PA", "BodyPartExamined": "CHEST", "PatientOrientation": ["L", "F"]},
        {"ViewPosition": "AP", "Modality": "CR", "BurnedInAnnotation": "NO", "PatientAge": "003Y"},
        {"ViewPosition": "", "BodyPartExamined": "", "PatientOrientation": ["", ""]},
        {"FieldOfViewHorizontalFlip": "YES", "PatientOrientation": ["L", "FL"]},
        {"Modality": "OT"},
        {"Modality": None},
        {"PatientOrientation": ["LEFT", "12"], "BodyPartExamined": "UNKNOWN"},
    ],
)
def test_a_frontal_film_is_not_questioned(tags):
    assert list_kinds(read_dicom(**tags)) == []


@pytest.mark.parametrize(
    ("tags", "kind", "mend"),
    [
        ({"ViewPosition": "LL"}, "lateral", None),
        ({"ViewPosition": "LATERAL"}, "lateral", None),
        ({"ViewPosition": "RAO"}, "view", None),
        ({"BodyPartExamined": "HAND"}, "body-part", None),
        ({"Modality": "CT"}, "ct", None),
        ({"Modality": "MG"}, "modality", None),
        ({"PatientOrientation": ["A", "F"]}, "lateral", None),
        ({"PatientOrientation": ["F", "R"]}, "turned", Mend.TURN_90),
        ({"PatientOrientation": ["R", "H"]}, "turned", Mend.TURN_180),
        ({"PatientOrientation": ["H", "L"]}, "turned", Mend.TURN_270),
        ({"PatientOrientation": ["R", "F"]}, "mirrored", Mend.MIRROR),
        ({"FieldOfViewHorizontalFlip": "YES"}, "mirrored", Mend.MIRROR),
        ({"BurnedInAnnotation": "YES"}, "burned-in", None),
    ],
)
def test_the_header_raises_a_doubt(tags, kind, mend):
    (doubt,) = judge_image(read_dicom(**tags)).doubts
    assert (doubt.kind, doubt.mend) == (kind, mend)
    assert "YES" in str(tags) or all(
        str(v) in str(doubt.measure) for value in tags.values() for v in value if len(v) == 1
    )


@pytest.mark.parametrize(("sop_class", "kind"), [(CT, "ct"), ("4", "ct"), ("6.1", "ct"), ("1.2.1", "modality")])
def test_the_sop_class_speaks_where_the_modality_is_missing(sop_class, kind):
    assert list_kinds(read_dicom(sop_class, Modality=None)) == [kind]


@pytest.mark.parametrize(
    ("sop_class", "tags", "words"),
    [
        (RT_DOSE, {"Modality": "RTDOSE"}, "a radiation dose (RTDOSE)"),
        (RT_DOSE, {"Modality": None}, "a radiation dose (RTDOSE)"),
        (SEG, {"Modality": "SEG"}, "a segmentation (SEG)"),
        ("88.33", {"Modality": "SR"}, "a report (SR)"),
        ("11.1", {"Modality": "PR"}, "the display settings of a film (PR)"),
        (DX, {"Modality": "SEG"}, "a segmentation (SEG)"),
    ],
)
def test_what_holds_no_picture_is_refused(sop_class, tags, words):
    with pytest.raises(ImageError) as caught:
        read_dicom(sop_class, **tags)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("orientation", "sides"),
    [(["L", "F"], ("R", "L")), (["R", "F"], ("L", "R")), (["A", "F"], None), (["F", "L"], None), (None, None)],
)
def test_sides_are_the_headers(orientation, sides):
    assert read_dicom(PatientOrientation=orientation).sides == sides


def test_the_header_holds_the_age_but_no_name():
    header = read_dicom(PatientAge="018M").header
    assert header is not None and header.age_years == pytest.approx(1.5, abs=0.01)
    assert "Doe" not in str(header) and "0815" not in str(header)
    assert read_dicom().header.age_years is None


# ---- colours


def encode_png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", np.rint(pixels[..., ::-1] * 255).astype(np.uint8))[1].tobytes()


def test_colours_are_noticed_where_there_are_any():
    grey = np.dstack([FILM] * 3)
    arrow, photo = grey.copy(), grey.copy()
    arrow[10:12, 10:20] = (1, 0, 0)
    photo[:48] *= (1, 0.6, 0.3)
    photo[48:] *= (0.4, 0.7, 1)
    tinted = grey * (0.8, 0.9, 1)
    assert [read_image(encode_png(p)).is_colour for p in (grey, arrow, tinted, photo)] == [False, False, False, True]
    assert list_kinds(read_image(encode_png(photo))) == ["coloured"]
    assert list_kinds(read_image(encode_png(photo)), gate=Fixed("photograph")) == ["photograph"]
    assert list_kinds(read_image(encode_png(photo)), gate=Fixed("drawing")) == ["drawing"]


# ---- the learned check and the lungs


@pytest.mark.parametrize(
    ("kind", "said", "mend"),
    [
        ("turned-90", "turned", Mend.TURN_90), ("turned-270", "turned", Mend.TURN_270),
        ("inverted", "inverted", Mend.INVERT), ("lateral", "lateral", None), ("frontal", "not-frontal", None),
    ],
)  # fmt: skip
def test_what_the_learned_check_finds_becomes_a_doubt(kind, said, mend):
    (doubt,) = judge_image(read_dicom(), gate=Fixed(kind)).doubts
    assert (doubt.kind, doubt.mend) == (said, mend)
    assert list_kinds(read_dicom(), gate=Fixed(kind, is_usual=True)) == []


def test_a_mirrored_film_is_asked_about_once_and_mended():
    mirrored = Fixed(is_usual=True, is_mirrored=True)
    (doubt,) = judge_image(read_dicom(), gate=mirrored).doubts
    assert (doubt.kind, doubt.mend) == ("mirrored", Mend.MIRROR)
    assert "heart lies on the right" in doubt.sentence and "99" in str(doubt.measure)
    (doubt,) = judge_image(read_dicom(PatientOrientation=["R", "F"]), gate=mirrored).doubts
    assert "rows run to R" in str(doubt.measure) and "mirrored film" in str(doubt.measure)
    assert list_kinds(read_dicom(), gate=Fixed("inverted", is_mirrored=True)) == ["inverted"]


def test_a_reason_that_is_found_twice_is_said_once_with_both_measures():
    (doubt,) = judge_image(read_dicom(ViewPosition="LL"), gate=Fixed("lateral")).doubts
    assert "ViewPosition LL" in str(doubt.measure) and "side view" in str(doubt.measure)


def test_lungs_are_counted_and_measured():
    lungs, whole = np.zeros((96, 96), np.float32), (96, 96)
    assert measure_lungs(lungs, whole).count == 0
    assert list_kinds(read_dicom(), lungs=Fixed(lungs=lungs)) == ["no-lungs"]
    lungs[20:70, 10:35] = 0.9
    assert measure_lungs(lungs, whole).count == 1
    lungs[30:70, 60:85] = 0.9
    lungs[0:3, 0:3] = 0.9
    found = measure_lungs(lungs, whole)
    assert found.count == 2 and found.share == pytest.approx(90 * 25 / 96**2) and found.smaller == pytest.approx(0.8)
    assert (found.across, found.down) == pytest.approx((50 / 96, 5 / 96))
    half = measure_lungs(lungs, (100, 200))  # of a picture that fills half of the square
    assert half.share == pytest.approx(2 * found.share) and half.down == pytest.approx(2 * found.down)
    assert half.across == pytest.approx(found.across)
    assert list_kinds(read_dicom(), lungs=Fixed(lungs=lungs)) == []
    assert list_kinds(read_dicom(), lungs=Fixed(lungs=lungs.T)) == ["no-lungs"]  # above each other
    assert list_kinds(read_dicom(), lungs=Fixed(lungs=lungs.T), gate=Fixed("turned-90")) == ["turned"]


def test_borders_are_cut_off_and_films_are_not():
    film = np.random.default_rng(0).random((100, 80)).astype(np.float32)
    assert trim_borders(film).shape == film.shape
    for grey in (0.0, 1.0, 0.4):
        framed = cv2.copyMakeBorder(film, 15, 5, 30, 0, cv2.BORDER_CONSTANT, value=grey)
        np.testing.assert_array_equal(trim_borders(framed), film)
    inner = cv2.copyMakeBorder(film, 15, 5, 0, 0, cv2.BORDER_CONSTANT, value=1.0)
    nested = cv2.copyMakeBorder(inner, 0, 0, 30, 10, cv2.BORDER_CONSTANT, value=0.0)
    np.testing.assert_array_equal(trim_borders(nested), film)  # black bars hide the white ones at first
    small = np.zeros((400, 400), np.float32)
    small[100:110, 100:110] = 1
    assert trim_borders(small).shape == small.shape


@pytest.mark.parametrize("shape", [(7, 1), (300, 33), (64, 512)])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_ends_of_lines_are_their_percentiles(shape, axis):
    pixels = np.random.default_rng(1).random(shape).astype(np.float32)
    np.testing.assert_allclose(_find_ends(pixels, axis), np.percentile(pixels, (2, 98), axis=axis), atol=1e-6)


def test_lungs_of_a_film_without_borders_need_not_be_looked_for_again():
    lungs = np.zeros((96, 96), np.float32)
    film = Radiograph(FILM, (), "0" * 64, "PNG")
    framed = dataclasses.replace(film, pixels=cv2.copyMakeBorder(FILM, 0, 0, 30, 30, cv2.BORDER_CONSTANT))
    assert judge_image(film, lungs=Fixed(lungs=lungs)).lungs is lungs
    assert judge_image(framed, lungs=Fixed(lungs=lungs)).lungs is None  # of the framed part
    assert judge_image(film).lungs is None


# ---- mends


@pytest.mark.parametrize(
    ("mend", "back"),
    [
        (Mend.TURN_90, Mend.TURN_270), (Mend.TURN_180, Mend.TURN_180), (Mend.TURN_270, Mend.TURN_90),
        (Mend.INVERT, Mend.INVERT), (Mend.MIRROR, Mend.MIRROR),
    ],
)  # fmt: skip
def test_mends_there_and_back(mend, back):
    image = dataclasses.replace(read_dicom(PatientOrientation=["L", "F"]), pixels=FILM[:60])
    mended = mend_image(image, mend)
    again = mend_image(mended, back)
    np.testing.assert_allclose(again.pixels, image.pixels, atol=1e-7)
    assert mended.pixels.shape == (image.pixels.shape[::-1] if "90" in mend or "270" in mend else image.pixels.shape)
    assert mended.pixels.dtype == np.float32 and mended.pixels.flags.c_contiguous and not mended.pixels.flags.writeable
    assert len({image.sha256, mended.sha256, again.sha256}) == 3
    assert list(map(str, mended.notes)) == [*map(str, image.notes), gate_text.describe_mended(mend)]
    assert again.header == image.header and not np.array_equal(mended.pixels, image.pixels)


@pytest.mark.parametrize("orientation", ["FR", "FL", "RH", "LH", "HL", "HR", "RF"])
def test_what_the_header_calls_wrong_is_usual_when_it_has_been_mended(orientation):
    image = read_dicom(PatientOrientation=list(orientation))
    for _ in range(2):
        for doubt in judge_image(image).doubts:
            assert doubt.mend is not None
            image = mend_image(image, doubt.mend)
    assert list_kinds(image) == [] and image.sides == ("R", "L")


def test_a_turn_of_90_is_clockwise():
    image = dataclasses.replace(read_dicom(), pixels=np.eye(40, 60, dtype=np.float32))
    assert mend_image(image, Mend.TURN_90).pixels[0, 39] == 1  # the upper left corner is now on the right


def test_the_gate_is_safe_in_threads():
    image = read_dicom(ViewPosition="LL")
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: judge_image(image, gate=Fixed("lateral")), range(64)))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("tags", "day"),
    [
        ({"AcquisitionDate": "20261029", "StudyDate": "20261030"}, "2026-10-29"),
        ({"StudyDate": "20261030"}, "2026-10-30"),
        ({"StudyDate": ""}, ""),
    ],
)
def test_the_day_of_a_film_is_that_of_its_picture_or_its_study(tags, day):
    header = read_dicom(**tags).header
    assert header is not None and header.taken_on == day


def test_what_is_no_day_is_none():
    assert [_day(text) for text in ("20260229", "2026", "99999999", "JANUARY")] == [""] * 4
