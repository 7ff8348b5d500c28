"""What is wanted is the sum of the presses in the order of their numbers, however they arrive."""

import itertools
from dataclasses import replace

import pytest

from cxr_demo.evaluation.regions import DrawnRegion
from cxr_demo.render import ScaleEnds
from cxr_demo.ui.app.wish import (
    KEPT_PRESSES,
    MEMBERS,
    NOTHING,
    QUICK,
    STOPPED,
    WITH,
    Checks,
    Presses,
    Wish,
)

CHANGES = (
    lambda wish: wish.show_film("1", "a"),
    lambda wish: wish.choose_label("normal"),
    lambda wish: wish.choose_checkpoint("b"),
    lambda wish: wish.show_film("2", wish.own_checkpoint),
)
SLOWLY = Wish(film="2", checkpoint="b", own_checkpoint="b")


@pytest.mark.parametrize("order", itertools.permutations(range(len(CHANGES))))
def test_quick_presses_end_where_slow_ones_do(order):
    presses = Presses(Wish())
    for number in order:
        wish = presses.add(number, CHANGES[number])
    assert wish == presses.sum_up() == SLOWLY


def test_a_press_that_arrives_late_changes_nothing_that_was_pressed_after_it():
    presses = Presses(Wish())
    assert presses.add(2, lambda wish: wish.choose_label("normal")).label == "normal"
    assert presses.add(1, lambda wish: wish.choose_label("edema")).label == "normal"
    assert presses.add(3, lambda wish: wish.choose_label("mass")).label == "mass"


def test_only_the_last_presses_are_kept_and_the_others_are_not_forgotten():
    presses = Presses(Wish())
    for number in range(1, KEPT_PRESSES + 11):
        wish = presses.add(number, lambda wish: replace(wish, methods=(*wish.methods, "x")))
    assert len(presses.kept) == KEPT_PRESSES and presses.kept[0][0] == 11
    assert wish.methods.count("x") == KEPT_PRESSES + 10 and presses.beginning.methods.count("x") == 10


def test_what_belongs_to_a_film_goes_with_it_and_the_choices_stay():
    wish = Wish(film="1", checkpoint="a", own_checkpoint="a", label="normal", methods=("gradient",),
                pinned_scale=(("u", ScaleEnds(1.0)),), regions=(DrawnRegion((0, 0, 1, 1)),), cover="grey",
                compared=MEMBERS, checks=Checks(QUICK, 1))  # fmt: skip
    other = wish.show_film("2", "b")
    assert (other.film, other.checkpoint, other.own_checkpoint) == ("2", "b", "a")
    assert (other.label, other.regions, other.cover, other.checks) == ("normal", (), "", None)
    assert (other.methods, other.pinned_scale, other.compared) == (("gradient",), (("u", ScaleEnds(1.0)),), MEMBERS)


def test_what_was_drawn_on_a_film_comes_back_with_it():
    box, other_box = DrawnRegion((0, 0, 1, 1)), DrawnRegion((0.2, 0.2, 0.1, 0.1), False)
    first = Wish(film="1", regions=(box,), cover="grey")
    second = replace(first.show_film("2", ""), regions=(other_box,))
    assert second.covered == () and second.show_film("2", "").regions == (other_box,)
    back = second.show_film("1", "")
    assert (back.regions, back.cover) == ((box,), "grey") and back.covered == (box.shape,)
    again = back.show_film("2", "")
    assert (again.regions, again.cover) == ((other_box,), "")
    assert again.forget_regions("2").regions == () and again.forget_regions("2").show_film("1", "").regions == (box,)
    assert again.forget_regions("1").show_film("1", "").regions == ()


def test_a_choice_that_is_made_again_changes_nothing():
    wish = Wish(film="1", checkpoint="a", own_checkpoint="a", label="normal", checks=Checks(STOPPED, 1))
    assert wish.choose_checkpoint("a") == wish.choose_label("normal") == wish
    assert wish.choose_checkpoint("b") == Wish(film="1", checkpoint="b", own_checkpoint="b")
    assert wish.choose_label("edema").checks is None


def test_a_checkpoint_is_not_compared_with_itself():
    wish = Wish(checkpoint="a", own_checkpoint="a", compared=WITH + "b")
    assert wish.choose_checkpoint("b").compared == wish.show_film("1", "b").compared == NOTHING
    assert wish.choose_checkpoint("c").compared == wish.show_film("1", "a").compared == WITH + "b"
