"""The recorded graphs, run by onnxruntime beside the product itself: the same logits, the same maps."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors.numpy
import torch
from torch import nn

from cxr_demo.errors import CxrError
from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static import graphs, recording
from cxr_demo.export.static.edition import list_recorded, write_network
from cxr_demo.export.static.golden import make_films
from cxr_demo.export.static.graph_check import check_graphs
from cxr_demo.export.static.recording import CAMS
from cxr_demo.networks import checkpoint
from cxr_demo.networks.classifier import Classifier
from tests.conftest import make_checkpoint
from tests.networks.test_ensemble import made as make_ensemble

ROOT = Path(__file__).parents[3]
HONEST = ROOT / "weights" / "phantom-honest"


class Exported:
    """A network that was written as graphs, and the product's own of the same checkpoint."""

    def __init__(self, made: checkpoint.Checkpoint, folder: Path) -> None:
        self.folder, self.card, self.model = folder, made.card, made.model
        self.explainer = make_explainer(made, get_proof_folder())
        if not folder.is_dir():
            write_network(folder, made, self.explainer)
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    def run(self, key: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        session = open_graph(self.folder / self.manifest["graphs"][key]["file"])
        names = [output.name for output in session.get_outputs()]
        return {name: np.asarray(value) for name, value in zip(names, session.run(None, inputs), strict=True)}

    def compare(self, pixels: np.ndarray, label: int, methods: list[str]) -> None:
        x = self.card.preprocess.apply(pixels)
        answers = self.run("answers", x=x)
        with torch.no_grad():
            logits = self.model(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(answers["logits"], logits, rtol=0, atol=1e-5 * max(1, np.abs(logits).max()))
        wanted = self.explainer.maps(x, [label], [*CAMS, *methods])
        onehot = np.eye(len(self.card.labels), dtype=np.float32)[None, label]
        for key in CAMS:
            assert_same_map(answers[key][label], wanted[key, label])
        for key in methods:
            assert_same_map(self.run(key, x=x, onehot=onehot)["relevance"], wanted[key, label])


def open_graph(packed: Path) -> onnxruntime.InferenceSession:
    """Its weights are looked for beside it."""
    path = packed.with_suffix("")
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    try:
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    finally:
        path.unlink()


def assert_same_map(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.shape == wanted.shape and np.isfinite(found).all()
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99999
    assert (np.abs(found - wanted) <= 1e-3 * np.abs(wanted).max()).mean() >= 0.999


@pytest.fixture(scope="module")
def honest(edition) -> Exported:
    return Exported(checkpoint.load(HONEST), edition / "networks" / "phantom-honest")


@pytest.fixture
def one_sweep(monkeypatch) -> list[str]:
    """Of all rule sets one alone is recorded: each takes seconds."""
    methods = ["lrp-epsilon-plus-flat"]
    monkeypatch.setattr("cxr_demo.export.static.edition.list_recorded", lambda: methods)
    return methods


def test_all_maps_of_the_bundled_lesson_network_are_the_products_own(honest):
    for place, (pixels, _) in enumerate(make_films(4)):
        honest.compare(pixels, place % len(honest.card.labels), list_recorded() if place == 0 else ["lrp-epsilon"])


@pytest.mark.parametrize(("backbone", "head"), [("tiny", "dense512-bn"), ("tiny-resnet", "dense256")])
def test_a_head_that_is_not_linear_is_recorded_too(tiny_backbones, one_sweep, tmp_path, backbone, head):
    made = make_checkpoint(backbone, head=head)
    checkpoint.save(tmp_path / "net", made.model, made.card, half=True)
    exported = Exported(checkpoint.load(tmp_path / "net"), tmp_path / "static")
    exported.compare(next(make_films(1))[0], 1, one_sweep)


@pytest.mark.parametrize(("rule", "task"), [
    ("mean", "single-label"), ("weighted", "multi-label"), ("majority", "single-label"),
    ("stacking", "single-label"), ("joined", "single-label"),
])  # fmt: skip
def test_an_ensemble_is_one_graph(tiny_backbones, one_sweep, tmp_path, rule, task):
    singles = [make_checkpoint("tiny", seed=seed, temperature=temperature) for seed, temperature in enumerate((1.5, 0))]
    # Maps of unlike grids: joined before they are maps, they would be resized by an operation without an entry.
    singles.append(make_checkpoint("tiny" if rule == "joined" else "tiny-resnet", seed=2, temperature=0.7))
    made = make_ensemble(
        rule, [dataclasses.replace(each, card=dataclasses.replace(each.card, task=task)) for each in singles]
    )
    checkpoint.save(tmp_path / "net", made.model, made.card, half=True)
    exported = Exported(checkpoint.load(tmp_path / "net"), tmp_path / "static")
    pixels = next(make_films(1))[0]
    exported.compare(pixels, 1, [] if rule == "joined" else one_sweep)  # which LRP refuses
    x = exported.card.preprocess.apply(pixels)
    answers, model = exported.run("answers", x=x), exported.model
    assert not isinstance(model, Classifier)
    np.testing.assert_allclose(answers["members"], model.answers(torch.from_numpy(x))[1][:, 0], rtol=0, atol=1e-5)


def test_a_contrast_is_the_sum_of_its_maps(honest):
    x = honest.card.preprocess.apply(next(make_films(1))[0])
    amounts = np.array([[1, -0.5, 0, -0.25]], np.float32)
    found = honest.run("lrp-epsilon-plus-flat", x=x, onehot=amounts)["relevance"]
    maps = honest.explainer.maps(x, range(4), ["lrp-epsilon-plus-flat"])
    each = np.stack([maps["lrp-epsilon-plus-flat", label] for label in range(4)])
    assert_same_map(found, np.tensordot(amounts[0], each, 1))


def test_weights_are_the_checkpoints_own_file_and_every_offset_points_into_it(honest):
    data = (honest.folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == honest.card.weights_sha256 == honest.manifest["weights_sha256"]
    tensors, seen = safetensors.numpy.load(data), set()
    for path in sorted(honest.folder.glob("*.onnx.gz")):
        graph = onnx.load_model_from_string(gzip.decompress(path.read_bytes())).graph
        for tensor in graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                place = {entry.key: entry.value for entry in tensor.external_data}
                start, length = int(place["offset"]), int(place["length"])
                own = tensors[tensor.name.removesuffix("-stored")]
                assert place["location"] == "model.safetensors"
                assert data[start : start + length] == own.tobytes() and tuple(tensor.dims) == own.shape
                seen.add(tensor.name)
            else:
                assert len(tensor.raw_data) <= 4 * graphs.SMALL, "no weight stands in a graph"
    assert seen


def test_the_manifest_names_every_file_by_the_hash_of_what_is_in_it(honest):
    assert set(honest.manifest["graphs"]) == {"answers", *list_recorded()}
    for graph in honest.manifest["graphs"].values():
        data = (honest.folder / graph["file"]).read_bytes()
        assert (hashlib.sha256(gzip.decompress(data)).hexdigest(), len(data)) == (graph["sha256"], graph["bytes"])
        assert graph["bytes"] < 20_000
    assert [each["key"] for each in honest.manifest["methods"]] == [
        key for key in METHODS if key in (*CAMS, *list_recorded())
    ]


class Unknown(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.erfinv(self.layer(x))


def test_an_operation_without_an_entry_stops_by_its_name():
    recorded = recording.record_network(Unknown(), {"x": (1, 4)}, ["y"])
    with pytest.raises(CxrError, match="erfinv"):
        graphs.write_graph(recorded, {}, "model.safetensors")


def test_a_weight_that_no_file_holds_stops_by_its_name():
    recorded = recording.record_network(nn.Linear(4, 4), {"x": (1, 4)}, ["y"])
    with pytest.raises(CxrError, match=r"network\.|weight|bias"):
        graphs.write_graph(recorded, {}, "model.safetensors")


def test_a_graph_is_the_same_at_every_run(tmp_path, honest):
    write_network(tmp_path / "again", checkpoint.load(HONEST), honest.explainer)
    for path in honest.folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_a_graph_that_says_something_else_stops_the_export(honest, monkeypatch):
    made = checkpoint.load(HONEST)
    described = {key: honest.manifest["graphs"][key] for key in ("answers", "lrp-epsilon-plus-flat")}
    check_graphs(honest.folder, made, honest.explainer, described)
    swapped = described | {"lrp-epsilon-plus-flat": honest.manifest["graphs"]["lrp-gamma-box"]}
    with pytest.raises(CxrError, match="lrp-epsilon-plus-flat"):
        check_graphs(honest.folder, made, honest.explainer, swapped)
