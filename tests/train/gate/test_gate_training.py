"""Training the gate: no patient on two sides, licences, what is made from films, a tiny run of the whole."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.film.borders import trim_borders
from cxr_demo.film.phantom import make_phantom
from cxr_demo.networks.gate_net import GATE_FILE, KINDS, PARTS, GateNet, load_gate
from train.fit.imagenet import PackagedWeights
from train.gate import drawings, examples, films, scans, training
from train.gate.sources import MAY_TRAIN, OTHERS, Picture, read_pictures
from train.gate.training import Course, choose_limits, train_gate

FILM = make_phantom(5, 96).pixels
TINY = Course(films=30, val_films=12, side_films=12, val_side_films=8, test_films=8)


def write_picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.rint(make_phantom(seed, 64).pixels * 255).astype(np.uint8))


def write_rows(path: Path, columns: str, rows: list[tuple]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns.split(","), *rows])


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A few phantoms in the layout of each of the data sets."""
    root, seed = tmp_path_factory.mktemp("data"), iter(range(1000))
    for source in ("kermany", "kermany_original"):
        for half, first in (("train", 0), ("test", 40)):
            for k in range(first, first + 12):
                write_picture(root / source / "chest_xray" / half / "NORMAL" / f"IM-{k:04}-0001.jpeg", next(seed))
                write_picture(root / source / "chest_xray" / half / "PNEUMONIA" / f"person{k}_virus_1.jpeg", next(seed))
    for source in ("nih", "nih_extra"):
        names = [f"{patient:08}_{scan:03}.png" for patient in range(16) for scan in range(2)]
        for name in names:
            write_picture(root / source / "images" / name, next(seed))
        (root / source / "test_list.txt").write_text("\n".join(names[:8]))
    write_picture(root / "nih_fullres" / "00000015_000.png", next(seed))
    for folder, columns, rows in (
        ("covid_hannover", "patient_id,filename", [(f"p{k}", f"{k}.jpg") for k in range(6)]),
        ("covid_chestxray", "patientid,view,filename,license",
         [(k // 2, "PA", f"{k}.jpg", "CC BY" if k % 3 else "CC BY-NC-SA") for k in range(6)]),
    ):  # fmt: skip
        write_rows(root / folder / "metadata.csv", columns, rows)
        for row in rows:
            write_picture(root / folder / "images" / str(row[columns.split(",").index("filename")]), next(seed))
    write_picture(root / "jsrt" / "images" / "JPCLN001.jpg", next(seed))
    write_rows(root / "jsrt" / "films.csv", "path,patient", [("images/JPCLN001.jpg", "JPCLN001")])
    licences = ("CC0", "CC BY-NC-SA 3.0", "NIH, unrestricted, credit asked for", "MIAS research licence")
    others = [(f"{kind}_{k}.jpg", kind, f"{kind} {k}", licences[k]) for kind in OTHERS for k in range(4)
              if kind not in ("ct", "lateral")]  # fmt: skip
    write_rows(root / "gate_other" / "pictures.csv", "file,kind,origin,licence", others)
    for name, *_ in others:
        write_picture(root / "gate_other" / "images" / name, next(seed))
    for name in ("ct_00", "ct_02", "lateral_00", "lateral_02"):
        write_picture(root / "not_frontal_cxr" / f"{name}.jpg", next(seed))
    return root


@pytest.fixture
def backbone(monkeypatch) -> None:
    """Weights by lot in the place of those of ImageNet, which come as a package that need not be here."""

    def load(net):
        net.eval().requires_grad_(False)
        return PackagedWeights({}, {"package": "by lot", "licence": "Apache-2.0", "file": "none", "sha256": "0"})

    monkeypatch.setattr(training, "load_backbone", load)


def test_no_patient_and_no_origin_stands_on_two_sides(data):
    pictures = read_pictures(data)
    sides: dict[str, set[str]] = {}
    for picture in pictures:
        sides.setdefault(picture.group, set()).add(picture.split)
    assert {group: split for group, split in sides.items() if len(split) > 1} == {}
    assert {picture.split for picture in pictures} == {"train", "val", "look", "test"}


def test_what_forbids_release_trains_nothing_and_sets_no_limit(data):
    used = [picture for picture in read_pictures(data) if picture.split in ("train", "val")]
    assert not [picture for picture in used if "NC" in picture.licence or "research" in picture.licence]
    assert not [picture for picture in used if picture.kind == "lateral" or picture.source in ("jsrt", "chest CT")]
    assert "hannover" not in {picture.source for picture in used if picture.split == "train"}
    assert MAY_TRAIN.fullmatch("CC BY-NC-SA 3.0") is None and MAY_TRAIN.fullmatch("CC0 as stated on Kaggle") is None


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(TrainingError, match="not complete"):
        read_pictures(tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_made_is_a_picture_and_the_same_again(seed):
    makers = (
        lambda r: films.vary_film(r, FILM), lambda r: films.turn_film(r, FILM, 1), lambda r: films.invert_film(r, FILM),
        lambda r: films.make_lateral(r, FILM), lambda r: films.crop_part(r, FILM),
        lambda r: films.make_collage(r, [FILM, FILM[:, ::-1]]), lambda r: films.make_screenshot(r, FILM),
        scans.make_bones, scans.make_breast, scans.make_ultrasound, scans.make_cross_section, drawings.make_drawing,
    )  # fmt: skip
    for make in makers:
        made = make(np.random.default_rng(seed))
        assert made.dtype == np.float32 and made.ndim == 2 and min(made.shape) >= 20
        assert made.min() >= 0 and made.max() <= 1 and np.ptp(made) > 0
        np.testing.assert_array_equal(made, make(np.random.default_rng(seed)))


def test_a_frame_is_what_is_trimmed():
    random = np.random.default_rng(1)
    film = random.random((120, 100)).astype(np.float32)
    for _ in range(8):
        np.testing.assert_array_equal(trim_borders(films.frame(random, film)), film)


def test_films_are_drawn_evenly_from_their_sources():
    pictures = [
        Picture(Path(f"{k}"), "frontal", source, "", "train", "")
        for source, n in (("a", 50), ("b", 5))
        for k in range(n)
    ]
    drawn = examples.draw_pictures(np.random.default_rng(0), pictures, 20)
    assert len(drawn) == 20 and sum(picture.source == "b" for picture in drawn) == 5


def test_limits_question_as_many_films_as_they_should():
    random = np.random.default_rng(0)
    frontal = random.uniform(0.2, 1, 4000)
    shares = np.zeros((4000, len(KINDS)))
    shares[:, 0], shares[:, 1] = frontal, 1 - frontal
    distances = random.normal(1, 0.1, 4000)
    least, most = choose_limits(shares, distances)
    questioned = (np.log(frontal / (1 - frontal)) < least) | (distances > most)
    assert 0.012 < questioned.mean() <= training.FALSE
    assert (distances > most).mean() == pytest.approx((np.log(frontal / (1 - frontal)) < least).mean(), abs=0.003)


@pytest.mark.usefixtures("backbone")
def test_a_tiny_run_writes_a_gate_that_loads(data, tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "VARIED_OTHERS", 3)
    torch.manual_seed(0)
    card = train_gate(data, tmp_path / "gate", TINY)
    stored = load_gate(tmp_path / "gate")
    assert stored is not None and stored.card == json.loads((tmp_path / "gate" / GATE_FILE).read_text()) == card
    assert (stored.least_odds, stored.most_distance, stored.most_mirrored) == tuple(card["limits"].values())
    measured = card["measured"]
    assert set(measured) >= {"frontal", "mirrored", "turned", "inverted", "lateral", "body-part", "ct"}
    for of_kind in measured.values():
        assert of_kind["all"]["n"] == sum(of["n"] for source, of in of_kind.items() if source != "all")
        assert all(0 <= of["questioned"]["low"] <= of["questioned"]["value"] <= 1 for of in of_kind.values())
    assert "research use" not in json.dumps(card["training"]["licences"])
    assert "right reason" in (tmp_path / "gate" / "README.md").read_text()


def test_the_distance_is_one_for_films_as_they_usually_are():
    """Mean square 1 in each direction: of features drawn as a normal distribution, by numpy."""
    random, net = np.random.default_rng(0), GateNet()
    features = net.parts.in_features
    mixed = random.standard_normal((1200, 300)) @ random.standard_normal((300, features))
    kinds = np.array(["frontal"] * 900 + [kind for kind in KINDS[1:] for _ in range(30)])
    mixed[900:] *= 3
    train = training.Features(mixed.astype(np.float32), kinds, kinds, kinds)
    training.fit_heads(net, train, 0)
    _, distances = training.judge_features(net, train.values[:900])
    assert net.spread.out_features == PARTS and np.square(distances).mean() == pytest.approx(1, abs=0.15)
    _, far = training.judge_features(net, train.values[900:])
    assert far.min() > distances.max()


def test_what_lies_on_one_side_tells_a_mirrored_film():
    """Two halves of the features are each other's in the mirror image, and all films are brighter than nothing."""
    random, net = np.random.default_rng(0), GateNet()
    films = 50 + random.standard_normal((300, 2, net.sides.in_features)).astype(np.float32)
    films[:, 0, ::2] += 2
    films[:, 1, 1::2] += 2
    training.fit_sides(net, films[:200], films[200:])
    found, mirrored = (training.judge_sides(net, films[:, which]) for which in (0, 1))
    assert found.max() < 0 < mirrored.min()
    assert np.median(found) == pytest.approx(-np.median(mirrored), rel=0.1)
