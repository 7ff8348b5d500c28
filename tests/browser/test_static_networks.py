"""Networks of the static edition, in Chromium: answers, maps and doubts as the product's own, and what goes wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from playwright.sync_api import Page

from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static import edition, golden
from cxr_demo.export.static.gate_files import write_gate
from cxr_demo.export.static.libraries import hash_programs
from cxr_demo.export.static.manifest_files import MANIFEST_FILE, write_json
from cxr_demo.film.gate import judge_image
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint as checkpoints
from cxr_demo.networks.gate_net import load_gate
from cxr_demo.teaching.planted import HONEST
from tests.static_site import open_site, pack, serve_folder, unpack, write_site

GATE = Path(__file__).parents[2] / "weights" / "gate"
RECORDED = ["lrp-epsilon-plus-flat", "lrp-epsilon"]
LABEL = "consolidation"
CASES = 6
NO_MEMORY = """
export const env = { wasm: {} };
export class Tensor {}
export class InferenceSession { static async create() { throw new RangeError("Array buffer allocation failed"); } }
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """An edition with the honest network and the gate, and golden cases beside it."""
    folder = tmp_path_factory.mktemp("static")
    write_site(folder)
    checkpoint = checkpoints.load(HONEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edition, "list_recorded", lambda: RECORDED)
        patch.setattr(golden, "list_recorded", lambda: RECORDED)
        explainer = make_explainer(checkpoint, get_proof_folder())
        listed = edition.write_network(folder / "networks" / HONEST, checkpoint, explainer)
        golden.write_cases(folder / "golden", HONEST, CASES)
    gate = write_gate(folder / "gate", GATE)
    others = {"gate": gate, "programs": hash_programs(folder / "lib")}
    write_json(folder / "edition.json", edition.describe_edition([listed], HONEST) | others)
    return folder


@pytest.fixture(scope="module")
def page(browser, site):
    with open_site(browser, site) as page:
        page.evaluate("(name) => engine.loadNetwork(name)", HONEST)
        yield page


EXPLAIN = """([bytes, label, keys]) => attempt(async () => {
  await engine.readFilm(bytesOf(bytes));
  const [answer, maps] = [await engine.analyse(), await engine.explain(label, keys)];
  const doubts = await engine.askGate();
  return { answer, doubts, maps: maps.map((map) => ({ ...map, values: pack(map.values) })) };
})"""


@pytest.mark.parametrize("place", range(CASES))
def test_answers_and_maps_are_the_product_s(page: Page, site, place):
    case = json.loads((site / "golden" / golden.CASES_FILE).read_text())["cases"][place]
    path, keys = site / "golden" / case["file"], list(case["maps"])
    got = page.evaluate(EXPLAIN, [pack(path.read_bytes()), case["label"], keys])
    assert "failed" not in got, got
    assert got["answer"]["logits"] == pytest.approx(case["logits"], abs=1e-5)
    assert got["answer"]["probabilities"] == pytest.approx(case["probabilities"], abs=1e-5)
    assert got["answer"]["network"] == HONEST
    for key, made in zip(keys, got["maps"], strict=True):
        wanted = case["maps"][key]
        values, own = unpack(made["values"], np.float32), unpack(wanted["values"], np.float32)
        assert [made["rows"], made["columns"]] == [wanted["rows"], wanted["columns"]]
        assert np.corrcoef(values, own)[0, 1] > 0.99999, key
        assert np.quantile(np.abs(values - own), 0.999) <= 1e-3 * np.abs(own).max(), key
        assert made["scale"]["limit"] == pytest.approx(wanted["scale"]["limit"], rel=1e-3)
        assert made["ticks"] == wanted["ticks"] and made["scale"]["shown"] == wanted["scale"]["shown"]
        assert made["sum"] == pytest.approx(wanted["sum"], abs=1e-3)
        assert made["logit"] == pytest.approx(wanted["logit"], abs=1e-5)
    gate = load_gate(GATE)
    assert gate is not None
    doubts = judge_image(read_image(path), gate).doubts
    assert [doubt["kind"] for doubt in got["doubts"]["reasons"]] == [doubt.kind for doubt in doubts]


def test_the_contrast_of_labels_adds_up_to_nothing(page: Page, site):
    """The labels' contrasts, weighted by their probabilities, cancel: of a CAM and of a recorded sweep."""
    sums = page.evaluate(
        """async ([bytes, key]) => {
          await engine.readFilm(bytesOf(bytes));
          const { probabilities } = await engine.analyse();
          const { labels } = await engine.loadNetwork(key[0]);
          const total = probabilities.reduce((sum, p) => sum + p, 0);
          const joined = {};
          for (const [at, label] of labels.entries()) {
            for (const map of await engine.explain(label.key, key[1], true)) {
              joined[map.key] ??= new Float64Array(map.values.length);
              map.values.forEach((value, of) => { joined[map.key][of] += value * probabilities[at] / total; });
            }
          }
          return Object.values(joined).map((values) => Math.max(...values.map(Math.abs)));
        }""",
        [pack((site / "golden" / "case_1.png").read_bytes()), [HONEST, ["grad-cam", "lrp-epsilon-plus-flat"]]],
    )
    assert max(sums) < 1e-5


def test_a_call_can_be_stopped(page: Page, site):
    film = pack((site / "golden" / "case_1.png").read_bytes())
    stopped, after = page.evaluate(
        """async ([bytes, label, keys]) => {
          await engine.readFilm(bytesOf(bytes));
          const work = attempt(() => engine.explain(label, keys));
          engine.stop();
          return [await work, (await engine.explain(label, keys)).length];
        }""",
        [film, LABEL, RECORDED],
    )
    assert stopped["failed"] == "static-was-stopped" and after == len(RECORDED)


def test_the_worker_asks_nobody_outside_either(page: Page, site):
    """Nor where the server sends no policy: it has the page's."""
    with serve_folder(site) as other:
        ask = "(address) => fetch(address, { mode: 'no-cors' }).then(() => 'there', (error) => error.name)"
        assert page.workers[0].evaluate(ask, page.url) == "there"
        assert page.workers[0].evaluate(ask, other) == "TypeError"


def test_a_worker_that_hangs_is_ended_and_the_next_knows_the_same(browser, site, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("gate"))
    (folder / "engine" / "tiff.js").write_text("export function readTiff() { for (;;); }")
    engine = folder / "engine" / "engine.js"
    engine.write_text(engine.read_text().replace("PATIENCE_MS = 8000", "PATIENCE_MS = 500"))
    film = np.zeros((64, 64), np.uint8)
    film[:, 32:] = 255
    tifffile.imwrite(tmp_path / "film.tif", film)
    with open_site(browser, folder) as page:
        got = page.evaluate(
            """async ([name, bytes, hanging]) => {
              await engine.loadNetwork(name);
              await engine.readFilm(bytesOf(bytes));
              const turned = await engine.mend("mirror");
              const before = await engine.analyse();
              const slow = attempt(() => engine.readFilm(bytesOf(hanging)));
              await new Promise((resolve) => setTimeout(resolve, 300));
              engine.stop();
              const after = await engine.analyse();
              return [(await slow).failed, before, after, turned.number];
            }""",
            [HONEST, pack((folder / "golden" / "case_1.png").read_bytes()), pack((tmp_path / "film.tif").read_bytes())],
        )
    assert got[0] == "static-was-stopped" and got[1] == got[2] and got[1]["number"] == got[3]


def test_the_weights_are_those_of_the_card(site):
    told = json.loads((site / "networks" / HONEST / MANIFEST_FILE).read_text())
    assert told["weights_sha256"] == checkpoints.load(HONEST).card.weights_sha256


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def replace(text: str):
    return lambda path: path.write_text(text + path.read_text() if path.name == "runtime.js" else text)


@pytest.mark.parametrize(
    ("name", "change", "wanted"),
    [
        (f"networks/{HONEST}/model.safetensors", cut, "static-file-broken"),
        (
            f"networks/{HONEST}/model.safetensors",
            lambda path: shutil.copy(GATE / path.name, path),
            "static-file-broken",
        ),
        (f"networks/{HONEST}/answers.onnx.gz", cut, "static-file-broken"),
        (f"networks/{HONEST}/manifest.json", cut, "static-file-broken"),
        (f"networks/{HONEST}/model.safetensors", Path.unlink, "static-file-missing"),
        ("engine/runtime.js", replace("WebAssembly.validate = () => false;"), "static-no-simd"),
        ("lib/ort.js", replace(NO_MEMORY), "static-no-memory"),
        ("lib/ort-wasm-simd-threaded.wasm.gz", cut, "static-file-broken"),
    ],
    ids=["cut", "foreign", "graph", "manifest", "missing", "simd", "memory", "runtime"],
)
def test_what_goes_wrong_is_one_sentence(browser, site, tmp_path, name, change, wanted):
    folder = tmp_path / "site"
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("gate", "golden"))
    change(folder / name)
    with open_site(browser, folder) as page:
        got = page.evaluate("(name) => attempt(() => engine.loadNetwork(name))", HONEST)
    assert got["failed"] == wanted
    if wanted.startswith("static-file"):
        assert got["values"]["file"] == name


def test_a_network_that_cannot_be_opened_leaves_the_one_before(browser, site, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("gate"))
    shutil.copytree(folder / "networks" / HONEST, folder / "networks" / "other")
    cut(folder / "networks" / "other" / "answers.onnx.gz")
    told = json.loads((folder / "edition.json").read_text())
    told["networks"].append(told["networks"][0] | {"name": "other"})
    (folder / "edition.json").write_text(json.dumps(told))
    with open_site(browser, folder) as page:
        got = page.evaluate(
            """async ([name, bytes, label, keys]) => {
              await engine.loadNetwork(name);
              await engine.readFilm(bytesOf(bytes));
              const before = await engine.analyse();
              const { failed } = await attempt(() => engine.loadNetwork("other"));
              const [after, maps] = [await engine.analyse(), await engine.explain(label, keys)];
              return [failed, before.logits, after.logits, maps.length];
            }""",
            [HONEST, pack((folder / "golden" / "case_1.png").read_bytes()), LABEL, RECORDED],
        )
    assert got[0] == "static-file-broken" and got[1] == got[2] and got[3] == len(RECORDED)


def test_a_page_without_secure_addresses_hashes_too(browser, site, tmp_path):
    """Browsers hash for https and this machine alone; a class may have a plain address."""
    folder = tmp_path / "site"
    shutil.copytree(site, folder, ignore=shutil.ignore_patterns("gate", "golden"))
    runtime = folder / "engine" / "runtime.js"
    runtime.write_text(runtime.read_text().replace("globalThis.crypto?.subtle", "null"))
    with open_site(browser, folder) as page:
        got = page.evaluate("(name) => attempt(async () => (await engine.loadNetwork(name)).name)", HONEST)
    assert got == HONEST
