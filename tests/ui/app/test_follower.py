"""Following a wish: the page as it comes to show what is wanted, and what is done for it."""

import html
import queue
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.errors import CxrError
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import Doubt, GateAnswer, Verdict
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import follower
from cxr_demo.ui.app.view import PageView
from tests.ui.stand_ins import LABELS, Page, StandIn, card, explanation, figure, png


def shown_in(shown: SimpleNamespace) -> list[str]:
    return re.findall(r'data-method="([\w-]+)"', shown.panels["html"])


# ---- what is done with a film


def test_the_file_is_gone_once_it_is_read_and_the_maps_follow_the_probabilities(page, folder, caplog):
    page.upload(png(), "DOE^JANE.png")
    steps = list(page.follow())
    assert list(folder.iterdir()) == []
    found = next(place for place, step in enumerate(steps) if "data-label" in step.findings["html"])
    assert steps[found].panels["maps"] == {} and page_text.describe_waiting("DOE^JANE.png", False) in html.unescape(
        steps[0].findings["html"]
    )
    assert set(steps[-1].panels["maps"]) == set(DEFAULT_METHODS)
    assert [step.value["rest"] for step in steps] == [False] * (len(steps) - 2) + [True] * 2
    assert "DOE" not in caplog.text


def test_the_page_opens_on_the_first_of_the_list(page, analyser):
    analyser.card = card(task="multi-label", thresholds={"normal": 0.1, LABELS[1]: 0.9})
    shown = page.open()
    assert 'data-label="normal" aria-pressed="true"' in shown.findings["html"]
    assert shown.value["at"]["label"] == "normal" and shown.panels["about"].endswith(" normal")


def test_a_broken_file_is_deleted_too_and_the_other_films_stay(page, folder):
    page.open()
    first = page.session.wish.film
    page.upload(png()[:60], "broken.png")
    shown = page.settle()
    assert "damaged" in shown.findings["html"] and "broken.png" in shown.findings["html"]
    assert list(folder.iterdir()) == [] and shown.panels["film"] is None
    page.press("choose_film", film=first)
    assert set(page.settle().panels["maps"]) == set(DEFAULT_METHODS)


def test_an_unforeseen_error_gives_a_reference_and_logs_nothing_of_the_film(page, analyser, caplog):
    analyser.broken = RuntimeError("secret /home/x/DOE^JANE.png")
    page.upload(png(), "film.png")
    said = page.settle().findings["html"]
    ref = re.search(r"ref (\w{4})", said)[1]
    assert ref in caplog.text and "RuntimeError" in caplog.text
    assert "DOE" not in caplog.text + said and "secret" not in caplog.text + said and "/" not in caplog.text


def test_an_error_that_is_understood_is_one_sentence_and_a_next_step(page, analyser):
    analyser.broken = CxrError("film-blank")
    page.upload(png())
    assert (
        "<strong>This image is blank: every pixel has the same grey.</strong> Choose another file."
        in page.settle().findings["html"]
    )


def test_one_method_that_fails_does_not_take_the_others_along(page, analyser, monkeypatch):
    whole = analyser.explain

    def explain(study, labels, methods, on_progress):
        if methods == ["lrp-epsilon-alpha2-beta1-flat"]:
            raise RuntimeError
        return whole(study, labels, methods, on_progress)

    monkeypatch.setattr(analyser, "explain", explain)
    shown = page.open()
    assert set(shown.panels["maps"]) == {"grad-cam", "lrp-epsilon-plus-flat"}
    assert "Something went wrong" in figure(shown.panels, "lrp-epsilon-alpha2-beta1-flat")


def test_a_refused_method_is_never_asked_for(page, analyser):
    analyser.proof.refusals["lrp-epsilon-alpha2-beta1-flat"] = "it is so"
    shown = page.open()
    assert "lrp-epsilon-alpha2-beta1-flat" not in [method for method, _ in analyser.asked]
    assert "Not available for this network: it is so" in figure(shown.panels, "lrp-epsilon-alpha2-beta1-flat")


def test_probabilities_come_before_the_proof_and_what_is_pending_is_said(page, analyser):
    analyser.is_proved, analyser.proof.refusals["layer-cam"] = False, "it is so"
    opened = page.settle()
    assert format_text("proof-pending") in html.unescape(opened.facts["html"])
    assert "not available" not in opened.methods["html"]
    gate, proved = threading.Event(), analyser.prove
    analyser.prove = lambda: gate.wait(20) and proved()
    page.press("choose_methods", methods=["grad-cam"])
    page.upload(png())
    for step in page.follow():
        if "data-label" in step.findings["html"] and not gate.is_set():
            assert "Computing Grad-CAM" in step.panels["html"] and format_text("proof-pending") in html.unescape(
                step.facts["html"]
            )
            gate.set()
    assert analyser.is_proved and "Grad-CAM ok" in step.facts["html"] and list(step.panels["maps"]) == ["grad-cam"]
    assert "LayerCAM · not available" in step.methods["html"]
    assert "Grad-CAM ok" in Page(page.desk, "other").settle().facts["html"]


def test_maps_that_cannot_be_checked_are_not_shown_and_the_probabilities_are(page, analyser, caplog):
    analyser.is_proved = False

    def prove():
        raise RuntimeError("secret")

    analyser.prove = prove
    shown = page.open()
    assert "data-label" in shown.findings["html"] and shown.panels["maps"] == {} and analyser.asked == []
    assert all("Something went wrong" in figure(shown.panels, key) for key in DEFAULT_METHODS)
    assert "secret" not in caplog.text


# ---- nothing is computed that nobody wants, and nothing twice


def test_choosing_a_finding_sends_no_film_again(page):
    film = page.open().panels["film"]["picture"]
    page.press("choose_label", label="normal")
    steps = list(page.follow())
    assert steps[-1].panels["about"].endswith(" normal") and steps[-1].panels["film"]["picture"] == film
    assert film not in [id_ for step in steps for id_ in step.value["bodies"]]


def test_only_what_is_chosen_is_computed_and_nothing_twice(page, analyser):
    asked = analyser.asked
    assert shown_in(page.open(methods=["occlusion", "grad-cam"])) == ["grad-cam", "occlusion"]
    assert asked == [("grad-cam", LABELS[1]), ("occlusion", LABELS[1])]
    page.press("choose_methods", methods=["eigen-cam", "grad-cam", "magic"])
    shown = page.settle()
    assert shown_in(shown) == list(shown.panels["maps"]) == ["grad-cam", "eigen-cam"]
    assert asked[2:] == [("eigen-cam", LABELS[1])]
    page.press("choose_label", label="normal")
    page.settle()
    assert asked[3:] == [("grad-cam", "normal"), ("eigen-cam", "normal")]  # the choice stays
    other = page.desk.analysers["b"] = StandIn()
    page.press("choose_checkpoint", checkpoint="b")
    assert shown_in(page.settle()) == ["grad-cam", "eigen-cam"] and len(asked) == 5
    assert other.asked == [("grad-cam", LABELS[1]), ("eigen-cam", LABELS[1])]
    page.press("choose_checkpoint", checkpoint="a")
    page.press("choose_label", label="normal")
    assert page.settle().value["rest"] and len(asked) + len(other.asked) == 7
    page.press("choose_methods", methods=[])
    assert shown_in(page.settle()) == [] and len(asked) + len(other.asked) == 7


def test_a_choice_that_is_made_again_does_nothing_again(page, analyser):
    page.open(methods=["grad-cam"])
    page.press("choose_label", label="normal")
    page.settle()
    before, asked = page.session.reading.study, len(analyser.asked)
    page.press("choose_checkpoint", checkpoint="a")
    assert page.settle().value["at"]["label"] == "normal"
    assert page.session.reading.study is before and len(analyser.asked) == asked


def test_of_quick_clicks_the_last_stays_and_the_others_are_not_computed(page, analyser):
    page.open(methods=["grad-cam"])
    page.press("choose_label", label="viral_pneumonia")
    page.press("choose_label", label="normal")
    shown = page.settle()
    assert shown.value["at"]["label"] == "normal" and list(shown.panels["maps"]) == ["grad-cam"]
    assert [label for _, label in analyser.asked] == [LABELS[1], "normal"]


def test_a_kept_scale_goes_on_to_other_findings_and_ends_when_it_is_let_go(page, analyser):
    amounts = {"bacterial_pneumonia": 0.5, "normal": 0.1}

    def explain(study, labels, methods, on_progress):
        return {(m, la): explanation(m, np.full((64, 64), amounts[la]), la) for m in methods for la in labels}

    analyser.explain = explain
    page.open(methods=["lrp-epsilon"])
    page.press("pin_scale", pinned=True)
    page.press("choose_label", label="normal")
    shown = page.settle().panels
    assert shown["pinned"] and "the scale you keep; alone full at 0.1" in shown["html"]
    page.press("pin_scale", pinned=False)
    shown = page.settle().panels
    assert not shown["pinned"] and "no other map of this unit" in shown["html"]


# ---- a long method


class Slow(StandIn):
    """Takes a step of Score-CAM whenever it is told to, and says when it was made to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.stopped = queue.SimpleQueue(), threading.Event()

    def explain(self, study, labels, methods, on_progress=lambda done, total: None):
        try:
            for done in iter(self.steps.get, None) if methods == ["score-cam"] else ():
                on_progress(done, 4)
        except Exception:
            self.stopped.set()
            raise
        return super().explain(study, labels, methods, on_progress)


def until(steps, wanted: str) -> SimpleNamespace:
    """The first value whose panels hold the text."""
    return next(step for step in steps if wanted in step.panels["html"])


def wait_until(is_so) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture
def slow(page, monkeypatch):
    """(the slow analyser, the page's values while it makes Score-CAM)"""
    monkeypatch.setattr(follower, "PROGRESS_EVERY_S", 0.01)
    page.desk.analysers["a"] = analyser = Slow()
    page.open()
    page.press("choose_methods", methods=["grad-cam", "score-cam"])
    steps = page.follow()
    analyser.steps.put(1)
    until(steps, "Computing Score-CAM … 25 %")
    yield analyser, steps
    analyser.steps.put(None)


def test_a_long_method_says_how_far_it_is(slow):
    analyser, steps = slow
    analyser.steps.put(3)
    until(steps, "Computing Score-CAM … 75 %")
    analyser.steps.put(None)
    assert set(list(steps)[-1].panels["maps"]) == {"grad-cam", "score-cam"}


def test_a_cheap_method_does_not_wait_for_a_long_one(page, slow):
    _, steps = slow
    page.press("choose_methods", methods=["grad-cam", "layer-cam", "score-cam"])
    shown = until(steps, 'data-text="LayerCAM for')
    assert list(shown.panels["maps"]) == ["grad-cam", "layer-cam"] and "Computing Score-CAM" in shown.panels["html"]


def test_a_long_method_that_is_left_out_stops_and_the_others_stay(page, slow):
    analyser, steps = slow
    page.press("choose_methods", methods=["grad-cam"])
    assert page.look().methods["chosen"] == ["grad-cam"]
    analyser.steps.put(2)
    assert shown_in(list(steps)[-1]) == ["grad-cam"] and analyser.stopped.wait(10)
    assert ("score-cam", LABELS[1]) not in analyser.asked


@pytest.mark.parametrize("how", ["another finding", "another film", "removed", "closed"])
def test_a_long_method_stops_when_something_else_is_wanted(page, slow, how):
    analyser, steps = slow
    if how == "another finding":
        page.press("choose_label", label="normal")
        page.press("choose_methods", methods=["grad-cam"])
    elif how == "another film":
        page.press("choose_methods", methods=["grad-cam"])
        page.upload(png(1))
    elif how == "removed":
        page.press("remove_film", film=page.session.wish.film)
    else:
        page.desk.sessions.forget("page")
    analyser.steps.put(2)
    left = list(steps)
    assert analyser.stopped.wait(10) and ("score-cam", LABELS[1]) not in analyser.asked
    assert left == [] if how == "closed" else left[-1].value["rest"]


def test_a_long_method_that_is_wanted_again_goes_on(page, slow):
    analyser, steps = slow
    page.press("choose_label", label="normal")
    page.press("choose_label", label=LABELS[1])
    analyser.steps.put(3)
    until(steps, "Computing Score-CAM … 75 %")
    assert not analyser.stopped.is_set()


# ---- a film that is gone meanwhile


@pytest.mark.parametrize("when", ["analyse", "explain"])
@pytest.mark.parametrize("how", ["removed", "closed"])
def test_a_film_that_is_removed_during_the_work_does_not_come_back(page, analyser, monkeypatch, when, how):
    whole = getattr(analyser, when)

    def gone_meanwhile(*arguments):
        if how == "removed":
            page.press("remove_film", film=page.session.wish.film)
        else:
            page.desk.sessions.forget("page")
        return whole(*arguments)

    monkeypatch.setattr(analyser, when, gone_meanwhile)
    page.upload(png())
    steps = list(page.follow())
    assert not any(step.panels["maps"] for step in steps) and len(page.desk.sessions) == (how == "removed")
    if how == "removed":
        assert steps[-1].panels["film"] is None and not page.session.films and not page.session.readings
        assert steps[-1].value["rest"]


def test_a_film_that_is_removed_while_it_is_read_does_not_come_back(page, folder, monkeypatch):
    gate, reading = threading.Event(), threading.Event()

    @contextmanager
    def hold(session):
        reading.set()
        gate.wait(20)
        yield

    page.desk.decoding.hold = hold
    page.upload(png())
    steps = page.follow()
    next(steps)
    assert reading.wait(20)
    page.press("remove_film", film=page.session.wish.film)
    gate.set()
    shown = list(steps)[-1]
    assert shown.value["rest"] and shown.strip["html"] == "" and list(folder.iterdir()) == []


# ---- who follows


def test_the_one_who_follows_last_is_the_one_who_does(page, slow):
    analyser, steps = slow
    other = page.follow()
    assert "Computing Score-CAM" in next(other).panels["html"]
    assert list(steps) == []  # without a word
    analyser.steps.put(None)
    assert set(list(other)[-1].panels["maps"]) == {"grad-cam", "score-cam"}
    assert analyser.asked.count(("score-cam", LABELS[1])) == 1


def test_no_press_is_left_without_one_who_follows(page, slow):
    analyser, steps = slow
    page.press("choose_label", label="normal")
    assert page.look().value["follow"] is False  # there is one
    steps.close()  # as gradio does when the connection breaks
    assert page.look().value["follow"] is True
    analyser.steps.put(2)
    page.press("choose_methods", methods=["grad-cam"])
    shown = page.settle()
    assert shown.value["follow"] is False and list(shown.panels["maps"]) == ["grad-cam"]
    page.press("choose_label", label="viral_pneumonia")
    assert page.look().value["follow"] is True


def test_a_press_during_the_last_value_finds_nobody_who_follows(page):
    page.upload(png())
    steps = page.follow()
    last = next(step for step in steps if step.value["rest"])
    page.press("choose_label", label="normal")
    assert page.look().value["follow"] is True
    left = list(steps)
    assert [step.value["sequence"] for step in left] == [last.value["sequence"]] and left[0].value["bodies"] == {}


def test_every_value_is_newer_than_the_one_before_and_of_one_wish(page):
    page.upload(png())
    steps = list(page.follow())
    numbers = [step.value["sequence"] for step in steps[:-1]]
    assert numbers == sorted(set(numbers))
    for step in steps:
        label = step.value["at"]["label"]
        assert not label or f'data-label="{label}" aria-pressed="true"' in step.findings["html"]
        assert step.panels["about"].endswith(label)


def test_two_pages_that_press_at_once_get_their_own(page, analyser):
    other = Page(page.desk, "other")
    page.upload(png(1), "one.png")
    other.upload(png(2), "two.png")
    made = {}

    def run(each: Page, key: str) -> None:
        made[key] = each.settle()

    threads = [threading.Thread(target=run, args=(each, key)) for each, key in ((page, "one"), (other, "two"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for key, shown in made.items():
        assert f"{key}.png" in shown.panels["html"] and set(shown.panels["maps"]) == set(DEFAULT_METHODS)
    assert len(made) == 2 and made["one"].panels["film"] != made["two"].panels["film"]


def test_work_under_way_is_a_use(page, slow):
    analyser, steps = slow
    shown = threading.Thread(target=lambda: next(steps))
    shown.start()
    page.session.used = before = time.monotonic() - 1000
    wait_until(lambda: page.session.used > before + 500)
    assert shown.is_alive()
    analyser.steps.put(2)
    shown.join(20)


def test_a_page_that_waits_is_not_sent_again_as_it_was(page, slow, monkeypatch):
    """Thirty people who wait would have the server render thirty pages every moment."""
    analyser, steps = slow
    made, find_stand = [], follower._find_stand
    monkeypatch.setattr(follower, "_find_stand", lambda session: made.append(session) or find_stand(session))
    shown: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=lambda: [*map(shown.put, steps)], daemon=True).start()
    wait_until(lambda: len(made) > 10)  # times that it has looked
    assert shown.empty()
    analyser.steps.put(2)
    assert "Computing Score-CAM … 50 %" in shown.get(timeout=20).panels["html"]
    analyser.steps.put(None)
    wait_until(lambda: page.session.follower is None)


def test_what_is_of_no_film_is_rendered_once_for_all_pages(page):
    first = page.settle()
    other = PageView(page.desk, Page(page.desk, "other").session)
    assert other.facts() is PageView(page.desk, page.session).facts() and other.facts().body == first.facts


def test_a_result_is_spoken_once_it_is_there(page):
    page.upload(png())
    steps = list(page.follow())
    assert {step.value["spoken"] for step in steps[:-2]} == {""}
    spoken = steps[-1].value["spoken"]
    assert spoken == "film.png: Bacterial pneumonia 70 %, most probable. The maps are ready."
    assert METHODS["grad-cam"].name in steps[-1].panels["html"]


def test_what_is_spoken_is_true_of_maps_that_are_off_and_of_maps_that_are_not_there(page):
    page.open()
    page.press("choose_label", label="normal")
    spoken = page.settle().value["spoken"]
    assert "Normal" in spoken and "less probable" in spoken and spoken.endswith("The maps are off.")
    page.press("choose_methods", methods=[])
    assert page.settle().value["spoken"].endswith("There are no maps.")


def test_of_a_questioned_and_of_a_refused_film_is_spoken_why(page):
    page.open()
    film = page.session.film
    film.opened = replace(film.opened, gate=GateAnswer(Verdict.QUESTION, (Doubt("photograph", "MEASURED"),)))
    spoken = page.settle().value["spoken"]
    assert format_text("question") in spoken and film.gate.doubts[0].sentence in spoken and "maps" not in spoken
    page.upload(png()[:60], "broken.png")
    spoken = page.settle().value["spoken"]
    assert spoken.startswith("broken.png was not read. ") and "damaged" in spoken and "maps" not in spoken


def test_beside_a_question_and_a_refusal_no_map_is_promised(page):
    page.open()
    film = page.session.film
    film.opened = replace(film.opened, gate=GateAnswer(Verdict.QUESTION, (Doubt("photograph", "MEASURED"),)))
    asked = page.settle()
    assert asked.panels["html"].count(format_text("map-held.question")) == len(page.session.wish.methods)
    reasons, _, measured = asked.findings["html"].partition("<details")
    assert film.gate.doubts[0].sentence in reasons and "MEASURED" not in reasons and "MEASURED" in measured
    page.upload(png()[:60], "broken.png")
    refused = page.settle()
    assert refused.panels["html"].count(format_text("map-held.refused")) == len(page.session.wish.methods)
