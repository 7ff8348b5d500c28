"""The section that compares, without a browser: what it says, what it refuses, what it computes and when it stops."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.analysis import MemberAnswers
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import get_finding
from cxr_demo.networks.card import EnsembleSpec, Member
from cxr_demo.text import page_text, pair_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui import markup
from cxr_demo.ui.app import follower
from cxr_demo.ui.app.wish import MEMBERS, NOTHING, WITH
from cxr_demo.ui.compare import members_view, pair_view
from cxr_demo.ui.compare.pair_view import CheckpointView, PendingMap, RenderedRows, SlowMap
from cxr_demo.ui.viewer import panels
from tests.ui.stand_ins import NASTY, Page, StandIn, card, ensemble, explanation, make_desk, png, study

SHOWN = ("grad-cam", "lrp-epsilon")
LABEL = "bacterial_pneumonia"


class Network(StandIn):
    """With a map of its own: even, but for one corner that speaks for the finding."""

    def __init__(self, corner: float, made=None, p=(0.2, 0.7, 0.1), own=()) -> None:
        super().__init__()
        self.card, self.corner, self.p, self.own, self.failing = made or card(), corner, p, own, None
        self.waits: tuple[threading.Event, threading.Event] | None = None  # it has begun, it was made to stop
        self.finished: list[tuple[str, str]] = []

    def analyse(self, image):
        found = study(self.p)
        p = np.array(self.p)
        names = tuple(member.name for member in self.card.ensemble.members) if self.card.ensemble else ()
        told = MemberAnswers(names, np.log([p] * len(names) or [p]), np.array([p] * len(names) or [p]))
        return SimpleNamespace(**found.__dict__ | {"image": image, "labels": self.card.labels, "members": told})

    def explain(self, study, labels, methods, on_progress):
        self.asked += [(method, label) for method in methods for label in labels]
        self._work(on_progress)
        if self.failing in methods:
            raise ValueError("nobody foresaw this")
        made = {}
        for method in methods:
            values = np.full((2, 2) if METHODS[method].family.reads == "features" else (64, 64), 0.01, np.float32)
            values[0, 0] = self.corner
            parts = tuple(MemberMap(name, 0.5, values + shift) for name, shift in self.own)
            found = explanation(method, values, labels[0])
            made[method, labels[0]] = type(found)(*list(found.__dict__.values())[:7], parts)
        self.finished += made
        return made

    def _work(self, on_progress):
        """It takes long where a test waits for it to be stopped."""
        begun, stopped = self.waits or (threading.Event(), threading.Event())
        begun.set()
        try:
            for _ in range(2000 if self.waits else 1):
                on_progress(0.5, 1)
                time.sleep(0.005)
        except Exception:
            stopped.set()
            raise


@pytest.fixture
def networks():
    """The first, one that shares two labels, one of other labels, an ensemble."""
    other = card(name="b", labels=("mass", LABEL, "normal"), thresholds={LABEL: 0.9})
    alien = card(name="c", labels=("mass",), thresholds={})
    both = ensemble("mean", names=("one", "two"))
    return {
        "a": Network(1.0),
        "b": Network(3.0, other, (0.6, 0.3, 0.1)),
        "c": Network(1.0, alien, (1.0,)),
        "e": Network(1.0, both, own=(("one", 0.5), ("two", -0.5))),
    }


@pytest.fixture
def page(networks, folder, monkeypatch):
    monkeypatch.setattr(follower, "PROGRESS_EVERY_S", 0.01)
    return Page(make_desk(networks, folder))


def opened(page: Page, checkpoint: str = "a", methods=SHOWN, label: str = LABEL) -> None:
    """A film on the page, all its maps made."""
    page.press("choose_checkpoint", checkpoint=checkpoint)
    page.open(methods=methods)
    page.press("choose_label", label=label)
    page.settle()


def compare(page: Page, choice: str) -> Iterator[dict]:
    """The section as it grows, each state once."""
    page.press("compare_with", choice=choice)
    before = None
    for step in page.follow():
        if step.pair != before:
            before = step.pair
            yield step.pair


def compared(page: Page, choice: str) -> dict:
    """The section in the end."""
    return list(compare(page, choice))[-1]


def offered(page: Page) -> tuple[list[str], str]:
    """What can be chosen, and what is chosen."""
    shown = page.look().compare
    return re.findall(r'<option value="([^"]*)"', shown["html"]), shown["value"]


def rows(made: dict) -> list[str]:
    return re.findall(r'<section class="couple".*?</section>', made["html"])


# ---- what is offered and chosen


def test_what_may_be_compared_is_every_other_checkpoint_and_an_ensembles_members(page):
    assert offered(page) == ([NOTHING, WITH + "b", WITH + "c", WITH + "e"], NOTHING)
    page.press("compare_with", choice=WITH + "b")
    assert offered(page)[1] == WITH + "b"
    page.press("choose_checkpoint", checkpoint="b")
    choices, chosen = offered(page)
    assert chosen == NOTHING and WITH + "a" in choices and WITH + "b" not in choices
    page.press("compare_with", choice=WITH + "c")
    assert offered(page)[1] == WITH + "c"
    page.press("choose_checkpoint", checkpoint="e")
    choices, chosen = offered(page)
    assert chosen == WITH + "c" and choices[:2] == [NOTHING, MEMBERS]
    page.press("compare_with", choice=MEMBERS)
    assert offered(page)[1] == MEMBERS
    page.press("choose_checkpoint", checkpoint="a")
    assert offered(page)[1] == NOTHING


@pytest.mark.parametrize("choice", [NOTHING, WITH + "nobody", "forged", MEMBERS, WITH + "a"])
def test_nothing_is_shown_where_nothing_can_be_compared(page, networks, choice):
    assert list(compare(page, choice)) == [pair_view.EMPTY]
    opened(page)
    assert list(compare(page, choice)) == [pair_view.EMPTY]
    assert networks["b"].asked == []


# ---- two checkpoints


def test_each_row_comes_when_it_is_ready_and_only_the_other_is_asked(page, networks):
    opened(page)
    before = list(networks["a"].asked)
    steps = list(compare(page, WITH + "b"))
    waiting = next(step for step in steps if rows(step))
    assert "Computing Grad-CAM of b" in waiting["html"] and waiting["maps"] == {}
    assert [len(step["maps"]) for step in steps if rows(step) and "busy" not in rows(step)[0]][0] == 3
    assert len(rows(steps[-1])) == 2 and "busy" not in steps[-1]["html"] and len(steps[-1]["maps"]) == 6
    assert networks["a"].asked == before and networks["b"].asked == [(key, LABEL) for key in SHOWN]
    assert set(page.session.readings[page.session.wish.film, "b"].maps) == {(key, LABEL) for key in SHOWN}
    compared(page, NOTHING)
    compared(page, WITH + "b")
    assert len(networks["b"].asked) == 2, "nothing is made twice"
    study = page.session.reading.require_study()
    assert steps[-1]["about"] == panels.make_view_key(study, networks["a"].card, LABEL) + " with b"


def test_the_pictures_of_its_maps_are_bodies_that_go_to_a_browser_once(page):
    opened(page)
    made = compared(page, WITH + "b")
    named = [map_[layer] for map_ in made["maps"].values() for layer in ("smooth", "cells") if layer in map_]
    assert len(named) == 9 and all(page.bodies[id_]["source"].startswith("data:image/png") for id_ in named)
    page.press("choose_methods", methods=["grad-cam"])
    assert not set(named) & set(page.look().value["bodies"])


def test_the_rows_follow_the_finding_the_methods_and_the_checkpoint(page, networks):
    opened(page)
    compared(page, WITH + "b")
    page.press("choose_label", label="normal")
    made = page.settle().pair
    assert format_text("pair", finding=get_finding("normal").name) in made["html"] and len(rows(made)) == 2
    assert networks["b"].asked[2:] == [(key, "normal") for key in SHOWN]
    page.press("choose_methods", methods=["hires-cam"])
    made = page.settle().pair
    assert len(rows(made)) == 1
    assert {f"pair-hires-cam-{which}" for which in ("this", "other", "difference")} <= set(made["maps"])
    assert networks["a"].asked[-1] == networks["b"].asked[-1] == ("hires-cam", "normal")
    page.press("choose_checkpoint", checkpoint="e")
    page.press("choose_label", label="normal")
    made = page.settle().pair
    assert re.findall(r"<h4[^>]*>([^<]*)</h4>", rows(made)[0])[:2] == ["e", "b"]
    assert networks["e"].asked == [("hires-cam", "normal")] and len(networks["b"].asked) == 5


def test_a_row_tells_both_scores_the_scale_the_agreement_and_where_they_differ(page):
    opened(page)
    row = rows(compared(page, WITH + "b"))[0]
    assert row.count("<canvas") == 3 and row.count('class="ramp"') == 1
    assert "70 %</strong> · most probable" in row and "30 %</strong> · less probable" in row
    assert "calibrated logit points per 1 % of the film; one scale for 3 maps" in row
    assert "They differ most in image left, upper third" in row and "where b has more for the finding" in row
    assert page_text.format_rank(1.0) in row and format_text("difference.subtracted") in row
    assert re.search(r'aria-label="Grad-CAM for Bacterial pneumonia, Difference: They differ most in', row)


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_the_part_that_no_probability_sees_is_told_of_classes_alone(page, networks, task):
    for network in (networks["a"], networks["b"]):
        network.card = replace(network.card, task=task)
    opened(page)
    html = compared(page, WITH + "b")["html"]
    assert (markup.join_html(format_text("pair-shared-part")) in html) is (task == "single-label")


def test_the_levels_drawn_are_zero_centred_on_one_scale(page):
    opened(page)
    made = compared(page, WITH + "b")["maps"]
    assert len({map_["table"] for map_ in made.values()}) == 1, "all signed"
    assert {key.rsplit("-", 1)[1] for key in made} == {"this", "other", "difference"}
    assert "cells" in made["pair-grad-cam-this"] and "cells" not in made["pair-lrp-epsilon-this"]


def test_relative_maps_have_each_their_own_scale_and_no_difference(page):
    opened(page, methods=("eigen-cam",))
    made = compared(page, WITH + "b")
    (row,) = rows(made)
    assert row.count("<canvas") == 2 and row.count('class="ramp"') == 2
    assert "No difference: values of this method can be compared within one map alone." in row
    assert format_text("pair-rank") in row and "differ most" not in row


def test_a_finding_that_the_other_does_not_know_is_one_sentence(page, networks):
    opened(page, label="viral_pneumonia")
    (made,) = compare(page, WITH + "b")
    assert "b does not know Viral pneumonia. Both know: Normal, Bacterial pneumonia." in made["html"]
    (made,) = compare(page, WITH + "c")
    assert "no finding in common" in made["html"] and networks["c"].asked == networks["b"].asked == []


def test_a_method_that_the_other_refuses_or_fails_at_takes_no_other_with_it(page, networks):
    networks["b"].proof.refusals["grad-cam"] = "its sum is off"
    opened(page)
    made = compared(page, WITH + "b")
    assert "Not available for b: its sum is off." in rows(made)[0] and "<canvas" in rows(made)[1]
    networks["b"].failing = "lrp-epsilon"
    opened(page)  # another film
    made = page.settle().pair
    assert "Something went wrong (ref" in rows(made)[1] and "nobody foresaw" not in made["html"]


def test_a_film_that_the_other_cannot_analyse_is_one_sentence(page, networks):
    networks["b"].analyse = lambda image: 1 / 0
    opened(page)
    made = compared(page, WITH + "b")
    assert "Something went wrong (ref" in made["html"] and rows(made) == [] and "<canvas" in page.look().panels["html"]


def test_a_method_that_takes_long_is_left_until_it_is_asked_for(page, networks):
    opened(page, methods=("grad-cam", "score-cam"))
    made = compared(page, WITH + "b")
    assert 'data-method="score-cam">Compute Score-CAM of the other network too: about' in rows(made)[1]
    assert [key for key, _ in networks["b"].asked] == ["grad-cam"]
    page.press("compute_slow", method="score-cam")
    page.press("compute_slow", method="forged")
    assert page.session.wish.slow == {(LABEL, "score-cam")}
    made = page.settle().pair
    assert "<canvas" in rows(made)[1] and [key for key, _ in networks["b"].asked] == ["grad-cam", "score-cam"]


@pytest.mark.parametrize("how", ["label", "methods", "choice", "film", "removed", "gone", "checkpoint"])
def test_it_stops_when_the_page_shows_something_else(page, networks, how):
    opened(page)
    begun, stopped = threading.Event(), threading.Event()
    networks["b"].waits = begun, stopped
    page.press("compare_with", choice=WITH + "b")
    steps = page.follow()
    next(step for step in steps if begun.is_set())
    if how == "label":
        page.press("choose_label", label="normal")
    elif how == "methods":
        page.press("choose_methods", methods=["hires-cam"])
    elif how == "choice":
        page.press("compare_with", choice=NOTHING)
    elif how == "film":
        page.upload(png(1))
    elif how == "removed":
        page.press("remove_film", film=page.session.wish.film)
    elif how == "gone":
        page.desk.sessions.forget(page.key)
    else:
        page.press("choose_checkpoint", checkpoint="b")
    assert stopped.wait(20)
    networks["b"].waits = None
    left = list(steps)
    assert (left == []) == (how == "gone")
    if how in ("choice", "removed", "checkpoint"):
        assert left[-1].pair == pair_view.EMPTY
    assert (("grad-cam", LABEL) in networks["b"].finished) == (how == "film"), "the new film alone"


def test_a_film_that_is_removed_leaves_no_reading(page):
    opened(page)
    compared(page, WITH + "b")
    film, readings = page.session.wish.film, page.session.readings
    assert set(readings) == {(film, "a"), (film, "b")}
    opened(page)
    page.press("remove_film", film=film)
    assert {key for key, _ in readings} == {page.session.wish.film} != {film}


@pytest.mark.parametrize(("p", "held"), [((0.2, 0.7, 0.1), False), ((0.7, 0.2, 0.1), True)])
def test_maps_are_held_back_only_where_both_are_below(page, networks, p, held):
    networks["a"].p = p
    opened(page)
    made = compared(page, WITH + "b")
    assert made["held"] is held and (format_text("pair.show") in made["html"]) is held


def test_two_maps_of_next_to_nothing_are_not_stretched(page, networks):
    for name in "ab":
        networks[name].corner = 0.01
    opened(page, methods=("grad-cam",))
    made = compared(page, WITH + "b")
    assert "there is nothing to compare" in made["html"] and made["maps"] == {}


def test_names_of_checkpoints_cannot_become_markup():
    made = [explanation("grad-cam", np.full((2, 2), value, np.float32)) for value in (1.0, 2.0)]
    one, other, html = *(CheckpointView(NASTY, card(), study()) for _ in range(2)), ""
    for entries in (
        {"grad-cam": tuple(made), "lrp-epsilon": PendingMap(NASTY, 0.5)},
        {"score-cam": SlowMap(3.0), "eigen-cam": NASTY},
    ):
        html += pair_view.render_pair(one, other, LABEL, entries, RenderedRows()).body["html"]
    assert "<img src=x" not in html and html.count("onerror") == html.count("onerror=alert(1)&gt;") > 3
    sentence = pair_view.render_sentence(NASTY)["html"]
    assert isinstance(sentence, markup.Html) and "<img" not in sentence


def test_where_two_maps_differ_most_is_told_with_its_sign():
    difference = np.zeros((9, 9))
    difference[7, 1], difference[1, 7] = -3, 1
    assert pair_view.find_most_different(difference) == (2, 0, 0.75, False)
    assert pair_view.find_most_different(-difference) == (2, 0, 0.75, True)
    assert pair_view.find_most_different(np.zeros((9, 9))) is None
    assert pair_text.describe_most_different(None, "a", "b") == format_text("difference.nowhere")


# ---- members


def test_an_ensembles_members_stand_beside_their_mean_and_their_spread_without_another_pass(page, networks):
    opened(page, "e")
    before = list(networks["e"].asked)
    (made,) = compare(page, MEMBERS)
    assert networks["e"].asked == before
    row = rows(made)[0]
    assert re.findall(r"<h4[^>]*>([^<]*)</h4>", row) == [format_text("mean"), format_text("spread"), "one", "two"]
    assert (
        row.count("<canvas") == 6
        and row.count(format_text("member-minus-mean")) == 2
        and "Weight 0.50." in row
        and row.count("70 %</strong>") == 2
    )
    assert "The spread is larger than the mean on 75 % of the map." in row
    tables = {key: map_["table"] for key, map_ in made["maps"].items()}
    assert tables["pair-grad-cam-mean"] == tables["pair-grad-cam-1"] != tables["pair-grad-cam-spread"]
    assert tables["pair-grad-cam-2-difference"] == tables["pair-grad-cam-mean"]
    assert "2 members" in made["html"] and not made["held"]


def test_members_of_a_relative_method_have_no_spread(page):
    opened(page, "e", ("eigen-cam",))
    (row,) = rows(compared(page, MEMBERS))
    assert format_text("spread.of") not in row and format_text("spread.none") in row and row.count('class="ramp"') == 3


def test_joined_feature_maps_say_that_they_have_no_members_maps(page, networks):
    networks["e"].card = ensemble("joined")
    opened(page, "e")
    (made,) = compare(page, MEMBERS)
    assert markup.join_html(format_text("members-title.joined")) in made["html"] and made["maps"] == {}


def test_names_of_members_cannot_become_markup():
    parts = tuple(MemberMap(NASTY + str(at), 0.5, np.full((2, 2), at, np.float32)) for at in (1, 2))
    map_ = explanation("grad-cam", np.full((2, 2), 1.5, np.float32))
    map_ = type(map_)(*list(map_.__dict__.values())[:7], parts)
    made = EnsembleSpec(
        "mean", (0.5, 0.5), tuple(Member(p.name, "densenet121", "linear", 1.0, "ef" * 32) for p in parts)
    )
    seen = study()
    seen.members = MemberAnswers(tuple(p.name for p in parts), seen.members.logits, seen.members.probabilities)
    reading = CheckpointView("e", card(backbone="", ensemble=made), seen)
    html = members_view.render_members(reading, LABEL, {"grad-cam": (map_,)}, RenderedRows()).body["html"]
    assert "<img src=x" not in html and "onerror=alert(1)&gt;" in html
