"""The report that is taken home: what it says is what the page says, in a PDF that two readers open."""

from __future__ import annotations

import dataclasses
import html
import io
import re
import time
import unicodedata
from datetime import UTC, datetime

import cv2
import numpy as np
import pypdf
import pypdfium2
import pytest
import tifffile

from cxr_demo import Analyser, load, read_image
from cxr_demo.__main__ import main
from cxr_demo.analysis import choose_default_methods, order_labels
from cxr_demo.comparison.label_contrast import explain_contrasts
from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.regions import EvidenceMeter, make_film_masks
from cxr_demo.export import panel_pictures
from cxr_demo.export.report import describe_report, describe_versions
from cxr_demo.export.report_file import compute_shown
from cxr_demo.export.report_pdf import MISSING, make_report
from cxr_demo.export.settings import Settings
from cxr_demo.export.shown import DrawnMap, Greys, ShownStudy, draw_maps
from cxr_demo.film.gate import GateAnswer, Verdict, judge_image
from cxr_demo.film.phantom import make_phantom
from cxr_demo.labels import LabelWords
from cxr_demo.networks import checkpoint
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.ui.findings import findings_list
from cxr_demo.ui.viewer import panels, regions_table
from cxr_demo.ui.viewer.film_pictures import make_film_pictures
from tests.conftest import make_checkpoint, make_image
from tests.docs.test_commands import write_dicom

MADE = datetime(2026, 11, 29, 16, 20, tzinfo=UTC)
ROOT = checkpoint.get_weights_root()
SECONDS, BYTES = 5, 2 * 2**20
NUMBER = re.compile(r"[−+]?\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")


@pytest.fixture(scope="module")
def honest() -> Analyser:
    return Analyser(load(ROOT / "phantom-honest"))


def write_films(folder) -> list[str]:
    """Ten, each of another form."""
    for seed, (name, shape) in enumerate(
        {
            "8.png": (512, 512), "wide.png": (300, 512), "tall.png": (512, 200), "small.png": (64, 64),
            "large.png": (3000, 2600), "lossy.jpg": (600, 500), "web.webp": (256, 256), "Röntgen 胸.png": (128, 128),
        }.items()
    ):  # fmt: skip
        pixels = cv2.resize(make_phantom(seed, 256).pixels, shape[::-1])
        written, file = cv2.imencode(f".{name.rpartition('.')[2]}", np.rint(pixels * 255).astype(np.uint8))
        assert written
        (folder / name).write_bytes(file.tobytes())
    noise = np.random.default_rng(0).integers(0, 65535, (900, 900)).astype(np.uint16)  # what no JPEG makes small
    tifffile.imwrite(folder / "noise.tif", noise)
    write_dicom(folder / "film.dcm", make_phantom(9, 300).pixels)
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("films")
    return {name: str(folder / name) for name in write_films(folder)}


def show(analyser: Analyser, film: str, methods=(), **changed) -> ShownStudy:
    image = read_image(film)
    study = analyser.analyse(image)
    label = order_labels(analyser.card, study.probabilities)[0]
    methods = methods or choose_default_methods(analyser)
    found = analyser.explain(study, [label], methods)
    masks = make_film_masks(image.pixels, None, [(0.2, 0.2, 0.5, 0.5)])
    meter = EvidenceMeter(analyser.card.preprocess, masks)
    regions = {key: meter.measure_shown(found[key, label]) for key in methods}
    maps = draw_maps({key: found[key, label] for key in methods})
    name = film.rpartition("/")[2]
    shown = ShownStudy(name, study, analyser.card, label, maps, analyser.proof.line, judge_image(image, None, None),
                       regions, made=MADE)  # fmt: skip
    return dataclasses.replace(shown, **changed)


def read_by_pypdf(file: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages)


def read_by_pdfium(file: bytes) -> str:
    document = pypdfium2.PdfDocument(file)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def squeeze(text: str) -> str:
    """Without spaces: each reader puts its own where a line ends; and with the letters of a ligature."""
    return re.sub(r"[\s\ufffe\u00ad]", "", unicodedata.normalize("NFC", text.replace("ﬁ", "fi").replace("ﬂ", "fl")))


def list_words(data) -> list[str]:
    """Every text that a report sets, but for pictures."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [
            word
            for key, value in data.items()
            if key not in ("key", "text", "page", "lang")
            for word in list_words(value)
        ]
    return [word for value in data for word in list_words(value)] if isinstance(data, (list, tuple)) else []


def render_as_page(shown: ShownStudy) -> str:
    """What the page writes of the same."""
    card, study = shown.card, shown.study
    maps = {key: each.explanation for key, each in shown.maps.items() if isinstance(each, DrawnMap)}
    found = findings_list.render_findings(card, study.probabilities, shown.label, study.members)["html"]
    entries = panels.render_panels(study, card, shown.label, maps, make_film_pictures(shown.film_name, study.image, {}))
    table = regions_table.render_regions("", shown.regions, "", ())["html"]
    return html.unescape(re.sub(r"<[^>]*>", " ", " ".join((found, str(entries.body["html"]), table))))


@pytest.mark.parametrize("form", range(10))
def test_every_number_is_that_of_the_page(honest, films, form):
    name = list(films)[form]
    shown = show(honest, films[name])
    make_report(show(honest, films["small.png"]))  # fonts are loaded once
    started = time.monotonic()
    file = make_report(shown)
    assert time.monotonic() - started < SECONDS and len(file) < BYTES
    page = render_as_page(shown)
    report = describe_report(shown)
    for reader in (read_by_pypdf, read_by_pdfium):
        text = squeeze(reader(file))
        for word in list_words(report):  # all of it is there to be read and copied
            shown_word = "".join(letter if letter not in "胸" else MISSING for letter in word)
            assert squeeze(shown_word) in text, word
    own = " ".join((report["made"], describe_versions(), shown.study.image.sha256, shown.study.checkpoint_sha256,
                    shown.proof, str(honest.card.temperature), honest.card.name, honest.card.purpose,
                    *(f"{doubt.sentence} {doubt.measure}" for doubt in shown.gate.doubts),
                    honest.card.licence, "SHA-256 96 70"))  # fmt: skip
    known = set(NUMBER.findall(page)) | set(NUMBER.findall(own))
    sections = {key: value for key, value in report.items() if key != "warning"}
    told = {number for word in list_words(sections) for number in NUMBER.findall(word)}
    assert told - known == set()
    for label in honest.card.labels:
        assert squeeze(honest.card.get_finding(label).name) in text


def test_every_number_is_that_of_the_command_line(films, tmp_path, capsys, monkeypatch):
    film, out = films["8.png"], tmp_path / "report.pdf"
    asked = [film, "--weights", str(ROOT / "phantom-honest"), "--region", "0.2", "0.2", "0.5", "0.5", "--anyway"]
    assert main(["report", *asked, "--out", str(out), "--method", "grad-cam", "lrp-epsilon", "--checks"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(out)] and format_text("report-look") in told.err
    text = squeeze(read_by_pypdf(out.read_bytes()))
    assert main(["evaluate", *asked, "--method", "grad-cam", "lrp-epsilon"]) == 0
    lines = capsys.readouterr().out.splitlines()
    places = next(line for line in lines if line.startswith("grad-cam: evidence "))
    for share, area in re.findall(r"(\d+) % \(area (\d+) %\)", places):
        assert squeeze(f"{share} % ({area} %)") in text
    deletion = re.search(r"\| grad-cam \| ([+−]\d+\.\d\d), (p = \d\.\d\d)", "\n".join(lines))
    assert deletion and squeeze(f"{deletion[1]} logit points; {deletion[2]}") in text
    assert main(["predict", *asked[:3], "--anyway"]) == 0
    for line in capsys.readouterr().out.splitlines():
        _, _, score, said, _, finding = line.split("\t")
        shown = "< 0.1 %" if float(score) < 0.001 else f"{100 * float(score):.{int(float(score) < 0.01)}f} %"
        assert squeeze(f"{finding}{shown}{said}") in text


def test_it_is_tagged_has_its_language_and_says_so(honest, films):
    reader = pypdf.PdfReader(io.BytesIO(make_report(show(honest, films["8.png"]))))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == format_text("report-title")
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert reader.metadata.creation_date == MADE and len(reader.pages) <= 2

    def list_tags(node) -> list[tuple[str, str]]:
        node = node.get_object()
        if isinstance(node, list):
            return [tag for each in node for tag in list_tags(each)]
        if not isinstance(node, dict):
            return []
        own = [(str(node["/S"]), str(node.get("/Alt", "")))] if "/S" in node else []
        return own + (list_tags(node["/K"]) if "/K" in node else [])

    tags = list_tags(root["/StructTreeRoot"])
    figures = [text for tag, text in tags if tag == "/Figure"]
    assert len(figures) == 1 + 2 * 3 and all(figures)  # the film, and of each map the picture and the bar
    assert {"/H1", "/Table", "/TH", "/TD"} <= {tag for tag, _ in tags}


def test_a_map_that_is_not_there_has_its_reason_and_none_at_all_is_said(honest, films):
    shown = show(honest, films["8.png"])
    refused = dataclasses.replace(shown, maps={**shown.maps, "grad-cam": "The proof failed: no map."}, regions={})
    assert squeeze("The proof failed: no map.") in squeeze(read_by_pypdf(make_report(refused)))
    without = dataclasses.replace(shown, maps={}, regions={})
    assert squeeze(format_text("report-no-maps")) in squeeze(read_by_pypdf(make_report(without)))
    held = dataclasses.replace(shown, held=True)
    text = squeeze(read_by_pypdf(make_report(held)))
    assert "leftouthere" in text and squeeze("logit points per cell") not in text


def test_a_map_with_too_little_says_so(honest, films):
    shown = show(honest, films["8.png"], ["grad-cam"])
    made = dataclasses.replace(shown.maps["grad-cam"].explanation, map_square=np.zeros((4, 4), np.float32))
    empty = dataclasses.replace(shown, maps=draw_maps({"grad-cam": made}))
    assert panel_pictures.list_panels(empty) == ["film"]
    (figure,) = describe_report(empty)["maps"]["figures"]
    assert squeeze(figure["instead"]) in squeeze(read_by_pypdf(make_report(empty)))


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_letter_lies_on_another(films, language):
    """With fourteen findings, some of which have long names."""
    with use_language(language):
        document = pypdfium2.PdfDocument(
            make_report(show(Analyser(load(ROOT / "nih-efficientnet-lite0")), films["8.png"]))
        )
        for page in document:
            text = page.get_textpage()
            letters = {at: text.get_text_range(at, 1) for at in range(text.count_chars())}
            seen = [at for at, letter in letters.items() if letter.strip()]
            left, bottom, right, top = np.array([text.get_charbox(at) for at in seen]).T
            width = np.minimum(right, right[:, None]) - np.maximum(left, left[:, None])
            height = np.minimum(top, top[:, None]) - np.maximum(bottom, bottom[:, None])
            pairs = [(seen[one], seen[other]) for one, other in np.argwhere(np.triu((width > 0.8) & (height > 0.8), 1))]
            # The letters of a word reach into each other.
            on = [one for one, other in pairs if other - one > 2 or not (letters[one] + letters[other]).isalpha()]
            assert not on, {text.get_text_range(max(0, at - 9), 18) for at in on}
        document.close()


def test_long_and_foreign_names_keep_the_pages_whole(films):
    made = make_checkpoint()
    names = ("a" * 32 + " very long name of a finding", "Überblähung", "кардиомегалия", "胸水")
    labels = ("one", "two", "three", "four")
    words = {label: LabelWords(name={"en": name}) for label, name in zip(labels, names, strict=True)}
    card = dataclasses.replace(made.card, labels=labels, label_words=words, title="«Netz» " * 20)
    analyser = Analyser(dataclasses.replace(made, card=card))
    image = make_image(0)
    study = analyser.analyse(image)
    found = analyser.explain(study, [labels[0]], ["gradient"])
    shown = ShownStudy("日本 " * 30 + ".png", study, card, labels[0],
                       draw_maps({"gradient": found["gradient", labels[0]]}), "ok")  # fmt: skip
    file = make_report(shown)
    text = squeeze(read_by_pypdf(file))
    assert "Überblähung" in text and "кардиомегалия" in text and MISSING in text and len(file) < BYTES


def test_greys_and_the_gate_are_told(honest, films):
    doubtful = judge_image(dataclasses.replace(read_image(films["8.png"]), is_colour=True), None, None)
    shown = show(honest, films["8.png"], greys=Greys(0.25, 0.75, True), gate=doubtful)
    text = squeeze(read_by_pypdf(make_report(shown)))
    assert squeeze("black at 25 % of the film's range, white at 75 %, then inverted") in text.replace("’", "'")
    assert doubtful.doubts and all(squeeze(doubt.sentence) in text for doubt in doubtful.doubts)
    plain = panel_pictures.draw_panel(dataclasses.replace(shown, greys=Greys()), "film", 512)
    seen = np.clip((plain / 255 - 0.25) / 0.5, 0, 1)
    assert np.abs(panel_pictures.draw_panel(shown, "film", 512) - 255 * (1 - seen)).max() <= 2
    usual = dataclasses.replace(shown, gate=GateAnswer(Verdict.USUAL, ()))
    assert format_text("report-gate-usual") in str(describe_report(usual))


def test_maps_against_the_other_findings_are_not_checked(honest, films, tmp_path, capsys):
    asked = ["report", films["8.png"], "--weights", str(ROOT / "phantom-honest"), "--method", "grad-cam", "--anyway"]
    out = tmp_path / "report.pdf"
    assert main([*asked, "--out", str(out), "--contrast", "--checks"]) == 2 and not out.exists()
    assert format_text("contrast-not-checked") in capsys.readouterr().err
    study = honest.analyse(read_image(films["8.png"]))
    found = explain_contrasts(honest, study, study.labels[:1], ["grad-cam"])
    with pytest.raises(ExplanationError):
        honest.evaluate_maps(study, list(found.values()))


def test_checks_that_are_asked_for_are_made_though_nobody_hears_how_far(honest, films, monkeypatch):
    image, settings = read_image(films["8.png"]), Settings(methods=("grad-cam",), checks=True)
    monkeypatch.setattr(Analyser, "evaluate_maps", lambda self, study, maps, on_progress: {"grad-cam": len(maps)})
    shown = compute_shown(honest, "8.png", image, judge_image(image, None, None), None, settings)
    assert shown.evaluations == {"grad-cam": 1}


def test_the_command_replaces_nothing_unasked_and_leaves_no_part(honest, films, tmp_path, capsys):
    out = tmp_path / "new" / "report.pdf"
    asked = ["report", films["8.png"], "--weights", str(ROOT / "phantom-honest"), "--method", "gradient", "--anyway"]
    assert main([*asked, "--out", str(out)]) == 0
    first = out.read_bytes()
    assert main([*asked, "--out", str(out)]) == 2 and out.read_bytes() == first
    assert "--overwrite" in capsys.readouterr().err
    assert main([*asked, "--out", str(out), "--overwrite"]) == 0
    assert main([*asked, "--out", str(out.parent)]) == 2
    assert main([*asked, "--out", str(out / "below.pdf")]) == 2  # a file where a folder should be
    assert [path.name for path in out.parent.iterdir()] == ["report.pdf"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_a_card_says_in_another_language_than_the_report_is_marked(honest, films, language):
    card = honest.card
    half = dataclasses.replace(card, texts={"de": dataclasses.replace(card.texts["de"], purpose="")})
    with use_language(language):
        shown = dataclasses.replace(show(honest, films["8.png"], ["grad-cam"]), card=half)
        facts = dict(describe_report(shown)["sections"][-1]["facts"])
        purpose, people = format_text("fact-question"), format_text("fact-people")
        file = make_report(shown)
    languages = {name: fact["lang"] if isinstance(fact, dict) else language for name, fact in facts.items()}
    assert languages[purpose] == "en" and languages[people] == language
    marked = {str(each.get_object()["/Lang"]) for each in list_marked(pypdf.PdfReader(io.BytesIO(file)))}
    assert ("en" in marked) == (language == "de"), "typst says the language of what differs from the document's"


def list_marked(reader: pypdf.PdfReader) -> list:
    """Every object of the file that states a language, but for its root."""
    numbers = range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1)
    found = [reader.get_object(pypdf.generic.IndirectObject(number, 0, reader)) for number in numbers]
    return [each for each in found if isinstance(each, dict) and "/Lang" in each and each.get("/Type") != "/Catalog"]
