"""Whatever lies in a file of weights: it is imported right, or refused with its cause and a next step, and no code of a
pickle runs. The variants are made here, of one tiny network."""

import json
import os
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from cxr_demo.errors import CxrError
from cxr_demo.importing.verdict import Wanted, import_network
from cxr_demo.networks import checkpoint
from tests.conftest import make_model

NAMES = ("Edema", "Pleural Effusion", "COPD")
KEYS = ("edema", "effusion", "COPD")
WANTED = Wanted(NAMES, backbone="tiny", task="multi-label", size_px=64, mean=(0.5,), std=(0.25,))
State = dict[str, torch.Tensor]


class Evil:
    """Pickled, it asks to run a command."""

    def __reduce__(self):
        return os.system, ("touch was_run",)


def net(channels: int = 1) -> torch.nn.Module:
    return make_model("tiny", len(NAMES), channels).net


def state(channels: int = 1) -> State:
    return {key: value.clone() for key, value in net(channels).state_dict().items()}


def save_tensors(tensors: State, path: Path) -> Path:
    safetensors.torch.save_file(tensors, path)
    return path


def save_pickle(found: object, path: Path, **options) -> Path:
    torch.save(found, path, **options)
    return path


def write(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path


def change(key: str, make) -> State:
    return (tensors := state()) | {key: make(tensors[key])}


def write_cut(path: Path, made: Path, share: float) -> Path:
    data = made.read_bytes()
    return write(data[: int(len(data) * share)], path)


def save_shards(folder: Path, lose: str = "") -> Path:
    folder.mkdir()
    tensors = state()
    names = list(tensors)
    places = {key: f"model-0000{1 + (i > 40)}-of-00002.safetensors" for i, key in enumerate(names)}
    for name in set(places.values()):
        save_tensors({key: tensors[key] for key in names if places[key] == name and key != lose}, folder / name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def save_timm_folder(folder: Path, **changes) -> Path:
    """As timm's save_for_hf writes it."""
    folder.mkdir()
    save_tensors(state(3), folder / "model.safetensors")
    square = {"input_size": [3, 64, 64], "mean": [0.5] * 3, "std": [0.25] * 3, "crop_pct": 0.875, "license": "mit"}
    facts = {"architecture": "tiny", "label_names": list(NAMES), "pretrained_cfg": square, "model_args": {}}
    (folder / "config.json").write_text(json.dumps(facts | changes))
    return folder


def save_folder(folder: Path, **files: bytes) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def save_script(path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch would rather make no more of them
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), path)
    return path


def save_zip(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def save_own_folder(folder: Path, tensors: State) -> Path:
    """A checkpoint of this house whose weights went through other hands."""
    card = {"name": "own", "backbone": "tiny", "labels": list(KEYS), "task": "multi-label", "thresholds": {"COPD": 0.3},
            "preprocess": {"size_px": 64, "geometry": "stretch", "mean": [0.5], "std": [0.25]}}  # fmt: skip
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(card))
    save_tensors(tensors, folder / "model.safetensors")
    return folder


VARIANCE = "features.norm5.running_var"


def headless() -> State:
    return {key: value for key, value in state().items() if not key.startswith("classifier")}


def head_in_a_list() -> State:
    return {key.replace("classifier.", "classifier.1."): value for key, value in state().items()}


def head_of_two_layers() -> State:
    return headless() | {f"classifier.{i}.{part}": torch.zeros(3, 3) for i in (0, 2) for part in ("weight", "bias")}


def old_names() -> State:
    """As torchvision's DenseNets had them before 2018."""
    return {
        key.replace("norm1", "norm.1").replace("conv2", "conv.2") if "denselayer" in key else key: value
        for key, value in state().items()
    }


# variant -> (how it is made in a folder, what is said of it in a refusal; "" where it is imported right)
VARIANTS = {
    "safetensors": (lambda at: save_tensors(state(), at / "a.safetensors"), ""),
    "state dict": (lambda at: save_pickle(state(), at / "a.pth"), ""),
    "state dict of old PyTorch": (
        lambda at: save_pickle(state(), at / "a.pth", _use_new_zipfile_serialization=False), "",
    ),
    "whole network": (lambda at: save_pickle(torch.nn.Sequential(net()), at / "a.pt"), ""),
    "DataParallel": (lambda at: save_tensors({f"module.{k}": v for k, v in state().items()}, at / "a.safetensors"), ""),
    "Lightning": (
        lambda at: save_pickle(
            {"state_dict": {f"model.net.{k}": v for k, v in state().items()} | {"loss.pos_weight": torch.ones(3)},
             "epoch": 3, "optimizer_states": [{"lr": 1.0}]}, at / "a.ckpt"
        ), "",
    ),
    "optimiser inside": (
        lambda at: save_pickle({"model": state(), "optimizer": {"m": torch.ones(3)}}, at / "a.pt"), "",
    ),
    "float64": (lambda at: save_tensors({k: v.double() if v.is_floating_point() else v for k, v in state().items()},
                                        at / "a.safetensors"), ""),
    "bfloat16": (lambda at: save_tensors({k: v.bfloat16() if v.is_floating_point() else v for k, v in state().items()},
                                         at / "a.safetensors"), ""),
    "three channels": (lambda at: save_tensors(state(3), at / "a.safetensors"), ""),
    "head in a list": (lambda at: save_tensors(head_in_a_list(), at / "a.safetensors"), ""),
    "names from before 2018": (lambda at: save_tensors(old_names(), at / "a.safetensors"), ""),
    "no counters": (lambda at: save_tensors({k: v for k, v in state().items() if "num_batches" not in k},
                                            at / "a.safetensors"), ""),
    "shards": (lambda at: save_shards(at / "a"), ""),
    "timm folder": (lambda at: save_timm_folder(at / "a"), ""),
    "own, DataParallel, float64": (
        lambda at: save_own_folder(at / "a", {f"module.net.{k}": v.double() for k, v in state().items()
                                              if "num_batches" not in k}), "",
    ),
    "folder with one pickle": (lambda at: save_pickle(state(), save_folder(at / "a") / "weights.pth").parent, ""),
    "own, negative variance": (
        lambda at: save_own_folder(at / "a", {f"net.{k}": v for k, v in change(VARIANCE, torch.neg).items()}),
        "variance below zero, in features.norm5.running_var",
    ),
    "not a number": (
        lambda at: save_tensors(change(VARIANCE, lambda v: v * np.nan), at / "a.safetensors"),
        "not numbers, in features",
    ),
    "too large for float32": (
        lambda at: save_tensors(change("classifier.bias", lambda v: v.double() + 1e300), at / "a.safetensors"),
        "not numbers, in classifier.bias",
    ),
    "values that answer with none": (
        lambda at: save_tensors(change("classifier.weight", lambda v: v * 0 + 3e38), at / "a.safetensors"),
        "answers a film with values that are not numbers",
    ),
    "code inside": (lambda at: save_pickle({"a": Evil()} | state(), at / "a.pth"), "names posix.system"),
    "code inside, old": (
        lambda at: save_pickle({"a": Evil()}, at / "a.pth", _use_new_zipfile_serialization=False), "names posix.system",
    ),
    "code alone, old": (
        lambda at: save_pickle(Evil(), at / "a.pt", _use_new_zipfile_serialization=False), "names posix.system",
    ),
    "whole network, old": (
        lambda at: save_pickle(torch.nn.Sequential(net()), at / "a.pt", _use_new_zipfile_serialization=False),
        "a whole network in the format of PyTorch before 1.6",
    ),
    "code alone": (lambda at: save_pickle(Evil(), at / "a.pt"), "names posix.system"),
    "no tensors": (lambda at: save_pickle({"epoch": 3}, at / "a.pth"), "holds no tensors"),
    "truncated safetensors": (
        lambda at: write_cut(at / "a.safetensors", save_tensors(state(), at / "b"), 0.6), "broken or cut short",
    ),
    "truncated pickle": (
        lambda at: write_cut(at / "a.pth", save_pickle(state(), at / "b"), 0.6), "broken or cut short",
    ),
    "empty": (lambda at: write(b"", at / "a.safetensors"), "is empty"),
    "LFS pointer": (
        lambda at: write(b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n", at / "a.safetensors"),
        "pointer of Git LFS",
    ),
    "page of the web": (lambda at: write(b"<!DOCTYPE html><title>Sign in</title>", at / "a.pth"), "page of the web"),
    "ONNX": (lambda at: write(b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:", at / "a.onnx"), "an ONNX file"),
    "Keras, HDF5": (lambda at: write(b"\x89HDF\r\n\x1a\n" + bytes(64), at / "a.h5"), "Keras"),
    "Keras 3": (lambda at: save_zip(at / "a.keras", config__json=b"{}", metadata__json=b"{}"), "Keras"),
    "TensorFlow folder": (lambda at: save_folder(at / "a", saved_model__pb=b"x"), "folder of TensorFlow"),
    "TorchScript": (lambda at: save_script(at / "a.pt"), "TorchScript, which is code"),
    "zip": (lambda at: save_zip(at / "a.zip", weights__pth=b"x"), "a zip archive"),
    "gzip": (lambda at: write(b"\x1f\x8b\x08" + bytes(32), at / "a.pth.gz"), "gzip"),
    "noise": (lambda at: write(struct.pack("<8I", *range(7, 15)), at / "a.bin"), "no weights file that is known"),
    "empty folder": (lambda at: save_folder(at / "a"), "holds no weights"),
    "transformers folder": (lambda at: save_folder(at / "a", config__json=b'{"model_type": "vit"}'), "transformers"),
    "broken configuration": (lambda at: save_folder(at / "a", config__json=b"{"), "config.json of a is broken"),
    "shard lost": (lambda at: save_shards(at / "a", lose="classifier.bias"), "names classifier.bias, which none"),
    "built otherwise": (
        lambda at: save_timm_folder(at / "a", model_args={"act_layer": "silu"}), "act_layer, which no card can say",
    ),
    "unknown to this house": (lambda at: save_timm_folder(at / "a", architecture="no_such_net"), "no_such_net"),
    "no head": (lambda at: save_tensors(headless(), at / "a.safetensors"), "no output layer"),
    "head of two layers": (lambda at: save_tensors(head_of_two_layers(), at / "a.safetensors"), "not one linear layer"),
    "wrong shape": (
        lambda at: save_tensors(change("features.conv0.weight", lambda v: v[..., :5, :5].contiguous()),
                                at / "a.safetensors"),
        "features.conv0.weight is (",
    ),
    "two channels": (
        lambda at: save_tensors(change("features.conv0.weight", lambda v: v.repeat(1, 2, 1, 1)), at / "a.safetensors"),
        "reads 2 channels",
    ),
    "other labels": (
        lambda at: save_tensors(change("classifier.weight", lambda v: v[:2]) | {"classifier.bias": torch.zeros(2)},
                                at / "a.safetensors"),
        "2 outputs, and 3 labels",
    ),
    "a tensor too many": (lambda at: save_tensors(state() | {"extra.weight": torch.ones(2)}, at / "a.safetensors"),
                          "besides what it needs, extra.weight"),
    "whole numbers": (lambda at: save_tensors(change("classifier.bias", lambda v: v.to(torch.int8)),
                                              at / "a.safetensors"), "int8 values, in classifier.bias"),
    "another network": (lambda at: save_tensors({"a.weight": torch.ones(2, 2)}, at / "a.safetensors"), "not those of"),
    "nothing": (lambda at: at / "absent.pth", "no file, folder or network named absent.pth"),
}  # fmt: skip


def test_the_table_holds_at_least_23_variants_that_are_odd_and_both_kinds_of_end():
    odd = {name: said for name, (_, said) in VARIANTS.items() if name not in ("safetensors", "state dict")}
    assert len(odd) >= 23 and sum(not said for said in odd.values()) >= 10 <= sum(map(bool, odd.values()))


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_imported_right_or_refused_with_cause_and_next_step(variant, tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    make, said = VARIANTS[variant]
    source, out = make(tmp_path / "there"), tmp_path / "out"
    is_own = variant.startswith("own")
    wanted = Wanted() if is_own else WANTED
    if "timm folder" in variant:
        wanted = Wanted(task="multi-label")
    if variant in ("built otherwise", "unknown to this house"):
        wanted = Wanted(task="multi-label")
    if said:
        with pytest.raises(CxrError) as caught:
            import_network(str(source), out, wanted)
        assert said in caught.value.message, caught.value
        assert caught.value.hint and str(tmp_path) not in str(caught.value)
        assert not out.exists() and [path.name for path in tmp_path.iterdir()] == ["there"], "nothing is left behind"
    else:
        card = import_network(str(source), out, wanted)
        check_answers(variant, card, out)
    assert not list(tmp_path.rglob("was_run")) and not Path("was_run").exists()


def check_answers(variant: str, card, out: Path) -> None:
    loaded = checkpoint.load(out)
    channels = 3 if variant in ("three channels", "timm folder") else 1
    assert loaded.card == card and card.labels == KEYS and not card.calibrated
    x = torch.rand(2, channels, 64, 64)
    wanted, tolerance = net(channels).eval(), 1e-5
    if variant == "bfloat16":
        wanted.load_state_dict({k: v.bfloat16().float() if v.is_floating_point() else v for k, v in state().items()})
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(x), wanted(x), rtol=tolerance, atol=tolerance)
    sheet = card.training.imported
    assert sheet.logit_difference <= 1e-5 and sheet.compared_with and "Grad-CAM ok" in sheet.proof
    assert "LRP ok" in sheet.proof and {"grad-cam", "lrp-epsilon"} <= set(sheet.methods)
    assert sheet.proof in (out / "README.md").read_text(encoding="utf-8")
    if variant == "timm folder":
        assert card.preprocess.crop_share == pytest.approx(64 / 73) and card.licence == "mit"
