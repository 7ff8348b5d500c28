"""A film of a deck as a learner meets it: with boxes over it, the findings to choose among, a network's advice and its
maps. In the exam of one learner and in a class alike."""

from __future__ import annotations

from collections.abc import Sequence

from cxr_demo.evaluation.regions import Box
from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import FINDINGS
from cxr_demo.teaching.deck import NO_FINDING, DeckFilm, find_truth_boxes, tell_film
from cxr_demo.teaching.exam import Answer, Plan
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.lesson.exam_room import Advice, DeckPicture, NamedFinding
from cxr_demo.ui.markup import Html, join_html, tag

Shown = tuple[
    str, str, Sequence[tuple[str, Box]]
]  # a kind of boxes, "own" or "true", its word, and each with its label


def list_own(answer: Answer) -> Shown:
    return "own", format_text("exam-own-box"), [(mark.label, mark.box) for mark in answer.own if mark.box]


def render_film_to_answer(plan: Plan, number: int) -> Html:
    """Nothing of what is true of the film, and nothing of a network, is in it; `exam.js` takes the answer."""
    place = tag("div", class_="boxes", data_told=exam_text.describe_box_for_script())
    side = tag(
        "div",
        tag("p", format_text("exam-asked"), class_="asked", id="exam-asked"),
        render_choices(plan, ()),
        tag(
            "p",
            class_="still",
            role="status",
            data_draw=exam_text.describe_box_to_draw("{name}"),
            data_first=format_text("exam-choose-first"),
            data_named=exam_text.describe_named("{names}"),
        ),
        render_go("answer", format_text("exam-answer"), disabled=True, data_wait=format_text("exam-wait")),
        tag("p", format_text("exam-how"), class_="how"),
        class_="side",
    )
    return tag("div", render_film(exam_text.name_film(number), place), side, class_="card")


def render_true_film(film: DeckFilm, number: int, *answers: Answer, over: Sequence[Html] = ()) -> Html:
    """With the true boxes, those of the answers, and what else lies `over` the film, under them."""
    places = [(label, box) for label, boxes in find_truth_boxes(film).items() for box in boxes]
    true, own = ("true", format_text("exam-true-box"), places), [list_own(answer) for answer in answers]
    source = exam_text.describe_source(film.source, film.licence)
    boxes = [box for shown in (true, *own) for box in render_boxes(shown)]
    keys = [*render_key(true), *(key for shown in own for key in render_key(shown))]
    return render_film(exam_text.name_film(number), *over, *boxes, caption=(*keys, tag("span", source)))


def render_explanation(film: DeckFilm, level: int = 4, with_why: bool = True) -> Html:
    """What to look for, and why; the latter may speak of what networks say, so that it comes after them. `level` is
    that of its headings, here as in what follows."""
    look_for, explanation = tell_film(film)
    why = (tag(f"h{level}", format_text("exam-explanation")), tag("p", explanation)) if with_why else ()
    return join_html(tag(f"h{level}", format_text("exam-look-for")), tag("p", look_for), *why)


def style_picture(picture: DeckPicture) -> str:
    """The film stands once for all its pictures."""
    return f"--film-picture:url({picture.source});--film-shape:{picture.shape[1]}/{picture.shape[0]}"


def render_film(name: str, *over: Html, caption: Sequence[Html] = ()) -> Html:
    picture = tag("div", class_="picture", role="img", aria_label=name)
    below = tag("figcaption", *caption) if caption else None
    return tag("figure", tag("div", picture, *over, class_="on-film"), below, class_="film")


def render_boxes(shown: Shown) -> list[Html]:
    kind, word, places = shown
    return [
        tag("div", tag("span", f"{word}: {FINDINGS[label].name}"), class_=f"box {kind}", style=place_box(box))
        for label, box in places
    ]


def render_key(shown: Shown) -> tuple[Html, ...]:
    kind, word, places = shown
    return (tag("span", tag("i", class_=kind), word, class_="key"),) if places else ()


def place_box(box: Box) -> str:
    """As a style."""
    sides = zip(("left", "top", "width", "height"), box, strict=True)
    return ";".join(f"{side}:{share:.2%}" for side, share in sides)


def render_choices(plan: Plan, pressed: Sequence[str]) -> Html:
    options = [
        tag("li", tag("button", FINDINGS[label].name, type="button", class_="choice", data_label=label,
                      aria_pressed="true" if label in pressed else "false"))
        for label in (*plan.choices, NO_FINDING)
    ]  # fmt: skip
    return tag("div", tag("ul", *options, class_="choices"), role="group", aria_labelledby="exam-asked",
               data_none=NO_FINDING)  # fmt: skip


def render_go(go: str, text: str, **more: object) -> Html:
    return tag("button", text, type="button", class_="go", data_go=go, **more)


def render_all_maps(letter: str, advice: Advice | None, level: int = 4) -> Html:
    if advice is None:
        return Html("")
    made = [figure for each in advice.named for figure in render_maps(letter, each, level + 1)]
    none = None if advice.named else tag("p", format_text("exam-no-map"), class_="how")
    return join_html(render_advised(letter, advice, level), none, tag("div", *made, class_="maps"))


def render_advised(letter: str, advice: Advice, level: int = 4) -> Html:
    lines = [
        tag("li", exam_text.describe_advice(each.label, each.probability, advice.calibrated, advice.task))
        for each in advice.named
    ] or [tag("li", format_text("exam-advice-none"))]
    title = tag(f"h{level}", format_text("exam-advice", letter=letter))
    return tag("div", title, tag("ul", *lines, class_="lines"), class_="advice", role="status")


def render_maps(letter: str, named: NamedFinding, level: int = 5) -> list[Html]:
    return [
        tag(
            "figure",
            tag(f"h{level}", FINDINGS[named.label].name, tag("small", METHODS[method].name)),
            tag("div", class_="picture", role="img", style=f"--map:url({made.layer})" if made.layer else None,
                aria_label=exam_text.describe_exam_map(METHODS[method].name, letter, named.label)),
            tag("figcaption", exam_text.describe_map_scale(made.limit, made.unit) if made.layer
                else format_text("exam-no-evidence")),
            class_="map",
        )
        for method, made in named.maps.items()
    ]  # fmt: skip
