"""The exam of the static edition in Chromium: worth what the product's own is, and nothing said is lost."""

from __future__ import annotations

import json
import random
from typing import Any

from playwright.sync_api import Page

from cxr_demo.teaching.deck import NO_FINDING, Deck, find_truth_boxes
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.exam import Answer, Mark, Plan
from cxr_demo.teaching.exam_score import Place, make_sheet, score_answer, score_both
from cxr_demo.text.catalogue import use_language
from cxr_demo.text.exam_text import describe_sheet, describe_verdict
from tests.browser.static_visit import Visit

DECK = "shortcuts"
CHANGE = """(change) => {
  const plan = JSON.parse(sessionStorage.getItem("exam"));
  sessionStorage.setItem("exam", JSON.stringify({ ...plan, ...new Function("plan", change)(plan) }));
}"""


def answer_by_lot(deck: Deck, film: int, lot: random.Random) -> Answer:
    """Often right, with a box that is the true one, moved."""
    kinds = deck.films[film].findings if lot.random() < 0.6 else lot.sample(deck.choices, lot.randrange(3))
    boxes = find_truth_boxes(deck.films[film])
    marks = []
    for kind in kinds:
        left, top, width, height = boxes.get(kind, ((0.3, 0.3, 0.2, 0.2),))[0]
        across, down = (lot.choice((0.0, 0.3, 0.6, 2.0)) * side for side in (width, height))
        left, top = min(left + across, 1 - width), min(top + down, 1 - height)
        marks.append(Mark(kind, (left, top, width, height)))
    final = tuple(kinds) if lot.random() < 0.3 else tuple(lot.sample(deck.choices, lot.randrange(3)))
    return Answer(film, tuple(marks), final)


def is_right(deck: Deck, turn: dict[str, Any]) -> bool:
    marks = tuple(Mark(mark["label"], tuple(mark["box"])) for mark in turn["own"])
    found = score_answer(deck.films[turn["film"]], Answer(turn["film"], marks))
    is_placed = all(overlap.place is not Place.ELSEWHERE for overlap in found.overlaps.values())
    return not found.misses and not found.false_alarms and is_placed


def write_turn(answer: Answer, advised: list[str], plan: Plan) -> dict[str, Any]:
    return {
        "film": answer.film,
        "network": plan.advisers[answer.film],
        "isMapShown": plan.maps_shown[answer.film],
        "first": list(answer.own_labels) or [NO_FINDING],
        "own": [{"label": mark.label, "box": mark.box} for mark in answer.own],
        "said": list(answer.final or ()) or [NO_FINDING],
        "advised": advised,
    }


def test_scores_and_sheets_are_the_product_s(visit: Visit):
    lot, decks = random.Random(0), [read_deck(path) for path in find_bundled_decks()]
    wanted, given = [], []
    for deck in decks * 5:
        order = lot.sample(range(len(deck.films)), len(deck.films))
        arms = tuple(lot.random() < 0.5 for _ in order)
        plan = Plan(tuple(order), {"A": "one"}, ("A",) * len(order), arms, tuple(deck.choices))
        advice = {film: lot.sample(deck.choices, lot.randrange(3)) for film in order}
        answers = [answer_by_lot(deck, film, lot) for film in [*order, *order[:3]]]
        with use_language("en"):
            told = [describe_verdict(*score_both(deck.films[each.film], each)) for each in answers]
            wanted.append([describe_sheet(make_sheet(deck, plan, answers, advice)), told])
        turns = [write_turn(answer, advice[answer.film], plan) for answer in answers]
        given.append([deck.name, turns])
    got = visit.page.evaluate(
        """async (given) => {
          const { describeSheet, describeVerdict } = await import("./exam_view.js");
          const decks = new Map();
          for (const [name] of given) decks.set(name, await (await fetch(`decks/${name}/deck.json`)).json());
          return given.map(([name, turns]) => {
            const deck = decks.get(name);
            return [describeSheet(deck, turns), turns.map((turn) => describeVerdict(deck, turn))];
          });
        }""",
        given,
    )
    for (sheet, told), (own_sheet, own_told), (name, turns) in zip(got, wanted, given, strict=True):
        assert told == own_told
        deck = next(deck for deck in decks if deck.name == name)
        again = [turn for at, turn in enumerate(turns) if turn["film"] in [each["film"] for each in turns[:at]]]
        right = sum(is_right(deck, turn) for turn in again)  # here films come back for their boxes too
        seen = f"Seen again: {len(again)}, right then: {right}"
        assert sheet == [seen if line.startswith("Seen again") else line for line in own_sheet]


def draw_box(page: Page, place: tuple[float, float]) -> None:
    frame = page.locator(".exam .on-film").bounding_box()
    assert frame
    left, top = frame["x"] + frame["width"] * place[0], frame["y"] + frame["height"] * place[1]
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 30, top + 30, steps=3)
    page.mouse.up()


def begin_exam(visit: Visit, finding: str, change: str = "") -> Page:
    """With the film that shows `finding` as the first; `change`: of every turn, as JavaScript writes an object."""
    page = visit.page
    page.goto(f"{visit.address}#lesson-section")
    page.click(f".exam button.go[data-deck={DECK}]")
    page.wait_for_selector(".exam .choices")
    deck = next(deck for path in find_bundled_decks() if (deck := read_deck(path)).name == DECK)
    place = next(at for at, film in enumerate(deck.films) if film.findings == (finding,))
    turns = f"plan.turns.sort((turn) => turn.film === {place} ? -1 : 1)"
    page.evaluate(CHANGE, f"return {{ turns: {turns}.map((turn) => ({{ ...turn, {change} }})) }}")
    page.reload()
    return page


def test_what_was_said_outlives_a_reload_and_a_lost_connection(slow_visit: Visit):
    """A finding whose box lies elsewhere is no plain right: its film comes back. The sheet counts all of it."""
    page = begin_exam(slow_visit, "consolidation")
    page.click(".exam .choice[data-label=consolidation]")
    draw_box(page, (0.9, 0.9))
    page.route("**/networks/phantom-cheat/manifest.json", lambda route: route.abort())
    page.click("[data-go=answer]")
    page.wait_for_selector(".exam [role=alert]")
    page.unroute("**/networks/phantom-cheat/manifest.json")
    page.click("text=Try again")
    page.wait_for_selector("[data-go=final]:not(:disabled)")
    assert page.locator(".exam .choice[data-label=consolidation][aria-pressed=true]").count() == 1
    page.route("**/deck.json", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".exam [role=alert]")
    page.click("#top button[data-language=de]")
    page.click("#top button[data-language=en]")
    page.unroute("**/deck.json")
    page.click("text=Try again")
    page.wait_for_selector(".exam .advice")
    assert page.locator(".exam .box.own").count() == 1
    page.click("[data-go=final]")
    page.wait_for_selector(".exam .advice ~ [data-go=next]")
    assert "Your box lies elsewhere: it shares 0 %" in page.inner_text(".exam .lines >> nth=0")
    page.route(f"**/decks/{DECK}/*.png", lambda route: route.abort())
    page.click("[data-go=next]")
    page.wait_for_selector(".exam [role=alert]")
    assert "Your answer is kept." in page.inner_text(".exam [role=alert]")
    page.unroute(f"**/decks/{DECK}/*.png")
    page.click("text=Try again")
    page.wait_for_selector(".exam .choices")
    assert page.inner_text(".exam h3") == "Film 2" and "1 of 8 seen" in page.inner_text(".exam header")
    slow_visit.wrong.clear()  # of the connection that was lost

    page.evaluate(
        CHANGE,
        """const none = { first: ["no_finding"], said: ["no_finding"], own: [], advised: [] };
        return { at: 8, turns: plan.turns.map((turn, at) => at > 0 && at < 8 ? { ...turn, ...none } : turn) }""",
    )
    page.reload()
    page.wait_for_selector(".exam .choices")
    assert "This film comes back" in page.inner_text(".exam header")
    page.click(".exam .choice[data-label=no_finding]")
    page.click("[data-go=answer]")
    page.click("[data-go=final]")
    page.click("[data-go=next]")
    page.wait_for_selector(".exam ul.sheet")
    sheet = page.inner_text(".exam ul.sheet >> nth=0")
    assert "Consolidation: found 1, missed" in sheet and "1 elsewhere" in sheet
    assert "Seen again: 1, right then: 0" in sheet and "Network A was " in sheet and "With the map hidden" in sheet
    assert page.inner_text(".exam ul.films li >> nth=0").startswith("✗ Film 1")
    assert json.loads(page.evaluate("sessionStorage.getItem('exam')"))["at"] == 9
    page.wait_for_function("document.querySelector('.exam').dataset.step === 'sheet'")
    for _ in range(50):
        if len(page.workers) == 1:  # that of the page: the exam's own leaves
            break
        page.wait_for_timeout(100)
    assert len(page.workers) == 1
    page.click("#top button[data-language=de]")
    assert "Ihre Auswertung" in page.inner_text(".exam h3")


def test_what_is_asked_is_in_sight_below_two_maps(visit: Visit):
    page = begin_exam(visit, "effusion", "isMapShown: true")
    page.click(".exam .choice[data-label=no_finding]")
    page.click("[data-go=answer]")
    page.wait_for_selector("[data-go=final]")
    maps = [each.bounding_box() for each in page.locator(".exam .side figure.map").all()]
    last = page.locator("[data-go=final]").bounding_box()
    assert len(maps) == 2 and len({box["y"] for box in maps if box}) == 1
    assert last and last["y"] + last["height"] <= 900
