"""The panels without a browser: what a map says of itself, scales, agreement, and the list of methods."""

import base64
import dataclasses
import gc
import html
import re
import threading
import weakref
import zlib

import cv2
import numpy as np
import pytest

from cxr_demo.comparison.label_contrast import contrast_explanations
from cxr_demo.evaluation import agreement
from cxr_demo.explain.methods import CHOICES, METHODS, Unit
from cxr_demo.export import map_scales
from cxr_demo.film.header import ImageHeader
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement
from cxr_demo.networks.card import Card
from cxr_demo.render import Scale, ScaleEnds, choose_scale, format_number, make_greys, quantise_map
from cxr_demo.text import formats, page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.method_text import describe_caption, describe_too_little
from cxr_demo.ui import image_encoding
from cxr_demo.ui.parts import Part
from cxr_demo.ui.viewer import agreement_table, likeness_table, methods, panels
from cxr_demo.ui.viewer.deep_film import NO_GREYS, DeepFilm
from tests.ui.stand_ins import LABELS, card, ensemble, explanation, figure, pictures, study


def render(
    entries: dict, probabilities=(0.2, 0.7, 0.1), shape=(90, 70), of: Card | None = None,
    label: str = "bacterial_pneumonia", pinned=map_scales.NOTHING_PINNED, header: ImageHeader | None = None,
    contrast: bool = False,
) -> Part:  # fmt: skip
    shown = study(probabilities, shape=shape, header=header)
    return panels.render_panels(shown, of or card(), label, entries, pictures(shown), pinned=pinned, contrast=contrast)


def render_map(
    method: str, map_square: np.ndarray, shape=(64, 64), of: Card | None = None, **changes
) -> tuple[str, dict | None]:
    """A panel's HTML, and what is drawn in it with its numbers; `changes`: of the stand-in for its explanation."""
    made = render({method: dataclasses.replace(explanation(method, map_square), **changes)}, shape=shape, of=of)
    drawn = made.body["maps"].get(method)
    return figure(made.body, method), drawn and drawn | made.pictures[drawn["map"]]


def numbers_of(body: dict) -> np.ndarray:
    """As the browser reads them."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(body["numbers"])), "<i2")
    return steps.reshape(body["rows"], body["columns"]) / image_encoding.MAP_STEPS * body["peak"]


def _decoded(uri: str) -> bytes:
    return base64.b64decode(uri.partition(",")[2])


def test_no_heading_is_read_out_with_its_button():
    maps = {key: explanation(key, np.random.default_rng(0).random((8, 8))) for key in ("grad-cam", "lrp-epsilon-plus")}
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    poor = card(metrics={"test": {"films": 9, "auroc_bacterial_pneumonia": interval}})
    good, told = render(maps).body["html"], render(maps, of=poor).body["html"]
    headings = re.findall(r"<(?:h[1-6]|legend|label)\b.*?</(?:h[1-6]|legend|label)>", good + told)
    assert len(headings) > 5 and not any("<button" in heading for heading in headings)
    for key in ("scale", "window", "cannot-tell", "agreement"):
        assert f'popovertarget="term-{key}"' in good + told, key
    assert 'popovertarget="term-cannot-tell"' in told and 'popovertarget="term-cannot-tell"' not in good


def test_panels_of_one_geometry_with_their_sides_marked():
    made = render(dict.fromkeys(METHODS, 0.0))
    body = made.body
    assert re.findall(r'data-panel="([\w-]+)"', body["html"]) == ["film", *METHODS]
    assert len(set(re.findall(r'<canvas width="(\d+)" height="(\d+)"', body["html"]))) == 1
    assert 'class="side ' not in body["html"] and html.escape(format_text("sides-unknown")) in body["html"]
    header = ImageHeader(patient_orientation=("L", "F"))
    said = render(dict.fromkeys(METHODS, 0.0), header=header).body["html"]
    assert said.count('class="side left"') == said.count('class="side right"') == 1 + len(METHODS)
    assert re.search(r'class="side left"[^>]*>R<', said) and html.escape(format_text("sides-known")) in said
    assert body["held"] is False and body["film"]["outlines"] is None
    assert made.pictures[body["film"]["picture"]]["source"].startswith("data:image/png")


def test_below_the_threshold_the_maps_are_held_back_with_a_button_that_names_the_number():
    made = render({}, (0.03, 0.9, 0.07), label="normal").body
    assert made["held"] and "Show anyway: the network gives only 3 %" in made["html"]


def test_a_map_comes_with_its_numbers_its_unit_and_its_words():
    map_square = np.zeros((64, 64), np.float32)
    map_square[50:60, 4:20] = 0.02
    told, data = render_map("lrp-epsilon", map_square)
    assert "image left, lower third" in told and "logit points per pixel, own scale" in told
    assert "≤ −0.020" in told and "≥ +0.020" in told
    assert "Sums to +1.50, without signs to 3.20; the logit is +1.70, of which the sum is 88 %. " in told
    assert "The rest, +0.20, is not in the map." in told and 'class="doubt"' not in told
    assert not data["coarse"] and describe_caption(METHODS["lrp-epsilon"])[:20] in told


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (-0.4, "Its sum, −0.68, has the opposite sign of the logit, +1.70: "),
        (0.4, "Holds only 40 % of the logit: "),
        (0.55, ""),
        (1.9, ""),
        (6.8, "Sums to 680 % of the logit: "),
    ],
)
def test_a_map_whose_sum_is_far_from_the_logit_says_so(share, said):
    told, _ = render_map("lrp-gamma-box", np.full((64, 64), share * 1.7 / 64**2, np.float32), total=share * 1.7)
    doubts = re.findall(r'<p class="doubt">(.*?)</p>', told)
    assert len(doubts) == bool(said) and said in "".join(doubts)


def test_a_map_names_the_choices_that_are_in_it_and_how_to_undo_them():
    film = np.full((64, 64), 1.5 / 64**2, np.float32)
    told, _ = render_map("lrp-epsilon-plus", film, choices=CHOICES)
    named = [format_text(f"choice-{choice}") for choice in CHOICES]
    assert len(set(named)) == len(CHOICES) and all(html.escape(sentence) in told for sentence in named)
    assert "explain --as-written" in told
    assert format_text("choices-title") not in render_map("lrp-epsilon", film)[0]


def test_a_rule_that_was_made_for_relu_says_so_where_there_is_none():
    told, _ = render_map("lrp-epsilon-plus", np.full((64, 64), 1.5 / 64**2, np.float32), curved=("SiLU", "GELU"))
    assert "This rule was made for ReLU networks" in told and "and this one has SiLU and GELU: LRP (epsilon)" in told


@pytest.mark.parametrize("method", ["eigen-cam", "gradient", "occlusion"])
def test_values_that_are_no_shares_of_the_logit_are_not_added_up(method):
    told, _ = render_map(method, np.full((64, 64), 0.5, np.float32))
    assert "The logit is +1.70; the values of this map do not add up to it." in told and "Sums to" not in told
    assert ("relative: no unit" in told) == (method == "eigen-cam")


@pytest.mark.parametrize("geometry", ["letterbox", "stretch", "crop"])
@pytest.mark.parametrize("side", [4, 64])
def test_the_numbers_of_a_map_give_the_levels_that_export_draws(geometry, side):
    """Interpolated as `drawing.js` does on the frame that it is given."""
    preprocess = Preprocess(64, geometry, (0.5,), (0.2,))
    map_square = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    method = "lrp-epsilon" if side == 64 else "hires-cam"
    placement = EVEN if side == 64 else Placement((-0.1, 0.9), (0.05, 1.1))
    shown = dataclasses.replace(explanation(method, map_square), placement=placement)
    made = render({method: shown}, shape=(128, 96), of=card(preprocess=preprocess)).body
    drawn, frame = made["maps"][method], made["frame"]
    assert frame["size"] == 64 and (frame["height"], frame["width"]) == (128, 96)
    packed = image_encoding.encode_map(map_square, placement)
    values = numbers_of(packed)
    assert np.abs(values - map_square).max() <= np.abs(map_square).max() / image_encoding.MAP_STEPS

    def place(axis: str, span: str) -> np.ndarray:
        (start, stop), (low, high) = frame[f"seen{axis}"], frame[f"placed{axis}"]
        centres = low + (np.arange(stop - start) + 0.5) * (high - low) / (stop - start)
        first, last = packed[span]
        return np.clip((centres / frame["size"] - first) * side / (last - first) - 0.5, 0, side - 1)

    map_image = np.zeros((frame["height"], frame["width"]))
    map_image[slice(*frame["seenY"]), slice(*frame["seenX"])] = interpolate(
        values, place("Y", "down"), place("X", "across")
    )
    scale = Scale(drawn["colours"], "u", drawn["relative"])
    levels = quantise_map(preprocess.map_to_image(map_square, (128, 96), placement), scale).astype(int)
    assert np.abs(quantise_map(map_image, scale).astype(int) - levels).max() <= 1  # cv2 has 32 steps within a cell
    assert drawn["relative"] == choose_scale(map_square, METHODS[method].shown, "u").limit


def interpolate(values: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Linearly between the cells of `values`, at these places along each axis."""
    rows = np.array([np.interp(across, np.arange(values.shape[1]), row) for row in values])
    return np.array([np.interp(down, np.arange(values.shape[0]), column) for column in rows.T]).T


@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_a_coarse_map_can_be_drawn_as_its_cells_and_says_how_large_they_are(method):
    told, data = render_map(method, np.array([[0, 1], [2, 3]], np.float32), (128, 128))
    assert "64 × 64 px" in told and data["coarse"]
    assert numbers_of(data) == pytest.approx(np.array([[0, 1], [2, 3]]), abs=1e-4)


def test_a_map_of_next_to_nothing_is_a_sentence_and_not_a_picture():
    for key, text in (
        ("grad-cam", "Too little to show: all its cells together hold less than 0.05"),
        ("lrp-epsilon", "Too little to show: all its pixels together hold less than 0.05"),
        ("occlusion", "Too little to show: hiding a part moves the logit by less than 0.05"),
    ):
        told, data = render_map(key, np.full((7, 7), 1e-6))
        assert data is None and text in told and "ticks" not in told


def test_a_relative_map_or_a_slope_is_nothing_only_where_it_is_zero():
    for key, text in (("grad-cam-plus-plus", "is nowhere above 0"), ("gradient", "is 0 everywhere")):
        assert render_map(key, np.full((7, 7), 1e-9))[1] is not None
        told, data = render_map(key, np.zeros((7, 7)))
        assert data is None and text in told


def test_what_the_words_say_of_floors_are_the_units_that_have_one():
    assert {unit for unit in Unit if describe_too_little(unit)} == {unit for unit in Unit if unit.amount}


def test_the_absolute_scale_is_shared_within_a_unit_and_not_across():
    strengths = {"grad-cam": 4.0, "hires-cam": 1.0, "lrp-epsilon": 0.5, "gradient-x-input": 2.0, "eigen-cam": 8.0,
                 "occlusion": 3.0}  # fmt: skip
    entries = {
        key: explanation(key, np.full((4, 4) if "cam" in key else (64, 64), value)) for key, value in strengths.items()
    }
    entries["layer-cam"] = explanation("layer-cam", np.zeros((4, 4)))  # nothing, and it does not count as sharing
    made = render(entries, shape=(64, 64)).body
    limits = {key: (map_["relative"], map_["absolute"]) for key, map_ in made["maps"].items()}
    assert limits == {"grad-cam": (4, 4), "hires-cam": (1, 4), "lrp-epsilon": (0.5, 2), "gradient-x-input": (2, 2),
                      "eigen-cam": (8, 8), "occlusion": (3, 3)}  # fmt: skip
    told = figure(made, "hires-cam")
    assert re.findall(r"≥ [\d.]+", told) == ["≥ 1.0", "≥ 4.0"]
    assert "logit points per cell, shared by 2 maps; alone full at 1.0" in told
    assert "shares no scale" in figure(made, "eigen-cam") and "no other map of this unit" in figure(made, "occlusion")


def test_rules_of_lrp_that_are_far_apart_are_compared_on_one_logarithmic_scale():
    ramp = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    strengths = {"lrp-epsilon": 0.15, "lrp-epsilon-plus-flat": 2e-4, "gradient-x-input": 0.01}
    maps = {key: explanation(key, ramp * strength) for key, strength in strengths.items()}
    found = map_scales.choose_scales(maps)
    assert len({(of.shared.limit, of.shared.start) for of in found.values()}) == 1
    weakest = found["lrp-epsilon-plus-flat"]
    assert weakest.shared.start == pytest.approx(weakest.own.limit / 10) and weakest.own.start == 0
    level = {key: int(quantise_map(map_.map_square, found[key].shared).max()) - 128 for key, map_ in maps.items()}
    full = np.log(0.15 / (2e-4 / 10))
    for key, strength in strengths.items():
        assert level[key] == pytest.approx(127 * np.log(strength / (2e-4 / 10)) / full, abs=2), key
    assert quantise_map(np.array([0.0, weakest.shared.start / 2]), weakest.shared).tolist() == [128, 128]
    told = figure(render(maps, shape=(64, 64)).body, "lrp-epsilon-plus-flat")
    assert f"±{format_number(weakest.shared.start)}" in told and "shared by 3 maps, logarithmic; alone full at" in told
    assert render(maps, shape=(64, 64)).body["maps"]["lrp-epsilon"]["start"] == weakest.shared.start
    kept = map_scales.choose_scales({"lrp-epsilon": maps["lrp-epsilon"]}, map_scales.list_ends(maps))
    assert kept["lrp-epsilon"].shared == found["lrp-epsilon"].shared, "a kept scale keeps both of its ends"


def test_the_numbers_of_a_map_are_the_same_on_every_scale():
    one = {"lrp-epsilon": explanation("lrp-epsilon", np.ones((64, 64)))}
    two = one | {"lrp-epsilon-plus": explanation("lrp-epsilon-plus", np.full((64, 64), 2.0))}
    alone, together = (render(entries).body["maps"]["lrp-epsilon"] for entries in (one, two))
    assert alone["map"] == together["map"] and alone["absolute"] != together["absolute"]


def test_a_refused_method_shows_its_reason_and_no_bar():
    told = render({"lrp-epsilon": "the network is of another kind"}, label="normal").body
    assert "Not available for this network: the network is of another kind" in told["html"]
    assert told["maps"] == {} and "ticks" not in told["html"]


# ---- agreement


def test_every_pair_of_finished_maps_has_a_row_with_what_chance_gives():
    random = np.random.default_rng(0)
    first = np.abs(random.normal(size=(64, 64)))
    other = {"lrp-epsilon": first, "gradient-x-input": first * 3, "lrp-epsilon-plus": np.full((64, 64), -0.1)}
    entries = {key: explanation(key, map_) for key, map_ in other.items()} | {"occlusion": 0.3, "gradient": "a reason"}
    made = render(entries, shape=(64, 64)).body
    table = re.search(r'<section class="agreement">.*?</section>', made["html"])[0]
    rows = [re.sub("<[^>]*>", "|", row) for row in re.findall("<tr>.*?</tr>", table)][1:]
    assert len(rows) == 3
    assert "LRP (epsilon)| and |Gradient x input" in rows[0] and "+1.00" in rows[0] and "100 %" in rows[0]
    assert re.findall(r"\((\d+) %, p = 0.05\)", rows[0]) == ["10", "4", "21"] and "(p = 0.05)" in rows[0]
    assert "LRP (epsilon, z-plus) is the same everywhere" in rows[1] and rows[1].count(format_text("undefined")) == 4
    assert (
        html.escape(page_text.describe_agreement_limits()) in table and "Two maps can agree and both be wrong" in table
    )


def test_agreement_with_a_map_that_shows_nothing_is_said_to_confirm_nothing():
    random = np.random.default_rng(0)
    maps = {"grad-cam": -random.random((4, 4)), "lrp-epsilon": random.random((64, 64)), "gradient": np.ones((64, 64))}
    made = render({key: explanation(key, map_) for key, map_ in maps.items()}).body
    rows = re.findall("<tr>.*?</tr>", re.search(r'<section class="agreement">.*?</section>', made["html"])[0])[1:]
    assert ["speaks for it is in: Grad-CAM." in row for row in rows] == [True, True, False]


def test_one_map_has_nothing_to_agree_with():
    entries = {"lrp-epsilon": explanation("lrp-epsilon", np.ones((64, 64))), "grad-cam": 0.0}
    assert 'class="agreement"' not in render(entries, label="normal").body["html"]


def test_maps_that_are_there_are_compared_once_and_nothing_of_them_is_kept(monkeypatch):
    asked, here = [], threading.get_ident()  # workers of other tests may still render maps of theirs

    def measure(maps, *more):
        if threading.get_ident() == here:
            asked.append(tuple(maps))
        return agreement.measure_agreements(maps, *more)

    monkeypatch.setattr(agreement_table, "measure_agreements", measure)
    random = np.random.default_rng(0)
    entries = {key: explanation(key, random.random((64, 64))) for key in ("lrp-epsilon", "gradient")}
    shown = {render(entries | {"occlusion": share}).body["html"] for share in (0.1, 0.2, 0.3)}
    assert len(shown) == 3 and len(asked) == 1
    render(entries | {"occlusion": explanation("occlusion", random.random((64, 64)))})
    assert [len(names) for names in asked] == [2, 3]
    render({key: explanation(key, random.random((64, 64))) for key in entries})
    assert len(asked) == 3, "other maps of the same methods"
    made = [weakref.ref(entry) for entry in entries.values()]
    entries.clear()
    gc.collect()
    assert [entry() for entry in made] == [None, None]


def test_padding_is_left_out_of_the_agreement():
    """On a wide film half of the square is padding: there both maps are 0, and agree on nothing."""
    random = np.random.default_rng(1)
    one, two = np.zeros((64, 64)), np.zeros((64, 64))
    one[16:48], two[16:48] = random.random((32, 64)), random.random((32, 64))
    entries = {key: explanation(key, map_) for key, map_ in {"lrp-epsilon": one, "gradient-x-input": two}.items()}
    told = render(entries, shape=(100, 200), label="normal").body["html"]
    rank = float(re.search(r'class="number">([^<]+)<', told)[1].replace("−", "-"))
    assert abs(rank) < 0.3  # with the padding it is above 0.7


# ---- methods


def test_the_list_of_methods_says_what_is_slow_and_what_is_refused_and_why():
    refused = dict.fromkeys(METHODS, "") | dict.fromkeys(("lrp-gamma-box", "lrp-epsilon"), "its sum is wrong")
    made = methods.render_methods(("occlusion", "grad-cam"), refused, 0.05)
    told = dict(re.findall(r'value="([\w-]+)"[^>]*>([^<]*)</label>', made["html"]))
    assert list(told) == list(METHODS) and made["chosen"] == ["grad-cam", "occlusion"]
    assert re.findall(r'value="([\w-]+)" checked', made["html"]) == made["chosen"]
    assert told["score-cam"] == "Score-CAM · about 50 s" and told["grad-cam"] == "Grad-CAM"
    assert told["lrp-gamma-box"] == "LRP (gamma, box) · not available"
    assert "<p>LRP (epsilon), LRP (gamma, box): its sum is wrong.</p>" in made["html"]
    before = methods.render_methods(())["html"]
    assert "Score-CAM · long</label>" in before and f">{format_text('methods.hint')}</p>" in html.unescape(before)


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (7.4, "7 s"), (16, "20 s"), (89, "90 s"), (200, "3 min")])
def test_how_long_is_said_roughly(seconds, text):
    assert formats.format_duration(seconds) == f"about {text}"


def test_the_part_the_model_sees_is_framed_only_where_it_is_not_everything():
    crop = card(preprocess=Preprocess(64, "crop", (0.5,), (0.2,)))
    assert format_text("seen-frame") in render({}, of=crop).body["html"]
    assert format_text("seen-frame") not in render({}).body["html"]


def test_a_large_film_is_shrunk_in_proportion_and_a_small_one_left_alone():
    assert image_encoding.fit_shape((3000, 2400), 1024) == (1024, 819)
    assert image_encoding.fit_shape((90, 70), 1024) == (90, 70)
    stored = cv2.imdecode(
        np.frombuffer(_decoded(image_encoding.encode_film(study().image.pixels)), np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert (stored == make_greys(study().image.pixels)).all()


def test_maps_of_an_ensemble_say_whose_mean_they_are():
    map_square = np.full((64, 64), 0.1, np.float32)
    for rule, how in (("weighted", "weighted as their"), ("majority", "each counting the same"), ("joined", "")):
        told = render({}, of=ensemble(rule)).body["html"]
        panel, _ = render_map("lrp-epsilon", map_square, of=ensemble(rule))
        of_members = "2 members" in told and "divided by the member's temperature" in html.unescape(told)
        assert how in told and of_members == (rule != "joined")
        assert ("mean calibrated logit is +1.70" in panel) == (rule != "joined")
    raw = html.unescape(render({}, of=ensemble(temperature=0.0)).body["html"])
    assert "2 members" in raw and "temperature" not in raw


# ---- the absolute scale, kept


def test_a_kept_scale_stands_whatever_is_shown():
    weak = {"lrp-epsilon": explanation("lrp-epsilon", np.full((64, 64), 0.001))}
    strong = {"lrp-epsilon": explanation("lrp-epsilon", np.full((64, 64), 0.004))}
    kept = map_scales.list_ends(strong)
    assert kept == {"logit points per pixel": (pytest.approx(0.004), 0)}
    of = map_scales.choose_scales(weak, kept)["lrp-epsilon"]
    assert (of.pinned, of.shared.limit, of.own.limit) == (True, pytest.approx(0.004), pytest.approx(0.001))
    alone = map_scales.choose_scales(weak)["lrp-epsilon"]
    assert not alone.pinned and alone.shared.limit == pytest.approx(0.001)
    told = render(weak, pinned=kept).body
    assert told["pinned"] and format_text("scale-keep.short") in html.unescape(told["html"])
    assert f"the scale you keep; alone full at {format_number(of.own.limit)}" in told["html"]
    levels = told["maps"]["lrp-epsilon"]
    assert levels["absolute"] != levels["relative"]


def test_relative_maps_and_those_of_next_to_nothing_keep_no_scale():
    shown = {
        "grad-cam-plus-plus": explanation("grad-cam-plus-plus", np.full((4, 4), 0.5)),
        "lrp-epsilon": explanation("lrp-epsilon", np.zeros((64, 64))),
    }
    assert map_scales.list_ends(shown) == {}
    of = map_scales.choose_scales(shown, dict.fromkeys(("relative", "logit points per pixel"), ScaleEnds(9.0)))
    assert not any(each.pinned for each in of.values()) and of["grad-cam-plus-plus"].shared.limit == pytest.approx(0.5)


def test_maps_against_the_other_findings_say_what_they_are():
    ground = np.random.default_rng(0).normal(size=(3, 64, 64)).astype(np.float32)
    plain = [explanation("lrp-epsilon", map_, label) for map_, label in zip(ground, LABELS, strict=True)]
    made = contrast_explanations(study(), plain)["bacterial_pneumonia"]
    shown = {"lrp-epsilon": made, "layer-cam": panels.NoContrast()}
    cells = [explanation("grad-cam", map_[:4, :4], label) for map_, label in zip(ground, LABELS, strict=True)]
    of_cam = render({"grad-cam": contrast_explanations(study(), cells)["normal"]}, label="normal", contrast=True).body
    assert of_cam["maps"]["grad-cam"]["colours"] == "signed", "what speaks for the others is shown too"
    assert "Does not show what speaks for all findings alike" in figure(of_cam, "grad-cam")
    body = render(shown, contrast=True).body
    assert body["contrast"] and not render({}).body["contrast"]
    told = html.unescape(body["html"])
    assert (
        "<h2>Bacterial pneumonia, against the others" in told and "Orange speaks more for Bacterial pneumonia" in told
    )
    assert "map − Σ p × map, over all findings" in told and "which are divided by their sum" not in told
    assert "the logit, less the mean of all findings' logits, is 0.00" in told
    assert "No LayerCAM against the other findings" in figure(body, "layer-cam") and set(body["maps"]) == {
        "lrp-epsilon"
    }
    several = html.unescape(render(shown, of=card(task="multi-label"), contrast=True).body["html"])
    assert "which are divided by their sum" in several
    assert (
        'class="contrast"'
        not in render({}, (1.0,), label="normal", of=card(labels=LABELS[:1], thresholds={})).body["html"]
    )


def test_a_contrast_of_a_sure_network_is_drawn_although_its_numbers_are_small():
    """Its map is what the label says beyond the others, times what these weigh."""
    maps = [explanation("lrp-epsilon", np.full((64, 64), value, np.float32), label)
            for value, label in zip((0.0, 0.001, 0.0), LABELS, strict=True)]  # fmt: skip
    sure = contrast_explanations(study((0.004, 0.992, 0.004)), maps)["bacterial_pneumonia"]
    assert np.abs(sure.map_square).sum() < 0.05
    assert not map_scales.choose_scales({"lrp-epsilon": sure})["lrp-epsilon"].own.nothing


def test_the_table_of_labels_names_every_pair_and_says_in_words_which_share_one_map():
    likeness = np.array([[1, -0.97, 0.2], [-0.97, 1, 0.1], [0.2, 0.1, 1]])
    told = html.unescape(likeness_table.render_likeness(card(), "normal", {"grad-cam": likeness}, (), False))
    assert "Grad-CAM: the maps of Normal and Bacterial pneumonia are opposite" in told and 'class="shared"' not in told
    same = html.unescape(likeness_table.render_likeness(card(), "normal", {"grad-cam": np.abs(likeness)}, (), False))
    assert '<li class="shared">Grad-CAM: Normal and Bacterial pneumonia share one map. What it shows' in same
    assert "is most like that of" not in told and "not compared" not in told
    assert told.count('scope="col"') == 4 and told.count('scope="row"') == 3
    assert "<caption>Grad-CAM: agreement" in told
    assert told.count("<strong>") == 5 and 'class="chosen"><th scope="row">Normal' in told and "<strong>−0.97" in told
    alone = html.unescape(likeness_table.render_likeness(card(), "viral_pneumonia", {"grad-cam": likeness}, (), False))
    assert "The map of Viral pneumonia is most like that of Normal (agreement +0.20)." in alone
    assert "Grad-CAM: no other finding has this map." in alone and "share one map" not in alone
    slow = likeness_table.render_likeness(card(), "normal", {"grad-cam": likeness}, ["smooth-grad"], False)
    assert "SmoothGrad: not compared, as a map of every finding would take long." in slow


def test_a_film_without_maps_yet_is_offered_in_full_depth_as_with_them():
    deep = DeepFilm(lambda: (np.zeros((2, 2), np.uint16), NO_GREYS))
    shown = dataclasses.replace(pictures(study()), deep=deep)
    alone = panels.render_film_alone(study().image, shown, ["grad-cam"]).body["film"]
    assert alone == panels.render_panels(study(), card(), LABELS[0], {}, shown).body["film"]
    assert alone["deep"] == deep.name
