"""The folder of the static edition, the same as one file, and what is said where it cannot be written."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import json
import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from cxr_demo import render
from cxr_demo.__main__ import main
from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static import edition as edition_module
from cxr_demo.export.static import libraries
from cxr_demo.export.static.edition import LIMITS
from cxr_demo.export.static.golden import describe_case, make_films
from cxr_demo.export.static.png_files import write_png
from cxr_demo.export.static.single_file import pack_edition
from cxr_demo.film.phantom import make_example_phantoms
from cxr_demo.networks import checkpoint
from cxr_demo.networks.gate_net import KINDS, load_gate, prepare_picture
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.planted import list_planted
from cxr_demo.text.catalogue import LANGUAGES, format_text
from tests.export.static.test_graphs import open_graph

ROOT = Path(__file__).parents[3]
PACKAGE_LOCK = ROOT / "cxr_demo/export/static/package-lock.json"
MOST_BYTES = 8 * 2**20  # of what the lessons need
CHEAT_BYTES = 600_000  # of the other network of the lessons
READERS = ("openjpeg", "charls", "dicom-parser", "jpeg-lossless")  # of one's own films, when needed
UNLOADED = (*READERS, "licences.txt")


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_edition_names_what_it_holds(edition):
    facts = read_json(edition / "edition.json")
    (network,) = facts["networks"]
    files = list((edition / "networks" / network["name"]).iterdir())
    assert network["default"] and network["bytes"] == sum(path.stat().st_size for path in files)
    assert set(network["title"]) == set(facts["languages"]) == set(LANGUAGES)
    manifest = edition / "networks" / network["name"] / "manifest.json"
    assert network["manifest_sha256"] == hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert facts["gate"]["manifest_sha256"] == hashlib.sha256((edition / "gate/manifest.json").read_bytes()).hexdigest()
    assert set(facts["files"]) == {
        path.relative_to(edition).as_posix() for path in edition.rglob("*") if path.is_file()
    }
    runtime = gzip.decompress((edition / "lib/ort-wasm-simd-threaded.wasm.gz").read_bytes())
    assert facts["programs"]["lib/ort-wasm-simd-threaded.wasm.gz"] == hashlib.sha256(runtime).hexdigest()
    assert {"lib/charls.wasm", "lib/openjpeg.wasm"} < set(facts["programs"])
    assert facts["decks"] == [path.name for path in find_bundled_decks()]
    for shown, kind in (("positive", render.Scale("positive", "", 1)), ("signed", render.Scale("signed", "", 1))):
        table = np.frombuffer(base64.b64decode(facts["render"]["tables"][shown]), np.uint8).reshape(256, 4)
        np.testing.assert_array_equal(table, render.make_colour_table(kind))
    for code in LANGUAGES:
        assert (edition / "texts" / f"{code}.ftl").read_bytes() == (
            ROOT / "cxr_demo" / "text" / f"{code}.ftl"
        ).read_bytes()


def test_each_limit_that_is_told_is_read_by_a_script():
    scripts = "".join(path.read_text() for path in (ROOT / "cxr_demo/export/static/page").rglob("*.js"))
    assert [name for name in LIMITS if not re.search(rf"\b{name.lower()}\b", scripts)] == []


def test_all_that_is_copied_has_its_licence(edition):
    told = (edition / "lib" / "licences.txt").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^(\S+) \d+\.\d+\.\d+, .*?\n\n(.+?)(?=\n\n\S+ \d+\.\d+\.\d+, |\Z)", told, re.M | re.S))
    packages = {"/".join(each.split("/")[: 2 if each[0] == "@" else 1]) for each in libraries.COPIED.values()}
    assert set(parts) == packages and all(re.search("copyright", part, re.I) for part in parts.values())
    assert "Jan de Vaan" in parts["@cornerstonejs/codec-charls"] and "protobuf" in parts["onnxruntime-web"]
    assert "Universite catholique" in parts["@cornerstonejs/codec-openjpeg"]


def test_a_package_without_a_licence_is_not_copied(tmp_path, monkeypatch):
    package = tmp_path / "thing"
    package.mkdir()
    (package / "package.json").write_text('{"version": "1.0.0", "license": "MIT"}')
    monkeypatch.setattr(libraries, "COPIED", {"thing.js": "thing/x.js"})
    with pytest.raises(CxrError, match="thing"):
        list(libraries._list_licences(tmp_path))


def test_packages_go_where_they_may_be_written_and_are_whole_or_not_there(tmp_path, monkeypatch):
    """Two at once: each installs for itself, the first one's stay."""
    asked = []

    def install(npm: str, folder: Path, lock: bytes, package: bytes) -> None:
        (folder / "node_modules").mkdir()
        asked.append(folder)
        if len(asked) == 1:
            assert libraries.install_libraries([tmp_path / "own"]) == found
            (found / "first").touch()

    found = tmp_path / "own" / hashlib.sha256(PACKAGE_LOCK.read_bytes()).hexdigest()[:16] / "node_modules"
    (tmp_path / "file").write_text("")  # no folder, nor may it be one
    monkeypatch.setattr(libraries, "_run_npm", install)
    monkeypatch.setattr(libraries.shutil, "which", lambda *_, **__: "npm")
    assert libraries.install_libraries([tmp_path / "file", tmp_path / "own"]) == found
    assert len(asked) == 2 and (found / "first").exists() and [*(tmp_path / "own").iterdir()] == [found.parent]


def test_an_earlier_edition_goes_and_what_is_not_its_own_stays(tmp_path, monkeypatch):
    def write(folder: Path, opened: Sequence[checkpoint.Checkpoint], _: object) -> None:
        for one in opened:
            (folder / "networks" / one.card.name).mkdir(parents=True)
            (folder / "networks" / one.card.name / "manifest.json").write_text("{}")
        (folder / "index.html").write_text("new")
        files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        (folder / "edition.json").write_text(json.dumps({"files": ["edition.json", "../mine.txt", *files]}))

    monkeypatch.setenv("CXR_WEIGHTS", str(ROOT / "weights"))
    monkeypatch.setattr(edition_module, "_write_files", write)
    (tmp_path / "mine.txt").write_text("mine")
    out = tmp_path / "out"
    edition_module.write_edition(out, ["phantom-honest"])
    (out / "README.md").write_text("mine")
    edition_module.write_edition(out, ["phantom-cheat"], overwrite=True)
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert left == {"README.md", "edition.json", "index.html", "networks/phantom-cheat/manifest.json"}
    assert [path.name for path in (out / "networks").iterdir()] == ["phantom-cheat"]
    assert (tmp_path / "mine.txt").exists()


def test_a_folder_of_one_s_own_is_never_written_over(tmp_path, capsys):
    (tmp_path / "index.html").write_text("mine")
    assert main(["export-static", str(tmp_path), "--networks", "phantom-honest", "--overwrite"]) == 2
    assert format_text("static-foreign", folder=str(tmp_path)) in capsys.readouterr().err
    assert (tmp_path / "index.html").read_text() == "mine"


def test_the_page_names_files_that_are_there(edition):
    index = (edition / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', index)
    assert named and [name for name in named if not (edition / name).is_file()] == []
    assert not list(edition.rglob("*.d.ts")) and "http" not in "".join(named)


def test_films_are_the_products_own_to_the_last_level(edition):
    for key, film in make_example_phantoms().items():
        found = cv2.imread(str(edition / "examples" / f"{key}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(found, render.make_greys(film.pixels))
        lines = edition / "examples" / f"{key}-outlines.png"
        assert lines.is_file() == bool(list_planted(film))
        if lines.is_file():  # around what was planted, not over it
            alpha = np.asarray(cv2.imread(str(lines), cv2.IMREAD_UNCHANGED))[..., 3]
            assert alpha.shape == film.pixels.shape and 0 < (alpha > 0).mean() < 0.1
            assert not alpha[np.logical_or.reduce([*list_planted(film).values()])].any()
    for folder in find_bundled_decks():
        deck, told = read_deck(folder), read_json(edition / "decks" / folder.name / "deck.json")
        assert told["title"] == deck.head.title and len(told["films"]) == len(deck.films)
        for film, of_film in zip(deck.films, told["films"], strict=True):
            assert set(of_film["truth"]) == set(film.findings) >= {each["label"] for each in of_film["regions"]}
            found = cv2.imread(str(edition / "decks" / folder.name / of_film["file"]), cv2.IMREAD_UNCHANGED)
            np.testing.assert_array_equal(found, render.make_greys(deck.read_film(film).pixels))


def test_the_gate_s_graph_says_what_the_gate_says(edition):
    gate, facts = load_gate(ROOT / "weights" / "gate"), read_json(edition / "gate" / "manifest.json")
    assert gate and facts["kinds"] == list(KINDS) and facts["weights_sha256"] == gate.card["weights_sha256"]
    session = open_graph(edition / "gate" / facts["graphs"]["gate"]["file"])
    for film in make_example_phantoms().values():
        x = prepare_picture(film.pixels)[None, None]
        logits, distance, side = (np.asarray(value) for value in session.run(None, {"x": x}))
        shares = np.exp(logits[0] - logits.max()) / np.exp(logits[0] - logits.max()).sum()
        found = gate.assess(film.pixels)
        assert shares[0] == pytest.approx(found.frontal, abs=1e-5)
        assert float(distance[0]) == pytest.approx(found.distance, abs=1e-5)
        assert 1 / (1 + np.exp(-float(side[0]))) == pytest.approx(found.mirrored, abs=1e-5)


def test_a_golden_case_holds_every_step(edition, tmp_path):
    analyser = Analyser(checkpoint.load(ROOT / "weights" / "phantom-honest"), proofs=get_proof_folder())
    pixels, bits = list(make_films(8))[-1]
    write_png(tmp_path / "film.png", pixels, bits)
    case = describe_case(analyser, tmp_path / "film.png", 1)
    assert case["shape"] == list(pixels.shape)
    map_ = case["maps"]["lrp-epsilon"]
    values = np.frombuffer(base64.b64decode(map_["values"]), "<f4")
    assert len(values) == map_["rows"] * map_["columns"] and values.sum() == pytest.approx(map_["sum"], rel=1e-4)
    overlay = np.frombuffer(base64.b64decode(map_["image"]["overlay"]), np.uint8)
    assert len(overlay) == 3 * pixels.size


def test_the_lessons_need_little(edition):
    size = CHEAT_BYTES + sum(
        path.stat().st_size
        for path in edition.rglob("*")
        if path.is_file() and "gate" not in path.parts and not path.name.startswith(UNLOADED)
    )
    assert size <= MOST_BYTES


def test_one_file_holds_every_other(tmp_path):
    (tmp_path / "engine").mkdir()
    index = (
        '<!doctype html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'">\n'
        '<link rel="stylesheet" href="page.css"></head><body><p>Film</p>\n'
        '<script src="first.js"></script>\n<script type="module" src="engine/page.js"></script>\n</body></html>\n'
    )
    files = {
        "index.html": index, "single.js": "start();", "sw.js": "", "page.css": "p { color: red }", "first.js": "1;",
        "engine/page.js": 'import "./x.js";', "edition.json": "{}",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "runtime.wasm.gz").write_bytes(gzip.compress(b"wasm"))
    page = pack_edition(tmp_path)
    packed = dict(re.findall(r'<script type="text/plain" id="([^"]+)">([^<]+)</script>', page))
    assert set(packed) == {*files, "runtime.wasm.gz"} - {"index.html", "single.js", "sw.js"}
    for name, text in packed.items():
        wanted = files.get(name, "wasm").encode()
        assert gzip.decompress(base64.b64decode(text)) == wanted
    (started,) = re.findall(r'<script type="application/json" id="files">(.*?)</script>', page)
    assert json.loads(started) == [
        {"path": "page.css", "run": "style"},
        {"path": "first.js", "run": "classic"},
        {"path": "engine/page.js", "run": "module"},
    ]
    hash_ = base64.b64encode(hashlib.sha256(b"start();").digest()).decode()
    assert f"'sha256-{hash_}'" in page and page.count("<script>") == 1 and "src=" not in page and "href=" not in page
    assert page.index("<p>Film</p>") < page.index('id="files"') < page.index("<script>start();</script>")


def test_wrong_use_is_said_in_a_sentence(edition, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CXR_WEIGHTS", str(ROOT / "weights"))
    assert main(["export-static", str(edition), "--networks", "phantom-honest"]) == 2
    assert format_text("static-earlier", folder=str(edition)) in capsys.readouterr().err
    (tmp_path / "page.html").write_text("")
    assert main(["export-static", str(tmp_path), "--networks", "phantom-honest"]) == 2
    assert format_text("static-foreign", folder=str(tmp_path)) in capsys.readouterr().err
    assert main(["export-static", str(tmp_path / "page.html"), "--single", "--networks", "phantom-honest"]) == 2
    assert "page.html" in capsys.readouterr().err
    assert main(["export-static", str(tmp_path / "new"), "--networks", "phantom-nobody"]) == 2
    assert "phantom-nobody" in capsys.readouterr().err and not (tmp_path / "new").exists()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["export-static", str(tmp_path / "new")]) == 2
    assert format_text("static-extra") in capsys.readouterr().err


def test_the_front_matter_of_a_static_space_is_whole(edition):
    _, front, body = (ROOT / "docs" / "space" / "static.md").read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["sdk"] == "static" and (edition / facts["app_file"]).is_file()
    assert len(facts["short_description"]) <= 60 and "not for clinical use" in body.lower()
    assert facts["custom_headers"]["cross-origin-embedder-policy"] == "require-corp"
    copied = re.findall(r"docs/space/(\S+\.md)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert "static.md" in copied
