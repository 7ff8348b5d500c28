"""Ten films, on the page and by the command line: one report, and each of its numbers is one of both."""

from __future__ import annotations

import html
import io
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdf
import pytest

from cxr_demo import Analyser, load
from cxr_demo.__main__ import main
from cxr_demo.commands import opening
from cxr_demo.evaluation.lung_segmentation import load_lungs
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export import report_file
from cxr_demo.export.report import describe_report, describe_versions, name_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.gate_net import load_gate
from cxr_demo.text.catalogue import use_language
from cxr_demo.text.formats import format_percent
from tests.export.test_report import (
    BYTES,
    NUMBER,
    SECONDS,
    list_words,
    read_by_pdfium,
    read_by_pypdf,
    squeeze,
    write_films,
)
from tests.ui.stand_ins import Page, make_desk, uploaded

ROOT = checkpoint.get_weights_root()
HONEST, FOUR, MANY = "phantom-honest", "four-classes-efficientnet-lite0", "nih-efficientnet-lite0"
BOX, TRIANGLE = (0.1, 0.2, 0.3, 0.4), ((0.6, 0.3), (0.9, 0.35), (0.7, 0.8))


@dataclass(frozen=True)
class Walk:
    """What a person does with a film before they take its report home."""

    film: str
    network: str = HONEST
    language: str = "en"
    methods: tuple[str, ...] = ("grad-cam", "gradient-x-input")
    regions: tuple = ()
    cover: str = ""
    prior: str = ""
    contrast: bool = False
    checks: bool = False
    mend: str = ""
    label: int | None = None


WALKS = (
    Walk("8.png", regions=(BOX,), cover="mirror", checks=True, methods=("grad-cam",)),
    Walk("wide.png", FOUR, "de", regions=(BOX, BOX[::-1])),
    Walk("tall.png", MANY, label=3),
    Walk("small.png", prior="8.png"),
    Walk("large.png", FOUR, regions=(BOX,), cover="blur", methods=("grad-cam", "layer-cam")),
    Walk("lossy.jpg", MANY, "de", regions=(BOX,), cover="grey", prior="web.webp"),
    Walk("web.webp", contrast=True, methods=("grad-cam", "hires-cam", "gradient-x-input")),
    Walk("Röntgen 胸.png", language="de", prior="film.dcm", regions=(BOX,), cover="keep"),
    Walk("noise.tif", FOUR, methods=("grad-cam", "layer-cam", "gradient")),
    Walk("film.dcm", MANY, regions=(BOX,)),
)


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ten")
    write_films(folder)
    return folder


@pytest.fixture(scope="module")
def analysers() -> dict[str, Analyser]:
    return {name: Analyser(load(ROOT / name), proofs=get_proof_folder()) for name in (HONEST, FOUR, MANY)}


@pytest.fixture
def page(analysers, tmp_path) -> Page:
    desk = make_desk(analysers, tmp_path, load_lungs(ROOT / "lungs"))
    desk.gate = load_gate(ROOT / "gate")
    return Page(desk)


def give(page: Page, film: Path) -> str:
    """-> the key of the film, with which the page goes on whatever the gate says."""
    page.press("take_film", path=uploaded(page.desk.folder, film.name, film.read_bytes()), name=film.name)
    page.settle()
    page.press("show_anyway", film=page.session.wish.film)
    return page.session.wish.film


def walk_page(page: Page, walk: Walk, films: Path) -> tuple[bytes, str, str]:
    """-> the report, all that the page says, and the label."""
    with page.session.lock:
        page.session.speak(10**6, walk.language)
    prior = give(page, films / walk.prior) if walk.prior else ""
    give(page, films / walk.film)
    page.press("choose_checkpoint", checkpoint=walk.network)
    page.press("choose_methods", methods=list(walk.methods))
    if walk.contrast:
        page.press("contrast_labels", contrast=True)
    shown = page.settle()
    if walk.label is not None:
        page.press("choose_label", label=page.desk.analysers[walk.network].card.labels[walk.label])
    if walk.regions:
        page.press("draw_regions", regions=[{"shape": list(region)} for region in walk.regions])
    if walk.cover:
        page.press("cover_regions", how=walk.cover)
    if walk.prior:
        page.press("compare_with", choice=f"film {prior}")
    if walk.checks:
        page.press("run_checks")
        page.settle()
        page.press("run_checks", slow=True)
    page.settle()
    seen = {"looked": True, "absolute": False, "held": False, "opacity": 0.7, "low": 0, "high": 1, "inverted": False}
    page.press("take_home", kind="pdf", panel="", **seen)
    shown = page.settle()
    assert shown.take_home["file"], shown.take_home["html"]
    (file,) = page.session.exports._files.values()
    parts = (shown.findings, shown.panels, shown.regions, shown.pair, shown.checks, shown.facts)
    told = html.unescape(re.sub(r"<[^>]*>", " ", " ".join(str(part["html"]) for part in parts)))
    return file.body, told, shown.value["at"]["label"]


def ask(arguments: list[str], capsys) -> str:
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out


@pytest.fixture
def seen(monkeypatch, analysers):
    """Commands take the networks that are loaded already; -> what was shown of each report."""
    monkeypatch.setattr(opening, "load_analyser", lambda name, *_, **__: analysers[Path(name).name])
    kept, compute = [], report_file.compute_shown

    def keep(*arguments):
        kept.append(compute(*arguments))
        return kept[-1]

    monkeypatch.setattr(report_file, "compute_shown", keep)
    return kept


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.film.partition(".")[0])
def test_page_and_command_line_make_one_report(walk, page, films, tmp_path, capsys, seen):
    own, told, label = walk_page(page, walk, films)
    film, language = str(films / walk.film), ["--lang", walk.language]
    chosen = ["--weights", walk.network, "--anyway", "--label", label, "--method", *walk.methods]
    regions = [word for region in walk.regions for word in ("--region", *map(str, region))]
    more = [*(["--cover", walk.cover] * bool(walk.cover)), *(["--prior", str(films / walk.prior)] * bool(walk.prior)),
            *["--contrast"] * walk.contrast, *["--checks"] * walk.checks]  # fmt: skip
    out = tmp_path / "report.pdf"
    ask([*language, "report", film, *chosen, *regions, *more, "--out", str(out)], capsys)
    made = out.read_bytes()
    with use_language(walk.language):
        report, versions = describe_report(seen[-1]), describe_versions()
    for file in (own, made):
        assert len(file) < BYTES
    texts = [read(file) for file in (own, made) for read in (read_by_pypdf, read_by_pdfium)]
    when = re.compile(r"(Made|Erstellt am).*?cxr-demo [\d.]+", re.DOTALL)
    plain = [squeeze(when.sub("", text, count=1)) for text in texts]
    assert plain[0] == plain[2] and plain[1] == plain[3], "the page and the command line say different things"

    # Every number stands on the page too, or is of what made the report.
    facts = (report["made"], versions, seen[-1].study.image.file_sha256, seen[-1].study.checkpoint_sha256,
             *(f"{doubt.sentence} {doubt.measure}" for doubt in seen[-1].gate.doubts), "SHA-256 70",
             *describe_prior_file(seen[-1]), walk.prior, walk.film,
             " ".join(report["film"]["told"]), report["film"]["size"])  # fmt: skip
    known = set(NUMBER.findall(told)) | set(NUMBER.findall(" ".join(facts)))
    sections = {key: value for key, value in report.items() if key not in ("warning", "film")}
    numbers = {number for word in list_words(sections) for number in NUMBER.findall(word)}
    assert len(numbers) > 20 and numbers - known == set()

    # And each of the command line's stands in the report.
    check_predictions(ask(["predict", film, *chosen[:3], "--json"], capsys), page, walk, label, plain[0])
    ask(["explain", film, *chosen, *["--contrast"] * walk.contrast, "--out", str(tmp_path / "maps")], capsys)
    check_maps(tmp_path / "maps" / "result.json", seen[-1])
    if not walk.contrast:
        check_regions(ask(["evaluate", film, *chosen[: -len(walk.methods)], "grad-cam", *regions], capsys), seen[-1])


def describe_prior_file(shown) -> tuple[str, ...]:
    image = shown.prior and shown.prior.study.image
    return (image.file_sha256, name_image(image), *map(str, image.notes)) if image else ()


def check_predictions(told: str, page: Page, walk: Walk, label: str, text: str) -> None:
    (row,) = json.loads(told)
    reading = page.session.readings[page.session.wish.film, walk.network]
    for key, p in row["probabilities"].items():
        assert p == pytest.approx(float(reading.study.probabilities[reading.study.labels.index(key)]), abs=1e-6)
    assert row["film"]["sha256"] in text and row["checkpoint_sha256"] in text
    digits = int(row["probabilities"][label] < 0.01)
    shown = f"{100 * row['probabilities'][label]:.{digits}f}"
    if 0.01 < row["probabilities"][label] < 0.99:
        assert (shown if row["calibrated"] else f"{row['probabilities'][label]:.2f}").replace(
            ".", "," if walk.language == "de" else ".") in text  # fmt: skip


def check_maps(result: Path, shown) -> None:
    told = json.loads(result.read_text())["maps"]
    for key, drawn in shown.list_drawn().items():
        of = told[f"{key}/{shown.label}{'/contrast' * shown.contrast}"]
        assert of["full_colour_at"] == pytest.approx(drawn.scale.limit, rel=1e-4)
        assert of["sum_over_native_map"] == pytest.approx(drawn.explanation.total, rel=1e-3, abs=1e-4)
        assert of["logit"] == pytest.approx(drawn.explanation.logit, abs=1e-5)


def check_regions(told: str, shown) -> None:
    line = next(line for line in told.splitlines() if line.startswith("grad-cam: evidence in"))
    found = re.findall(r"((?:< )?[\d.]+ %|no evidence) \(area ((?:< )?[\d.]+ %)\)", line.replace("\xa0", " "))
    shares = list(shown.regions["grad-cam"].values())
    assert len(found) == len(shares)
    for (evidence, area), share in zip(found, shares, strict=True):
        assert area == format_percent(share.area).replace("\xa0", " ")
        told = "no evidence" if np.isnan(share.evidence) else format_percent(share.evidence).replace("\xa0", " ")
        assert evidence == told


def test_a_report_is_made_in_time(page, films):
    """The longest of them, once the fonts are there."""
    walk_page(page, WALKS[0], films)
    started = time.monotonic()
    page.press("take_home", kind="pdf", panel="", looked=True, absolute=False, held=False, opacity=0.6, low=0, high=1,
               inverted=False)  # fmt: skip
    page.settle()
    assert time.monotonic() - started < SECONDS
    assert len(pypdf.PdfReader(io.BytesIO(list(page.session.exports._files.values())[-1].body)).pages) <= 2
