"""Proofs are made when a map is first wanted, once, and read again where they were made before."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.explain import engine, proof_cache
from cxr_demo.explain.methods import CHOICES
from cxr_demo.explain.proof import prove_checkpoint
from tests.conftest import LABELS, make_checkpoint, make_image


@pytest.fixture
def counted(monkeypatch) -> list[str]:
    """The names of the checkpoints that were proved."""
    names = []

    def prove(checkpoint, on_progress, as_written):
        names.append(checkpoint.card.name)
        return prove_checkpoint(checkpoint, on_progress, as_written)

    monkeypatch.setattr(engine, "prove_checkpoint", prove)
    return names


def test_probabilities_need_no_proof_and_maps_need_one(counted):
    analyser = Analyser(make_checkpoint())
    study = analyser.analyse(make_image(0))
    assert not counted and not analyser.is_proved
    analyser.explain(study, LABELS[:1], ["grad-cam"])
    analyser.explain(study, LABELS[:1], ["lrp-epsilon"])
    assert counted == ["tiny-0"] and analyser.is_proved


def test_many_threads_make_one_proof_and_others_may_use_the_network_meanwhile(counted):
    analyser = Analyser(make_checkpoint())
    found = []
    threads = [threading.Thread(target=lambda: found.append(analyser.proof)) for _ in range(6)]
    threads += [threading.Thread(target=lambda: found.append(analyser.analyse(make_image(1)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(found) == 9 and counted == ["tiny-0"]


def test_a_proof_is_read_again_with_the_same_maps(tmp_path, counted):
    fresh, again = (Analyser(make_checkpoint(), proofs=tmp_path / "proofs") for _ in range(2))
    assert fresh.proof == again.proof and counted == ["tiny-0"]
    maps = []
    for analyser in (fresh, again, Analyser(make_checkpoint())):
        study = analyser.analyse(make_image(2))
        made = analyser.explain(study, LABELS, ["grad-cam", "lrp-epsilon", "lrp-epsilon-plus-flat"])
        maps.append(np.concatenate([one.map_square.ravel() for one in made.values()]))
    assert (maps[0] == maps[1]).all() and (maps[0] == maps[2]).all() and len(counted) == 2


def test_refusals_and_numbers_that_are_none_come_back_as_they_were(tmp_path):
    checkpoint = make_checkpoint("tiny-elu", head="dense256")
    made, _ = prove_checkpoint(checkpoint)
    assert made.refusals and np.isnan(made.lrp.identity_r)
    proof_cache.write_proof(tmp_path, checkpoint, made)
    found = proof_cache.read_proof(tmp_path, checkpoint)
    assert found.refusals == made.refusals and found.line == made.line and np.isnan(found.lrp.identity_r)


@pytest.mark.parametrize("what", ["weights", "preprocess", "labels", "code", "environment"])
def test_another_network_card_code_or_library_has_no_proof_yet(tmp_path, monkeypatch, what):
    checkpoint = make_checkpoint()
    proof_cache.write_proof(tmp_path, checkpoint, prove_checkpoint(checkpoint)[0])
    assert proof_cache.read_proof(tmp_path, checkpoint) is not None
    card = checkpoint.card
    if what == "weights":  # whatever hash is stated
        checkpoint = dataclasses.replace(checkpoint, model=make_checkpoint(seed=1).model)
    elif what == "code":
        monkeypatch.setattr(proof_cache, "_hash_code", lambda: "another")
    elif what == "environment":
        monkeypatch.setattr(proof_cache, "_environment", lambda: ("another",))
    else:
        changed = {"preprocess": dataclasses.replace(card.preprocess, size_px=96), "labels": ("a", "b", "c", "d")}
        checkpoint = dataclasses.replace(checkpoint, card=dataclasses.replace(card, **{what: changed[what]}))
    assert proof_cache.read_proof(tmp_path, checkpoint) is None


def test_the_network_as_written_has_a_proof_of_its_own(tmp_path):
    checkpoint = make_checkpoint()
    shown, written = (engine.Explainer(checkpoint, tmp_path, choices) for choices in ((), CHOICES))
    assert set(shown.proof.choices["lrp-epsilon-plus"]) == {"order", "biases", "norms"}
    assert not any(written.proof.choices.values()) and not written.proof.refusals
    assert proof_cache.read_proof(tmp_path, checkpoint).choices == shown.proof.choices
    assert proof_cache.read_proof(tmp_path, checkpoint, CHOICES) == written.proof
    assert proof_cache.read_proof(tmp_path, checkpoint, ["norms"]) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cam": 1}', "\x00"])
def test_a_damaged_file_or_folder_costs_time_and_nothing_else(tmp_path, counted, text):
    checkpoint = make_checkpoint()
    proof_cache._place(tmp_path, checkpoint).write_text(text)
    assert not Analyser(checkpoint, proofs=tmp_path).proof.fails and counted == ["tiny-0"]
    (tmp_path / "file").write_text("")
    assert not Analyser(checkpoint, proofs=tmp_path / "file" / "below").proof.fails


def test_the_folder_is_the_users_own_or_the_one_that_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("CXR_CACHE", str(tmp_path))
    assert proof_cache.get_proof_folder() == tmp_path / "proofs"
    monkeypatch.delenv("CXR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert proof_cache.get_proof_folder() == tmp_path / "own" / "cxr-demo" / "proofs"
