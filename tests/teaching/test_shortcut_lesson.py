"""The deck on shortcuts: what is asked of two networks, and that the bundled ones answer as the deck says."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.phantom import make_phantom
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.networks import checkpoint
from cxr_demo.teaching.planted import LETTERS, list_planted, make_radiograph
from cxr_demo.teaching.shortcut_lesson import CHEAT, DECK, HONEST, LABEL, NETWORKS, Lesson
from tests.conftest import make_model

WEIGHTS = Path(__file__).parents[2] / "weights"
PLANTED = f"planted {LABEL}"


@pytest.fixture(scope="module")
def bundled() -> Lesson:
    return Lesson({name: Analyser(checkpoint.load(WEIGHTS / name)) for name in (HONEST, CHEAT)})


def stand_in(tiny_checkpoint, name: str, threshold: float, seed: int = 0) -> Analyser:
    """A tiny network that has never learned anything, under a name of the lesson."""
    labels = ("mass", LABEL)
    card = dataclasses.replace(
        tiny_checkpoint.card, name=name, labels=labels, task="multi-label", thresholds={LABEL: threshold}
    )
    return Analyser(dataclasses.replace(tiny_checkpoint, card=card, model=make_model("tiny", len(labels), seed=seed)))


@pytest.fixture
def tiny(tiny_checkpoint) -> Lesson:
    """A sees a consolidation everywhere, B nowhere."""
    return Lesson({"x": stand_in(tiny_checkpoint, CHEAT, 0.0), "y": stand_in(tiny_checkpoint, HONEST, 1.0, seed=1)})


# ---- the deck


def test_the_deck_takes_letters_and_finding_apart_in_three_acts():
    makeup = {question.act: {(bool(question.findings), bool(question.letters))} for question in DECK}
    assert len(DECK) == 6 and len(makeup) == 3
    combinations = {(bool(question.findings), bool(question.letters)) for question in DECK}
    assert combinations == {(True, True), (False, True), (False, False), (True, False)}
    for question in DECK:
        assert 0 <= question.answer < len(question.options) == len(set(question.options)) >= 2


def test_the_films_of_one_patient_differ_in_the_letters_alone():
    with_letters, without = (question.film for question in DECK if question.seed == 3)
    np.testing.assert_array_equal(with_letters.pixels != without.pixels, with_letters.marker)


# ---- with any networks


def test_a_look_holds_what_the_analyser_says(tiny):
    question = DECK[0]
    look, film = tiny.look(question), question.film
    assert look["A"].sees_it and not look["B"].sees_it and not look["B"].maps
    network = tiny.networks["A"]
    study = network.analyse(make_radiograph(film))
    assert look["A"].probability == pytest.approx(float(study.probabilities[study.labels.index(LABEL)]))
    for method, made in look["A"].maps.items():
        np.testing.assert_array_equal(
            made.map_square, network.explain(study, [LABEL], [method])[method, LABEL].map_square
        )
        fine = (np.arange(8 * len(film.pixels)) + 0.5) / (8 * len(film.pixels))  # points of the film, which is square
        nearest = [
            np.clip((fine - start) / (stop - start) * cells, 0, cells - 1).astype(int)
            for (start, stop), cells in zip(
                (made.placement.rows, made.placement.columns), made.map_square.shape, strict=True
            )
        ]
        on_film = np.maximum(made.map_square, 0).astype(np.float64)[np.ix_(*nearest)]
        on_film = on_film.reshape(len(film.pixels), 8, len(film.pixels), 8).mean(axis=(1, 3))
        for name, mask in {LETTERS: film.marker, PLANTED: film.planted[0].mask}.items():
            share = look["A"].shares[method][name]
            inside = sum(float(on_film[place]) for place in zip(*np.nonzero(mask), strict=True))
            assert share.evidence == pytest.approx(inside / float(on_film.sum()), rel=5e-3)
            assert share.area == pytest.approx(mask.sum() / mask.size)


def test_a_film_is_looked_at_once_however_many_ask(tiny, monkeypatch):
    asked, network = [], tiny.networks["A"]
    analyse = network.analyse
    monkeypatch.setattr(network, "analyse", lambda image: asked.append(image) or analyse(image))
    found = []
    threads = [threading.Thread(target=lambda: found.append(tiny.look(DECK[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1 and len(found) == 8 and all(one is found[0] for one in found)


def test_the_last_table_has_every_quick_method_in_order(tiny):
    rows = tiny.exposed()
    network = tiny.networks["A"]
    quick = {
        key for key in METHODS if METHODS[key].cost_forwards <= SLOW_FORWARDS and key not in network.proof.refusals
    }
    assert {row.method for row in rows} == quick and "grad-cam" in quick
    assert [row.letters.evidence for row in rows] == sorted((row.letters.evidence for row in rows), reverse=True)
    looks = [tiny.look(question)["A"] for question in DECK if question.letters and question.findings]
    assert len(looks) == 2
    (grad_cam,) = (row for row in rows if row.method == "grad-cam")
    of = [look.shares["grad-cam"] for look in looks]
    for told, name in ((grad_cam.letters, LETTERS), (grad_cam.finding, PLANTED)):
        assert told.evidence == pytest.approx(np.mean([share[name].evidence for share in of]))
        assert told.area == pytest.approx(np.mean([share[name].area for share in of]))


def test_without_the_networks_nothing_is_there(tiny_checkpoint):
    alone = Lesson({"x": stand_in(tiny_checkpoint, HONEST, 0.5)})
    assert alone.missing == (CHEAT,) and alone.networks == {}
    assert Lesson({}).missing == tuple(NETWORKS.values())


def test_a_phantom_is_a_radiograph_with_a_known_truth():
    film = make_phantom(6, 64, (LABEL, "effusion"), "PORT")
    image = make_radiograph(film, ("a note",))
    assert (image.kind, image.notes) == ("synthetic", ("a note",)) and not image.pixels.flags.writeable
    np.testing.assert_array_equal(image.pixels, film.pixels)
    assert image.sha256 != make_radiograph(make_phantom(6, 64, (LABEL,), "PORT")).sha256
    truth = list_planted(film)
    assert list(truth) == [PLANTED, "planted effusion", LETTERS]
    np.testing.assert_array_equal(truth[LETTERS], film.marker)
    assert list_planted(make_phantom(6, 64)) == {}


# ---- with the bundled networks


def test_the_bundled_networks_do_what_the_deck_says(bundled):
    """Each question with its right answer, derived from the looks."""
    looks = [bundled.look(question) for question in DECK]
    sees = [{name: look.sees_it for name, look in of.items()} for of in looks]
    assert sees == [
        {"A": True, "B": True},
        {"A": True, "B": True},
        {"A": True, "B": False},
        {"A": False, "B": False},
        {"A": False, "B": True},
        {"A": False, "B": True},
    ]
    for of in looks[:2]:
        for shares in of["A"].shares.values():  # A points at the letters, B at the consolidation, by both methods
            assert shares[LETTERS].evidence > 5 * shares[LETTERS].area
            assert shares[LETTERS].evidence / shares[LETTERS].area > 2 * shares[PLANTED].evidence / shares[PLANTED].area
        for shares in of["B"].shares.values():
            assert shares[PLANTED].evidence > 2 * shares[PLANTED].area
            assert shares[LETTERS].evidence < 2 * shares[LETTERS].area
    assert [question.options[question.answer] for question in DECK[:5]] == [
        "Network A", "On the letters", "Network A", "No consolidation", "Network B",
    ]  # fmt: skip
    best = bundled.exposed()[0]
    assert best.letters.evidence > 5 * best.letters.area


def test_the_bundled_networks_say_that_they_are_synthetic(bundled):
    for network in bundled.networks.values():
        assert "Synthetic, for teaching" in network.card.summary
        assert "not for films of people" in network.card.training.caveat
