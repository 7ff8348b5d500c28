"""The quality of the explanations, on the page and without a browser: what is said, what is asked, what is kept."""

import html
import math
import queue
import re
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import BORDER, RegionShare
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import PARTS, RANDOM_BASELINE_FORWARDS, MapEvaluation
from cxr_demo.evaluation.faithfulness import ORDERS, STEPS, Curve
from cxr_demo.evaluation.randomisation import Randomisation, Stage
from cxr_demo.evaluation.stability import Change, Stability
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.text import evaluation_text
from cxr_demo.ui import (
    evaluation_curves,
    evaluation_events,
    evaluation_run,
    evaluation_table,
    film_regions,
    regions_table,
)
from cxr_demo.ui.sessions import Sessions
from tests.ui.test_events import LABELS, NASTY, StandIn, card, explanation, last, page_of, study

SHOWN = ("grad-cam", "lrp-epsilon", "occlusion")
RANDOM = np.linspace(2, 0, STEPS + 1) + np.linspace(-0.2, 0.2, ORDERS)[:, None]


def curve(check: str, logits: np.ndarray, film: float = 2.0, blurred: float = 0.0) -> Curve:
    share = np.linspace(0, 1, STEPS + 1)
    random = RANDOM if check == "deletion" else RANDOM[:, ::-1]
    return Curve(check, share, logits, logits, random, random, film, blurred)


def make_evaluation(ranks=((0.6, 0.4), (0.1, 0.2)), fall: float = 2.0) -> MapEvaluation:
    stages = tuple(Stage(name, *rank) for name, rank in zip(("last", "first"), ranks, strict=True))
    steep = np.maximum(np.linspace(2, -2, STEPS + 1), 0)
    return MapEvaluation(
        curve("deletion", steep, blurred=2 - fall), curve("insertion", 2 - steep, blurred=2 - fall),
        Randomisation(stages), Stability(Change(0.97, 0.11), Change(0.8, 0.52)),
    )  # fmt: skip


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", markup)))


# ---- the tables


def test_a_share_stands_beside_what_even_spread_gives_and_the_region_says_it_on_every_panel():
    found = {
        "grad-cam": {"lungs": RegionShare(0.62, 0.24), "drawn region": RegionShare(0.5, 0.004)},
        "lrp-epsilon": {"lungs": RegionShare(math.nan, 0.24), "drawn region": RegionShare(math.nan, 0.004)},
    }
    made = regions_table.render_regions(LABELS[1], found, "ABOUT", (0.1, 0.2, 0.3, 0.04))
    told = text_of(made["html"])
    assert "in the lungs (estimate)" in told and "62 % (24 %)" in told and "50 % (0.4 %)" in told and "ABOUT" in told
    assert (
        "not defined" in told
        and "not defined (" not in told
        and evaluation_text.WARNING in told
        and "Bacterial pneumonia" in told
    )
    assert re.findall(r'class="mark" style="left:([\d.]+)%', made["html"]) == ["24.0", "0.4"]
    assert made["region"]["box"] == [0.1, 0.2, 0.3, 0.04]
    assert made["region"]["told"] == {
        "grad-cam": "50 % of the evidence", "lrp-epsilon": "no evidence", "film": "0.4 % of the film",
    }  # fmt: skip
    assert re.findall(r'name="(\w+)"[^>]* value="([\d.]+)"', made["html"]) == [
        ("x", "10"), ("y", "20"), ("width", "30"), ("height", "4"),
    ]  # fmt: skip


def test_every_check_stands_with_its_direction_its_paper_and_what_it_does_not_say():
    made = evaluation_table.render_evaluations(LABELS[1], ["grad-cam"], {"grad-cam": make_evaluation()}, {})["html"]
    heads = re.findall(r'<th scope="col".*?</th>', made)[1:]
    assert len(heads) == 5
    for key, head in zip(evaluation_table.PART_OF, heads, strict=True):
        told = text_of(head)
        assert (
            CHECKS[key].name in told
            and evaluation_text.shorten_paper(CHECKS[key].paper) in told
            and "own choice" not in told
        )
        assert evaluation_text.DIRECTION[CHECKS[key].better] in told and html.escape(CHECKS[key].paper) in head
    meanings = text_of(evaluation_table.render_meanings())
    for check in CHECKS.values():
        assert check.says in meanings and check.says_not in meanings and check.paper in meanings


def test_numbers_of_the_curves_are_those_of_the_checks():
    found = make_evaluation()
    told = text_of(evaluation_table.render_evaluations(LABELS[1], ["grad-cam"], {"grad-cam": found}, {})["html"])
    share, own = found.deletion.share, np.maximum(np.linspace(2, -2, STEPS + 1), 0)
    area = sum((a + b) / 2 * (share[1] - share[0]) for a, b in zip(own, own[1:], strict=False)) / 2
    assert f"{area:.2f} (random 0.50) beats 5 of 5 random orders mean gain +{1 - 2 * area:.2f} logit points" in told
    undefined = text_of(
        evaluation_table.render_evaluations(LABELS[1], ["grad-cam"], {"grad-cam": make_evaluation(fall=0.1)}, {})[
            "html"
        ]
    )
    assert f"{evaluation_text.NO_AREA} beats 5 of 5" in undefined and "nan" not in undefined


@pytest.mark.parametrize(
    ("ranks", "why"),
    [
        (((0.9, 0.9), (0.7, 0.1)), evaluation_text.UNCHANGED_WHY),
        (((0.9, 0.9), (-0.1, 0.6)), evaluation_text.UNCHANGED_WHY),
        (((1.0, 1.0), (0.1, 0.1)), evaluation_text.BLIND_WHY),
        (((0.9, 0.9), (0.1, 0.1)), ""),
    ],
)
def test_a_map_that_does_not_change_is_flagged_in_words(ranks, why):
    told = text_of(
        evaluation_table.render_evaluations(LABELS[1], ["gradient"], {"gradient": make_evaluation(ranks)}, {})["html"]
    )
    assert (evaluation_text.UNCHANGED_FLAG in told) == bool(why) and why in told and told.count("⚠") == bool(why)


def test_the_drawing_follows_the_curve():
    found = make_evaluation()
    drawn = evaluation_curves.draw_curve(found.deletion)
    own = re.search(r'points="([^"]*)" class="own"', drawn)[1].split()
    x, y = np.array([point.split(",") for point in own], float).T
    assert (
        len(own) == STEPS + 1
        and x[0] == evaluation_curves.EDGE
        and x[-1] == evaluation_curves.WIDTH - evaluation_curves.EDGE
    )
    assert (np.diff(y) >= 0).all() and np.ptp(y) == pytest.approx(
        (evaluation_curves.HEIGHT - 2 * evaluation_curves.EDGE) * 2 / 2.4, abs=0.2
    )  # from 2 to 0 of a range from -0.2 to 2.2; y grows downwards
    steps = evaluation_curves.draw_randomisation(
        Randomisation((Stage("a", 0.5, math.nan), Stage("b", math.nan, math.nan)))
    )
    assert steps.count("<circle") == 1 and "nan" not in steps and "not defined" in steps


def test_what_failed_says_why_and_what_was_not_asked_says_so():
    part = replace(make_evaluation(), randomisation=None, stability=None)
    made = evaluation_table.render_evaluations(
        LABELS[1], SHOWN[:2], {"grad-cam": part}, {("grad-cam", "stability"): NASTY}
    )["html"]
    assert (
        text_of(made).count(evaluation_text.NOT_YET) == 6 and made.count("not computed (") == 2 and "<img" not in made
    )


# ---- where, on a film


class Lungs:
    """A lung model's face: the left half of any film."""

    dice = (0.91, 0.9, 0.92)

    def __init__(self, finds: bool = True) -> None:
        self.finds = finds

    def estimate(self, pixels):
        mask = np.zeros(pixels.shape, bool)
        mask[:, : pixels.shape[1] // 2] = self.finds
        return mask


def test_shares_equal_a_slow_count_over_the_film():
    shown = study(shape=(64, 64))
    ground, map_ = (
        film_regions.estimate_image_regions(shown.image, Lungs()),
        np.random.default_rng(1).normal(size=(64, 64)),
    )
    ground.draw([0.25, 0.5, 0.25, 0.125])
    truth = np.zeros((64, 64), bool)
    truth[3:9, 50:60] = True
    found = film_regions.measure_regions(
        ground, {"letters": truth}, {"gradient": explanation("gradient", map_)}, card().preprocess
    )
    wanted = dict.fromkeys(("lungs", "outside the lungs", "borders", "drawn region", "letters"), 0.0)
    total = 0.0
    for row in range(64):
        for column in range(64):
            value = max(0.0, map_[row, column])
            total += value
            at = (column + 0.5) / 64, (row + 0.5) / 64
            inside = {
                "lungs": column < 32, "outside the lungs": column >= 32,
                "borders": min(*at, 1 - at[0], 1 - at[1]) < BORDER,
                "drawn region": 0.25 <= at[0] < 0.5 and 0.5 <= at[1] < 0.625,
                "letters": 3 <= row < 9 and 50 <= column < 60,
            }  # fmt: skip
            for name, is_in in inside.items():
                wanted[name] += value * is_in
    for name, evidence in wanted.items():
        assert found["gradient"][name].evidence == pytest.approx(evidence / total, rel=1e-4)
    assert found["gradient"]["drawn region"].area == 0.25 * 0.125


def test_a_large_film_is_counted_on_the_pixels_that_the_page_shows():
    shown, box = study(shape=(2200, 1800)), [0.31, 0.22, 0.2, 0.1]
    ground = film_regions.estimate_image_regions(shown.image, Lungs())
    ground.draw(box)
    map_ = np.abs(np.random.default_rng(1).normal(size=(8, 8)))
    preprocess = Preprocess(64, "stretch", (0.5,), (0.2,))
    share = film_regions.measure_regions(ground, {}, {"grad-cam": explanation("grad-cam", map_)}, preprocess)[
        "grad-cam"
    ]
    assert max(ground.shape) == 1024 and share["lungs"].area == pytest.approx(0.5, abs=1e-3)
    fine = np.kron(map_, np.ones((125, 125)))  # 1000 x 1000: every cell on its own area
    wanted = fine[220:320, 310:510].sum() / fine.sum()
    assert share["drawn region"].evidence == pytest.approx(wanted, rel=0.02)


def test_what_the_lungs_are_worth_is_said_or_why_there_are_none():
    image = study().image
    told = {
        name: film_regions.describe_lungs(film_regions.estimate_image_regions(image, lungs), lungs)
        for name, lungs in {"none": None, "blind": Lungs(finds=False), "seeing": Lungs()}.items()
    }
    assert told["none"] == evaluation_text.NO_LUNGS and told["blind"] == evaluation_text.NO_LUNG_FOUND
    assert "estimate" in told["seeing"] and "Dice 0.91 (0.90 to 0.92)" in told["seeing"]
    maps = {"gradient": explanation("gradient", np.ones((8, 8)))}
    blind = film_regions.measure_regions(
        film_regions.estimate_image_regions(image, Lungs(finds=False)), {}, maps, card().preprocess
    )
    assert set(blind["gradient"]) == {"borders", "corners"}


@pytest.mark.parametrize(
    "box", [[0.9, 0, 0.2, 0.1], [0, 0, 0, 0.1], [-0.1, 0, 0.5, 0.5], [0, 0, None, 1], [0, 0, math.nan, 1], "all", [1],
            [0, 0, True, 1], {"x": 0}]
)  # fmt: skip
def test_what_is_no_region_is_refused_and_the_former_one_stays(box):
    ground = film_regions.estimate_image_regions(study().image, None)
    ground.draw([0.1, 0.1, 0.2, 0.2])
    with pytest.raises(ExplanationError):
        ground.draw(box)
    assert ground.drawn == (0.1, 0.1, 0.2, 0.2)
    ground.draw(None)
    assert ground.drawn is None


# ---- events


class EvaluationResults(StandIn):
    """An Analyser's face whose checks wait for a sign at every step, and which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.checked, self.stopped = queue.SimpleQueue(), [], threading.Event()
        self.broken_part = ""

    def estimate_forwards(self, methods, part):
        return 10.0 * sum(METHODS[key].cost_forwards for key in methods)

    def measure_random_baseline(self, study, on_progress):
        self._step(on_progress)
        return "RANDOM"

    def evaluate_maps(self, study, explanations, on_progress, parts, random_baseline):
        assert random_baseline == "RANDOM"
        self._step(on_progress)
        (part,) = parts
        methods = tuple(map_.method for map_ in explanations)
        self.checked.append((part, methods, {map_.label for map_ in explanations}))
        if part == self.broken_part:
            raise RuntimeError("secret /home/x")
        whole = vars(make_evaluation())
        wanted = evaluation_run.FIELDS[part]
        return {key: MapEvaluation(**{name: whole[name] for name in wanted}) for key in methods}

    def _step(self, on_progress):
        try:
            on_progress(self.steps.get(timeout=20), 4)
        except Exception:
            self.stopped.set()
            raise


@pytest.fixture
def desk(monkeypatch):
    """(the section's events, its stand-in of an analyser, the session of an open page with three maps)"""
    monkeypatch.setattr(evaluation_events, "PROGRESS_EVERY_S", 0.01)
    analyser = EvaluationResults()
    made = evaluation_events.EvaluationEvents({"a": analyser}, Sessions(), Lungs())
    for name in ("message", "regions", "bar", "checks"):
        setattr(made, name, name)
    session = made.sessions.keep("s")
    session.study, session.checkpoint, session.label, session.methods = study(), "a", LABELS[1], SHOWN
    session.forward_s = 0.5
    for label in LABELS[:2]:
        for key in SHOWN:
            session.maps[key, label] = explanation(key, np.full((8, 8), 0.5), label)
    return made, analyser, session


def ask(made, slow: bool = False) -> dict:
    return last(made.ask(SimpleNamespace(slow=slow), page_of("s")))


def run(made, analyser, steps: int = 20) -> list[dict]:
    for _ in range(steps):
        analyser.steps.put(2)
    return list(made.check(page_of("s")))


def shown(made) -> dict:
    return last(made.show(page_of("s")))


def test_nothing_is_asked_of_the_network_before_a_person_asks(desk):
    made, analyser, _ = desk
    told = shown(made)
    assert "in the lungs (estimate)" in told["regions"]["html"] and told["checks"]["html"] == ""
    seconds = 0.5 * (RANDOM_BASELINE_FORWARDS + 10 * (1 + 2.5 + 220) + 2 * 10 * (1 + 2.5))
    assert f"Check these maps about {seconds / 60:.0f} min" in text_of(told["bar"]["html"]) and analyser.checked == []


def test_the_cheapest_comes_first_and_the_slow_ones_only_when_asked_for(desk):
    made, analyser, session = desk
    assert evaluation_text.WAITING in text_of(ask(made)["bar"]["html"]) and analyser.checked == []
    steps = run(made, analyser)
    of = {LABELS[1]}
    assert analyser.checked == [
        ("faithfulness", ("grad-cam",), of), ("faithfulness", ("lrp-epsilon",), of),
        ("faithfulness", ("occlusion",), of), ("stability", ("grad-cam", "lrp-epsilon"), of),
        ("randomisation", ("grad-cam", "lrp-epsilon"), of),
    ]  # fmt: skip
    tables = [text_of(step["checks"]["html"]) for step in steps if "checks" in step]
    # Nothing yet after the random orders, two columns per method's curves, and what the slow one still lacks.
    assert [table.count(evaluation_text.NOT_YET) for table in tables] == [0, 13, 11, 9, 5, 3]
    assert (
        evaluation_text.describe_slow_offer(["occlusion"]) in text_of(steps[-1]["bar"]["html"])
        and session.evaluation_run is None
    )
    ask(made, slow=True)
    last_step = run(made, analyser)[-1]
    assert analyser.checked[5:] == [(part, ("occlusion",), of) for part in PARTS[1:]]
    assert evaluation_text.DONE in text_of(last_step["bar"]["html"]) and "<button" not in last_step["bar"]["html"]


def test_progress_is_the_share_of_all_forwards_and_says_which_check_runs(desk):
    made, analyser, _ = desk
    ask(made)
    steps = made.check(page_of("s"))
    analyser.steps.put(2)  # half of the random orders, which are all of that unit when it ends
    heard = []
    for step in steps:
        if "bar" in step and "progressbar" in step["bar"]["html"]:
            heard.append(int(re.search(r'aria-valuenow="(\d+)"', step["bar"]["html"])[1]))
            assert heard == sorted(heard)
            if "Deletion and insertion: Grad-CAM" in text_of(step["bar"]["html"]):
                break
    total = RANDOM_BASELINE_FORWARDS + 10 * (1 + 2.5 + 220) + 2 * 10 * (1 + 2.5)
    assert heard[-1] == round(100 * RANDOM_BASELINE_FORWARDS / total)
    steps.close()


def test_results_stay_for_the_finding_and_are_not_computed_again(desk):
    made, analyser, session = desk
    ask(made)
    run(made, analyser)
    before = list(analyser.checked)
    session.label = LABELS[0]
    assert shown(made)["checks"]["html"] == "" and evaluation_text.CHECK in shown(made)["bar"]["html"]
    session.label = LABELS[1]
    assert text_of(shown(made)["checks"]["html"]).count("beats 5 of 5") == 6 and analyser.checked == before
    ask(made)
    run(made, analyser)
    assert analyser.checked == before
    session.study = study()  # the same film under another checkpoint
    assert shown(made)["checks"]["html"] == ""


@pytest.mark.parametrize("how", ["stop", "another finding", "another film", "removed"])
def test_work_ends_when_nobody_looks_at_it_any_more_and_what_was_found_stays(desk, how):
    made, analyser, session = desk
    ask(made)
    steps = made.check(page_of("s"))
    for _ in range(2):
        analyser.steps.put(2)
    next(step for step in steps if "checks" in step and step["checks"]["html"])
    assert "progressbar" in next(steps)["bar"]["html"]  # the next unit has begun
    if how == "stop":
        told = last(made.stop(page_of("s")))["bar"]["html"]
        assert evaluation_text.STOPPED in told and evaluation_text.CHECK_REST in told
    elif how == "another finding":
        session.label = LABELS[0]
    elif how == "another film":
        session.study = study()
    else:
        made.sessions.forget("s")
    rest = list(steps)
    analyser.steps.put(3)
    assert analyser.stopped.wait(20) and len(analyser.checked) == 1 and session.evaluation_run is None
    assert all("progressbar" not in step.get("bar", {"html": ""})["html"] for step in rest)
    if how == "stop":
        assert text_of(shown(made)["checks"]["html"]).count("beats") == 2
        ask(made)
        run(made, analyser)
        assert [methods for part, methods, _ in analyser.checked if part == "faithfulness"] == [(key,) for key in SHOWN]


def test_a_check_under_way_is_a_use_of_the_film(desk):
    made, analyser, session = desk
    ask(made)
    steps = made.check(page_of("s"))
    next(steps)
    session.used -= 10_000
    next(steps)
    made.sessions.sweep()
    assert made.sessions.find("s") is session
    steps.close()
    analyser.steps.put(1)


def test_a_closed_tab_ends_the_work(desk):
    made, analyser, session = desk
    ask(made)
    steps = made.check(page_of("s"))
    next(steps)
    steps.close()  # as gradio does
    analyser.steps.put(1)
    assert analyser.stopped.wait(20) and session.evaluation_run is None


def test_one_part_that_fails_does_not_take_the_others_along_and_can_be_tried_again(desk, caplog):
    made, analyser, _ = desk
    analyser.broken_part = "stability"
    ask(made)
    end = run(made, analyser)
    table = text_of([step for step in end if "checks" in step][-1]["checks"]["html"])
    assert "not computed (Something went wrong (ref" in table and "rank correlation" in table
    assert "secret" not in table + caplog.text and "/home" not in caplog.text
    assert evaluation_text.CHECK_REST in end[-1]["bar"]["html"]
    analyser.broken_part = ""
    ask(made)
    assert "not computed" not in text_of(str(run(made, analyser)[-2]))


def test_an_error_nobody_foresaw_leaves_a_page_that_can_ask_again(desk, monkeypatch):
    made, analyser, session = desk
    ask(made)
    monkeypatch.setattr(evaluation_events, "start_step", lambda *_: 1 / 0)
    assert "Something went wrong" in run(made, analyser)[-1]["message"] and session.evaluation_run is None
    assert evaluation_text.CHECK in shown(made)["bar"]["html"]


def test_a_second_event_of_one_press_does_nothing(desk):
    made, analyser, session = desk
    ask(made)
    session.evaluation_run.started = 1.0
    assert "bar" not in last(made.check(page_of("s"))) and analyser.checked == []


def test_the_region_stays_with_the_film_and_goes_with_it(desk):
    made, _, session = desk
    told = last(made.draw(SimpleNamespace(box=[0.0, 0.0, 0.5, 0.5]), page_of("s")))["regions"]
    assert "in your region" in told["html"] and told["region"]["box"] == [0, 0, 0.5, 0.5]
    same_film = study()
    same_film.image = session.study.image
    session.study = same_film
    assert shown(made)["regions"]["region"] is not None
    refused = last(made.draw(SimpleNamespace(box=[0.8, 0.0, 0.5, 0.5]), page_of("s")))["regions"]
    assert "does not lie on the film" in text_of(refused["html"]) and refused["region"]["box"] == [0, 0, 0.5, 0.5]
    session.study = study()
    assert shown(made)["regions"]["region"] is None


def test_another_finding_is_shown_before_its_maps_are_all_made(desk):
    made, _, session = desk
    del session.maps["occlusion", LABELS[0]]
    told = last(made.follow(SimpleNamespace(label=LABELS[0]), page_of("s")))["regions"]["html"]
    assert "Normal" in told and "LRP (epsilon)" in told and "Occlusion" not in told
    forged = last(made.follow(SimpleNamespace(label=NASTY), page_of("s")))
    assert forged["regions"]["html"] == forged["bar"]["html"] == forged["checks"]["html"] == ""


def test_without_a_film_the_section_is_empty_and_a_press_says_that_it_is_gone(desk):
    made, _, _ = desk
    gone = last(made.show(page_of("nobody")))
    assert gone["regions"]["html"] == gone["bar"]["html"] == gone["checks"]["html"] == ""
    for event in (made.ask(SimpleNamespace(slow=False), page_of("nobody")), made.stop(page_of("nobody"))):
        assert "no longer in memory" in last(event)["message"]
