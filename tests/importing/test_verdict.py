"""The verdict sheet: what stands on the card, in its lines and in the README, and which answers are the source's."""

import dataclasses
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cxr_demo.errors import CheckpointError
from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.importing import verdict
from cxr_demo.importing.fitting import Fitted, fit_network
from cxr_demo.importing.verdict import Wanted, describe_sheet, import_network
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.text.formats import format_list
from tests.conftest import make_model

NAMES = ("Edema", "Pleural Effusion", "COPD")
GREY = Preprocess(64, "crop", (0.5,), (0.25,))


def save_net(backbone: str, path: Path) -> Path:
    tensors = make_model(backbone, len(NAMES)).net.state_dict()
    safetensors.torch.save_file({key: value.clone() for key, value in tensors.items()}, path)
    return path


def fit_tiny(path: Path) -> Fitted:
    tensors = safetensors.torch.load_file(save_net("tiny", path))
    return fit_network(tensors, "tiny", (0, 1, 2), path.name)


@pytest.fixture(scope="module")
def out(tiny_backbones, tmp_path_factory) -> Path:
    """A network that LRP has no rules for, imported by a person who reads German."""
    folder = tmp_path_factory.mktemp("import")
    wanted = Wanted(NAMES, backbone="tiny-elu", task="multi-label", size_px=64, mean=(0.5,), std=(0.25,))
    with use_language("de"):
        import_network(str(save_net("tiny-elu", folder / "elu.safetensors")), folder / "own", wanted)
    return folder / "own"


@pytest.fixture(scope="module")
def card(out) -> Card:
    return checkpoint.read_card(out)


def test_refusals_are_text_on_the_card_in_its_own_language(out, card):
    """They come as words that wait for their reader, and a card is for every reader."""
    proved = make_explainer(checkpoint.load(out)).proof.refusals
    found = card.training.imported
    assert found.refusals == {key: str(reason) for key, reason in proved.items()}
    assert "lrp-epsilon" in found.refusals and "holds ELU" in found.refusals["lrp-epsilon"]
    assert sorted([*found.methods, *found.refusals]) == sorted(METHODS)


@pytest.mark.parametrize("language", ["en", "de"])
def test_methods_refused_for_one_reason_share_a_line_in_the_language_of_the_reader(card, language):
    refusals = card.training.imported.refusals
    with use_language(language):
        lines = describe_sheet(card)
        start = format_text("import-sheet-refused", methods="|", reason="").partition("|")[0]
        told = [line for line in lines if line.startswith(start)]
        assert len(told) == len(set(refusals.values())) < len(refusals)
        for reason in set(refusals.values()):
            names = [METHODS[key].name for key, why in refusals.items() if why == reason]
            assert format_text("import-sheet-refused", methods=format_list(names), reason=reason) in told
    assert len(lines) == len(set(lines))


def test_the_readme_is_the_sheet(out, card):
    written = (out / "README.md").read_text(encoding="utf-8")
    assert all(f"- {line}\n" in written for line in describe_sheet(card))
    assert card.training.caveat in written and "license: unknown" in written


def test_a_card_that_was_trained_here_has_no_sheet(card):
    own = dataclasses.replace(card, training=card.training.replace(imported=None))
    assert describe_sheet(own) == []


def test_what_the_source_does_not_say_is_listed_as_missing(tmp_path):
    """Of a network of one channel the mean and the deviation of three colours are averaged."""
    path = save_net("tiny", tmp_path / "a.safetensors")
    told = Wanted(NAMES, backbone="tiny", task="multi-label", mean=(0.2, 0.4, 0.6), std=(0.1, 0.2, 0.3))
    card = import_network(str(path), tmp_path / "own", told)
    missing = card.training.imported.missing
    assert (card.preprocess.mean, card.preprocess.std) == (pytest.approx((0.4,)), pytest.approx((0.2,)))
    for name, values in {
        "channel": {}, "size": {"size": 224, "geometry": "crop"}, "labels": {"labels": "COPD"}, "licence": {},
        "data": {}, "calibration": {}, "figures": {},
    }.items():  # fmt: skip
        assert format_text(f"import-missing-{name}", **values) in missing
    assert format_text("import-missing-range") not in missing
    card = import_network(str(path), tmp_path / "bare", Wanted(NAMES, backbone="tiny", task="multi-label", size_px=64))
    assert format_text("import-missing-range") in card.training.imported.missing


def test_answers_are_the_source_s_but_for_rounding(tmp_path):
    fitted = fit_tiny(tmp_path / "a.safetensors")
    assert fitted.source is not None

    def differ(by: float) -> float | None:
        source = fitted.source
        moved = dataclasses.replace(fitted, source=lambda x: source(x) + by, source_name="a twin")
        return verdict._compare_logits(moved, GREY, "a.safetensors")

    assert differ(0.0) <= 1e-6 and 1e-5 < differ(2e-5) < 1e-4
    with pytest.raises(CheckpointError, match="does not answer as a twin: a logit differs by 1"):
        differ(1.0)
    assert verdict._compare_logits(dataclasses.replace(fitted, source=None), GREY, "a.safetensors") is None


def test_answers_that_are_not_numbers_are_refused(tmp_path):
    fitted = fit_tiny(tmp_path / "a.safetensors")
    with torch.no_grad():
        fitted.model.output.bias[1] = torch.nan
    with pytest.raises(CheckpointError, match="a.safetensors answers a film with values that are not numbers"):
        verdict._compare_logits(fitted, GREY, "a.safetensors")


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"mean": (0.5, 0.5), "std": (0.2, 0.2)}, "1 channels, and 2 means and 2 deviations"),
        ({"mean": (0.5,), "std": (0.0,)}, "Its preprocessing cannot be used"),
        ({"task": "guessing"}, "'guessing' is no task"),
    ],
)
def test_what_is_stated_wrongly_is_refused_and_nothing_is_written(tmp_path, stated, said):
    path = save_net("tiny", tmp_path / "a.safetensors")
    whole = Wanted(NAMES, backbone="tiny", task="multi-label", size_px=64, mean=(0.5,), std=(0.25,))
    with pytest.raises(CheckpointError) as caught:
        import_network(str(path), tmp_path / "own", dataclasses.replace(whole, **stated))
    assert said in caught.value.message and caught.value.hint and not (tmp_path / "own").exists()
