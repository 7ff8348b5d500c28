"""What is missing before the page shows what is wanted, and in which order it is done."""

from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.explain.methods import METHODS
from cxr_demo.limits import SLOW_FORWARDS
from cxr_demo.ui.app.wish import WITH
from cxr_demo.ui.app.work import ALL, ANALYSE, COMPARE, EXPLAIN, PROVE, READ, READ_OTHERS, list_work
from tests.ui.stand_ins import LABELS, Page, StandIn, card, make_desk, png

SLOW = next(key for key, method in METHODS.items() if method.cost_forwards > SLOW_FORWARDS)


@pytest.fixture
def desk(folder):
    analysers = {"a": StandIn(), "b": StandIn(), "c": StandIn()}
    analysers["c"].card = card(name="c", labels=("mass",), thresholds={})
    return make_desk(analysers, folder)


def missing(page: Page) -> list[tuple]:
    """The keys, the first to be done first, without the digest of the film."""
    return [
        tuple(part for part in work.key if len(str(part)) < 64)
        for work in sorted(list_work(page.desk, page.session), key=lambda work: work.rank)
    ]


def do_next(page: Page) -> None:
    min(list_work(page.desk, page.session), key=lambda work: work.rank).run(lambda done, total: None)


def test_an_empty_page_has_nothing_to_do(page):
    assert missing(page) == []


def test_one_step_leads_to_the_next_and_cheap_maps_come_first(page):
    page.desk.analysers["a"].is_proved = False
    page.press("choose_methods", methods=["grad-cam", "occlusion", "gradient"])
    page.upload(png())
    film = page.session.wish.film
    done = []
    while wanted := missing(page):
        done.append(wanted[0])
        do_next(page)
    cheap = sorted(("grad-cam", "gradient"), key=lambda key: METHODS[key].cost_forwards)
    assert done == [("read", film), ("analyse", film, "a"), ("prove", "a"),
                    *(("explain", "a", key, LABELS[1]) for key in (*cheap, "occlusion"))]  # fmt: skip


def test_the_film_that_is_looked_at_is_read_first(page):
    page.upload(png(1))
    page.upload(png(2))
    page.upload(png(3), show=False)
    first, second, third = page.session.films
    assert missing(page) == [("read", second), ("read", first), ("read", third)]
    assert READ < ANALYSE < READ_OTHERS < PROVE < EXPLAIN < COMPARE
    do_next(page)
    assert missing(page)[0] == ("analyse", second, "a")


def test_what_has_failed_is_not_tried_again(page):
    page.upload(b"no film")
    (work,) = list_work(page.desk, page.session)
    with pytest.raises(Exception) as raised:  # noqa: PT011  which one is the reader's business
        work.run(lambda done, total: None)
    work.fail(raised.value)
    assert missing(page) == [] and page.session.film.fault and not page.session.film.path


def test_the_other_network_comes_after_the_one_that_is_looked_at(page):
    page.press("compare_with", choice=WITH + "b")
    page.open(methods=["grad-cam", SLOW])
    film = page.session.wish.film
    del page.session.readings[film, "b"]
    page.session.reading.maps.clear()
    assert missing(page) == [("explain", "a", "grad-cam", LABELS[1]), ("explain", "a", SLOW, LABELS[1]),
                             ("analyse", film, "b")]  # fmt: skip
    page.press("compute_slow", method=SLOW)
    page.settle()
    assert sorted(page.desk.analysers["b"].asked) == sorted(
        [("grad-cam", LABELS[1]), ("grad-cam", LABELS[1]), (SLOW, LABELS[1])]
    )


def test_a_slow_map_of_the_other_network_is_made_only_when_it_is_asked_for(page):
    page.press("compare_with", choice=WITH + "b")
    page.open(methods=["grad-cam", SLOW])
    other = page.desk.analysers["b"]
    assert other.asked == [("grad-cam", LABELS[1])]
    page.press("compute_slow", method=SLOW)
    page.settle()
    assert other.asked == [("grad-cam", LABELS[1]), (SLOW, LABELS[1])]


def test_a_network_that_does_not_know_the_label_is_not_asked(page):
    page.press("compare_with", choice=WITH + "c")
    page.open(methods=["grad-cam"])
    assert page.desk.analysers["c"].asked == [] and len(page.session.readings) == 1


def test_against_the_other_findings_all_maps_of_a_method_are_made_in_one_sweep(page):
    page.press("choose_methods", methods=["grad-cam", "layer-cam", "gradient"])
    page.upload(png())
    while missing(page):
        do_next(page)
    page.press("contrast_labels", contrast=True)
    assert missing(page) == [("explain", "a", "grad-cam", ALL), ("explain", "a", "gradient", ALL)], "LayerCAM has none"
    asked = page.desk.analysers["a"].asked
    done = len(asked)
    do_next(page)
    assert {label for method, label in asked[done:] if method == "grad-cam"} == {LABELS[0], LABELS[2]}
    do_next(page)
    assert missing(page) == []
    shown = page.settle()
    assert shown.panels["contrast"] and "against the others" in shown.panels["html"]
    assert "No LayerCAM against the other findings" in shown.panels["html"]
    assert "Maps against the other findings are not checked" in shown.evaluation["html"]
    page.press("choose_label", label=LABELS[0])
    assert missing(page) == [], "they are those of all labels"
    page.press("contrast_labels", contrast=False)
    assert [key[-1] for key in missing(page)] == [LABELS[0]], "LayerCAM was made of one label"


@pytest.mark.parametrize("first", ["a", "c"])
def test_of_a_network_with_one_finding_no_comparison_against_others_is_made(page, first):
    """A single map less itself is nothing; what the page waits for is what is made."""
    alone = page.desk.analysers["c"]
    alone.card = card(name="c", labels=LABELS[:1], thresholds={})
    analyse = alone.analyse
    alone.analyse = lambda image: SimpleNamespace(
        **analyse(image).__dict__ | {"labels": LABELS[:1], "probabilities": np.ones(1), "logits": np.ones(1)}
    )
    page.press("choose_checkpoint", checkpoint=first)
    page.press("choose_methods", methods=["grad-cam", "layer-cam"])
    page.press("compare_with", choice=WITH + ("c" if first == "a" else "a"))
    page.press("contrast_labels", contrast=True)
    page.upload(png())
    do_next(page)
    do_next(page)
    page.press("choose_label", label=LABELS[0])
    while missing(page):
        do_next(page)
    shown = page.settle()
    if first == "a":
        assert "c knows one finding alone" in shown.pair["html"] and not alone.asked
        assert "against the others" in shown.panels["html"]
    else:
        assert "against the other" not in shown.panels["html"]
        assert {label for _, label in page.desk.analysers["a"].asked} == {LABELS[0]}
        assert {method for method, _ in page.desk.analysers["a"].asked} == {"grad-cam", "layer-cam"}
