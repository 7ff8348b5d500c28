"""A part is known by its content, so that each body goes to a browser once."""

from cxr_demo.limits import KEPT_PARTS
from cxr_demo.ui.app.whole_page import PARTS
from cxr_demo.ui.parts import RenderedParts, make_id, make_part
from tests.ui.stand_ins import png


def test_equal_content_has_one_id_and_other_content_another():
    one, same, other = make_part({"a": 1, "b": [2]}), make_part({"b": [2], "a": 1}), make_part({"a": 1, "b": [3]})
    assert one.id == same.id == make_id({"a": 1, "b": [2]}) != other.id
    assert make_part({}, {"x": {}}).pictures == {"x": {}}


def test_each_body_travels_once(page):
    page.upload(png())
    sent = [id_ for shown in page.follow() for id_ in shown.value["bodies"]]
    film = page.look().panels["film"]["picture"]
    assert film in sent  # a value looks them up among those that have come, so none is missing either
    assert page.look().value["bodies"] == {}
    page.press("choose_label", label="normal")
    assert film not in [id_ for shown in page.follow() for id_ in shown.value["bodies"]]


def test_a_body_that_a_browser_has_forgotten_comes_again(page):
    page.open()
    before = dict(page.bodies)
    page.bodies.clear()
    assert page.look().panels["film"]["picture"] in before and before.keys() >= page.bodies.keys()


def test_what_stays_the_same_is_not_made_again(page):
    page.open()
    before = {name: page.session.rendered.list_parts(name) for name in PARTS}
    page.press("choose_methods", methods=["grad-cam"])
    page.settle()
    made = {name for name in PARTS if any(part not in before[name] for part in page.session.rendered.list_parts(name))}
    assert "panels" in made and not made & {"findings", "strip", "networks", "facts", "compare"}


def test_a_part_is_made_once_of_the_same_and_the_oldest_goes():
    made, parts = [], RenderedParts()

    def keep(number):
        return parts.keep("panels", (number,), lambda: made.append(number) or {"number": number})

    for number in (*range(KEPT_PARTS), 0, KEPT_PARTS, 0, 1):
        assert keep(number).body == {"number": number}
    assert made == [*range(KEPT_PARTS + 1), 1]  # 0 was used again, so 1 had to go
    assert len(parts.list_parts("panels")) == KEPT_PARTS and parts.list_parts("findings") == []
    parts.clear()
    assert parts.list_parts("panels") == []
