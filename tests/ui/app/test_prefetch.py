"""Maps that are made before anybody asks: which, in what order, and that they never stand in anybody's way."""

import threading
import time

import pytest

from cxr_demo.errors import ExplanationError
from cxr_demo.explain.methods import METHODS
from cxr_demo.ui.app import prefetch
from cxr_demo.ui.viewer import panels
from tests.ui.stand_ins import LABELS, StandIn, png

BY_PROBABILITY = ("bacterial_pneumonia", "normal", "viral_pneumonia")  # of the stand-in's study
SHOWN = ("grad-cam", "lrp-epsilon-plus-flat")


class Counting(StandIn):
    """Remembers each call: the methods and labels of one, and how many maps it asked for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def explain(self, study, labels, methods, on_progress=lambda done, total: None):
        self.calls.append((tuple(methods), tuple(labels)))
        return super().explain(study, labels, methods, on_progress)


@pytest.fixture
def analyser():
    return Counting()


@pytest.fixture(autouse=True)
def film(page, analyser):
    """The page shows a film and its maps."""
    page.open(methods=SHOWN)
    analyser.calls.clear()


def prefetch_everything(desk) -> None:
    while prefetch.prefetch_maps(desk):
        pass


def test_the_other_findings_are_made_with_the_shown_methods_and_nothing_twice(page, desk, analyser):
    prefetch_everything(desk)
    made = [(method, label) for methods, labels in analyser.calls for method in methods for label in labels]
    assert sorted(made) == sorted((method, label) for method in SHOWN for label in LABELS if label != BY_PROBABILITY[0])
    assert [labels for methods, labels in analyser.calls if methods == ("grad-cam",)] == [BY_PROBABILITY[1:]]
    assert set(page.session.reading.maps) == {(method, label) for method in SHOWN for label in LABELS}


def test_a_finding_made_ahead_is_shown_without_asking_again(page, desk, analyser):
    prefetch_everything(desk)
    analyser.calls.clear()
    page.press("choose_label", label="viral_pneumonia")
    assert set(page.settle().panels["maps"]) == set(SHOWN) and not analyser.calls


def test_the_page_of_a_finding_is_rendered_ahead_as_it_is_shown_then(page, desk, monkeypatch):
    prefetch_everything(desk)
    rendered = []
    real = panels.render_panels
    monkeypatch.setattr(panels, "render_panels", lambda *given: rendered.append(given[2]) or real(*given))
    while prefetch.render_ahead(desk):
        pass
    assert sorted(rendered) == sorted(BY_PROBABILITY[1:])
    assert page.look().value["at"]["label"] == BY_PROBABILITY[0]
    page.press("choose_label", label="viral_pneumonia")
    assert page.settle().value["at"]["label"] == "viral_pneumonia" and len(rendered) == 2
    page.press("draw_regions", regions=[{"shape": [0.1, 0.1, 0.2, 0.2]}])
    assert prefetch.render_ahead(desk)  # something else is wanted: of another finding too


def test_nothing_is_rendered_ahead_that_has_no_maps_or_for_a_page_that_is_gone(page, desk):
    assert not prefetch.render_ahead(desk)
    prefetch_everything(desk)
    page.session.is_gone = True
    assert not prefetch.render_ahead(desk)


def test_slow_and_refused_methods_are_left_until_they_are_asked_for(page, desk, analyser):
    analyser.proof.refusals["layer-cam"] = "no"
    page.press("choose_methods", methods=["layer-cam", "occlusion", "gradient"])
    prefetch_everything(desk)
    assert {methods for methods, _ in analyser.calls} == {("gradient",)}
    assert METHODS["occlusion"].cost_forwards > prefetch.SLOW_FORWARDS


def test_few_labels_at_once_where_each_costs(desk, analyser, monkeypatch):
    monkeypatch.setattr(prefetch, "LABELS_AT_ONCE", 1)
    prefetch_everything(desk)
    assert all(len(labels) == 1 for methods, labels in analyser.calls if methods == ("lrp-epsilon-plus-flat",))


def test_what_fails_ahead_is_not_tried_again_and_told_when_it_is_asked_for(page, desk, analyser, monkeypatch):
    def fails(*arguments):
        analyser.calls.append(arguments)
        raise ExplanationError("map-not-numbers", method="This map")

    monkeypatch.setattr(analyser, "explain", fails)
    prefetch_everything(desk)
    assert len(analyser.calls) == len(SHOWN)
    page.press("choose_label", label="viral_pneumonia")
    assert "This map gave values that are not numbers for this image." in page.settle().panels["html"]


@pytest.mark.parametrize("how", ["another film", "removed", "closed"])
def test_another_film_or_a_removed_one_ends_it(page, desk, analyser, how):
    if how == "another film":
        page.upload(png(1))
    elif how == "removed":
        page.press("remove_film", film=page.session.wish.film)
    else:
        desk.sessions.forget("page")
    assert not prefetch.prefetch_maps(desk) and not analyser.calls


def test_nothing_is_made_ahead_of_the_proof(desk, analyser):
    analyser.is_proved = False
    assert not prefetch.prefetch_maps(desk) and not analyser.calls


def test_of_a_person_who_has_gone_for_coffee_nothing_is_guessed(page, desk, monkeypatch):
    monkeypatch.setattr(page.session, "used", time.monotonic() - prefetch.USED_WITHIN_S - 1)
    assert not prefetch.prefetch_maps(desk)


def test_the_background_makes_them_once_the_page_is_idle(page, desk, analyser, monkeypatch):
    monkeypatch.setattr(prefetch, "IDLE_S", 0.02)
    with desk.sessions.working():
        prefetch.start_prefetching(desk)
        time.sleep(0.1)
        assert not analyser.calls
    for _ in range(500):
        if len(page.session.reading.maps) == len(SHOWN) * len(LABELS):
            break
        time.sleep(0.02)
    assert len(page.session.reading.maps) == len(SHOWN) * len(LABELS)
    assert any(thread.name == "ahead" and thread.daemon for thread in threading.enumerate())
