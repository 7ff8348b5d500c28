"""The real `app.py` in its own process, small checkpoints, synthetic films, and a browser that tells on the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import set_pixel_data
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from cxr_demo.export.static.edition import write_edition
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import FINDINGS
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card, EnsembleSpec, Member
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble
from cxr_demo.teaching.planted import CHEAT, HONEST
from cxr_demo.ui.app.uploads import PREFIX
from tests.browser.static_visit import Visit, open_edition
from tests.chromium import launch_chromium
from tests.conftest import make_once
from tests.serving import Server, serve_app
from tests.static_site import open_site, write_site

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
ANSWERS_WITHIN_MS, EXPECTS_WITHIN_MS = 120_000, 30_000  # another test is at work beside
LABEL = "consolidation"  # of the networks for synthetic films
LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")
MANY = tuple(FINDINGS)[-14:]


@dataclass
class Seen:
    """What went wrong in a browser tab, every address it asked for, and what it told the server of its presses."""

    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def note_press(self, request: Request) -> None:
        if b'"press' in (request.post_data_buffer or b""):
            self.told.append(request.url)


def is_look(request: Request) -> bool:
    """What the page asks by itself, at rest, to learn what was made ahead."""
    sent = request.post_data_buffer or b""
    return b'"have"' in sent and b'"press' not in sent


def synthetic_film(shape: tuple[int, int] = (120, 100)) -> np.ndarray:
    """Two dark lungs beside a bright middle, (H, W) float32 0..1."""
    rows, columns = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None]
    lungs = sum(np.exp(-((columns - side) ** 2) / 0.06 - rows**2 / 0.4) for side in (-0.45, 0.45))
    noise = np.random.default_rng(0).normal(0, 0.02, shape)
    return np.clip(0.75 - 0.6 * lungs + noise, 0, 1).astype(np.float32)


def _model(logits: tuple[float, ...], backbone: str = "densenet121") -> Classifier:
    """A random network that gives `logits` for the synthetic film, from evidence worth 4 logit points and a bias."""
    torch.manual_seed(0)
    model = Classifier(backbone, len(logits), 1).eval()
    stored = np.rint(synthetic_film() * 255) / 255  # as in the PNG: a logit near 0 is scaled by a lot
    x = torch.from_numpy(_preprocess().apply(stored.astype(np.float32)))
    with torch.no_grad():
        for norm in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
        head = model.net.get_classifier()
        head.bias.zero_()
        head.weight.mul_((4 / model(x)[0])[:, None])
        head.bias.copy_(torch.tensor(logits) - 4)
    return model


def _preprocess() -> Preprocess:
    return Preprocess(64, "letterbox", (0.5,), (0.25,))


@pytest.fixture(scope="session")
def weights(shared_folder) -> Path:
    return make_once(shared_folder / "weights", save_networks)


def save_networks(root: Path) -> None:
    """One calibrated single-label checkpoint, one multi-label one without calibration, a broken one, an ensemble of 14
    labels with all that a card may hold, a shallow one whose maps are checked in seconds, and another network for the
    labels of the first, with smaller cells."""
    one = Card(
        "a-calibrated", "densenet121", LABELS, "single-label", _preprocess(), temperature=1.0,
        thresholds=dict.fromkeys(LABELS, 0.4), licence="Apache-2.0", summary="A random network for tests.",
        training={"data": "synthetic films", "caveat": "Nothing was learned."}, ages=(18, 90),
        metrics={"test": {"films": 3, "auc": {"value": 0.5, "low": 0.4, "high": 0.6}}},
    )  # fmt: skip
    checkpoint.save(root / "a", _model((0.2, 1.5, -2.0)), one, half=False)
    many = Card("b-uncalibrated", "densenet121", ("effusion", "mass"), "multi-label", _preprocess())
    checkpoint.save(root / "b", _model((1.0, -1.0)), many, half=False)
    checkpoint.save(root / "c", _model((1.0, -1.0)), many, half=False)
    stored = root / "c" / checkpoint.WEIGHTS_FILE
    stored.write_bytes(stored.read_bytes()[:1000])
    _save_ensemble(root / "d")
    quick = Card("e-quick", "densenet121_block1", LABELS, "single-label", _preprocess(), temperature=1.0)
    checkpoint.save(root / "e", _model((0.2, 1.5, -2.0), "densenet121_block1"), quick, half=False)
    for name, threshold in {
        CHEAT: 0.0,
        HONEST: 1.0,
    }.items():  # the one sees it everywhere, the other never
        drawn = Card(
            name, "densenet121_block1", (LABEL, "mass"), "multi-label", _preprocess(), temperature=1.0,
            thresholds={LABEL: threshold, "mass": 0.9}, summary="A random network for tests.",
        )  # fmt: skip
        checkpoint.save(root / name, _model((1.0, -1.0), "densenet121_block1"), drawn, half=False)
    second = dataclasses.replace(one, name="f-second", backbone="densenet121_block2", labels=LABELS[::-1])
    checkpoint.save(root / "f", _model((-2.0, 1.0, 0.2), second.backbone), second, half=False)


def _save_ensemble(folder: Path) -> None:
    """Of two shallow networks; nodule alone is above its threshold, hernia, below 1 %, has none, and mass cannot be
    told from the rest."""
    logits = tuple({"nodule": -2.5, "hernia": -6.0}.get(label, -3.0) for label in MANY)
    models = [_model(logits, backbone) for backbone in ("densenet121_block1", "densenet121_block2")]
    names = ("the-first-network-with-a-long-name", "the-second-network-with-a-long-name")
    backbones = ("densenet121_block1", "densenet121_block2")
    members = [Member(*named, "linear", 1.2, "ab" * 32) for named in zip(names, backbones, strict=True)]
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    measured = {f"{metric}_{label}": interval for label in MANY for metric in ("auprc", "f1", "sensitivity")}
    told = {"value": 0.7, "low": 0.6, "high": 0.8}
    measured |= {f"auroc_{label}": interval if label == "mass" else told for label in MANY}
    cost = {"thresholds": (0.01, 0.05, 0.5), "sensitivity": (1.0, 0.8, 0.0), "specificity": (0.0, 0.7, 1.0)}
    points = {"operating_points": {"nodule": cost}}
    thresholds = dict.fromkeys(MANY, 0.2) | {"nodule": 0.05}
    del thresholds["hernia"]
    card = Card(
        "d-ensemble", "", MANY, "multi-label", _preprocess(), temperature=1.0, thresholds=thresholds,
        licence="Apache-2.0", summary="Random networks for tests.", training={"data": "synthetic films"},
        metrics={name: {"films": 3, "macro_auroc": interval} | measured | points for name in ("validation", "test")},
        ensemble=EnsembleSpec("weighted", (0.4, 0.6), tuple(members)),
    )  # fmt: skip
    model = Ensemble(models, "weighted", (0.4, 0.6), card.task, [1.2, 1.2]).eval()
    checkpoint.save(folder, model, card, half=False)


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> dict[str, Path]:
    """The same film as 8-bit PNG, 16-bit PNG and DICOM without an ending, a file that is cut short, and a picture of
    many colours."""
    folder = tmp_path_factory.mktemp("films")
    film = synthetic_film()
    paths = {name: folder / name for name in ("film.png", "film16.png", "DOE-JANE", "cut.png", "photograph.png")}
    eight, sixteen = np.rint(film * 255).astype(np.uint8), np.rint(film * 65535).astype(np.uint16)
    cv2.imwrite(str(paths["film.png"]), eight)
    cv2.imwrite(str(paths["film16.png"]), sixteen)
    colours = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    cv2.imwrite(str(paths["photograph.png"]), cv2.resize(colours, (100, 120), interpolation=cv2.INTER_CUBIC))
    paths["cut.png"].write_bytes(paths["film.png"].read_bytes()[:200])
    _dicom(sixteen >> 4, paths["DOE-JANE"])
    return paths


def _dicom(pixels: np.ndarray, path: Path) -> None:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    dataset.Modality, dataset.ViewPosition, dataset.PatientName = "DX", "PA", "DOE^JANE"
    set_pixel_data(dataset, pixels, "MONOCHROME2", 12)
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture(scope="session")
def server(weights, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    with serve_app(scratch, {"CXR_WEIGHTS": str(weights)}) as running:
        assert httpx.get(f"{running.url}/healthz").json()["ok"]
        yield running
    left = [path for path in scratch.rglob("*") if path.is_file() or path.name.startswith(PREFIX)]
    assert left == [], "the upload folder outlives the server"
    log = running.log.read_text()
    assert "DOE" not in log and "film" not in log
    assert "Traceback" not in log, log


@pytest.fixture(scope="session")
def browser():
    expect.set_options(timeout=EXPECTS_WITHIN_MS)
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, server: Server):
    """open_page(width, height, theme, phone, locale, is_new, link) -> a fresh tab on the page. At the
    end, whatever tab was opened must have made no error, met no failed answer and asked nobody but our server."""
    opened: list[tuple[Page, Seen]] = []

    def open_one(
        width: int = 1440, height: int = 900, theme: str = "light", phone: bool = False, locale: str = "en-GB",
        is_new: bool = False, link: str = "",
    ) -> tuple[Page, Seen]:  # fmt: skip
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, is_mobile=phone, has_touch=phone, locale=locale)
        if not is_new:  # a tour is for the first visit alone
            context.add_init_script("localStorage.setItem('tour', 'seen')")
        page, seen = context.new_page(), Seen()
        page.set_default_timeout(ANSWERS_WITHIN_MS)
        page.on("console", lambda m: seen.wrong.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: seen.wrong.append(f"page error: {error}"))
        page.on("response", lambda r: seen.wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("request", seen.note_press)
        opened.append((page, seen))
        page.goto(f"{server.url}/?__theme={theme}{link}")
        page.wait_for_function("document.body.dataset.ready === '1'")
        return page, seen

    yield open_one
    for page, seen in opened:
        toasts = [] if page.is_closed() else page.locator("[data-testid=toast-body]").all_inner_texts()
        page.context.close()
        assert toasts == [], "gradio has complained in words of its own"
        foreign = [url for url in seen.asked if not url.startswith((server.url, "data:", "blob:"))]
        assert seen.wrong == [] and foreign == []


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory) -> Iterator[Page]:
    """With the engine of the static edition opened, without networks."""
    folder = tmp_path_factory.mktemp("static")
    write_site(folder)
    with open_site(browser, folder) as page:
        yield page


@pytest.fixture(scope="session")
def edition(shared_folder) -> Path:
    """With both networks for synthetic films."""
    return make_once(shared_folder / "edition", lambda folder: write_edition(folder, [HONEST, CHEAT]))


@pytest.fixture
def visit(browser: Browser, edition: Path) -> Iterator[Visit]:
    """A wide page at rest, with its first film and maps. At the end nothing went wrong, and nobody else was asked."""
    with open_edition(browser, edition) as seen:
        yield seen


@pytest.fixture
def slow_visit(browser: Browser, edition: Path) -> Iterator[Visit]:
    """The same where files can be held back: without a service worker, through which they would go."""
    with open_edition(browser, edition, service_workers="block") as seen:
        yield seen
