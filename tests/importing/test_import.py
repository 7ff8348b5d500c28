"""An imported network is one like any other; torchxrayvision's fit name by name; labels keep their own words."""

import json
import urllib.error
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchxrayvision as xrv
from torch import nn
from torchvision import models

from cxr_demo.__main__ import main
from cxr_demo.errors import CheckpointError
from cxr_demo.explain.engine import make_explainer
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.importing import fitting, pickle_process, published, source
from cxr_demo.importing.labels_given import make_labels
from cxr_demo.importing.published import OUTPUTS, PUBLISHED
from cxr_demo.importing.verdict import Wanted, import_network
from cxr_demo.labels import FINDINGS, LabelWords, match_label
from cxr_demo.networks import checkpoint
from cxr_demo.ui.findings.facts import render_facts
from tests.conftest import make_film, make_model

WORDS = {
    "胸水": {"name": {"ja": "胸水", "en": "Water"}, "gloss": {"en": "Water beside the lung."}},
    "COPD": {"gloss": "x"},
}


def shake(net: nn.Module) -> nn.Module:
    """Statistics and biases as after training, so that nothing is by chance 0 or 1."""
    torch.manual_seed(0)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.8, 1.2)
    return net.eval()


def make_twin(labels: int) -> nn.Module:
    """torchxrayvision's DenseNet by the names of its tensors and its arithmetic: torchvision's, of one channel."""
    net = models.densenet121(weights=None, num_classes=labels)
    net.features.conv0 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    return shake(net)


def test_the_twin_of_torchxrayvision_fits_and_its_blank_outputs_are_dropped(tmp_path):
    twin, entry = make_twin(18), PUBLISHED["densenet121-res224-chex"]
    path = tmp_path / entry.file
    torch.save(twin.state_dict(), path)
    weights, stated = source.open_source(str(path))
    labels = make_labels(stated.labels, {})
    assert labels.dropped == 7 and all(key in FINDINGS for key in labels.keys)
    fitted = fitting.fit_network(weights.tensors, "densenet121", labels.places, path.name)
    assert fitting.recognise_backbone(weights.tensors | {}) == "densenet121"
    pixels = np.linspace(0, 1, 224 * 224, dtype=np.float32).reshape(224, 224)
    x = torch.from_numpy(Preprocess(224, stated.geometry, stated.mean, stated.std).apply(pixels))
    torch.testing.assert_close(x, torch.from_numpy((2 * np.rint(pixels * 255) / 255 - 1) * 1024)[None, None].float())
    with torch.no_grad():
        wanted = twin(x)[:, list(labels.places)]
        torch.testing.assert_close(fitted.model(x), wanted, rtol=1e-5, atol=1e-5)
    assert set(stated.thresholds) == set(filter(None, entry.labels))


def make_torchxrayvisions(name: str, folder: Path) -> tuple[nn.Module, nn.Linear, Path]:
    """The package's own network of this name with random weights, its output layer, and the file that it is read
    from: a whole network as its releases are, or a state dict."""
    path = folder / PUBLISHED[name].file
    if name.startswith("densenet"):
        theirs = shake(xrv.models.DenseNet())
        torch.save(theirs, path)
        return theirs, theirs.classifier, path
    net = models.resnet50(weights=None, num_classes=18)
    net.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    for norm in (part for part in net.modules() if isinstance(part, nn.BatchNorm2d)):
        norm.momentum = 1.0  # its sums would else grow from block to block
    with torch.no_grad():
        net.train()(torch.from_numpy(2048 * make_film(1, (512, 512)) - 1024)[None, None])
    torch.save(net.state_dict(), path)
    theirs = xrv.models.ResNet(weights=name, cache_dir=str(folder))  # finds the file there, and downloads nothing
    theirs.op_threshs = None  # its answers are then logits
    return theirs, theirs.model.fc, path


@pytest.mark.parametrize("name", ["densenet121-res224-all", "resnet50-res512-all"])
def test_torchxrayvisions_own_network_is_imported_and_its_maps_are_right(name, tmp_path, capsys):
    theirs, output, path = make_torchxrayvisions(name, tmp_path)
    assert main(["import", str(path), "--out", str(tmp_path / "own")]) == 0
    sheet, stored = capsys.readouterr().out, checkpoint.load(tmp_path / "own")
    imported, entry = stored.card.training.imported, PUBLISHED[name]
    said = (f"{name} of torchxrayvision", "Proof: Grad-CAM ok", "LRP ok", "Missing: calibration", "Apache-2.0")
    assert all(part in sheet for part in (*said, *entry.data)) and imported.logit_difference <= 1e-5
    assert {"grad-cam", "lrp-epsilon"} <= set(imported.methods) and not stored.card.calibrated

    size_px, kept = stored.card.preprocess.size_px, [k for k, label in enumerate(entry.labels) if label]
    film = np.rint(make_film(0, (size_px, size_px)) * 255).astype(np.float32)
    x = torch.from_numpy(xrv.utils.normalize(film, 255))[None, None].requires_grad_()
    ours = torch.from_numpy(stored.card.preprocess.apply(film / 255))
    torch.testing.assert_close(ours, x.detach(), rtol=1e-6, atol=1e-3)  # of 1024
    logits = theirs(x)[0, kept]
    torch.testing.assert_close(stored.model(ours)[0], logits.detach(), rtol=1e-5, atol=1e-5)

    (gradient,) = torch.autograd.grad(logits[0], x)
    maps = make_explainer(stored).maps(ours.numpy(), [0], ["grad-cam", "lrp-epsilon"])
    expected = (gradient * x.detach())[0, 0].numpy()
    assert np.corrcoef(maps["lrp-epsilon", 0].ravel(), expected.ravel())[0, 1] > 0.999
    bias = output.bias[kept[0]]
    assert maps["grad-cam", 0].sum() == pytest.approx(float((logits[0] - bias).detach()), rel=1e-4, abs=1e-5)


def test_what_is_written_here_of_torchxrayvision_is_what_it_says():
    assert list(OUTPUTS) == xrv.datasets.default_pathologies
    theirs = {name: facts for name, facts in xrv.models.model_urls.items() if name in PUBLISHED}
    assert {name: entry.url for name, entry in PUBLISHED.items()} == {
        name: facts["weights_url"] for name, facts in theirs.items()
    }
    for name, entry in PUBLISHED.items():
        wanted = [None if np.isnan(at) else at for at in theirs[name]["op_threshs"]]
        assert list(entry.thresholds) == pytest.approx(wanted)
        assert [label for label in entry.labels if label] == [
            label for label, at in zip(theirs[name]["labels"], wanted, strict=True) if label and at is not None
        ]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_network_names_its_labels_and_data(name):
    entry = PUBLISHED[name]
    assert len(entry.labels) == len(OUTPUTS) and entry.url.startswith("https://") and entry.data
    assert all(match_label(label) for label in entry.labels if label)


@pytest.mark.parametrize("name", ["vgg16", "squeezenet1_0", "resnet18"])
def test_torchvisions_names_are_followed(name):
    theirs = shake(models.get_model(name, weights=None, num_classes=2))
    state = {f"module.{key}": value for key, value in theirs.state_dict().items()}
    assert fitting.count_outputs(state, name) == 2
    fitted, x = fitting.fit_network(state, name, (1,), "a.pth"), torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        wanted = theirs(x)[:, 1:]
        if name != "squeezenet1_0":  # whose published logits cannot go below 0
            torch.testing.assert_close(fitted.model(x), wanted, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(fitted.model(x).relu(), wanted.relu(), rtol=1e-4, atol=1e-5)


def test_a_squeezenet_that_cuts_its_logits_off_is_refused_with_the_reason(tmp_path):
    torch.manual_seed(0)
    torch.save(models.get_model("squeezenet1_1", weights=None, num_classes=2).state_dict(), tmp_path / "a.pth")
    wanted = Wanted(labels=("a", "b"), backbone="squeezenet1_1", task="multi-label", size_px=64)
    with pytest.raises(CheckpointError, match="by a ReLU behind its last convolution"):
        import_network(str(tmp_path / "a.pth"), tmp_path / "out", wanted)


def test_what_cannot_be_fetched_is_said_with_the_way_round(monkeypatch, tmp_path):
    import huggingface_hub

    def unreachable(*args, **kwargs):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(published, "CACHE", tmp_path)
    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(CheckpointError, match="could not be fetched.*URLError.*import the file"):
        source.open_source("resnet50-res512-all")
    with pytest.raises(CheckpointError, match="owner/name could not be fetched.*import the folder"):
        source.open_source("hf-hub:owner/name")


def test_labels_meet_the_findings_and_others_keep_their_names():
    labels = make_labels(["Edema", "", "COPD", "Ödem (links)", "胸水", "Lung Nodule"], {})
    assert labels.keys == ("edema", "COPD", "Odem_links", "label_5", "nodule")
    assert labels.places == (0, 2, 3, 4, 5) and labels.dropped == 1
    assert labels.words["label_5"].name == {"en": "胸水"} and labels.words["Odem_links"].name == {"en": "Ödem (links)"}
    assert "COPD" not in labels.words and labels.unknown == ("COPD", "Odem_links", "label_5")
    for twice in (["nodule", "Lung Nodule"], ["COPD", "COPD"]):
        with pytest.raises(CheckpointError, match=f"Two outputs mean .*: '{twice[0]}' and '{twice[1]}'"):
            make_labels(twice, {})
    with pytest.raises(CheckpointError, match="none of the labels"):
        make_labels(["Edema"], {"mass": LabelWords()})


def test_a_record_does_nothing_and_other_classes_are_refused(tmp_path):
    torch.save(nn.Sequential(nn.Linear(2, 1)), tmp_path / "a.pt")
    tensors, _ = pickle_process.find_state(pickle_process._load(str(tmp_path / "a.pt")))
    assert set(tensors) == {"0.weight", "0.bias"}


@pytest.fixture
def imported(tmp_path, monkeypatch, capsys) -> str:
    """A tiny network with words of its own, brought in on the command line."""
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    torch.save(make_model("tiny", 3, 1).net.state_dict(), tmp_path / "net.pth")
    (tmp_path / "words.json").write_text(json.dumps(WORDS), encoding="utf-8")
    out = str(tmp_path / "weights" / "own")
    order = ["import", str(tmp_path / "net.pth"), "--out", out, "--backbone", "tiny", "--task", "multi-label",
             "--labels", "Edema", "胸水", "COPD", "--words", str(tmp_path / "words.json"), "--size", "64",
             "--mean", "0.5", "--std", "0.25"]  # fmt: skip
    assert main(order) == 0
    printed = capsys.readouterr().out
    for part in ("Oedema, Water, COPD", "Proof: Grad-CAM ok", "Missing: calibration", "Missing: a licence", "Valid: "):
        assert part in printed, printed
    assert main(order) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*order, "--overwrite"]) == 0
    capsys.readouterr()
    return out


def test_a_card_is_english_whoever_imports_it(imported, tmp_path, capsys):
    order = ["import", str(tmp_path / "net.pth"), "--backbone", "tiny", "--task", "multi-label", "--labels", "Edema",
             "Mass", "COPD", "--size", "64", "--lang"]  # fmt: skip
    sheets, cards = {}, {}
    for language in ("en", "de"):
        out = tmp_path / language / "own"
        assert main([*order, language, "--out", str(out)]) == 0
        sheets[language], cards[language] = capsys.readouterr().out, (out / checkpoint.CARD_FILE).read_bytes()
    assert cards["de"] == cards["en"] and "Liest: 64 px" in sheets["de"] and "Liest" not in sheets["en"]
    card = checkpoint.read_card(out)
    assert card.summary == "Imported from net.pth." and card.texts["de"].summary == "Eingeführt aus net.pth."
    assert main([*order, "de", "--out", str(out)]) == 2
    assert "Geben Sie" in capsys.readouterr().err, "an error is told to its reader"


def test_every_command_serves_it(imported, tmp_path, capsys):
    film = str(tmp_path / "film.png")
    cv2.imwrite(film, np.random.default_rng(0).integers(0, 255, (90, 80)).astype(np.uint8))
    assert main(["predict", film, "--weights", imported, "--json", "--anyway"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["findings"]["label_2"]["name"] == "Water" and row["calibrated"] is False
    assert row["probabilities_are"] == "uncalibrated score"
    assert main(["predict", film, "--weights", imported, "--anyway"]) == 0
    assert "uncalibrated score, no threshold\town\tWater\n" in capsys.readouterr().out
    out = tmp_path / "maps"
    explain = ["explain", film, "--weights", imported, "--label", "Water", "--method", "grad-cam", "lrp-epsilon"]
    assert main([*explain, "--out", str(out), "--anyway"]) == 0
    assert "2 maps of Water" in capsys.readouterr().out
    told = json.loads((out / "result.json").read_text(encoding="utf-8"))["maps"]
    assert told["grad-cam/label_2"]["name"] == "Grad-CAM, Water"
    assert main(["check", imported]) == 0
    facts = render_facts(checkpoint.read_card(tmp_path / "weights" / "own"), "ab" * 32, "")
    assert "Same answers as timm" in facts and "are called uncalibrated scores. figures on test films" in facts
    assert main(["compare", film, "--weights", imported, imported, "--out", str(tmp_path / "two"), "--anyway"]) == 0
    assert main(["models"]) == 0 and "edema, label_2, COPD" in capsys.readouterr().out
    assert main(["evaluate", film, "--weights", imported, "--label", "胸水", "--method", "grad-cam", "--anyway"]) == 0
    assert "| Water | Deletion" in capsys.readouterr().out
    assert checkpoint.read_card(tmp_path / "weights" / "own").get_finding("label_2").gloss == "Water beside the lung."
