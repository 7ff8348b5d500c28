"""Which films are meant by files, folders, lists and tables."""

import pytest

from cxr_demo.errors import CxrError
from cxr_demo.film.film_list import list_films


def touch(folder, *names, content=b"x"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_a_folder_gives_its_films_in_order_and_nothing_else(tmp_path):
    touch(tmp_path, "b.PNG", "a/c.jpg", "notes.txt", ".hidden.png", ".cache/d.png", "a/._c.jpg")
    touch(tmp_path, "1.2.840.7", content=b"\0" * 128 + b"DICM")  # DICOM often has no ending
    assert list_films([str(tmp_path)]) == [str(tmp_path / name) for name in ("1.2.840.7", "a/c.jpg", "b.PNG")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_names_films_beside_it_in_any_encoding(tmp_path, encoding):
    text = 'Name;File;Größe\r\nMüller;"Röntgen; Übersicht.png";3,5\r\n\r\nWeiß;/else/where.dcm;\r\n'
    (tmp_path / "films.csv").write_bytes(text.encode(encoding))
    found = list_films([], str(tmp_path / "films.csv"))
    assert found == [str(tmp_path / "Röntgen; Übersicht.png"), "/else/where.dcm"]


def test_a_list_names_a_film_a_line_and_each_film_is_meant_once(tmp_path):
    (tmp_path / "list.txt").write_text("a.png\n\n b, c.png \na.png\n")
    a, b = str(tmp_path / "a.png"), str(tmp_path / "b, c.png")
    assert list_films(["x.png", f"@{tmp_path / 'list.txt'}", a]) == ["x.png", a, b]


def test_a_synthetic_film_of_a_list_lies_in_no_folder(tmp_path):
    (tmp_path / "list.txt").write_text("synthetic:normal\na.png\n")
    (tmp_path / "films.csv").write_text("file\nsynthetic:effusion\n")
    found = list_films([f"@{tmp_path / 'list.txt'}"], str(tmp_path / "films.csv"))
    assert found == ["synthetic:normal", str(tmp_path / "a.png"), "synthetic:effusion"]


@pytest.mark.parametrize(
    "content, told",
    [
        (b"film,age\na.png,3\n", "no column that names the films. Call it file. Its columns are: film, age."),
        (b"age;file\n3;a.png\n4\n", "names no film in line 3"),
        (b"\0\x01\x02", "is no text"),
        (None, "is missing"),
    ],
)
def test_a_list_that_names_no_films_is_told(tmp_path, content, told):
    if content is not None:
        (tmp_path / "films.csv").write_bytes(content)
    with pytest.raises(CxrError, match="films.csv") as error:
        list_films([], str(tmp_path / "films.csv"))
    assert told in str(error.value)


def test_no_film_at_all_is_told(tmp_path):
    with pytest.raises(CxrError, match="There is no film"):
        list_films([str(tmp_path)])
