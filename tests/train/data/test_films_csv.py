"""`films.csv` as public tables are: what is read, and what is refused with its line and its value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxr_demo.errors import TrainingError
from train.data.datasets import read_dataset
from train.data.films_csv import read_csv
from train.data.splits import check_trainable
from train.recipe import OwnFilms


@pytest.fixture
def root(tmp_path) -> Path:
    """Thirty films, which no test opens."""
    (tmp_path / "films").mkdir()
    for i in range(30):
        (tmp_path / "films" / f"f{i:02}.png").touch()
    return tmp_path


def write(root: Path, names: str, *lines: str, encoding: str = "utf-8") -> Path:
    (root / "films.csv").write_text("\n".join([names, *lines]), encoding=encoding)
    return root


def test_a_plain_list_is_split_by_patient(root, capsys):
    lines = [f"films/f{i:02}.png,p{i // 2},{i % 2},{1 - i % 2}" for i in range(30)]
    table = read_csv(write(root, "path,patient,gout,normal", *lines, "films/nowhere.png,p99,1,0"))
    assert "1 of 31 films are absent and are left out: films/nowhere.png" in "".join(capsys.readouterr())
    assert len(table) == 30 and set(table.split) == {"train", "val", "test"} and table.labels == ("gout", "normal")
    assert table.patient[2] == "csv:p1" and table.split_by == "lot, patient by patient"
    lines = ["films/f00.png,1,1,train,PA,clinic", "films/f01.png,2,,test,AP,ward"]
    given = read_csv(write(root, "path,patient,gout,split,view,source", *lines))
    assert np.isnan(given.targets[1, 0]) and (given.view[1], given.source[1], given.split[1]) == ("AP", "ward", "test")
    assert not given.label_words and given.caveat == ""


def test_chexperts_table_is_read_as_it_was_published(root, capsys):
    """Its capitals, its path that begins with its own folder, no patient, empty cells, -1, and columns that are no
    labels; a finding of the house and a label of its own."""
    lines = [
        f"CheXpert-v1.0-small/films/f{i:02}.png,{'Male' if i % 3 else 'Female'},{40 + i},Frontal,AP,{i % 2}.0,"
        f"{('1.0', '', '-1.0', 'nan')[i % 4]},{i % 2}"
        for i in range(30)
    ]
    write(root, "Path,Sex,Age,Frontal/Lateral,AP/PA,Edema,Pleural Effusion,Fluss (links)", *lines)
    reading = OwnFilms(patient_pattern="f([0-9]{2})", uncertain="ignore")
    table = read_dataset("csv", root, reading)
    assert table.labels == ("edema", "effusion", "Fluss_links") and table.view[0] == "AP"
    assert table.label_words["Fluss_links"].name == {"en": "Fluss (links)"} and len(table.label_words) == 1
    assert table.patient[3] == "csv:03" and table.paths[3] == root / "films" / "f03.png"
    expected = [(1, np.nan, np.nan, np.nan)[i % 4] for i in range(30)]
    np.testing.assert_array_equal(table.targets[:, 1], np.array(expected, np.float32))
    assert table.caveat == "7 entries of films.csv that say uncertain (-1) were left out."
    said = capsys.readouterr().err
    assert said.count("these columns are no labels: Sex, Age, Frontal/Lateral.") == 1


@pytest.mark.parametrize(("policy", "value", "said"), [
    ("ignore", np.nan, "left out"), ("positive", 1, "taken as there"), ("negative", 0, "taken as absent"),
])  # fmt: skip
def test_uncertain_means_what_a_person_says(policy, value, said, root):
    write(root, "path,patient,split,edema", "films/f00.png,1,train,-1", "films/f01.png,2,train,1")
    with pytest.raises(TrainingError, match="-1, uncertain, in line 2 for edema, and 1 times in all") as raised:
        read_csv(root)
    assert "--uncertain ignore" in raised.value.hint
    table = read_csv(root, OwnFilms(uncertain=policy))
    np.testing.assert_array_equal(table.targets[:, 0], np.array([value, 1], np.float32))
    assert said in table.caveat


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_of_all_kinds(encoding, separator, root):
    """A table with umlauts and spaces around names and values; decimal commas where they are no separators."""
    one, none = ("1.0", "0.0") if separator == "," else ("1,0", "0,0")
    rows = [["filename ", " Patient ID", "Split", " Überblähung", "EDEMA"],
            ["f00.png", " 7 ", "Training", f" {one} ", none], [" f01.png", "8", "valid", "FALSE", " NaN"]]  # fmt: skip
    table = read_csv(write(root, *(separator.join(row) for row in rows), "", encoding=encoding))
    assert table.labels == ("Uberblahung", "edema") and table.label_words["Uberblahung"].name["en"] == "Überblähung"
    np.testing.assert_array_equal(table.targets, np.array([[1, 0], [0, np.nan]], np.float32))
    assert table.patient.tolist() == ["csv:7", "csv:8"] and table.split.tolist() == ["train", "val"]


def test_one_column_may_name_the_labels(root):
    lines = ["f00.png,Cardiomegaly|Emphysema,1,PA", "f01.png,No Finding,2,AP", "f02.png,,3,PA"]
    lines = [f"{line},train" for line in lines]
    table = read_csv(write(root, "Image Index,Finding Labels,Patient ID,View Position,split", *lines))
    assert table.labels == ("cardiomegaly", "emphysema", "no_finding") and table.view[1] == "AP"
    np.testing.assert_array_equal(table.targets, np.array([[1, 1, 0], [0, 0, 1], [np.nan] * 3], np.float32))
    assert read_csv(root, OwnFilms(labels=("emphysema",))).labels == ("emphysema",)
    with pytest.raises(TrainingError, match="names no film 'gout'"):
        read_csv(root, OwnFilms(labels=("gout",)))


def test_a_column_of_names_beside_columns_of_states_is_named_as_no_label(root, capsys):
    write(root, "path,patient,split,Finding Labels,edema", f"{FILM},1,train,Edema|Mass,1", "f01.png,2,train,Mass,0")
    assert read_csv(root).labels == ("edema",)
    assert "these columns are no labels: Finding Labels." in capsys.readouterr().err


@pytest.mark.parametrize("again", ["f00.png", "f00", "./films/f00.png", "data/films/f00.png", "films/../films/f00.png"])
def test_two_names_of_one_file_are_one_film(again, root):
    write(root, "path,patient,split,edema", f"{FILM},1,train,1", "", f"{again},2,test,0")
    with pytest.raises(TrainingError, match=f"{FILM} in line 2 and {again} in line 4 are the same file"):
        read_csv(root)


def test_a_person_says_which_columns_are_labels(root):
    """A column that looks like one is taken for one, unless the labels are named."""
    write(root, "path,patient,split,male,Edema", "films/f00.png,1,train,1,0", "films/f01.png,2,train,0,1")
    assert read_csv(root).labels == ("male", "edema")
    assert read_csv(root, OwnFilms(labels=("oedema",))).labels == ("edema",)
    with pytest.raises(TrainingError, match="no column for every label of gout"):
        read_csv(root, OwnFilms(labels=("gout",)))


FILM = "films/f00.png"


@pytest.mark.parametrize(("names", "line", "said"), [
    ("path,patient,edema", f"{FILM},1,maybe", "'maybe' in line 2, column edema"),
    ("path,patient,Gout,edema", f"{FILM},1,1,2", "'2' in line 2, column edema"),
    ("path,patient,edema", f"{FILM},,1", "no patient in line 2"),
    ("path,patient,edema", f"{FILM},nan,1", "no patient in line 2"),
    ("path,patient,edema", ",1,1", "names no film in line 2"),
    ("path,patient,edema,split", f"{FILM},1,1,exam", "the split 'exam' in line 2"),
    ("path,patient,edema", f"{FILM},1,1\n\n{FILM},2,1", f"names {FILM} twice, again in line 4"),
    ("path,edema", f"{FILM},1", "does not say whose the films are"),
    ("file_of_it,patient,edema", f"{FILM},1,1", "no column that names the films"),
    ("path,patient", f"{FILM},1", "no label"),
    ("path,patient,age", f"{FILM},1,44", "no label"),
    ("path,patient,edema", "nowhere.png,1,1", "None of the 1 films"),
    ("path,patient,edema", f"{FILM},1,1,1", "4 cells in line 2, and 3 in its first"),
    ("path,patient,edema", f"{FILM},1", "2 cells in line 2"),
    ("path,patient,edema", "", "no line below the names"),
    ("path,patient,Edema,oedema", f"{FILM},1,1,0", "mean edema: 'Edema' and 'oedema'"),
    ("path,patient,edema,split", f"{FILM},1,1,train\nfilms/f01.png,1,1,test", "in train and in test"),
])  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(names, line, said, root):
    with pytest.raises(TrainingError, match=said):
        read_csv(write(root, names, *line.split("\n")))


def test_a_bare_name_is_found_wherever_it_is_but_only_once(root):
    (root / "more").mkdir()
    (root / "more" / "x.dcm").touch()
    write(root, "image_id,patient,split,edema", "x,1,train,1", "f03,2,train,0")
    assert [path.name for path in read_csv(root).paths] == ["x.dcm", "f03.png"]
    (root / "films" / "x.png").touch()
    with pytest.raises(TrainingError, match=r"2 films below .* are called x, as in line 2"):
        read_csv(root)


def test_the_task_is_stated_and_never_guessed(root):
    """The same table is trained on as classes or as findings, whatever its columns happen to hold."""
    names, split = "path,patient,split,normal,Edema,opacity", ["train", "train", "val", "val"]
    exclusive = [f"films/f{i:02}.png,{i},{split[i % 4]},{i % 2},{1 - i % 2},0" for i in range(8)]
    table = read_csv(write(root, names, *exclusive))
    with pytest.raises(TrainingError, match="No training film is opacity, which is one of the classes"):
        check_trainable(table, "single-label")
    with pytest.raises(TrainingError, match="No training film has opacity"):
        check_trainable(table, "multi-label")
    two = read_csv(write(root, names.replace(",opacity", ""), *(line.removesuffix(",0") for line in exclusive)))
    assert check_trainable(two, "multi-label") is two
    one_sided = read_csv(write(root, names.rpartition(",")[0], *(
        f"films/f{i:02}.png,{i},{split[i % 4]},{i % 2 or ''},{1 - i % 2 or ''}" for i in range(8))))  # fmt: skip
    assert (check_trainable(one_sided, "single-label").targets == two.targets).all(), "of a class all others are not"
    both = [*exclusive[:7], "films/f07.png,7,val,1,1,0"]
    table = read_csv(write(root, names, *both))
    with pytest.raises(TrainingError, match=r"1 of 8 films have not one label each, f07.png \(normal, ") as raised:
        check_trainable(table, "single-label")
    assert "--task multi-label" in raised.value.hint


def test_a_quote_that_is_never_closed_is_a_sentence(root):
    (root / "films.csv").write_text('path,patient,split,opacity\nfilms/f00.png,"1,train,1\n' + "x" * 200_000)
    with pytest.raises(TrainingError, match=r"films.csv, line \d+: .*field"):
        read_csv(root)
