"""Maps that are made before anybody asks: which, in what order, and that they never stand in anybody's way."""

import threading
import time
from types import SimpleNamespace

import pytest

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.ui import events, prefetch, sessions
from tests.ui.test_events import LABELS, StandIn, clicked, page_of, png, uploaded

BY_PROBABILITY = ("bacterial_pneumonia", "normal", "viral_pneumonia")  # of the stand-in's study
SHOWN = ("grad-cam", "lrp-epsilon-plus-flat")


class Counting(StandIn):
    """Remembers each call: the methods and labels of one, and how many maps it asked for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def analyse(self, image):
        return SimpleNamespace(**super().analyse(image).__dict__ | {"checkpoint_sha256": self.sha256})

    def explain(self, study, labels, methods, on_progress=lambda done, total: None):
        self.calls.append((tuple(methods), tuple(labels)))
        return super().explain(study, labels, methods, on_progress)


@pytest.fixture
def analyser():
    return Counting()


@pytest.fixture
def desk(analyser, tmp_path):
    made = events.Events({"a": analyser}, sessions.Sessions(), tmp_path)
    for name in ("message", "findings", "methods", "panels", "facts"):
        setattr(made, name, name)
    list(made.take(uploaded(tmp_path, "film.png", png()), page_of("k")))
    list(made.analyse("a", SHOWN, page_of("k")))
    analyser.calls.clear()
    return made


def all_ahead(desk) -> None:
    while prefetch.prefetch_maps(desk.analysers, desk.sessions):
        pass


def test_the_other_findings_are_made_with_the_shown_methods_and_nothing_twice(desk, analyser):
    all_ahead(desk)
    made = [(method, label) for methods, labels in analyser.calls for method in methods for label in labels]
    assert sorted(made) == sorted((method, label) for method in SHOWN for label in LABELS if label != BY_PROBABILITY[0])
    assert [labels for methods, labels in analyser.calls if methods == ("grad-cam",)] == [BY_PROBABILITY[1:]]
    assert set(desk.sessions.find("k").maps) == {(method, label) for method in SHOWN for label in LABELS}


def test_a_finding_made_ahead_is_shown_without_asking_again(desk, analyser):
    all_ahead(desk)
    analyser.calls.clear()
    shown = list(clicked(desk, "viral_pneumonia", "k"))
    assert not analyser.calls and set(shown[-1]["panels"]["maps"]) == set(SHOWN)


def test_dear_and_refused_methods_are_left_until_they_are_asked_for(desk, analyser):
    analyser.proof.refusals["layer-cam"] = "no"
    session = desk.sessions.find("k")
    session.methods = ("layer-cam", "occlusion", "gradient")
    all_ahead(desk)
    assert {methods for methods, _ in analyser.calls} == {("gradient",)}
    assert METHODS["occlusion"].cost_forwards > prefetch.SLOW_FORWARDS


def test_few_labels_at_once_where_each_costs(desk, analyser, monkeypatch):
    monkeypatch.setattr(prefetch, "LABELS_AT_ONCE", 1)
    all_ahead(desk)
    assert all(len(labels) == 1 for methods, labels in analyser.calls if methods == ("lrp-epsilon-plus-flat",))


def test_what_fails_ahead_is_not_tried_again_and_told_when_it_is_asked_for(desk, analyser, monkeypatch):
    def fails(*arguments):
        analyser.calls.append(arguments)
        raise ExplanationError("This map gave values that are not numbers.")

    monkeypatch.setattr(analyser, "explain", fails)
    all_ahead(desk)
    assert len(analyser.calls) == len(SHOWN)
    last = list(clicked(desk, "viral_pneumonia", "k"))[-1]["panels"]["html"]
    assert "This map gave values that are not numbers." in last


def test_another_film_or_a_removed_one_ends_it(desk, analyser):
    session = desk.sessions.find("k")
    session.waiting = session.study.image
    assert not prefetch.prefetch_maps(desk.analysers, desk.sessions)
    session.waiting = None
    desk.sessions.forget("k")
    assert not prefetch.prefetch_maps(desk.analysers, desk.sessions) and not analyser.calls


def test_of_a_person_who_has_gone_for_coffee_nothing_is_guessed(desk, monkeypatch):
    monkeypatch.setattr(desk.sessions.find("k"), "used", time.monotonic() - prefetch.USED_WITHIN_S - 1)
    assert not prefetch.prefetch_maps(desk.analysers, desk.sessions)


def test_nothing_is_made_while_somebody_waits(desk):
    assert desk.sessions.idle(0.0) and not desk.sessions.idle(60.0)
    step = clicked(desk, "normal", "k")
    next(step)
    assert not desk.sessions.idle(0.0)
    step.close()  # as gradio does when the page is closed
    assert desk.sessions.idle(0.0)


def test_the_background_makes_them_once_the_page_is_idle(desk, analyser, monkeypatch):
    monkeypatch.setattr(prefetch, "IDLE_S", 0.02)
    with desk.sessions.working():
        prefetch.start_prefetching(desk.analysers, desk.sessions)
        time.sleep(0.1)
        assert not analyser.calls
    for _ in range(500):
        if len(desk.sessions.find("k").maps) == len(SHOWN) * len(LABELS):
            break
        time.sleep(0.02)
    assert len(desk.sessions.find("k").maps) == len(SHOWN) * len(LABELS)
    assert any(thread.name == "ahead" and thread.daemon for thread in threading.enumerate())
