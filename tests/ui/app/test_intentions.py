"""What a press does, and that nothing that a browser says is believed."""

import dataclasses
import math
from pathlib import Path

import pytest

from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import Doubt, GateAnswer, Mend, Verdict
from cxr_demo.limits import MAX_FILMS
from cxr_demo.teaching.planted import HONEST
from cxr_demo.text import upload_text
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.text.method_text import describe_promise
from cxr_demo.ui.app import example_films, work
from cxr_demo.ui.app.intentions import INTENTIONS
from cxr_demo.ui.app.wish import MEMBERS, NOTHING, WITH
from tests.ui.stand_ins import LABELS, NASTY, Page, StandIn, make_desk, png, uploaded

FORGED = (
    None,
    True,
    -1,
    1.5,
    10**30,
    math.nan,
    "",
    "../x",
    NASTY,
    [],
    [None],
    {},
    {"a": []},
    ["grad-cam", {}, 3],
    [1] * 4,
)
FIELDS = ("path", "name", "fault", "show", "film", "index", "checkpoint", "label", "methods", "pinned", "box", "slow",
          "choice", "method")  # fmt: skip


@pytest.fixture
def desk(folder):
    return make_desk({"a": StandIn(), "b": StandIn()}, folder)


def names_in(page: Page) -> list[str]:
    return [str(film.name) for film in page.session.films.values()]


# ---- what a browser says


@pytest.mark.parametrize("forged", FORGED, ids=repr)
@pytest.mark.parametrize("intention", INTENTIONS)
def test_forged_data_of_any_kind_leaves_a_page_that_works(page, intention, forged):
    page.open(methods=["grad-cam"])
    page.press(intention, **dict.fromkeys(FIELDS, forged))
    page.settle()
    page.press(intention)  # nothing at all
    page.settle()
    wish = page.session.wish
    assert wish.checkpoint in page.desk.analysers and set(wish.methods) <= set(METHODS)
    assert wish.film in page.session.films or not wish.film
    assert wish.compared in (NOTHING, MEMBERS) and wish.label in ("", *LABELS)
    page.upload(png(1), "after.png")
    assert "data-label" in page.settle().findings["html"]


# ---- a link


def test_the_finding_of_a_link_is_one_of_the_network_of_the_link(page):
    page.desk.analysers["b"].card = dataclasses.replace(
        page.desk.analysers["b"].card, labels=("mass", "edema"), thresholds={}
    )
    page.press("open_link", network="a", label="mass")
    assert format_text("link-finding", name="mass") in page.look().notice["html"]
    assert not page.session.wish.linked_label
    page.press("open_link", network="b", label="mass")
    assert page.session.wish.linked_label == "mass" and page.session.wish.own_checkpoint == "b"


def test_the_finding_of_a_link_waits_for_a_film_that_its_network_reads(folder):
    page = Page(make_desk({"a": StandIn(), HONEST: StandIn()}, folder))
    page.press("open_link", network="a", label=LABELS[1])
    page.press("try_example", index=0)
    assert page.session.wish.checkpoint == HONEST and not page.session.wish.label
    page.upload(png())
    assert page.session.wish.label == LABELS[1] and not page.session.wish.linked_label
    page.press("open_link", network="a", label=LABELS[0])  # pasted where there is a film
    assert page.session.wish.label == LABELS[0] and len(page.session.films) == 2


def test_a_link_says_no_words_of_its_own_on_the_page(page):
    words = "Call 0900 123, your films are " + NASTY
    page.press("open_link", network=words, label="x" * 61, methods=[words])
    assert format_text("link-missing.unnamed") in page.look().notice["html"]
    page.press("open_link", network="gone", methods=["m1", words, "m2", "m3"])
    said = page.look().notice["html"]
    assert "gone" in said and "m2" in said and "m3" not in said and "0900" not in said


@pytest.mark.parametrize("how", ["read", "removed", "displaced"])
def test_only_files_of_the_upload_folder_are_ever_read_or_deleted(page, folder, tmp_path_factory, how):
    other = tmp_path_factory.mktemp("elsewhere") / "a.png"
    other.write_bytes(png())
    for path in (str(other), f"{folder}/../{other.parent.name}/a.png", "/etc/passwd", str(folder), "a\0b"):
        page.press("take_film", path=path, name="a.png")
        if how == "read":
            assert str(upload_text.describe_gone_upload()[0]) in page.settle().findings["html"]
        elif how == "removed":
            page.press("remove_film", film=page.session.wish.film)
        else:
            for _ in range(MAX_FILMS + 1):
                page.press("take_film", path="", name="b.png")
    assert other.read_bytes() == png() and Path("/etc/passwd").exists() and folder.exists()


def test_a_name_that_is_unknown_changes_nothing(page):
    page.open()
    before = page.session.wish
    page.press("choose_label", label="../x")
    page.press("choose_checkpoint", checkpoint="../x")
    page.press("choose_film", film="../x")
    page.press("remove_film", film="../x")
    page.press("compare_with", choice=WITH + "../x")
    page.press("compute_slow", method="../x")
    page.press("try_example", index=99)
    assert page.session.wish == before and names_in(page) == ["film.png"]


def test_a_label_of_another_network_shows_the_first_of_the_list(page):
    page.open()
    page.press("choose_label", label="cardiomegaly")
    shown = page.settle()
    assert shown.value["at"]["label"] == "bacterial_pneumonia" and shown.panels["about"].endswith(LABELS[1])


DRAWN = {"shape": [0.1, 0.1, 0.2, 0.2]}


@pytest.mark.parametrize("shape", [[0.1, 0.1, math.nan, 0.2], [0.1, 0.1, math.inf, 0.2], [0.9, 0.9, 0.5, 0.5],
                                   [1, 2, 3], [True] * 4, ["0.1"] * 4, "0.1 0.1 0.2 0.2", {}, [[0, 0], [1, 1]], [],
                                   [[0, 0], [1, 1], [2, 0]], [[0, 0], [1, 1], [0]], [[0.5, 0.5]] * 401])  # fmt: skip
def test_what_is_no_region_is_told_and_the_former_stays(page, shape):
    page.open()
    page.press("draw_regions", regions=[DRAWN])
    assert [region["shape"] for region in page.settle().regions["regions"]] == [(0.1, 0.1, 0.2, 0.2)]
    page.press("draw_regions", regions=[DRAWN, {"shape": shape}])
    shown = page.settle().regions
    assert [region["shape"] for region in shown["regions"]] == [(0.1, 0.1, 0.2, 0.2)]
    assert 'class="fault"></p>' not in shown["html"]
    page.press("draw_regions", regions=[])
    shown = page.settle().regions
    assert shown["regions"] == [] and 'class="fault"></p>' in shown["html"]


@pytest.mark.parametrize("regions", [None, "all", {"shape": [0, 0, 1, 1]}, [None], [DRAWN] * 9])
def test_what_is_no_list_of_regions_or_too_long_is_told(page, regions):
    page.open()
    page.press("draw_regions", regions=regions)
    shown = page.settle().regions
    if isinstance(regions, dict):  # one alone
        assert len(shown["regions"]) == 1
    else:
        assert shown["regions"] == [] and 'class="fault"></p>' not in shown["html"]


def test_several_regions_are_covered_at_once_but_those_that_are_spared(page):
    page.open()
    outline = {"shape": [[0.5, 0.5], [0.9, 0.5], [0.5, 0.9]]}
    page.press("draw_regions", regions=[DRAWN, outline, {**DRAWN, "covered": False}])
    shown = page.settle().regions
    assert [region["covered"] for region in shown["regions"]] == [True, True, False] and shown["how"] == ""
    assert all(f'data-region="{at}"' in shown["html"] for at in range(3))
    page.press("cover_regions", how="blur")
    shown = page.settle().regions
    assert shown["how"] == "blur" and shown["cover"]["picture"] in page.bodies
    (covered,) = page.session.reading.covered
    assert covered == (((0.1, 0.1, 0.2, 0.2), ((0.5, 0.5), (0.9, 0.5), (0.5, 0.9))), "blur")
    page.press("draw_regions", regions=[{**DRAWN, "covered": False}])
    shown = page.settle().regions
    assert shown["cover"] is None and format_text("cover.none-chosen") in shown["html"]
    page.press("cover_regions", how="")
    assert page.settle().regions["how"] == "" and page.session.wish.cover == ""
    page.press("cover_regions", how="burn")
    assert page.settle().regions["how"] == ""
    page.press("cover_regions", how="grey")
    page.press("draw_regions", regions=[])
    assert page.settle().regions["cover"] is None and page.session.wish.cover == "", "there is nothing to cover"


# ---- the strip


def test_films_stand_as_they_were_given_and_not_as_they_came(page):
    for number in (3, 1, 2):
        page.upload(png(number), f"{number}.png", number=number, film=number, show=number == 1)
    page.settle()
    assert names_in(page) == ["1.png", "2.png", "3.png"] and page.session.wish.film == "1"


def test_the_strip_has_room_for_so_many_films_and_keeps_the_one_that_is_looked_at(page, folder):
    for number in range(MAX_FILMS + 2):
        page.upload(png(number), f"{number}.png", show=number == 0)
    assert names_in(page) == ["0.png", *(f"{number}.png" for number in range(3, MAX_FILMS + 2))]
    assert format_text("oldest-removed", films=MAX_FILMS) in page.look().notice["html"]
    assert len([path for path in folder.rglob("*.png")]) == MAX_FILMS  # those of the displaced are gone
    assert page.settle().value["at"]["film"] == page.session.wish.film
    assert list(folder.iterdir()) == []


def test_large_films_leave_room_for_few(page, monkeypatch):
    monkeypatch.setattr(work, "MAX_PAGE_BYTES", 70_000)  # three of them
    for number in range(5):
        page.upload(png(number), f"{number}.png")
        page.settle()
    assert names_in(page) == ["2.png", "3.png", "4.png"]
    assert format_text("oldest-removed-large") in page.look().notice["html"]
    assert {film for film, _ in page.session.readings} <= set(page.session.films)


def test_an_upload_that_failed_is_told_in_its_place_and_the_others_stay(page):
    page.open()
    page.press("take_film", name="large.png", fault="size")
    assert str(upload_text.describe_large_file()) in page.settle().findings["html"]
    page.press("take_film", name="refused.png", fault=NASTY)
    told = page.settle()
    assert NASTY not in told.findings["html"] and format_text("upload-gone") in told.findings["html"]
    page.press("take_film", name="waiting.png", fault="upload-disk-full")
    told = page.settle()
    assert format_text("upload-disk-full") in told.findings["html"]
    assert told.strip["html"].count(format_text("film-refused")) == 3
    page.session.speak(10**6, "de")
    with use_language("de"):
        assert format_text("upload-disk-full") in page.settle().findings["html"], "said in the language of now"
    page.press("choose_film", film=next(iter(page.session.films)))
    assert "data-label" in page.settle().findings["html"]


def test_a_film_that_is_removed_leaves_the_server_and_the_next_one_is_shown(page, analyser):
    page.open()
    first = page.session.wish.film
    page.upload(png(1), "second.png")
    page.settle()
    page.press("remove_film", film=page.session.wish.film)
    shown = page.settle()
    assert shown.value["at"]["film"] == first and format_text("film-removed") in shown.notice["html"]
    assert "second.png" not in shown.strip["html"] and {key for key, _ in page.session.readings} == {first}
    page.press("remove_film", film=first)
    shown = page.settle()
    assert not page.session.films and not page.session.readings and shown.strip["html"] == ""
    assert format_text("step-choose") in shown.findings["html"] and shown.panels["film"] is None


def test_a_film_that_nobody_has_read_is_deleted_when_it_is_removed(page, folder):
    page.upload(png())
    page.press("remove_film", film=page.session.wish.film)
    assert list(folder.iterdir()) == []


def test_a_film_that_is_not_looked_at_can_be_removed_too(page):
    page.open()
    first = page.session.wish.film
    page.upload(png(1), "second.png")
    page.press("remove_film", film=first)
    assert page.settle().value["at"]["film"] != first and names_in(page) == ["second.png"]


# ---- networks


@pytest.fixture
def taught(folder):
    """A page that also has the network of the synthetic films."""
    return Page(make_desk({"a": StandIn(), HONEST: StandIn()}, folder))


def test_the_page_opens_on_a_synthetic_film_read_by_the_network_that_was_made_for_it(taught, page):
    taught.press("open_page")
    shown = taught.settle()
    assert shown.value["at"]["checkpoint"] == HONEST == shown.networks["value"]
    assert [*map(str, names_in(taught))] == [example_films.name_example(example_films.FIRST)]
    assert format_text("planted-show") in shown.panels["html"] and shown.panels["film"]["outlines"]
    page.press("open_page")  # without that network
    assert not page.session.films


def test_a_persons_own_film_is_read_by_the_network_that_was_chosen(taught):
    taught.press("open_page")
    taught.upload(png())
    assert taught.settle().value["at"]["checkpoint"] == "a"
    example, own = taught.session.films
    taught.press("choose_film", film=example)
    assert taught.look().value["at"]["checkpoint"] == HONEST
    taught.press("choose_checkpoint", checkpoint="a")  # also for an example
    taught.press("choose_film", film=own)
    assert taught.look().value["at"]["checkpoint"] == "a"


def test_an_example_is_taken_once_and_shown_again(taught):
    for index in (0, 1, 0):
        taught.press("try_example", index=index)
    assert len(taught.session.films) == 2 and taught.session.film.example == 0
    asked = taught.desk.analysers[HONEST].asked
    taught.settle()
    other = Page(taught.desk, "other")
    before = list(asked)
    other.press("try_example", index=0)
    assert "data-label" in other.settle().findings["html"] and asked == before  # it is everybody's


def test_another_network_reads_the_same_film_and_a_comparison_with_it_ends(page):
    page.open(methods=["grad-cam"])
    page.press("compare_with", choice=WITH + "b")
    assert page.settle().compare["value"] == WITH + "b" and page.look().pair["maps"]
    page.press("choose_checkpoint", checkpoint="b")
    shown = page.settle()
    assert shown.compare["value"] == NOTHING and shown.pair == {"html": "", "about": "", "held": False, "maps": {}}
    page.press("compare_with", choice=WITH + "b")
    assert page.session.wish.compared == NOTHING


# ---- methods and scales


def test_a_choice_before_the_first_film_is_what_the_empty_page_shows(page):
    page.press("choose_methods", methods=["occlusion"])
    told = page.settle().panels["html"]
    assert describe_promise(METHODS["occlusion"].family) in told and "Zeiler" in told and "Grad-CAM" not in told
    assert all(describe_promise(method.family) for method in METHODS.values())


def test_methods_are_chosen_in_their_own_order_and_what_is_none_is_left_out(page):
    page.press("choose_methods", methods=["occlusion", "grad-cam", "magic", "grad-cam"])
    assert page.session.wish.methods == ("grad-cam", "occlusion")
    page.press("choose_methods", methods=[])
    assert page.settle().methods["chosen"] == []


def test_a_scale_cannot_be_kept_before_there_are_maps(page):
    page.press("pin_scale", pinned=True)
    page.upload(png())
    page.press("pin_scale", pinned=True)
    assert page.session.wish.pinned_scale == ()


def test_the_name_of_a_file_cannot_become_markup_and_its_path_is_never_shown(page, folder):
    path = uploaded(folder, "a.png", png())
    page.press("take_film", path=path, name=f"{NASTY * 20}")
    shown = page.settle()
    assert "<img src=x" not in shown.strip["html"] + shown.panels["html"] + shown.findings["html"]
    assert len(names_in(page)[0]) == 200 and path not in str(page.bodies)


# ---- what is pressed is of what was shown


def test_a_region_that_was_drawn_on_another_film_is_not_of_this_one(page):
    page.open()
    first = page.session.wish.film
    page.upload(png(1), "second.png")
    page.press("draw_regions", regions=[DRAWN], at={"film": first})
    assert page.settle().regions["regions"] == [] and not page.session.region_fault


def test_a_region_is_covered_also_without_any_map(page):
    page.open()
    page.press("choose_methods", methods=[])
    assert page.settle().regions["html"] == ""
    page.press("draw_regions", regions=[DRAWN])
    page.press("cover_regions", how="grey")
    shown = page.settle().regions
    assert shown["cover"] and shown["html"].count('class="cover') >= 2 and "<form" not in shown["html"]


def test_box_and_cover_of_a_film_are_there_again_when_it_is_chosen_again(page):
    page.open()
    first = page.session.wish.film
    page.press("draw_regions", regions=[DRAWN])
    page.press("cover_regions", how="grey")
    assert page.settle().regions["cover"]
    page.upload(png(1), "second.png")
    shown = page.settle().regions
    assert shown["regions"] == [] and shown["cover"] is None
    second = page.session.wish.film
    page.press("choose_film", film=first)
    shown = page.settle().regions
    assert [region["shape"] for region in shown["regions"]] == [(0.1, 0.1, 0.2, 0.2)]
    assert shown["how"] == "grey" and shown["cover"]
    page.press("remove_film", film=first)
    page.upload(png(2), "third.png")  # gets the key of the one that is gone
    page.press("choose_film", film=second)
    page.press("choose_film", film=page.session.wish.film)
    assert page.settle().regions["regions"] == [] and page.session.wish.kept_regions == ()


def test_what_was_drawn_on_a_film_goes_when_it_is_turned(page):
    page.open()
    film = page.session.film
    page.press("draw_regions", regions=[DRAWN])
    gate = GateAnswer(Verdict.USUAL, (Doubt("sideways", "MEASURED", Mend.TURN_90),))
    film.opened = dataclasses.replace(film.opened, gate=gate)
    page.press("mend_film", film=film.key, mend=Mend.TURN_90)
    assert page.session.wish.regions == () and film.wanted_mend is Mend.TURN_90


def test_the_finding_that_a_person_chose_stays_with_the_next_film(page):
    page.open()
    assert page.look().value["at"]["label"] != LABELS[2]
    page.press("choose_label", label=LABELS[2])
    page.upload(png(1), "second.png")
    assert page.settle().value["at"]["label"] == LABELS[2]
    page.press("choose_film", film="1")
    assert page.settle().value["at"]["label"] == LABELS[2]


def test_a_scale_is_kept_as_it_was_shown_also_when_another_finding_was_chosen_meanwhile(page):
    page.open(methods=["grad-cam"])
    shown = page.look().value["at"]
    page.press("choose_label", label="normal")
    page.press("pin_scale", pinned=True, at=shown)
    assert page.session.wish.pinned_scale and page.settle().panels["pinned"]


def test_a_check_that_is_asked_for_before_there_is_a_result_is_not_lost(page):
    page.press("choose_methods", methods=["grad-cam"])
    page.upload(png())
    page.press("run_checks", slow=False)
    assert page.session.wish.checks and page.session.wish.checks.kind == "quick"


def test_a_film_that_cannot_be_mended_stays_as_it_was(page, monkeypatch):
    page.open()
    film = page.session.film
    opened, film.wanted_mend = film.opened, Mend.TURN_90
    monkeypatch.setattr(work, "mend_image", lambda image, mend: 1 / 0)
    shown = page.settle()
    assert film.opened is opened and film.wanted_mend is None and not film.fault
    assert "Something went wrong" in shown.notice["html"] and "data-label" in shown.findings["html"]


def test_what_has_failed_is_tried_again_when_it_is_chosen_again(page):
    analyser = page.desk.analysers["a"]
    analyser.broken = MemoryError()
    page.upload(png())
    assert "Something went wrong" in page.settle().findings["html"]
    analyser.broken = None
    assert "Something went wrong" in page.settle().findings["html"]
    page.press("choose_checkpoint", checkpoint="a")
    assert "data-label" in page.settle().findings["html"]
