"""The section that compares, without a browser: what it says, what it refuses, what it computes and when it stops."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.analysis import MemberAnswers
from cxr_demo.comparison import checkpoint_pair
from cxr_demo.explain.engine import MemberMap
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import EnsembleSpec, Member
from cxr_demo.text import page_text, pair_text
from cxr_demo.ui import events, markup, members_view, pair_events, pair_view, panels, sessions
from cxr_demo.ui.pair_events import MEMBERS, NOTHING, WITH
from cxr_demo.ui.pair_view import CheckpointView, PendingMap, RenderedRows, SlowMap
from tests.ui.test_events import NASTY, StandIn, card, ensemble, explanation, page_of, study

SHOWN = ("grad-cam", "lrp-epsilon")
LABEL = "bacterial_pneumonia"


class Network(StandIn):
    """With a map of its own: even, but for one corner that speaks for the finding."""

    def __init__(self, corner: float, made=None, p=(0.2, 0.7, 0.1), own=()) -> None:
        super().__init__()
        self.card, self.corner, self.p, self.own, self.failing = made or card(), corner, p, own, None

    def analyse(self, image):
        found = study(self.p)
        p = np.array(self.p)
        names = tuple(member.name for member in self.card.ensemble.members) if self.card.ensemble else ()
        told = MemberAnswers(names, np.log([p] * len(names) or [p]), np.array([p] * len(names) or [p]))
        return SimpleNamespace(**found.__dict__ | {"image": image, "labels": self.card.labels, "members": told})

    def explain(self, study, labels, methods, on_progress):
        self.asked += [(method, label) for method in methods for label in labels]
        on_progress(0.5, 1)
        if self.failing in methods:
            raise ValueError("nobody foresaw this")
        made = {}
        for method in methods:
            values = np.full((2, 2) if METHODS[method].family.reads == "features" else (64, 64), 0.01, np.float32)
            values[0, 0] = self.corner
            parts = tuple(MemberMap(name, 0.5, values + shift) for name, shift in self.own)
            found = explanation(method, values, labels[0])
            made[method, labels[0]] = type(found)(*list(found.__dict__.values())[:7], parts)
        return made


def names_of(steps) -> list[dict]:
    return [step["shown"] for step in steps if "shown" in step]


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
def desk(networks, tmp_path):
    made = events.Events(networks, sessions.Sessions(), tmp_path)
    for name in ("message", "findings", "methods", "panels", "facts"):
        setattr(made, name, name)
    compared = pair_events.PairEvents(made)
    compared.choice, compared.shown = "choice", "shown"
    return compared


def opened(desk, checkpoint="a", methods=SHOWN) -> sessions.Session:
    """A film on the page, all its maps made."""
    session = desk.events.sessions.keep("k")
    pixels = np.random.default_rng(0).random((90, 70), dtype=np.float32)
    session.waiting = Radiograph(pixels, (), "ab" * 32, "PNG")
    list(desk.events.analyse(checkpoint, methods, page_of("k")))
    session.label = LABEL
    return session


def rows(made: dict) -> list[str]:
    return re.findall(r'<section class="couple".*?</section>', made["html"])


# ---- what is offered and chosen


def test_what_may_be_compared_is_every_other_checkpoint_and_an_ensembles_members(desk):
    assert [value for _, value in desk.choices("a")] == [NOTHING, WITH + "b", WITH + "c", WITH + "e"]
    assert [value for _, value in desk.choices("e")][:2] == [NOTHING, MEMBERS]
    (update,) = (step["choice"] for step in desk.offer("b", WITH + "b", page_of("k")))
    assert update["value"] == NOTHING and WITH + "a" in [value for _, value in update["choices"]]
    (update,) = (step["choice"] for step in desk.offer("b", WITH + "c", page_of("k")))
    assert update["value"] == WITH + "c"
    (update,) = (step["choice"] for step in desk.offer("a", MEMBERS, page_of("k")))
    assert update["value"] == NOTHING


@pytest.mark.parametrize("choice", [NOTHING, WITH + "nobody", "forged", MEMBERS, WITH + "a"])
def test_nothing_is_shown_where_nothing_can_be_compared(desk, networks, choice):
    assert names_of(desk.show(choice, page_of("k"))) == [pair_view.EMPTY]
    opened(desk)
    assert names_of(desk.show(choice, page_of("k"))) == [pair_view.EMPTY]
    assert networks["b"].asked == []


# ---- two checkpoints


def test_each_row_comes_when_it_is_ready_and_only_the_other_is_asked(desk, networks):
    session = opened(desk)
    before = list(networks["a"].asked)
    steps = names_of(desk.show(WITH + "b", page_of("k")))
    assert "Computing Grad-CAM of b" in steps[0]["html"] and steps[0]["maps"] == {}
    assert [len(step["maps"]) for step in steps if "busy" not in rows(step)[0]][0] == 3
    assert len(rows(steps[-1])) == 2 and "busy" not in steps[-1]["html"] and len(steps[-1]["maps"]) == 6
    assert networks["a"].asked == before and networks["b"].asked == [(key, LABEL) for key in SHOWN]
    assert set(session.second_studies["b"].maps) == {(key, LABEL) for key in SHOWN}
    names_of(desk.show(WITH + "b", page_of("k")))
    assert len(networks["b"].asked) == 2, "nothing is made twice"
    assert steps[-1]["of"] == panels.make_view_key(session.study, networks["a"].card, LABEL)


def test_a_row_tells_both_scores_the_scale_the_agreement_and_where_they_differ(desk):
    opened(desk)
    row = rows(names_of(desk.show(WITH + "b", page_of("k")))[-1])[0]
    assert row.count("<canvas") == 3 and row.count('class="ramp"') == 1
    assert "70 %</strong> · most probable" in row and "30 %</strong> · less probable" in row
    assert "calibrated logit points per 1 % of the film; one scale for 3 maps" in row
    assert "They differ most in image left, upper third" in row and "where b has more for the finding" in row
    assert page_text.format_rank(1.0) in row and pair_text.SUBTRACTED in row
    assert re.search(r'aria-label="Grad-CAM for Bacterial pneumonia, Difference: They differ most in', row)


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_the_part_that_no_probability_sees_is_told_of_classes_alone(desk, networks, task):
    for network in (networks["a"], networks["b"]):
        network.card = replace(network.card, task=task)
    opened(desk)
    html = names_of(desk.show(WITH + "b", page_of("k")))[-1]["html"]
    assert (markup.join_html(checkpoint_pair.SHARED_PART) in html) is (task == "single-label")


def test_the_levels_drawn_are_zero_centred_on_one_scale(desk):
    opened(desk)
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]["maps"]
    assert len({map_["table"] for map_ in made.values()}) == 1, "all signed"
    assert {key.rsplit("-", 1)[1] for key in made} == {"this", "other", "difference"}
    assert "cells" in made["pair-grad-cam-this"] and "cells" not in made["pair-lrp-epsilon-this"]


def test_relative_maps_have_each_their_own_scale_and_no_difference(desk):
    opened(desk, methods=("eigen-cam",))
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    (row,) = rows(made)
    assert row.count("<canvas") == 2 and row.count('class="ramp"') == 2
    assert "No difference: values of this method can be compared within one map alone." in row
    assert pair_text.RANK in row and "differ most" not in row


def test_a_finding_that_the_other_does_not_know_is_one_sentence(desk, networks):
    session = opened(desk)
    session.label = "viral_pneumonia"
    (made,) = names_of(desk.show(WITH + "b", page_of("k")))
    assert "b does not know Viral pneumonia. Both know: Normal, Bacterial pneumonia." in made["html"]
    (made,) = names_of(desk.show(WITH + "c", page_of("k")))
    assert "no finding in common" in made["html"] and networks["c"].asked == networks["b"].asked == []


def test_a_method_that_the_other_refuses_or_fails_at_takes_no_other_with_it(desk, networks):
    networks["b"].proof.refusals["grad-cam"] = "its sum is off"
    opened(desk)
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert "Not available for b: its sum is off." in rows(made)[0] and "<canvas" in rows(made)[1]
    networks["b"].failing = "lrp-epsilon"
    desk.events.sessions.find("k").second_studies.clear()
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert "Something went wrong (ref" in rows(made)[1] and "nobody foresaw" not in made["html"]


def test_a_dear_method_is_left_until_it_is_asked_for(desk, networks):
    session = opened(desk, methods=("grad-cam", "score-cam"))
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert 'data-method="score-cam">Compute Score-CAM of the other checkpoint too: about' in rows(made)[1]
    assert [key for key, _ in networks["b"].asked] == ["grad-cam"]
    list(desk.request_slow_map(SimpleNamespace(method="score-cam"), page_of("k")))
    list(desk.request_slow_map(SimpleNamespace(method="forged"), page_of("k")))
    assert session.slow_requested == {(LABEL, "score-cam")}
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert "<canvas" in rows(made)[1] and [key for key, _ in networks["b"].asked] == ["grad-cam", "score-cam"]


@pytest.mark.parametrize("how", ["label", "methods", "choice", "film", "removed", "checkpoint"])
def test_it_stops_when_the_page_shows_something_else(desk, networks, how):
    session = opened(desk)
    steps = desk.show(WITH + "b", page_of("k"))
    next(steps)
    if how == "label":
        session.label = "normal"
    elif how == "methods":
        list(desk.events.want_methods(["grad-cam", "hires-cam"], page_of("k")))
    elif how == "choice":
        list(desk.want(NOTHING, page_of("k")))
    elif how == "film":
        session.waiting = session.study.image
    elif how == "removed":
        desk.events.sessions.forget("k")
    else:
        list(desk.offer("b", WITH + "b", page_of("k")))
    left = list(steps)
    assert left == [] and len(networks["b"].asked) <= 1


def test_another_film_leaves_nothing_of_the_former(desk):
    session = opened(desk)
    list(desk.show(WITH + "b", page_of("k")))
    kept = session.second_studies
    opened(desk)
    assert session.second_studies == {} and session.second_studies is not kept, (
        "a thread of the former film has another place"
    )


@pytest.mark.parametrize(("p", "held"), [((0.2, 0.7, 0.1), False), ((0.7, 0.2, 0.1), True)])
def test_maps_are_held_back_only_where_both_are_below(desk, networks, p, held):
    networks["a"].p = p
    opened(desk)
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert made["held"] is held and (pair_text.SHOW_BOTH in made["html"]) is held


def test_two_maps_of_next_to_nothing_are_not_stretched(desk, networks):
    for name in "ab":
        networks[name].corner = 0.01
    opened(desk, methods=("grad-cam",))
    made = names_of(desk.show(WITH + "b", page_of("k")))[-1]
    assert "there is nothing to compare" in made["html"] and made["maps"] == {}


def test_names_of_checkpoints_cannot_become_markup():
    made = [explanation("grad-cam", np.full((2, 2), value, np.float32)) for value in (1.0, 2.0)]
    one, other = (CheckpointView(NASTY, card(), study()) for _ in range(2))
    html = pair_view.render_pair(
        one, other, LABEL, {"grad-cam": tuple(made), "lrp-epsilon": PendingMap(NASTY, 0.5)}, RenderedRows()
    )["html"]
    html += pair_view.render_pair(one, other, LABEL, {"score-cam": SlowMap(3.0), "eigen-cam": NASTY}, RenderedRows())[
        "html"
    ]
    assert "<img src=x" not in html and html.count("onerror") == html.count("onerror=alert(1)&gt;") > 3
    assert (
        isinstance(pair_view.render_sentence(NASTY, "x")["html"], markup.Html)
        and "<img" not in pair_view.render_sentence(NASTY, "x")["html"]
    )


def test_where_two_maps_differ_most_is_told_with_its_sign():
    difference = np.zeros((9, 9))
    difference[7, 1], difference[1, 7] = -3, 1
    assert pair_view.find_most_different(difference) == (2, 0, 0.75, False)
    assert pair_view.find_most_different(-difference) == (2, 0, 0.75, True)
    assert pair_view.find_most_different(np.zeros((9, 9))) is None
    assert pair_text.describe_most_different(None, "a", "b") == pair_text.SAME_EVERYWHERE


# ---- members


def test_an_ensembles_members_stand_beside_their_mean_and_their_spread_without_another_pass(desk, networks):
    opened(desk, "e")
    before = list(networks["e"].asked)
    made = names_of(desk.show(MEMBERS, page_of("k")))
    assert len(made) == 1 and networks["e"].asked == before
    row = rows(made[0])[0]
    assert re.findall(r"<h4[^>]*>([^<]*)</h4>", row) == [pair_text.MEAN, pair_text.SPREAD, "one", "two"]
    assert (
        row.count("<canvas") == 6
        and row.count(pair_text.MINUS_MEAN) == 2
        and "Weight 0.50." in row
        and row.count("70 %</strong>") == 2
    )
    assert "The spread is larger than the mean on 75 % of the map." in row
    tables = {key: map_["table"] for key, map_ in made[0]["maps"].items()}
    assert tables["pair-grad-cam-mean"] == tables["pair-grad-cam-1"] != tables["pair-grad-cam-spread"]
    assert tables["pair-grad-cam-2-difference"] == tables["pair-grad-cam-mean"]
    assert "2 members" in made[0]["html"] and not made[0]["held"]


def test_members_of_a_relative_method_have_no_spread(desk):
    opened(desk, "e", ("eigen-cam",))
    (row,) = rows(names_of(desk.show(MEMBERS, page_of("k")))[-1])
    assert pair_text.SPREAD_OF not in row and pair_text.describe_no_spread() in row and row.count('class="ramp"') == 3


def test_joined_feature_maps_say_that_they_have_no_members_maps(desk, networks):
    networks["e"].card = ensemble("joined")
    opened(desk, "e")
    (made,) = names_of(desk.show(MEMBERS, page_of("k")))
    assert markup.join_html(pair_text.FEATURE_FUSION) in made["html"] and made["maps"] == {}


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
    html = members_view.render_members(reading, LABEL, {"grad-cam": (map_,)}, RenderedRows())["html"]
    assert "<img src=x" not in html and "onerror=alert(1)&gt;" in html
