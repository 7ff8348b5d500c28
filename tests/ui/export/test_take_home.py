"""What a page makes to be taken home: of what is shown, for that page alone, and gone with it."""

from __future__ import annotations

import dataclasses
import gc
import html
import io
import json
import zipfile

import cv2
import numpy as np
import pydicom
import pypdf
import pytest
from pydicom.uid import SecondaryCaptureImageStorage
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from cxr_demo.export import panel_pictures
from cxr_demo.export.report import describe_greys
from cxr_demo.export.settings import describe_settings
from cxr_demo.film.dicom_voi import FilmWindows
from cxr_demo.limits import KEPT_EXPORTS
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import exports
from cxr_demo.ui.export import export_files
from cxr_demo.ui.export.export_files import ExportFile, ExportFiles, send_export_file, title_file
from tests.ui.stand_ins import LABELS, png

SEEN = {"looked": True, "absolute": False, "held": False, "opacity": 0.7, "low": 0.0, "high": 1.0, "inverted": False}


@pytest.fixture
def opened(page):
    page.open(methods=["grad-cam", "gradient"])
    return page


def ask(page, kind: str, panel: str = "", **changed):
    page.press("take_home", **SEEN | {"kind": kind, "panel": panel} | changed)
    return page.settle().take_home


def fetch(made: dict):
    client = TestClient(Starlette(routes=[Route("/gradio_api/export/{name}", send_export_file)]))
    return client.get(f"/{made['file']}")


def test_there_is_nothing_before_a_film_is_analysed(page):
    assert format_text("take-home.none") in page.look().take_home["html"]
    page.press("take_home", **SEEN | {"kind": "pdf", "at": {"film": "1"}})
    assert page.session.wish.export is None


def test_the_report_is_of_what_the_page_shows(opened):
    made = ask(opened, "pdf")
    answer = fetch(made)
    assert answer.headers["content-type"] == "application/pdf"
    assert f'"film-{LABELS[1]}.pdf"' in answer.headers["content-disposition"]
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert "70 %" in text and "Grad-CAM" in text and "film.png" in text
    assert f"film-{LABELS[1]}.pdf" in made["html"] and "download" in made["html"]


@pytest.mark.parametrize(
    ("film", "parts", "title"),
    [
        ("march 2.png", ("", "edema"), "march-2-edema.pdf"),
        ("1.2.840.10008", ("2026-10-29", "edema"), "1.2.840.10008-2026-10-29-edema.pdf"),
        ('../../Über/"x"\r\n.dcm', ("mass",), "Uber-x-mass.pdf"),
        ("胸.png", (), "film.pdf"),
        ("a" * 200, ("mass",), f"{'a' * 60}-mass.pdf"),
    ],
)
def test_a_file_is_called_after_its_film_and_finding_as_every_disk_takes_it(film, parts, title):
    assert title_file(film, *parts, kind="pdf") == title


def test_buttons_that_wait_say_for_what(opened):
    assert format_text("take-home.why") in html.unescape(opened.look().take_home["html"])


def test_a_person_must_have_looked_at_a_film_of_their_own(opened):
    assert ask(opened, "pdf", looked=False)["file"] is None and opened.session.wish.export is None
    assert format_text("take-home.looked") in html.unescape(opened.look().take_home["html"])
    opened.press("take_home", **SEEN | {"kind": "exe"})
    assert opened.session.wish.export is None


def test_a_picture_has_the_scale_the_greys_and_the_opacity_of_the_panels(opened):
    film = cv2.imdecode(np.frombuffer(fetch(ask(opened, "png", "film")).content, np.uint8), cv2.IMREAD_GRAYSCALE)
    other = fetch(ask(opened, "png", "film", inverted=True)).content
    inverted = cv2.imdecode(np.frombuffer(other, np.uint8), cv2.IMREAD_GRAYSCALE)
    image = opened.session.film.image.pixels
    height, width = image.shape
    side = (film.shape[1] - width) // 2

    def cut(picture: np.ndarray) -> np.ndarray:
        grey = np.rint(image * 255)
        tried = range(picture.shape[0] - height)
        return min((picture[at : at + height, side : side + width] for at in tried),
                   key=lambda part: min(np.abs(part - grey).mean(), np.abs(255.0 - part - grey).mean()))  # fmt: skip

    assert np.array_equal(cut(film), np.rint(image * 255)) and np.array_equal(cut(inverted), 255 - np.rint(image * 255))
    made = ask(opened, "png", "grad-cam", absolute=True, opacity=0.0)
    assert f"grad-cam-{LABELS[1]}.png" in made["html"]
    bare = cv2.imdecode(np.frombuffer(fetch(made).content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(cut(bare), np.rint(image * 255))


def test_a_picture_has_the_greys_of_the_window_that_is_seen(opened, monkeypatch):
    study = opened.session.reading.study
    levels = np.rint(study.image.pixels * 65534 + 1).astype(np.uint16)
    greys = np.arange(65535, -1, -1, dtype=np.uint16)[None]
    windows = FilmWindows(("Lung", "Bone"), levels, greys)
    study.image = dataclasses.replace(study.image, windows=windows)
    shown, make = [], exports.make_export
    monkeypatch.setattr(exports, "make_export", lambda desk, *more: shown.append(more[0]) or make(desk, *more))
    for window in (0, 1, 2, -1):  # the last two are none of the file's
        assert ask(opened, "png", "film", window=window)["file"]
    drawn = [panel_pictures.draw_panel(each, "film", 2048)[..., 0].astype(int) for each in shown]
    assert np.abs(drawn[1] - (255 - drawn[0])).max() <= 1 and drawn[0].std() > 1
    assert all(np.array_equal(each, drawn[0]) for each in drawn[2:])
    assert ["Bone" in describe_greys(each) for each in shown] == [False, True, False, False]
    assert describe_settings(shown[1])["greys"]["window"] == 1
    assert "film's range" not in describe_greys(shown[1])


def test_a_picture_of_a_map_that_is_not_shown_has_a_sentence(opened):
    made = ask(opened, "png", "occlusion")
    assert made["file"] is None and format_text("take-home-gone") in made["html"]


def test_the_bundle_holds_arrays_overlays_and_a_manifest(opened):
    opened.press("draw_regions", regions=[{"shape": [0.1, 0.2, 0.3, 0.4]}])
    archive = zipfile.ZipFile(io.BytesIO(fetch(ask(opened, "zip")).content))
    manifest = json.loads(archive.read("manifest.json"))
    arrays = dict(np.load(io.BytesIO(archive.read("maps.npz"))))
    label = LABELS[1]
    assert set(arrays) == {
        f"{key}/{label}/{which}" for key in ("grad-cam", "gradient") for which in ("native", "spread")
    }
    assert arrays[f"grad-cam/{label}/spread"].sum() <= arrays[f"grad-cam/{label}/native"].sum() + 1e-4
    assert set(manifest["sha256"]) == set(archive.namelist()) - {"manifest.json"}
    assert {"report.pdf", "overlays/grad-cam.png", "pictures/film.png"} <= set(archive.namelist())
    assert manifest["card"]["name"] == "a" and manifest["checkpoint_sha256"] == "cd" * 32
    for panel in ("film", "grad-cam"):
        dataset = pydicom.dcmread(io.BytesIO(archive.read(f"dicom/{panel}.dcm")))
        overlay = cv2.imdecode(np.frombuffer(archive.read(f"overlays/{panel}.png"), np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(dataset.pixel_array, overlay[..., ::-1])
        assert dataset.SOPClassUID == SecondaryCaptureImageStorage and not dataset.PatientName
        assert "film.png" not in str(dataset) and "BurnedInAnnotation" not in dataset
        assert dataset.ImageComments == format_text("not-clinical")
        assert ("Grad-CAM" in dataset.SeriesDescription) == (panel == "grad-cam")
    assert manifest["settings"]["regions"] == [{"shape": [0.1, 0.2, 0.3, 0.4], "covered": True}]
    assert manifest["settings"]["methods"] == ["grad-cam", "gradient"] and manifest["settings"]["label"] == label


def test_files_are_few_and_go_with_the_film_and_with_the_page(opened):
    made = [ask(opened, "png", "film") for _ in range(KEPT_EXPORTS + 1)]
    assert [fetch(each).status_code for each in made] == [404] + [200] * KEPT_EXPORTS
    assert len({each["file"] for each in made}) == len(made)
    opened.press("remove_film", film=opened.session.wish.film)
    assert {fetch(each).status_code for each in made} == {404}
    opened.open(png(3))
    last = ask(opened, "png", "film")
    assert fetch(last).status_code == 200
    opened.desk.sessions.on_gone = lambda key, session: session.exports.clear()
    opened.desk.sessions.forget(opened.key)
    assert fetch(last).status_code == 404
    assert not [path for path in opened.desk.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("leaves", ["remove_film", "mend_film"])
def test_a_file_does_not_outlive_the_film_that_it_is_made_of(opened, monkeypatch, leaves):
    session, key, make, made = opened.session, opened.session.wish.film, exports.make_export, []

    def make_meanwhile(*arguments):
        made.append(make(*arguments))
        if len(made) == 1:  # whoever asks again is given another file
            with session.lock:
                if leaves == "mend_film":
                    session.forget_findings(key)  # as the work does that turns it
                else:
                    opened.press(leaves, film=key)
        return made[-1]

    monkeypatch.setattr(exports, "make_export", make_meanwhile)
    ask(opened, "pdf")
    kept = list(session.exports._files.values())
    assert made[0] not in kept and kept == made[1:] and len(made) == (2 if leaves == "mend_film" else 1)


def test_another_finding_is_another_file(opened):
    assert ask(opened, "pdf")["file"]
    opened.press("choose_label", label=LABELS[0])
    assert opened.settle().take_home["file"] is None


def test_nothing_is_kept_that_nobody_holds():
    files = ExportFiles()
    file = ExportFile("a.pdf", b"x")
    files.keep("asked", file)
    name = file.name
    assert name in export_files._FILES
    del files, file
    gc.collect()
    assert name not in export_files._FILES
