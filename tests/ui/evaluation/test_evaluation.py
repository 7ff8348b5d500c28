"""The quality of the explanations, on the page and without a browser: what is said, what is asked, what is kept."""

import html
import math
import queue
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.evaluation.agreement import BORDER, RegionShare
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import PARTS, MapEvaluation
from cxr_demo.evaluation.faithfulness import ENOUGH, SHARES, Curve
from cxr_demo.evaluation.nulls import NULLS
from cxr_demo.evaluation.randomisation import Randomisation, Stage
from cxr_demo.evaluation.regions import DrawnRegion
from cxr_demo.evaluation.stability import Change, Stability
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import get_finding
from cxr_demo.text import evaluation_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app import follower, work
from cxr_demo.ui.app.sessions import Film, FilmAnalysis, open_film
from cxr_demo.ui.evaluation import evaluation_curves, evaluation_run, evaluation_table
from cxr_demo.ui.viewer import film_regions, regions_table
from tests.ui.stand_ins import LABELS, NASTY, Page, StandIn, card, explanation, make_desk, study

SHOWN = ("grad-cam", "lrp-epsilon", "occlusion")
STEEP = np.maximum(2 - 8 * np.array(SHARES), 0)  # of the deletion: 2.0, 1.2, 0, 0, 0, 0
WORSE = np.linspace(1.3, 1.7, NULLS)  # than the deletion's 1.2 of the map


def curve(check: str, nulls: np.ndarray = WORSE, middle: float = 1.8) -> Curve:
    if check == "deletion":
        return Curve(check, STEEP, STEEP, 1.2, nulls, middle)
    return Curve(check, 2 - STEEP, 2 - STEEP, 0.8, 2 - nulls, 2 - middle)


def make_evaluation(ranks=((0.6, 0.4), (0.1, 0.2)), **of_curve) -> MapEvaluation:
    stages = tuple(Stage(name, *rank) for name, rank in zip(("last", "first"), ranks, strict=True))
    return MapEvaluation(
        curve("deletion", **of_curve), curve("insertion", **of_curve),
        Randomisation(stages), Stability(Change(0.97, 0.11), Change(0.8, 0.52)),
    )  # fmt: skip


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", markup)))


# ---- the tables


def test_a_share_stands_beside_what_even_spread_gives_and_the_region_says_it_on_every_panel():
    found = {
        "grad-cam": {"lungs": RegionShare(0.62, 0.24), "drawn region 1": RegionShare(0.5, 0.004)},
        "lrp-epsilon": {"lungs": RegionShare(math.nan, 0.24), "drawn region 1": RegionShare(math.nan, 0.004)},
    }
    drawn = (DrawnRegion((0.1, 0.2, 0.3, 0.04)),)
    made = regions_table.render_regions("Bacterial pneumonia", found, "ABOUT", drawn)
    told = text_of(made["html"])
    assert "in the lungs (estimate)" in told and "62 % (24 %)" in told and "50 % (0.4 %)" in told and "ABOUT" in told
    assert (
        "no evidence" in told
        and "no evidence (" not in told
        and format_text("regions.warning") in told
        and "Bacterial pneumonia" in told
    )
    assert re.findall(r'class="mark" style="left:([\d.]+)%', made["html"]) == ["24.0", "0.4"]
    (region,) = made["regions"]
    assert region["shape"] == (0.1, 0.2, 0.3, 0.04) and region["covered"]
    assert region["told"] == {
        "grad-cam": "50 % of the evidence", "lrp-epsilon": "no evidence", "film": "0.4 % of the film",
    }  # fmt: skip
    assert "0.4 % of the film" in told and format_text("regions-own.remove", number=1) in made["html"]


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
        assert evaluation_text.describe_direction(CHECKS[key].better) in told and html.escape(CHECKS[key].paper) in head
    meanings = text_of(evaluation_table.render_meanings())
    for check in CHECKS.values():
        assert check.says in meanings and check.says_not in meanings and check.paper in meanings


def test_numbers_of_the_curves_are_those_of_the_checks():
    def tell(**of_curve) -> str:
        found = {"grad-cam": make_evaluation(**of_curve)}
        return text_of(evaluation_table.render_evaluations(LABELS[1], ["grad-cam"], found, {})["html"])

    told = tell()
    for change, lead, middle in (("−0.80", "−0.30", "−0.20"), ("+0.80", "+0.30", "+0.20")):
        assert (
            f"{change} logit points p = 0.05, the smallest possible with {NULLS} maps as smooth "
            f"against the mean of maps as smooth: {lead} middle of the film: {middle}, less than the map" in told
        )
    assert f"p = 0.10: 1 of {NULLS} maps as smooth are as good" in tell(nulls=np.append(WORSE[1:], 1.0))
    early = tell(nulls=np.array([1.5, 1.0, 1.4, 1.5, 1.1]), middle=1.2)
    assert f"p = 0.50: {ENOUGH} of the first 5 maps as smooth are as good" in early
    assert "middle of the film: −0.80, as good as the map or better" in early


@pytest.mark.parametrize(
    ("ranks", "why"),
    [
        (((0.9, 0.9), (0.7, 0.1)), "Still at 0.5 or more when all weights are random"),
        (((0.9, 0.9), (-0.1, 0.6)), "Still at 0.5 or more when all weights are random"),
        (((1.0, 1.0), (0.1, 0.1)), format_text("randomisation.blind-why")),
        (((0.9, 0.9), (0.1, 0.1)), ""),
    ],
)
def test_a_map_that_does_not_change_is_flagged_in_words(ranks, why):
    told = text_of(
        evaluation_table.render_evaluations(LABELS[1], ["gradient"], {"gradient": make_evaluation(ranks)}, {})["html"]
    )
    assert (
        (format_text("randomisation.unchanged") in told) == bool(why) and why in told and told.count("⚠") == bool(why)
    )


def test_the_drawing_follows_the_curve():
    found = make_evaluation()
    drawn = evaluation_curves.draw_curve(found.deletion)
    own, middle = (
        np.array(
            [point.split(",") for point in re.search(rf'points="([^"]*)" class="{name}"', drawn)[1].split()], float
        )
        for name in ("own", "limit")
    )
    width, height, edge = evaluation_curves.WIDTH, evaluation_curves.HEIGHT, evaluation_curves.EDGE
    np.testing.assert_allclose(own[:, 0], edge + np.array(SHARES) * (width - 2 * edge), atol=0.06)
    np.testing.assert_allclose(own[:, 1], edge + (1 - STEEP / 2) * (height - 2 * edge), atol=0.06)  # y grows downwards
    assert middle[0, 1] == middle[1, 1] == pytest.approx(edge + 0.1 * (height - 2 * edge), abs=0.06)
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
        text_of(made).count(format_text("check-not-yet")) == 6
        and made.count("not computed (") == 2
        and "<img" not in made
    )


# ---- where, on a film


def read_region(image, shape):
    (region,) = film_regions.read_regions(image, [{"shape": shape}])
    return region.shape


class Lungs:
    """A lung model's face: the left half of any film."""

    dice = (0.91, 0.9, 0.92)

    def probability(self, pixels):
        """What the gate asks: two lungs where lungs belong."""
        lungs = np.zeros((96, 96), np.float32)
        lungs[20:76, 12:40] = lungs[20:76, 56:84] = 1
        return lungs

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
    box = read_region(shown.image, [0.25, 0.5, 0.25, 0.125])
    truth = np.zeros((64, 64), bool)
    truth[3:9, 50:60] = True
    found = film_regions.measure_regions(
        ground, [box], {"letters": truth}, {"gradient": explanation("gradient", map_)}, card().preprocess
    )
    wanted = dict.fromkeys(("lungs", "outside the lungs", "borders", "drawn region 1", "letters"), 0.0)
    total = 0.0
    for row in range(64):
        for column in range(64):
            value = max(0.0, map_[row, column])
            total += value
            at = (column + 0.5) / 64, (row + 0.5) / 64
            inside = {
                "lungs": column < 32, "outside the lungs": column >= 32,
                "borders": min(*at, 1 - at[0], 1 - at[1]) < BORDER,
                "drawn region 1": 0.25 <= at[0] < 0.5 and 0.5 <= at[1] < 0.625,
                "letters": 3 <= row < 9 and 50 <= column < 60,
            }  # fmt: skip
            for name, is_in in inside.items():
                wanted[name] += value * is_in
    for name, evidence in wanted.items():
        assert found["gradient"][name].evidence == pytest.approx(evidence / total, rel=1e-4)
    assert found["gradient"]["drawn region 1"].area == 0.25 * 0.125


def test_two_pages_with_regions_of_their_own_measure_one_synthetic_film_at_once():
    """The film, and what was prepared of it, are those of all pages: the other one comes in between."""
    shown = study(shape=(64, 64))
    ground = film_regions.estimate_image_regions(shown.image, Lungs())
    maps = {"gradient": explanation("gradient", np.random.default_rng(1).normal(size=(64, 64)))}
    one, other = (read_region(shown.image, [left, 0.2, 0.2, 0.3]) for left in (0.1, 0.6))

    def measure(box, maps=maps):
        return film_regions.measure_regions(ground, [box], {}, maps, card().preprocess)

    class Interrupted(dict):
        def items(self):
            assert measure(other) != alone
            return super().items()

    alone = measure(one)
    measure(other)
    assert measure(one, Interrupted(maps)) == alone


def test_a_large_film_is_counted_on_the_pixels_that_the_page_shows():
    shown = study(shape=(2200, 1800))
    ground = film_regions.estimate_image_regions(shown.image, Lungs())
    box = read_region(shown.image, [0.31, 0.22, 0.2, 0.1])
    map_ = np.abs(np.random.default_rng(1).normal(size=(8, 8)))
    preprocess = Preprocess(64, "stretch", (0.5,), (0.2,))
    share = film_regions.measure_regions(ground, [box], {}, {"grad-cam": explanation("grad-cam", map_)}, preprocess)[
        "grad-cam"
    ]
    assert max(ground.shape) == 1024 and share["lungs"].area == pytest.approx(0.5, abs=1e-3)
    fine = np.kron(map_, np.ones((125, 125)))  # 1000 x 1000: every cell on its own area
    wanted = fine[220:320, 310:510].sum() / fine.sum()
    assert share["drawn region 1"].evidence == pytest.approx(wanted, rel=0.02)


def test_what_the_lungs_are_worth_is_said_or_why_there_are_none():
    image = study().image
    told = {
        name: film_regions.describe_lungs(film_regions.estimate_image_regions(image, lungs), lungs)
        for name, lungs in {"none": None, "blind": Lungs(finds=False), "seeing": Lungs()}.items()
    }
    assert told["none"] == format_text("lungs-absent") and told["blind"] == format_text("lungs-not-found")
    assert "estimate" in told["seeing"] and "Dice 0.91 (0.90 to 0.92)" in told["seeing"]
    maps = {"gradient": explanation("gradient", np.ones((8, 8)))}
    blind = film_regions.measure_regions(
        film_regions.estimate_image_regions(image, Lungs(finds=False)), (), {}, maps, card().preprocess
    )
    assert set(blind["gradient"]) == {"borders", "corners"}


# ---- events


class Checked(StandIn):
    """An Analyser's face whose checks wait for a sign at every step, and which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.checked, self.stopped = queue.SimpleQueue(), [], threading.Event()
        self.begun, self.broken_part = 0, ""

    def evaluate_maps(self, study, explanations, on_progress, parts):
        self.begun += 1
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
def analyser():
    return Checked()


@pytest.fixture
def page(analyser, folder, monkeypatch):
    """With a film on it and three maps of two findings. There is a film more in the strip, and a network more."""
    monkeypatch.setattr(follower, "PROGRESS_EVERY_S", 0.01)
    made = Page(make_desk({"a": analyser, "b": StandIn()}, folder, Lungs()))
    made.press("choose_methods", methods=list(SHOWN))
    for name in ("1", "2"):
        opened = open_film(f"{name}.png", study().image, None, Lungs())
        made.session.films[name] = Film(name, f"{name}.png", opened=opened)
    reading = made.session.readings["1", "a"] = FilmAnalysis(study(), 0.5)
    for label in LABELS[:2]:
        for key in SHOWN:
            reading.maps[key, label] = explanation(key, np.full((8, 8), 0.5), label)
    made.press("choose_film", film="1")
    made.press("choose_label", label=LABELS[1])
    return made


def ask(page: Page, slow: bool = False) -> str:
    """What is said at once."""
    page.press("run_checks", slow=slow)
    return text_of(page.look().evaluation["html"])


def run(page: Page, analyser: Checked, steps: int = 20) -> list[SimpleNamespace]:
    for _ in range(steps):
        analyser.steps.put(2)
    return list(page.follow())


def list_tables(steps: Iterable[SimpleNamespace]) -> list[str]:
    """The table of the checks as it grows, each state once."""
    tables = [text_of(step.checks["html"]) for step in steps]
    return [table for place, table in enumerate(tables) if not place or table != tables[place - 1]]


def test_nothing_is_asked_of_the_network_before_a_person_asks(page, analyser):
    told = page.settle()
    assert "in the lungs (estimate)" in told.regions["html"] and told.checks["html"] == ""
    seconds = 0.5 * (10 * (1 + 2.5 + 220) + 2 * 10 * (1 + 2.5))
    assert f"Check these maps about {seconds / 60:.0f} min" in text_of(told.evaluation["html"])
    assert analyser.checked == [] and analyser.begun == 0


def test_the_cheapest_comes_first_and_the_slow_ones_only_when_asked_for(page, analyser):
    assert format_text("check.waiting") in ask(page) and analyser.checked == []
    steps = run(page, analyser)
    of = {LABELS[1]}
    assert analyser.checked == [
        ("faithfulness", ("grad-cam",), of), ("faithfulness", ("lrp-epsilon",), of),
        ("faithfulness", ("occlusion",), of), ("stability", ("grad-cam", "lrp-epsilon"), of),
        ("randomisation", ("grad-cam", "lrp-epsilon"), of),
    ]  # fmt: skip
    # Two columns per method's curves, and what the slow one still lacks.
    assert [table.count(format_text("check-not-yet")) for table in list_tables(steps)] == [0, 13, 11, 9, 5, 3]
    assert format_text("check.slow", methods=evaluation_text.join_method_names(["occlusion"])) in text_of(
        steps[-1].evaluation["html"]
    )
    assert "progressbar" not in steps[-1].evaluation["html"] and not page.session.jobs
    ask(page, slow=True)
    last_step = run(page, analyser)[-1]
    assert analyser.checked[5:] == [(part, ("occlusion",), of) for part in PARTS[1:]]
    bar = last_step.evaluation["html"]
    assert format_text("check.done") in text_of(bar) and "<button" not in bar


def test_progress_is_the_share_of_all_forwards_and_says_which_check_runs(page, analyser):
    ask(page)
    steps = page.follow()
    analyser.steps.put(2)  # half of the first map's curves, which are all of that unit when it ends
    heard = []
    for step in steps:
        bar = step.evaluation["html"]
        heard.append(int(re.search(r'aria-valuenow="(\d+)"', bar)[1]))
        assert heard == sorted(heard)
        if "Deletion and insertion: LRP" in text_of(bar):
            break
    total = 10 * (1 + 2.5 + 220) + 2 * 10 * (1 + 2.5)
    assert heard[-1] == round(100 * 10 / total)
    steps.close()
    page.desk.sessions.forget(page.key)


def test_results_stay_for_the_finding_and_the_film_and_are_not_computed_again(page, analyser):
    ask(page)
    run(page, analyser)
    before = list(analyser.checked)
    page.press("choose_label", label=LABELS[0])
    told = page.settle()
    assert told.checks["html"] == "" and format_text("check") in told.evaluation["html"]
    page.press("choose_label", label=LABELS[1])
    assert text_of(page.settle().checks["html"]).count("p = 0.05, the smallest") == 6 and analyser.checked == before
    ask(page)
    run(page, analyser)
    assert analyser.checked == before
    for intention, other, own in (
        ("choose_checkpoint", {"checkpoint": "b"}, {"checkpoint": "a"}),  # the same film
        ("choose_film", {"film": "2"}, {"film": "1"}),
    ):
        page.press(intention, **other)
        page.press("choose_label", label=LABELS[1])
        assert page.settle().checks["html"] == ""
        page.press(intention, **own)
        page.press("choose_label", label=LABELS[1])
        assert text_of(page.settle().checks["html"]).count("p = 0.05, the smallest") == 6 and analyser.checked == before


@pytest.mark.parametrize("how", ["stop", "another finding", "another film", "film removed", "another network", "gone"])
def test_work_ends_when_nobody_looks_at_it_any_more_and_what_was_found_stays(page, analyser, how):
    ask(page)
    steps = page.follow()
    analyser.steps.put(2)
    next(step for step in steps if step.checks["html"])
    assert "progressbar" in next(steps).evaluation["html"]  # the next unit has begun
    if how == "stop":
        page.press("stop_checks")
        told = page.look().evaluation["html"]
        assert format_text("check.stopped") in told and format_text("check.rest") in told
    elif how == "another finding":
        page.press("choose_label", label=LABELS[0])
    elif how == "another film":
        page.press("choose_film", film="2")
    elif how == "film removed":
        page.press("remove_film", film="1")
    elif how == "another network":
        page.press("choose_checkpoint", checkpoint="b")
    else:
        page.desk.sessions.forget(page.key)
    rest = list(steps)
    analyser.steps.put(3)
    assert analyser.stopped.wait(20) and len(analyser.checked) == 1
    assert all("progressbar" not in step.evaluation["html"] for step in rest)
    assert (rest == []) == (how == "gone")
    if how == "stop":
        assert text_of(page.look().checks["html"]).count("p = 0.05") == 2
        ask(page)
        run(page, analyser)
        assert [methods for part, methods, _ in analyser.checked if part == "faithfulness"] == [(key,) for key in SHOWN]


def test_a_check_under_way_is_a_use_of_the_film(page, analyser):
    ask(page)
    steps = page.follow()
    next(steps)
    page.session.used -= 10_000
    next(steps)
    page.desk.sessions.sweep()
    assert page.desk.sessions.find(page.key) is page.session
    steps.close()
    page.desk.sessions.forget(page.key)
    analyser.steps.put(1)


def test_when_nobody_follows_no_other_step_begins(page, analyser):
    ask(page)
    steps = page.follow()
    next(steps)
    steps.close()  # as gradio does with a page that is closed
    run_until_idle(page, analyser)
    assert analyser.begun == 1 and len(analyser.checked) == 1


def run_until_idle(page: Page, analyser: Checked) -> None:
    analyser.steps.put(1)
    deadline = time.monotonic() + 20
    while page.session.jobs and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not page.session.jobs


def test_one_part_that_fails_does_not_take_the_others_along_and_can_be_tried_again(page, analyser, caplog):
    analyser.broken_part = "stability"
    ask(page)
    end = run(page, analyser)[-1]
    table = text_of(end.checks["html"])
    assert "not computed (Something went wrong (ref" in table and "rank correlation" in table
    assert "secret" not in table + caplog.text and "/home" not in caplog.text
    assert format_text("check.rest") in end.evaluation["html"]
    analyser.broken_part = ""
    ask(page)
    assert "not computed" not in text_of(run(page, analyser)[-1].checks["html"])


def test_an_error_nobody_foresaw_leaves_a_page_that_can_ask_again(page, analyser, monkeypatch):
    ask(page)
    monkeypatch.setattr(work, "do_step", lambda *_: 1 / 0)
    end = run(page, analyser)[-1]
    assert "Something went wrong" in text_of(end.checks["html"])
    assert format_text("check") in end.evaluation["html"] and "progressbar" not in end.evaluation["html"]


def test_of_two_that_follow_one_press_the_last_does_and_no_step_is_done_twice(page, analyser):
    ask(page)
    first = page.follow()
    next(first)
    second = page.follow()
    next(second)
    assert list(first) == []
    for _ in range(20):
        analyser.steps.put(2)
    assert list(second)[-1].value["rest"]
    assert analyser.begun == 5 and len(analyser.checked) == 5


def test_the_regions_stay_with_the_film_and_go_with_it(page):
    page.press("draw_regions", regions=[{"shape": [0.0, 0.0, 0.5, 0.5]}])
    told = page.look().regions
    assert "of the film" in told["html"] and told["regions"][0]["shape"] == (0, 0, 0.5, 0.5)
    page.press("choose_checkpoint", checkpoint="b")
    page.settle()
    page.press("choose_label", label=LABELS[0])
    assert page.settle().regions["regions"][0]["shape"] == (0, 0, 0.5, 0.5)
    page.press("draw_regions", regions=[{"shape": [0.8, 0.0, 0.5, 0.5]}])
    refused = page.look().regions
    assert "does not lie on the film" in text_of(refused["html"])
    assert refused["regions"][0]["shape"] == (0, 0, 0.5, 0.5)
    page.press("choose_film", film="2")
    other = page.settle().regions
    assert "in the lungs" in other["html"] and other["regions"] == []
    assert "does not lie on the film" not in text_of(other["html"])


@pytest.mark.parametrize("label", LABELS)
def test_every_finding_says_where_its_evidence_lies(page, label):
    page.press("choose_label", label=label)
    told = text_of(page.settle().regions["html"])
    assert format_text("regions.warning") in told and get_finding(label).name in told
    assert all(METHODS[key].name in told for key in SHOWN)


def test_another_finding_is_shown_before_its_maps_are_all_made(page):
    del page.session.readings["1", "a"].maps["occlusion", LABELS[0]]
    page.press("choose_label", label=LABELS[0])
    told = page.look().regions["html"]
    assert "Normal" in told and "LRP (epsilon)" in told and "Occlusion" not in told
    assert "Occlusion" in page.settle().regions["html"]
    page.press("choose_label", label=NASTY)
    assert page.look().value["at"]["label"] == LABELS[0] and page.session.wish.label == LABELS[0]


def test_without_a_film_the_section_is_empty_and_a_press_does_nothing(page):
    nobody = Page(page.desk, "nobody")
    for intention in ("run_checks", "stop_checks", "draw_regions"):
        nobody.press(intention, slow=True, regions=[{"shape": [0, 0, 0.5, 0.5]}])
        empty = nobody.look()
        assert empty.regions["html"] == empty.evaluation["html"] == empty.checks["html"] == ""
    assert nobody.settle().value["rest"] and not nobody.session.wish.regions
