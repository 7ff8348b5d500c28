"""Readers on synthetic data in the real layouts, splits by patient, packed films on the disk, counts."""

from __future__ import annotations

import csv
import errno
import os
import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from cxr_demo.errors import TrainingError
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.labels import FINDINGS
from tests.films import COHEN, make_data
from train.data import datasets, splits
from train.data.datasets import DATASETS, keep_released, mix_tables, pack_films
from train.data.describe import describe_dataset
from train.data.readers import KERMANY_LABELS, NIH_LABELS, find_cause
from train.data.splits import check_leaks, find_shared_patients, hold_out_validation, split_anew
from train.data.table import Table
from train.recipe import OwnFilms

ROOT = Path(__file__).parents[3]
REAL = Path(os.environ.get("CXR_DATA", ROOT.parent / "shared" / "data"))
NAMED = [name for name in DATASETS if name not in ("folder", "csv")]
STRETCH = Preprocess(32, "stretch", (0.5,), (0.25,))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    make_data(root)
    return root


@pytest.fixture
def data(made, tmp_path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "packed"))
    return tmp_path / "packed"


def make_table(patient, targets, split="train", source="made", licence="") -> Table:
    count = len(patient)
    columns = {"split": split, "source": source, "view": "PA", "licence": licence}
    columns = {name: np.broadcast_to(np.asarray(value, dtype=str), count).copy() for name, value in columns.items()}
    targets = np.asarray(targets, np.float32)
    labels = tuple(f"label_{k}" for k in range(targets.shape[1]))
    return Table(
        np.array([Path(f"{i}.png") for i in range(count)], object), labels, targets, np.array(patient), **columns
    )


def random_table(seed: int, single: bool) -> Table:
    """Up to 12 films a patient, rare and frequent labels; multi-label with NaN."""
    random = np.random.default_rng(seed)
    patient = np.repeat([f"made:{i}" for i in range(250)], random.integers(1, 13, 250))
    shares = random.dirichlet(np.full(5, 2.0)) * 0.8 + 0.04
    own = random.choice(5, len(patient), p=shares / shares.sum())
    targets = np.eye(5)[own]
    if not single:
        targets = (random.random((len(patient), 5)) < shares).astype(float)
        targets[random.random(targets.shape) < 0.1] = np.nan
    return make_table(patient, targets)


def columns_of(table: Table) -> list[list]:
    return [getattr(table, name).tolist() for name in ("paths", "patient", "split", "source", "view", "licence")]


@pytest.mark.parametrize("name", NAMED)
def test_a_table_is_whole_and_its_task_is_true(name, made):
    dataset = DATASETS[name]
    table = dataset.read(made)
    assert all(len(column) == len(table) > 0 for column in columns_of(table)) and table.targets.dtype == np.float32
    assert table.targets.shape == (len(table), len(table.labels)) and set(table.labels) <= set(FINDINGS)
    assert all(path.is_file() for path in table.paths) and set(table.split) <= set(splits.SPLITS)
    for patient, source in zip(table.patient, table.source, strict=True):
        assert patient.startswith(f"{source}:")
    assert not np.isnan(table.targets).any()
    if dataset.task == "single-label":
        assert (table.targets.sum(1) == 1).all()
    assert not find_shared_patients(table, "train", "external").size


def test_kermany_is_read_as_released(made):
    table = DATASETS["kermany"].read(made)
    assert len(table) == 86 and table.labels == ("normal", "bacterial_pneumonia", "viral_pneumonia")
    for path, target, patient, split in zip(table.paths, table.targets, table.patient, table.split, strict=True):
        kind = "normal" if path.parent.name == "NORMAL" else path.name.split("_")[1]
        assert target.argmax() == ["normal", "bacteria", "virus"].index(kind)
        assert path.name.startswith(patient.removeprefix("kermany:")) and split == path.parts[-3]
    assert columns_of(DATASETS["kermany"].read(made / "kermany")) == columns_of(table)


@pytest.mark.parametrize(
    ("name", "label", "patient"),
    [
        ("NORMAL/IM-0001-0001.jpeg", "normal", "IM-0001"),
        ("NORMAL/NORMAL2-IM-0380-0001-0002.jpeg", "normal", "NORMAL2-IM-0380"),
        ("PNEUMONIA/person12_bacteria_47.jpeg", "bacterial_pneumonia", "person12"),
        ("pneumonia/Person1_VIRUS_6.JPG", "viral_pneumonia", "person1"),
        ("virus/VIRUS-1014238-0001.jpeg", "viral_pneumonia", "1014238"),
        ("PNEUMONIA/virus-1014238-0001.jpeg", "viral_pneumonia", "1014238"),
        ("BACTERIA-1008087-0002.jpeg", "bacterial_pneumonia", "1008087"),
        ("normal-1049278-0001.JPEG", "normal", "1049278"),
        ("person3_virus_15_1.png", "viral_pneumonia", "person3"),
    ],
)
def test_every_layout_of_kermany_is_read_right(name, label, patient, tmp_path):
    for half, place in (("train", name), ("val", "person9_virus_1.jpeg"), ("test", name)):
        for beside in (place, f"{Path(place).parent}/._{Path(place).name}", f"{Path(place).parent}/.DS_Store"):
            (tmp_path / half / beside).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / half / beside).touch()
    table = DATASETS["kermany"].read(tmp_path)
    assert len(table) == 3 and sorted(table.split) == ["test", "train", "train"]
    for k in np.flatnonzero([path.parts[-2:] != ("val", "person9_virus_1.jpeg") for path in table.paths]):
        assert table.labels[table.targets[k].argmax()] == label and table.patient[k] == f"kermany:{patient}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PNEUMONIA/COVID-17.jpeg", "train/PNEUMONIA/COVID-17.jpeg is not named as Kermany's films are"),
        ("PNEUMONIA/film12.jpeg", "film12.jpeg is not named"),
        ("NORMAL/person1_virus_6.jpeg", "person1_virus_6.jpeg is viral_pneumonia by its name and NORMAL by its folder"),
        ("PNEUMONIA/IM-0001-0001.jpeg", "IM-0001-0001.jpeg is normal by its name and PNEUMONIA by its folder"),
        ("bacteria/VIRUS-1-0001.jpeg", "VIRUS-1-0001.jpeg is viral_pneumonia by its name and bacteria by its folder"),
    ],
)
def test_a_film_of_kermanys_whose_class_is_not_certain_is_refused_by_name(name, said, data):
    (data / "kermany/chest_xray/train" / name).parent.mkdir(exist_ok=True)
    (data / "kermany/chest_xray/train" / name).touch()
    with pytest.raises(TrainingError, match=said) as raised:
        DATASETS["kermany"].read(data)
    assert raised.value.hint


@pytest.mark.parametrize("official", [False, True])
def test_nih_is_read_from_both_layouts(official, data):
    """Against the table read anew, line by line."""
    base = data / "nih"
    if official:
        (base / "Data_Entry_2017.csv").rename(base / "Data_Entry_2017_v2020.csv")
        for i, path in enumerate(sorted((base / "images").iterdir())):
            folder = base / f"images_{i % 12 + 1:03}" / "images"
            folder.mkdir(parents=True, exist_ok=True)
            path.rename(folder / path.name)
    table = DATASETS["nih"].read(base if official else data)
    lines = list(csv.DictReader(next(base.glob("Data_Entry*.csv")).read_text().splitlines()))
    test = (base / "test_list.txt").read_text().split()
    assert [path.name for path in table.paths] == [line["Image Index"] for line in lines]
    for line, target, patient, split in zip(lines, table.targets, table.patient, table.split, strict=True):
        names = {table.labels[k] for k in np.flatnonzero(target)}
        assert names == {name.lower() for name in line["Finding Labels"].split("|")} - {"no finding"}
        assert patient == f"nih:{line['Patient ID']}" and split == ("test" if line["Image Index"] in test else "train")
    for split in ("train", "test"):
        assert (table.targets[table.split == split].sum(0) > 0).all()
    normal = DATASETS["nih-normal"].read(base)
    assert normal.labels == (*NIH_LABELS, "normal") and (normal.targets[:, -1] == (table.targets.sum(1) == 0)).all()
    pneumonia = DATASETS["nih-pneumonia"].read(base).targets
    assert (pneumonia[:, 0] == table.targets[:, NIH_LABELS.index("pneumonia")]).all()


def test_what_is_wrong_with_nih_is_one_sentence(data, capsys):
    base, read = data / "nih", DATASETS["nih"].read
    original = (base / "Data_Entry_2017.csv").read_text()
    (base / "Data_Entry_2017.csv").write_text(original.replace("Hernia", "Gout", 1))
    with pytest.raises(TrainingError, match="a label that nobody knows: 'Gout'"):
        read(data)
    (base / "Data_Entry_2017.csv").write_text(original.replace("Patient ID", "Patient"))
    with pytest.raises(TrainingError, match="no column 'Patient ID'"):
        read(data)
    (base / "Data_Entry_2017.csv").write_text(original)
    for path in sorted((base / "images").iterdir())[:12]:
        path.unlink()
    assert len(read(data)) == 84
    said = "".join(capsys.readouterr())
    assert "12 of 96 films are absent" in said and said.count(".png") == 10
    lists = {name: (base / name).read_text() for name in ("train_val_list.txt", "test_list.txt")}
    moved = lists["train_val_list.txt"].split()[-1]
    (base / "test_list.txt").write_text(lists["test_list.txt"] + moved)
    with pytest.raises(TrainingError, match="in both of NIH's lists"):
        read(data)
    (base / "train_val_list.txt").write_text(lists["train_val_list.txt"].replace(moved, ""))
    with pytest.raises(TrainingError, match="1 patients are in train and in test"):
        read(data)
    (base / "test_list.txt").unlink()
    with pytest.raises(TrainingError, match="test_list.txt is missing"):
        read(data)


@pytest.mark.parametrize("name", DATASETS)
def test_missing_data_is_one_sentence_with_a_hint(name, tmp_path):
    with pytest.raises(TrainingError) as raised:
        DATASETS[name].read(tmp_path)
    assert raised.value.message.count(".") <= 2 and raised.value.hint


def test_hannover_holds_patients_back_whoever_else_is_there(data):
    table = DATASETS["hannover"].read(data)
    assert set(table.split) == {"train", "test"} and not find_shared_patients(table, "train", "test").size
    assert set(table.view) == {"AP", "PA"}
    before = dict(zip(table.patient, table.split, strict=True))
    file = data / "covid_hannover" / "metadata.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], *(line for line in lines[1:] if not line.startswith("p003")), ""]))
    fewer = DATASETS["hannover"].read(data)
    assert len(fewer) == len(table) - 3
    assert all(before[p] == s for p, s in zip(fewer.patient, fewer.split, strict=True))


def test_hannover_is_read_as_released(data):
    base = data / "covid_hannover"
    table = DATASETS["hannover"].read(data)
    (base / "metadata.csv").rename(base / "data.csv")
    (base / "images").rename(base / "png")
    for path in (base / "png").iterdir():
        path.rename(path.with_suffix(".png"))
    assert columns_of(DATASETS["hannover"].read(base))[1:] == columns_of(table)[1:]


@pytest.mark.parametrize(
    ("finding", "key"),
    [
        ("COVID-19", "covid19"), ("COVID-19, ARDS", "covid19"), ("Pneumonia/Viral/COVID-19", "covid19"),
        ("SARS", "viral_pneumonia"), ("Pneumonia/Viral/MERS-CoV", "viral_pneumonia"),
        ("Varicella", "viral_pneumonia"), ("E.Coli", "bacterial_pneumonia"),
        ("Pneumonia/Bacterial/Staphylococcus/MRSA", "bacterial_pneumonia"),
        ("Mycoplasma Bacterial Pneumonia", "bacterial_pneumonia"), ("Pneumocystis", "pneumonia"),
        ("Pneumonia/Fungal/Aspergillosis", "pneumonia"), ("Lipoid", "pneumonia"), ("Pneumonia", "pneumonia"),
        ("No Finding", "normal"), ("ARDS", None), ("Tuberculosis", None), ("todo", None), ("", None),
    ],
)  # fmt: skip
def test_the_finding_tree_becomes_classes(finding, key):
    assert find_cause(finding) == key


def test_covid_chestxray_takes_frontal_films_that_are_not_hannovers_and_keeps_their_licence(made, capsys):
    table = DATASETS["covid-chestxray"].read(made)
    said = "".join(capsys.readouterr())
    for reason in ("18 films are left out", "Tuberculosis (6)", "no frontal radiograph (6)", "of Hannover's (6)"):
        assert reason in said
    assert set(table.split) == {"external"} and len(table) == 6 * (len(COHEN) - 3)
    for path, target, view, licence in zip(table.paths, table.targets, table.view, table.licence, strict=True):
        finding, _, seen, allowed = COHEN[int(path.name[:2])]
        assert table.labels[target.argmax()] == find_cause(finding) and (view, licence) == (seen, allowed)


def test_only_what_may_be_released_is_released(made):
    table = DATASETS["covid-chestxray"].read(made)
    assert set(keep_released(table).licence) == {"CC BY 4.0", "CC0", "CC BY-SA", "CC BY"}
    licences = ("CC BY-NC 4.0", "CC BY-ND", "CC BY-NC-SA", "", " ", "free", "public domain", "CC0 1.0", "CC-BY-4.0")
    some = replace(table.where(np.arange(len(licences))), licence=np.array(licences))
    assert keep_released(some).licence.tolist() == ["public domain", "CC0 1.0", "CC-BY-4.0"]
    for name in ("kermany", "nih", "hannover"):
        assert len(keep_released(DATASETS[name].read(made))) == len(DATASETS[name].read(made))


def test_a_mixture_matches_labels_by_name_and_leaves_the_rest_unknown():
    one = make_table(["a", "b"], [[1, 0], [0, np.nan]])
    other = make_table(["c", "d", "e"], [[1, 0, 0], [0, 0, 1], [0, np.nan, 0]])
    one, other = replace(one, labels=("x", "y")), replace(other, labels=("y", "z", "w"))
    mixed = mix_tables(("y", "x"), one, other, renamed={"z": "y"})
    expected = [[0, 1], [np.nan, 0], [1, np.nan], [0, np.nan], [np.nan, np.nan]]
    np.testing.assert_array_equal(mixed.targets, expected)
    assert mixed.patient.tolist() == list("abcde") and len(mixed) == 5


def test_four_classes_and_covid_three_take_their_classes_from_the_right_films(made, capsys):
    four, three = DATASETS["four-classes"].read(made), DATASETS["covid-three"].read(made)
    assert four.labels == (*KERMANY_LABELS, "covid19") and three.labels == ("normal", "pneumonia", "covid19")
    assert "6 of covid-chestxray" in capsys.readouterr().out
    for table in (four, three):
        assert set(table.split[table.source == "covid-chestxray"]) == {"external"}
        assert set(table.source[table.split != "external"]) == {"kermany" if table is four else "nih", "hannover"}
        hannover = table.targets[table.source == "hannover"]
        assert (hannover[:, table.labels.index("covid19")] == 1).all() and (hannover.sum(1) == 1).all()
    nih = DATASETS["nih-normal"].read(made)
    classes = {path: table_row for path, table_row in zip(nih.paths, nih.targets, strict=True)}
    for path, target in zip(three.paths[three.source == "nih"], three.targets[three.source == "nih"], strict=True):
        row = classes[path]
        assert target.tolist() == [row[-1], row[NIH_LABELS.index("pneumonia")], 0]
    outside = three.where(three.split == "external")
    counts = defaultdict(int)
    for path, target in zip(outside.paths, outside.targets, strict=True):
        counts[find_cause(COHEN[int(path.name[:2])][0]), outside.labels[target.argmax()]] += 1
    assert set(counts) == {("covid19", "covid19"), ("normal", "normal"), ("pneumonia", "pneumonia"),
                           ("viral_pneumonia", "pneumonia"), ("bacterial_pneumonia", "pneumonia")}  # fmt: skip


def make_folder(root: Path, folders: tuple[str, ...], films: int = 12) -> Path:
    for k, folder in enumerate(folders):
        for i in range(films):
            path = root / folder / f"film{k:02}{i:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((40, 40), 20 * k + i, np.uint8))
    (root / "notes.txt").write_text("no film")
    return root


def test_a_folder_per_class_with_and_without_splits(tmp_path):
    plain = DATASETS["folder"].read(make_folder(tmp_path / "a", ("gout", "normal")))
    assert plain.labels == ("gout", "normal") and set(plain.split) == {"train", "val", "test"} and len(plain) == 24
    root = make_folder(tmp_path / "b", ("train/gout", "train/normal", "test/gout", "test/normal"))
    table = DATASETS["folder"].read(root)
    assert [path.parts[-3] for path in table.paths] == table.split.tolist()
    for path, target, patient in zip(table.paths, table.targets, table.patient, strict=True):
        assert table.labels[target.argmax()] == path.parent.name and patient == f"folder:{path.stem}"
    assert table.split_by == "the folders train, test" and table.folder == "b"
    (root / "train" / "sick").mkdir()
    (root / "train" / "sick" / "._film.png").touch()
    with pytest.raises(TrainingError, match="The class folder train/sick holds no film"):
        DATASETS["folder"].read(root)
    named = DATASETS["folder"].read(make_folder(tmp_path / "c", ("Erguß links", "NORMAL", "Pleural_Effusion")))
    assert named.labels == ("Ergu_links", "normal", "effusion")
    assert named.label_words[named.labels[0]].name == {"en": "Erguß links"} and len(named.label_words) == 1
    with pytest.raises(TrainingError, match="Two class folders mean effusion: 'Effusion' and 'pleural-effusion'"):
        DATASETS["folder"].read(make_folder(tmp_path / "d", ("Effusion", "pleural-effusion")))
    (tmp_path / "c" / "films.csv").touch()
    with pytest.raises(TrainingError, match="Add --dataset csv"):
        DATASETS["folder"].read(tmp_path / "c")


def test_patients_csv_says_whose_the_films_are(tmp_path, capsys):
    root = make_folder(tmp_path / "own", ("train/gout", "train/normal", "test/gout", "test/normal"))
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    lines = {name: f"{name},p{k // 3}" for k, name in enumerate(names)}

    def read(changed: dict[str, str]) -> Table:
        (root / "patients.csv").write_text("\n".join(["path,patient", *(lines | changed).values()]))
        return datasets.read_dataset("folder", root)

    table = read({})
    assert len(set(table.patient)) == 16 and table.caveat == "" and not "".join(capsys.readouterr())
    for changed, said in (
        ({names[0]: f"{names[0]},p15"}, "1 patients are in train and in test, folder:p15|folder:p0"),
        ({names[3]: ""}, f"patients.csv does not say whose {names[3]} is"),
        ({"again": f"{names[3]},p9"}, f"patients.csv gives {names[3]} another patient in line 50"),
        ({"empty": "", "again": f"{names[3]},p9"}, f"patients.csv gives {names[3]} another patient in line 51"),
    ):
        with pytest.raises(TrainingError, match=said):
            read(changed)
    with pytest.raises(TrainingError, match="both say whose"):
        datasets.read_dataset("folder", root, OwnFilms("(film)"))


def test_a_pattern_finds_the_patient_and_keeps_a_persons_films_together(tmp_path, capsys):
    root = make_folder(tmp_path / "own", ("gout", "normal"), films=100)  # film00000 to film00099, film01000 ...
    table = datasets.read_dataset("folder", root, OwnFilms(r"film(\d{4})"))
    assert len(set(table.patient)) == 20 and set(table.split) == {"train", "val", "test"}
    assert all(len(set(table.split[table.patient == patient])) == 1 for patient in table.patient)
    assert table.caveat == "" and not capsys.readouterr().err
    for times in (1, 0):
        alone = datasets.read_dataset("folder", root)
        assert len(set(alone.patient)) == 200 and "Each file was counted as one patient" in alone.caveat
        assert capsys.readouterr().err.count("each file name counts as one patient") == times
    for pattern, said in (
        (r"film00(\d+)", r"finds no patient in 100 of 200 file names, normal/film01000.png among them"),
        (r"person(\d+)", "in 200 of 200 file names, gout/film00000.png"),
        (r"film(x?)", "in 200 of 200"),
        ("film", "has no group"),
        ("(film", "no regular expression"),
    ):
        with pytest.raises(TrainingError, match=said) as raised:
            datasets.read_dataset("folder", root, OwnFilms(pattern))
        assert raised.value.hint
    with pytest.raises(TrainingError, match="kermany says itself"):
        datasets.read_dataset("kermany", root, OwnFilms("(film)"))


@pytest.mark.parametrize(
    ("targets", "task", "said"),
    [
        ([[1, 0]] * 8, "single-label", "All training films are label_0"),
        ([[1]] * 8, "single-label", "All training films are label_0"),
        ([[1, 0, 0], [0, 1, 0]] * 4, "single-label", "No training film is label_2"),
        ([[1, 0], [0, 0]] * 4, "multi-label", "No training film has label_1: it"),
        ([[1, 1], [0, 1]] * 4, "multi-label", "No training film is known to be without label_1: it"),
        ([[1, np.nan], [0, np.nan]] * 4, "multi-label", "label_1 .and 1 more."),
        ([[1, 0], [0, 1]] * 2 + [[1, 0]] * 4, "multi-label", "No label has validation films"),
    ],
)
def test_what_cannot_be_learned_is_refused_before_the_first_step(targets, task, said):
    table = make_table([f"made:{i}" for i in range(8)], targets, ["train"] * 4 + ["val"] * 4)
    with pytest.raises(TrainingError, match=said) as raised:
        splits.check_trainable(table, task)
    assert raised.value.hint
    if task == "multi-label" and "validation" not in said:
        assert "label_1" in splits.check_trainable(table, task, is_trial=True).caveat
    fine = make_table([f"made:{i}" for i in range(4)], [[1, 0], [0, 1]] * 2, ["train", "train", "val", "val"])
    assert splits.check_trainable(fine, task) is fine


@pytest.mark.parametrize("single", [True, False], ids=["classes", "findings"])
@pytest.mark.parametrize("seed", range(6))
def test_no_patient_is_on_two_sides_and_labels_keep_their_shares(seed, single):
    """Shares counted film by film, in plain Python."""
    table = random_table(seed, single)
    held_out, custom = hold_out_validation(table, 0.2, seed), split_anew(table, seed=seed)
    for done, shares in ((held_out, {"train": 0.8, "val": 0.2}), (custom, {"train": 0.7, "val": 0.1, "test": 0.2})):
        sides, total, found = defaultdict(set), defaultdict(int), defaultdict(int)
        for patient, split, target in zip(done.patient, done.split, done.targets, strict=True):
            sides[patient].add(split)
            for label in ("any film", *np.flatnonzero(target == 1)):
                total[label] += 1
                found[label, split] += 1
        assert all(len(splits) == 1 for splits in sides.values())
        for label, films in total.items():
            for split, share in shares.items():
                assert abs(found[label, split] - share * films) <= 5 + 0.02 * films, (label, split)
    assert (hold_out_validation(table, 0.2, seed).split == held_out.split).all()
    assert (split_anew(table, seed=seed).split == custom.split).all()
    assert (hold_out_validation(table, 0.2, seed + 1).split != held_out.split).any()
    assert (split_anew(table, seed=seed + 1).split != custom.split).any()


def test_the_rarest_label_is_dealt_first_as_published():
    """By hand, after algorithm 1 of Sechidis et al. 2011: two patients have the rare label, so each side gets one,
    and the frequent label evens out as far as its patients allow."""
    positives = np.array([[1, 1], [1, 1], [0, 2], [0, 2], [0, 1], [0, 1]], float)
    for seed in range(20):
        side = splits._deal(positives, positives.max(1), np.array([0.5, 0.5]), np.random.default_rng(seed))
        assert side[0] != side[1]
        assert positives[side == 0, 0].sum() == 1 and abs(positives[side == 0, 1].sum() - 4) <= 1


def test_a_label_with_one_patient_does_not_stop_a_split_of_findings():
    table = random_table(1, single=False)
    targets = table.targets.copy()
    targets[:, 0] = 0
    targets[5, 0], targets[:, 1] = 1, np.nan
    for done in (
        hold_out_validation(replace(table, targets=targets), 0.1, 0),
        split_anew(replace(table, targets=targets)),
    ):
        assert (done.split == "val").any() and (done.targets[done.split == "train", 0] == 1).sum() == 1


def test_a_class_that_would_be_missing_from_a_side_is_an_error():
    table = make_table([f"made:{i}" for i in range(30)], np.eye(2)[[0] * 29 + [1]])
    with pytest.raises(TrainingError, match="has no film of label_1: 1 patient has one in all") as raised:
        hold_out_validation(table, 0.1, 0, "single-label")
    assert len(set(hold_out_validation(table, 0.1, 0, "multi-label").split)) == 2, "a rare finding may be missing"
    assert raised.value.hint == "Take more films."
    for nothing in (table.where(np.zeros(30, bool)), replace(table, split=np.full(30, "external"))):
        with pytest.raises(TrainingError, match="train has no film"):
            split_anew(nothing)


def test_external_test_and_given_validation_rows_stay(made):
    table = DATASETS["four-classes"].read(made)
    held_out, custom = hold_out_validation(table, 0.2, 0), split_anew(table)
    for split in ("test", "external"):
        assert ((held_out.split == split) == (table.split == split)).all()
    assert ((custom.split == "external") == (table.split == "external")).all()
    assert (hold_out_validation(held_out, 0.2, 1).split == held_out.split).all()


def test_a_leak_is_an_error_between_any_two_splits_but_for_numbers_that_recur():
    patient = np.array(["made:1", "made:2", "made:3", "made:3"])
    for one, other in (("train", "val"), ("train", "test"), ("val", "test"), ("test", "external")):
        split = ["train", "test", one, other]
        with pytest.raises(TrainingError, match=f"1 patients are in {one} and in {other}, made:3"):
            check_leaks(make_table(patient, np.ones((4, 1)), split))
    kermany = np.array(["kermany:1", "kermany:2", "kermany:3", "kermany:3"])
    check_leaks(make_table(kermany, np.ones((4, 1)), ["train", "train", "train", "test"]))
    with pytest.raises(TrainingError, match="in train and in val"):
        check_leaks(make_table(kermany, np.ones((4, 1)), ["test", "train", "train", "val"]))


def test_kermanys_numbers_recur_and_are_reported(made):
    table = hold_out_validation(DATASETS["kermany"].read(made), 0.2, 0)
    assert "kermany:person1" in set(find_shared_patients(table, "train", "test")) | set(
        find_shared_patients(table, "val", "test")
    )
    assert not find_shared_patients(table, "train", "val").size
    assert not find_shared_patients(split_anew(table), "train", "test").size


def test_packed_films_are_decoded_once(made, cache, monkeypatch):
    table = DATASETS["nih"].read(made)
    films, rows = pack_films(table, STRETCH)
    assert films.shape == (96, 32, 32) and films.dtype == np.uint8 and (rows == np.arange(96)).all()
    for i in (0, 50, 95):
        np.testing.assert_array_equal(films[i] / np.float32(255), STRETCH.square(read_image(table.paths[i]).pixels))
    films[0] = 7  # stays in this array
    monkeypatch.setattr(datasets, "_square", None)
    again, rows_again = pack_films(table, replace(STRETCH, mean=(0.1,)))
    assert (again[1:] == films[1:]).all() and (again[0] != 7).any() and (rows_again == rows).all()
    assert len(list(cache.glob("*.npy"))) == 1 and not list(cache.glob("*.part"))
    for other in (table.where(np.arange(95)), replace(table, paths=table.paths[::-1])):
        with pytest.raises(TypeError):
            pack_films(other, STRETCH)
    with pytest.raises(TypeError):
        pack_films(table, replace(STRETCH, size_px=33))
    os.utime(table.paths[3], (1, 1))
    with pytest.raises(TypeError):
        pack_films(table, STRETCH)


def test_broken_films_are_named_once_with_their_count_whether_packed_or_not(data, capsys):
    table = DATASETS["kermany"].read(data)
    for i in (3, 40):
        table.paths[i].write_bytes(b"nothing")
    table.paths[60].unlink()
    for times in (1, 0):
        films, rows = pack_films(table, STRETCH, "reading")
        assert films.shape == (83, 32, 32) and not {3, 40, 60} & set(rows.tolist())
        np.testing.assert_array_equal(films[50], pack_films(table.where(rows[50:51]), STRETCH)[0][0])
        said = "".join(capsys.readouterr())
        assert said.count("3 of 86 films cannot be read") == said.count(table.paths[40].name) == times
        assert said.count("not found") == times
    with pytest.raises(TrainingError, match="None of the films"):
        pack_films(table.where(np.array([3, 40])), STRETCH)


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", "short", "long"])
def test_a_damaged_packed_file_is_made_again(damage, made, cache):
    table = DATASETS["hannover"].read(made)
    films, _ = pack_films(table, STRETCH)
    (file,) = cache.glob("*.npy")
    whole, before = file.read_bytes(), films.copy()
    file.unlink()
    file.write_bytes({"short": whole[:-300], "long": whole[: len(whole) // 2]}.get(damage, damage))
    films, rows = pack_films(table, STRETCH)
    assert (films == before).all() and len(rows) == 60 and file.read_bytes() == whole


@pytest.mark.parametrize("trouble", ["no folder", "full while writing", "full before"])
def test_where_nothing_can_be_kept_films_stay_in_memory(trouble, made, cache, monkeypatch, capsys):
    table = DATASETS["hannover"].read(made)
    if trouble == "no folder":
        cache.write_text("a file where the folder should be")
    if trouble == "full before":
        monkeypatch.setattr(datasets.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    if trouble == "full while writing":

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(datasets.np.lib.format, "write_array", full)
    films, rows = pack_films(table, STRETCH)
    assert films.shape == (60, 32, 32) and len(rows) == 60 and films.std() > 20
    said = "".join(capsys.readouterr())
    assert said.count("\n") == 1 and "stay in memory" in said
    assert trouble == "no folder" or not [path for path in cache.iterdir() if path.suffix != ".lock"]


def test_describe_prints_and_draws_what_is_there(made, tmp_path, capsys):
    describe_dataset("four-classes", made, tmp_path / "counts.png")
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert (
        "kermany train 60 30 AP 60 CC BY 4.0 60" in lines and "hannover train 42 14 AP 33, PA 9 CC BY 3.0 42" in lines
    )
    assert "viral_pneumonia 12 0 0 20 10" in lines and "covid19 18 42 18 0 0" in lines
    picture = cv2.imread(str(tmp_path / "counts.png"))
    assert picture is not None and picture.std() > 10
    with pytest.raises(TrainingError, match="cannot be written"):
        describe_dataset("nih", made, tmp_path / "nowhere" / "counts.png")


def test_describe_says_where_labels_are_not_stated(tmp_path, capsys):
    root = make_folder(tmp_path, ("films",), films=3)
    (root / "films.csv").write_text(
        "path,patient,split,gout\nfilms/film00000.png,1,train,1\nfilms/film00001.png,2,train,\nfilms/film00002.png,3,test,0\n"
    )
    describe_dataset("csv", root, None)
    assert "gout 1 of 1 0" in [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_synthetic_films_are_always_the_same(made, tmp_path):
    make_data(tmp_path)
    one, other = ({p.relative_to(root): p.read_bytes() for p in root.rglob("*.*")} for root in (made, tmp_path))
    assert one == other and len(one) > 300


@pytest.mark.skipif(not (REAL / "nih").is_dir(), reason="needs the real films: ../shared/data or CXR_DATA")
def test_the_real_data_sets():
    counts = {"kermany": 5582, "nih": 1407, "hannover": 243, "covid-chestxray": 430, "four-classes": 6230}
    tables = {name: DATASETS[name].read(REAL) for name in counts}
    assert {name: len(table) for name, table in tables.items()} == counts
    kermany = hold_out_validation(tables["kermany"], 0.1, 0)
    assert kermany.targets[kermany.split == "test"].sum(0).tolist() == [234, 242, 148]
    assert (kermany.split == "val").sum() == pytest.approx(496, abs=5)
    nih = split_anew(tables["nih"])
    for split, share in zip(splits.SPLITS, splits.SPLIT_SHARES, strict=False):
        kept = nih.targets[nih.split == split].sum(0) / nih.targets.sum(0)
        assert kept == pytest.approx(np.full(14, share), abs=0.05)
    films, rows = pack_films(tables["covid-chestxray"].where(np.arange(0, 430, 40)), STRETCH)
    assert len(films) == len(rows) == 11 and films.std() > 20


def test_a_film_held_back_from_one_recipe_is_held_back_from_all(made):
    """A network that starts from another's weights must not have seen its validation films."""

    def sides(name: str) -> dict[Path, str]:
        table = hold_out_validation(DATASETS[name].read(made), 0.3, 3)
        return dict(zip(table.paths, table.split, strict=True))

    for one, other in (("kermany", "four-classes"), ("nih-normal", "covid-three"), ("nih", "nih-pneumonia")):
        first, second = sides(one), sides(other)
        both = first.keys() & second.keys()
        assert both and {first[path] for path in both} >= {"train", "val"}
        assert all(first[path] == second[path] for path in both)
