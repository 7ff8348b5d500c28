"""What is taken home leads back to itself: the commands of a manifest make each file of the ZIP again; and the ZIP's
segmentation is read by another library."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import highdicom
import numpy as np
import pydicom
import pytest

from cxr_demo import Analyser, load, read_image
from cxr_demo.__main__ import main
from cxr_demo.evaluation.lung_segmentation import load_lungs
from cxr_demo.evaluation.regions import DrawnRegion, mask_region
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export import bundle
from cxr_demo.export.report_file import compute_shown
from cxr_demo.export.segmentation import list_segments
from cxr_demo.export.settings import Settings
from cxr_demo.film.gate import GateAnswer, Verdict
from cxr_demo.film.phantom import make_phantom
from cxr_demo.networks import checkpoint
from cxr_demo.networks.gate_net import load_gate
from cxr_demo.text.catalogue import format_text
from tests.ui.stand_ins import Page, make_desk, uploaded

ROOT = checkpoint.get_weights_root()
NAME = "-x film.png"  # as nobody would call it, but a command must not take it for an option
TRIANGLE = [[0.6, 0.3], [0.9, 0.35], [0.7, 0.8]]


def write_film(path: Path, seed: int, turned: bool = False) -> bytes:
    pixels = np.rint(make_phantom(seed, 200).pixels[:, 10:] * 255).astype(np.uint8)
    file = cv2.imencode(".png", np.rot90(pixels, 2) if turned else pixels)[1].tobytes()
    path.write_bytes(file)
    return file


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> tuple[Path, bytes, bytes]:
    """A folder with the film, another one and the checkpoints; the ZIP that a German page makes of the film turned
    round, with regions covered, its greys and scale changed, beside the other film, turned too; and the film's file."""
    folder = tmp_path_factory.mktemp("home")
    file = write_film(folder / NAME, 1, turned=True)
    write_film(folder / "prior.png", 2, turned=True)
    (folder / "weights").symlink_to(ROOT)
    analyser = Analyser(load(ROOT / "phantom-honest"), proofs=get_proof_folder())
    desk = make_desk({"phantom-honest": analyser}, tmp_path_factory.mktemp("page"), load_lungs(ROOT / "lungs"))
    desk.gate = load_gate(ROOT / "gate")
    page = Page(desk)
    with page.session.lock:
        page.session.speak(10**6, "de")
    for name in ("prior.png", NAME):
        page.press("take_film", path=uploaded(desk.folder, name, (folder / name).read_bytes()), name=name)
        page.settle()
        if name == "prior.png":
            page.press("mend_film", film="1", mend="turn-180")
            page.settle()
    film = page.session.films["2"]
    assert film.gate is not None and "turn-180" in [doubt.mend for doubt in film.gate.doubts]
    page.press("mend_film", film="2", mend="turn-180")
    page.settle()
    for key in ("1", "2"):
        page.press("show_anyway", film=key)
    page.press("choose_methods", methods=["grad-cam", "lrp-epsilon", "gradient-x-input"])
    page.settle()
    page.press("draw_regions", regions=[{"shape": [0.1, 0.2, 0.3, 0.4]}, {"shape": TRIANGLE, "covered": False}])
    page.press("cover_regions", how="blur")
    page.press("compare_with", choice="film 1")
    page.settle()
    page.press("take_home", kind="zip", panel="", looked=True, absolute=True, held=False, opacity=0.55, low=0.1,
               high=0.8, inverted=True)  # fmt: skip
    assert page.settle().take_home["file"]
    (made,) = page.session.exports._files.values()
    return folder, made.body, file


def read_zip(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_commands_of_a_manifest_make_the_same_again(taken):
    folder, file, film = taken
    files = read_zip(file)
    manifest = json.loads(files["manifest.json"])
    assert manifest["film"]["sha256"] == hashlib.sha256(film).hexdigest() and manifest["film"]["mends"] == ["turn-180"]
    (folder / "manifest.json").write_bytes(files["manifest.json"])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "CXR_WEIGHTS": str(ROOT)}
    assert len(manifest["commands"]) == 2 and manifest["prior"]["mends"] == ["turn-180"]
    for command in manifest["commands"]:
        program, *arguments = shlex.split(command)
        assert program == "python"
        made = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
    again = read_zip((folder / "again.zip").read_bytes())
    assert again.keys() == files.keys()
    arrays = [dict(np.load(io.BytesIO(each["maps.npz"]))) for each in (files, again)]
    assert arrays[0].keys() == arrays[1].keys() and len(arrays[0]) == 6
    for name, values in arrays[0].items():
        np.testing.assert_array_equal(values, arrays[1][name], name)
    told = json.loads(again["manifest.json"])
    assert {name for name, digest in told["sha256"].items() if digest != manifest["sha256"][name]} == set()
    assert told | {"commands": 0} == manifest | {"commands": 0}
    explained = np.load(folder / "maps" / "maps.npz")
    for name, values in arrays[0].items():
        np.testing.assert_allclose(values, explained[name], rtol=1e-5, atol=1e-7 * np.abs(values).max())


def test_the_segmentation_is_that_of_the_regions_and_names_nobody(taken):
    files = read_zip(taken[1])
    film = pydicom.dcmread(io.BytesIO(files["dicom/film.dcm"]))
    made = highdicom.seg.segread(io.BytesIO(files["dicom/regions.dcm"]))
    masks = made.get_pixels_by_source_instance([film.SOPInstanceUID])[0].astype(bool)
    assert made.StudyInstanceUID == film.StudyInstanceUID and not made.PatientName and not made.PatientID
    drawn = [mask_region(shape, (film.Rows, film.Columns)) for shape in ((0.1, 0.2, 0.3, 0.4), TRIANGLE)]
    assert masks.shape == (film.Rows, film.Columns, made.number_of_segments)
    for at, mask in enumerate(drawn, made.number_of_segments - 2):
        np.testing.assert_array_equal(masks[..., at], mask)
    if made.number_of_segments == 3:  # the lungs come first
        assert made.get_segment_description(1).segmented_property_type.meaning == "Lung" and masks[..., 0].any()
    assert NAME not in str(made) and "png" not in str(made).lower()


def test_a_region_smaller_than_a_pixel_of_the_picture_keeps_one():
    tiny = DrawnRegion((0.5, 0.25, 0.002, 0.002))
    image = SimpleNamespace(pixels=np.zeros((3000, 2000), np.float32))
    shown = SimpleNamespace(lungs=None, drawn=[tiny], study=SimpleNamespace(image=image))
    (mask,) = list_segments(shown, (60, 40)).values()
    assert np.argwhere(mask).tolist() == [[15, 20]]


def test_a_zip_stays_within_its_bytes(taken, tmp_path, monkeypatch, capsys):
    folder, file, _ = taken
    asked = ["report", str(folder / "prior.png"), "--weights", str(ROOT / "phantom-honest"), "--anyway",
             "--method", "grad-cam"]  # fmt: skip
    monkeypatch.setattr(bundle, "LEAST_PX", 40)
    monkeypatch.setattr(bundle, "make_report", lambda shown: b"")
    sizes = []
    for most in (10**9, 60_000):
        monkeypatch.setattr(bundle.make_bundle, "__defaults__", (bundle.ignore_progress, most))
        assert main([*asked, "--out", str(tmp_path / f"{most}.zip")]) == 0
        sizes.append((tmp_path / f"{most}.zip").stat().st_size)
    assert sizes[0] > 60_000 >= sizes[1] - 10_000  # the manifest comes last


def test_a_manifest_is_of_the_film_compared_with_too(taken, tmp_path, capsys):
    folder, file, _ = taken
    manifest, out = tmp_path / "manifest.json", tmp_path / "a.pdf"
    manifest.write_bytes(read_zip(file)["manifest.json"])
    asked = ["report", "--weights", str(ROOT / "phantom-honest"), "--anyway", "--out", str(out),
             "--again", str(manifest)]  # fmt: skip
    sha256 = json.loads(manifest.read_text())["prior"]["sha256"]
    for more in ([], ["--prior", str(folder / NAME)]):
        assert main([*asked, *more, "--", str(folder / NAME)]) == 2 and not out.exists()
        told = capsys.readouterr().err
        assert format_text("report-again-prior", path=str(manifest)) in told and sha256[:16] in told
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"prior": None}))
    assert main([*asked, "--prior", str(folder / "prior.png"), "--", str(folder / NAME)]) == 2 and not out.exists()
    assert format_text("report-again-alone", options="--prior") in capsys.readouterr().err


def test_what_is_compared_with_a_synthetic_film_has_no_command_that_would_fail(taken, monkeypatch):
    analyser = Analyser(load(ROOT / "phantom-honest"), proofs=get_proof_folder())
    image = read_image(str(taken[0] / "prior.png"))
    shown = compute_shown(analyser, "prior.png", image, GateAnswer(Verdict.USUAL, ()), None,
                          Settings(methods=("grad-cam",)), ("own.png", image))  # fmt: skip
    assert [" report " in command for command in bundle.make_commands(shown)] == [True, False]
    prior = dataclasses.replace(shown.prior, is_synthetic=True)
    assert [" report " in command for command in bundle.make_commands(dataclasses.replace(shown, prior=prior))] == [
        False
    ]


def test_a_manifest_of_another_film_or_no_manifest_is_refused(taken, tmp_path, capsys):
    folder, file, _ = taken
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(read_zip(file)["manifest.json"])
    asked = ["report", str(folder / "prior.png"), "--weights", str(ROOT / "phantom-honest"), "--anyway",
             "--out", str(tmp_path / "a.pdf"), "--again", str(manifest)]  # fmt: skip
    for more, message in (
        ([], "report-again-other"), (["--contrast", "--label", "mass"], "report-again-alone"),
    ):  # fmt: skip
        assert main([*asked, *more]) == 2
        told = capsys.readouterr().err
        assert format_text(f"{message}.hint") in told
    manifest.write_text("[]")
    assert main(asked) == 2 and format_text("again-no-manifest", path=str(manifest)) in capsys.readouterr().err
    assert not (tmp_path / "a.pdf").exists()
