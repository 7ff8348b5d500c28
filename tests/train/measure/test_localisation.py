"""Where maps point, against slow re-derivations, and the boxes of NIH's films."""

import dataclasses
import json

import cv2
import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.errors import TrainingError
from cxr_demo.evaluation.regions import make_box_mask
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.labels import LabelWords
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Metrics
from tests.conftest import make_film, make_model
from tests.films import FULL_PX, SIZE_PX, box_px
from train.__main__ import main
from train.data.readers import NIH_LABELS, read_nih, read_nih_boxes
from train.evaluate import METRICS_FILE, evaluate_checkpoint
from train.measure import metrics
from train.measure.localisation import (
    ALL,
    BASELINES,
    LOCALISATION,
    format_localisation,
    localise_checkpoint,
    localise_films,
    make_centre_map,
    mark_strongest,
    read_boxes,
    summarise_localisation,
)

LABELS = ("effusion", "pneumonia", "covid19", "mass")
SETTINGS = {"dataset": "nih", "split": "official", "validation": 0.1, "seed": 0}


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 50)


@pytest.fixture
def folder(tmp_path):
    return save(tmp_path / "w")


def save(folder, backbone: str = "tiny"):
    """A checkpoint of the synthetic NIH films, which knows a label more than they have."""
    card = Card(
        folder.name, backbone, LABELS, "multi-label", Preprocess(64, "letterbox", (0.5,), (0.25,)), temperature=1.0,
        training={"settings": SETTINGS, "films": {"test": 30}, "patients": {"test": 10}, "initial_weights": "none"},
    )  # fmt: skip
    model = make_model(backbone)
    model.output.weight[LABELS.index("mass")].abs_().neg_()  # of ReLU's features: nothing ever speaks for it
    checkpoint.save(folder, model, card, half=False)
    (folder / "README.md").write_text("as before")
    return folder


def slow_threshold(greys) -> int:
    """Otsu's, from the definition: the split with the largest variance between its two classes."""
    values = greys.ravel().astype(float)

    def between(t):
        low, high = values[values <= t], values[values > t]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(low) and len(high) else -1

    return max(range(256), key=between)


def slow_localise(map_image, mask) -> tuple[float, float]:
    evidence = np.where(map_image > 0, map_image, 0).astype(np.float64)
    if evidence.max() == 0:
        return 0, 0
    places = [place for place in np.ndindex(mask.shape) if evidence[place] == evidence.max()]
    scaled = (evidence - evidence.min()) / (evidence.max() - evidence.min())
    greys = np.floor(255 * scaled)
    threshold = slow_threshold(greys)
    marked = {place for place in np.ndindex(mask.shape) if greys[place] > threshold}
    truth = {place for place in np.ndindex(mask.shape) if mask[place]}
    return np.mean([place in truth for place in places]), len(marked & truth) / len(marked | truth)


# ---- one map


@pytest.mark.parametrize("seed", range(6))
def test_a_map_is_localised_as_the_definitions_say(seed):
    rng = np.random.default_rng(seed)
    map_image = make_film(seed, (40, 33)).astype(np.float64) - rng.random() / 2
    mask = np.zeros(map_image.shape, bool)
    top, left = rng.integers(0, 20, 2)
    mask[top : top + 15, left : left + 12] = True
    if seed % 2:
        mask[np.unravel_index(map_image.argmax(), mask.shape)] = True
    hit, iou = localise_checkpoint(map_image, mask)
    assert (hit, iou) == pytest.approx(slow_localise(map_image, mask))
    assert hit in (0, 1) and (hit == 1 or not seed % 2) and iou < 1
    assert localise_checkpoint(np.maximum(map_image, 0) * 7, mask) == (
        hit,
        iou,
    )  # neither what speaks against nor the unit count
    assert localise_checkpoint(mask.astype(np.float32), mask) == (1, 1)


def test_a_map_without_evidence_points_nowhere():
    mask = np.zeros((8, 8), bool)
    mask[:, :2] = True
    assert (
        localise_checkpoint(np.zeros((8, 8)), mask)
        == localise_checkpoint(-1 - np.arange(64.0).reshape(8, 8), mask)
        == (0, 0)
    )
    assert localise_checkpoint(np.ones((8, 8)), mask) == (0.25, 0)  # a random point, and nothing stands out


def test_a_corner_of_one_value_has_a_share_of_the_hit():
    map_image = Preprocess(64, "stretch", (0.5,), (0.25,)).map_to_image(np.diag([1.0, 2.0, 3.0]), (60, 60))
    largest = map_image == map_image.max()
    assert largest[50:, 50:].all() and not largest[:50].any()
    mask = np.zeros((60, 60), bool)
    mask[50:, 55:] = True
    assert localise_checkpoint(map_image, mask)[0] == 0.5


def test_the_middle_of_the_film_is_a_baseline():
    map_image = make_centre_map((60, 40))
    np.testing.assert_allclose(map_image, map_image[::-1, ::-1])
    assert map_image[30, 20] == map_image.max()
    assert map_image[30 + 15, 20] / map_image[30, 20] == pytest.approx(np.exp(-0.5), rel=0.05)
    marked = mark_strongest(map_image)
    assert marked[30, 20] and not marked[[0, -1]].any() and not marked[:, [0, -1]].any()


# ---- boxes


@pytest.mark.parametrize("shape", [(30, 50), (64, 64), (17, 9)])
def test_boxes_of_a_label_are_one_mask_on_the_films_own_pixels(shape):
    boxes = [(0.1, 0.2, 0.4, 0.3), (0.4, 0.3, 0.55, 0.6)]
    mask, (height, width) = make_box_mask(boxes, shape), shape
    for row, column in np.ndindex(shape):
        x, y = (column + 0.5) / width, (row + 0.5) / height
        assert mask[row, column] == any(a <= x < a + w and b <= y < b + h for a, b, w, h in boxes)
    assert mask.any() and not mask.all()


def test_nihs_boxes_lie_on_what_can_be_seen(data):
    boxes, table = read_nih_boxes(data), read_nih(data)
    names = {path.name: row for row, path in enumerate(table.paths)}
    is_test = (table.split == "test") & (table.targets.sum(1) > 0)
    assert {name for name, _ in boxes} == {path.name for path in table.paths[is_test]}
    for (name, label), found in boxes.items():
        assert table.targets[names[name], NIH_LABELS.index(label)] == 1
        film, mask = read_image(table.paths[names[name]]).pixels, make_box_mask(found, (SIZE_PX, SIZE_PX))
        x, y, width, height = box_px(label)
        expected = np.zeros((SIZE_PX, SIZE_PX), bool)
        expected[y : y + height, x : x + width] = True
        np.testing.assert_array_equal(mask, expected)
        assert film[mask].min() > film[~mask].mean()


def test_several_boxes_and_nihs_own_words(tmp_path):
    lines = ["Image Index,Finding Label,Bbox [x,y,w,h],,,", "a.png,Infiltrate,512,256,128,64,,,"]
    lines += ["a.png,Infiltrate,0,0,1024,1024,,,", "b.png,Mass,1,2,3,4,,,"]
    file = tmp_path / "BBox_List_2017.csv"
    file.write_text("\n".join(lines))
    boxes = read_nih_boxes(tmp_path)
    assert boxes["a.png", "infiltration"] == [(0.5, 0.25, 0.125, 0.0625), (0, 0, 1, 1)]
    assert boxes["b.png", "mass"] == [tuple(side / FULL_PX for side in (1, 2, 3, 4))] and len(boxes) == 2
    file.write_text("\n".join([*lines, "c.png,Mass,1,2,x,4,,,"]))
    with pytest.raises(TrainingError, match=r"c\.png is not made of numbers"):
        read_nih_boxes(tmp_path)
    file.write_text("\n".join([*lines, "c.png,Gout,1,2,3,4,,,"]))
    with pytest.raises(TrainingError, match="nobody knows: 'Gout'"):
        read_nih_boxes(tmp_path)


# ---- many maps


def test_a_summary_equals_slow_resampling():
    rng = np.random.default_rng(0)
    patient = np.array(list("aabccdeeef"))
    hits, ious = rng.integers(0, 2, 10).astype(float), rng.random(10)
    found, names = summarise_localisation(hits, ious, patient), np.unique(patient)
    assert (found["maps"], found["patients"]) == (10, 6)
    drawn = []
    for numbers in np.random.default_rng(0).integers(6, size=(50, 6)):
        films = np.concatenate([np.flatnonzero(patient == names[i]) for i in numbers])
        drawn.append((hits[films].mean(), ious[films].mean()))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    for k, (figure, values) in enumerate({"hit_rate": hits, "miou": ious}.items()):
        assert found[figure] == pytest.approx({"value": values.mean(), "low": low[k], "high": high[k]})
    assert summarise_localisation([1.0, 0.0], [0.5, 0.1], np.array(["a", "a"])) == {
        "maps": 2, "patients": 1, "hit_rate": {"value": 0.5}, "miou": {"value": pytest.approx(0.3)},
    }  # fmt: skip


def test_films_are_localised_on_the_maps_that_the_app_shows(data, folder):
    stored = checkpoint.load(folder)
    table, boxes = read_nih(data), read_boxes(stored.card, "", data)
    assert {label for _, label in boxes} == {"effusion", "pneumonia", "mass"}
    table = dataclasses.replace(table, split=np.where(np.arange(len(table)) % 2, "val", table.split))
    measured = localise_films(stored, table, boxes, "all", "A note.", ["lrp-epsilon", "grad-cam"])
    rows = {(row.set, row.label, row.method): row for row in measured.rows}
    assert list(dict.fromkeys(row.method for row in measured.rows)) == ["lrp-epsilon", "grad-cam", *BASELINES]
    assert {key[0] for key in rows} == {"all", "val", "test"} and len(rows) == len(measured.rows)

    analyser, expected = Analyser(stored), {}
    for path, split in zip(table.paths, table.split, strict=True):
        study = analyser.analyse(read_image(path))
        for label in (label for label in LABELS if (path.name, label) in boxes):
            mask = make_box_mask(boxes[path.name, label], (SIZE_PX, SIZE_PX))
            for method in ("grad-cam", "lrp-epsilon"):
                made = analyser.explain(study, [label], [method])[method, label]
                map_image = stored.card.preprocess.map_to_image(made.map_square, mask.shape, made.placement)
                result = (*slow_localise(map_image, mask), map_image.max() <= 0)
                for key in [(name, of) for name in ("all", split) for of in (label, ALL)]:
                    expected.setdefault((*key, method), []).append(result)
            for key in [(name, of) for name in ("all", split) for of in (label, ALL)]:
                expected.setdefault((*key, "chance"), []).append((mask.mean(), mask.mean(), False))
    assert {key for key in rows if key[2] != "centre"} == set(expected)
    for key, results in expected.items():
        hits, ious, empty = np.array(results, float).T
        row = rows[key]
        assert (row.maps, row.empty) == (len(results), empty.sum())
        assert row.hit_rate.value == pytest.approx(hits.mean())
        assert row.miou.value == pytest.approx(ious.mean())
    of_mass = rows["all", "mass", "grad-cam"]
    assert of_mass.empty == of_mass.maps > 0 and rows["all", "mass", "chance"].hit_rate.value > 0.03

    card = stored.card
    text = "\n".join(format_localisation(measured, card))
    row = rows["val", ALL, "grad-cam"]
    said = "{value:.2f} ({low:.2f} to {high:.2f})".format(**row.hit_rate.model_dump())
    table = text.split("Hit rate, val films")[1].split("mIoU")[0]
    (line,) = (line for line in table.splitlines() if "Grad-CAM" in line)
    assert said in line and line.endswith(f"| {row.empty:<5} |")
    assert f"Pneumonia ({rows['all', 'pneumonia', 'chance'].maps})" in text
    of_one = measured.replace(rows=[row for row in measured.rows if row.label in ("mass", ALL)])
    assert "| All (" in text and "| All (" not in "\n".join(format_localisation(of_one, card))
    own = dataclasses.replace(card, label_words={"pneumonia": LabelWords({"en": "Lungenentzündung"})})
    assert "Lungenentzündung (" in "\n".join(format_localisation(measured, own))
    assert "Said of all of them: A note." in text and "made the checkpoint" in text and "have boxes: test " in text


def test_what_cannot_be_measured_is_left_out_and_named(data, tmp_path, monkeypatch):
    table = read_nih(data)
    table = table.where(table.split == "test")
    stored = checkpoint.load(save(tmp_path / "elu", "tiny-elu"))
    boxes = read_boxes(stored.card, "nih", data)
    measured = localise_films(stored, table, boxes, "test", "")
    refused = {METHODS[key].name for key in Analyser(stored).proof.refusals}
    assert "LRP (epsilon)" in refused and all(name in " ".join(measured.notes) for name in refused)
    assert not any(key.startswith("lrp-epsilon") for key in {row.method for row in measured.rows})

    monkeypatch.setitem(METHODS, "grad-cam", dataclasses.replace(METHODS["grad-cam"], cost_forwards=5000.0))
    slow = localise_films(stored, table, boxes, "test", "")
    assert "Left out: Grad-CAM (one map takes about 5000 forward passes" in " ".join(slow.notes)
    assert "grad-cam" not in {row.method for row in slow.rows}
    asked = localise_films(stored, table, boxes, "test", "", ["grad-cam"])
    assert {row.method for row in asked.rows} == {"grad-cam", *BASELINES} and len(asked.notes) == 1

    with pytest.raises(TrainingError, match="None of these 1 films has a box"):
        localise_films(stored, table.where(np.array([0])), boxes, "test", "")  # a patient's first film shows nothing
    outside = {key: [(1.2, 0.0, 0.1, 0.1)] for key in boxes}
    with pytest.raises(TrainingError, match="is empty or lies outside"):
        localise_films(stored, table, outside, "test", "", ["grad-cam"])


# ---- the command


def strictly(text: str) -> dict:
    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def test_the_command_measures_and_records_only_when_told(data, folder, tmp_path, capsys):
    files = {name: (folder / name).read_bytes() for name in (checkpoint.CARD_FILE, "README.md")}
    command = ["evaluate", str(folder), "--data", str(data), "--out", str(tmp_path / "out")]
    assert main([*command, "--localisation", "grad-cam"]) == 0
    printed = capsys.readouterr().out
    assert "Hit rate, test films" in printed and "CheXlocalize" in printed and "Macro AUROC" in printed
    facts = strictly((tmp_path / "out" / METRICS_FILE).read_text())
    rows = facts["metrics"][LOCALISATION]["rows"]
    assert {row["method"] for row in rows} == {"grad-cam", *BASELINES}
    assert {row["label"] for row in rows} == {"effusion", "pneumonia", "mass", ALL}
    assert {name: (folder / name).read_bytes() for name in files} == files

    assert main([*command, "--localisation", "grad-cam", "--record"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--localisation", "grad-cam", "--record", "--overwrite"]) == 0
    card = checkpoint.load(folder).card
    assert card.metrics.model_dump() == Metrics(localisation=facts["metrics"][LOCALISATION]).model_dump()
    page = (folder / "README.md").read_text()
    section = page.split("## Where its maps point")[1].split("\n## ")[0]
    assert (
        section.strip() == "\n".join(format_localisation(card.metrics.localisation, card)).strip()
        and section.strip() in printed
    )
    assert main(["evaluate", str(folder), "--data", str(data)]) == 0
    assert "Hit rate" not in capsys.readouterr().out.split("Where its maps point")[-1].split(f"{folder.name}:")[-1]


def test_films_of_elsewhere_are_recorded_as_an_external_set_beside_the_rest(data, folder, tmp_path, capsys):
    own = ["evaluate", str(folder), "--data", str(data), "--localisation", "grad-cam", "--record"]
    assert main(own) == 0
    before = checkpoint.load(folder).card.metrics.localisation
    away, lines, boxes = tmp_path / "away", ["path,patient,source,mass"], ["Image Index,Finding Label,Bbox [x,y,w,h]"]
    away.mkdir()
    for number in range(8):
        cv2.imwrite(str(away / f"{number}.png"), np.uint8(255 * make_film(number, (64, 64))))
        lines.append(f"{number}.png,p{number},faraway,{number % 2}")
        boxes += [f"{number}.png,Mass,512,512,256,256"] * (number % 2)
    (away / "films.csv").write_text("\n".join(lines))
    (away / "list.csv").write_text("\n".join(boxes))
    command = ["evaluate", str(folder), "--dataset", "csv", "--data", str(away), "--split", "all", "--record"]
    for _ in range(2):  # the second time it takes the place of the first
        assert main([*command, "--boxes", str(away / "list.csv"), "--localisation", "grad-cam"]) == 0
    card, name = checkpoint.load(folder).card, "external, source faraway"
    measured, localised = card.metrics.sets[name], card.metrics.localisation
    assert measured.films == 8 and measured.positive == (0, 0, 0, 4) and "auroc_mass" in measured.figures
    assert [row for row in localised.rows if row.set != name] == list(before.rows)
    assert {(row.label, row.method) for row in localised.rows if row.set == name} == {
        (label, method) for label in ("mass", ALL) for method in ("grad-cam", *BASELINES)
    }
    assert sum(row.maps for row in localised.rows if row.set == name and row.method == "chance") == 2 * 4
    assert localised.notes[:-1] == before.notes and localised.notes[-1].startswith(f"{name}: Of 8 films 4")
    assert "made the checkpoint" not in localised.notes[-1]
    assert name in (folder / "README.md").read_text()


def test_the_command_says_what_is_wrong(data, folder, capsys):
    with pytest.raises(TrainingError, match="nothing to record"):
        evaluate_checkpoint(folder, "", data, "all", record=True)
    with pytest.raises(SystemExit):
        main(["evaluate", str(folder), "--data", str(data), "--localisation", "grad-cam,tea-leaves"])
    assert "no method 'tea-leaves'" in capsys.readouterr().err
    with pytest.raises(TrainingError, match="Nothing tells where the findings of covid-chestxray are") as caught:
        evaluate_checkpoint(folder, "covid-chestxray", data, "external", methods=())
    assert "nih, nih-normal" in caught.value.hint


def test_a_film_of_another_size_is_measured_in_its_own_pixels(data, folder, tmp_path):
    """The same film twice as large has the same truth and, but for the grain of its pixels, the same figures."""
    stored, table = checkpoint.load(folder), read_nih(data)
    boxes = read_boxes(stored.card, "", data)
    row = next(i for i, path in enumerate(table.paths) if (path.name, "mass") in boxes)
    path = tmp_path / table.paths[row].name
    film = cv2.imread(str(table.paths[row]), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(path), np.kron(film, np.ones((2, 2), np.uint8)))
    one = table.where(np.array([row]))
    large = dataclasses.replace(one, paths=np.array([path], dtype=object))
    small, big = (localise_films(stored, rows, boxes, "test", "", ["grad-cam"]).rows for rows in (one, large))
    assert [entry.hit_rate for entry in small] == [entry.hit_rate for entry in big]
    for a, b in zip(small, big, strict=True):
        assert a.miou.value == pytest.approx(b.miou.value, abs=0.03)
