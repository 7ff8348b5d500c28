"""The lesson as HTML: one question at a time, the film, the guess, and then what the maps of both networks say."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence

from cxr_demo import render
from cxr_demo.explain.methods import METHODS
from cxr_demo.teaching.planted import list_planted
from cxr_demo.teaching.shortcut_lesson import DECK, NETWORKS, Lesson, Look, Question
from cxr_demo.text import lesson_text
from cxr_demo.text.catalogue import LANGUAGE, format_text
from cxr_demo.ui import image_encoding
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag

OPACITY = 0.75
MAP_PX = 256
ACTS = tuple(dict.fromkeys(question.act for question in DECK))


def render_beginning(lesson: Lesson) -> dict:
    """Before the first question; nothing is computed for it."""
    if lesson.missing:
        return _make_lesson_value([], tag("p", lesson_text.describe_absence(lesson.missing)))
    return _make_lesson_value(
        [], tag("p", format_text("lesson-intro"), class_="intro"), _render_button(format_text("lesson-begin"))
    )


def render_doors() -> Html:
    """The two rooms of the page; each has an address, so that a teacher can give a class that of the lesson."""
    films = tag("a", tag("b", format_text("door-films")), href="#bench")
    hint = tag("span", format_text("door-lesson.hint"))
    return tag("nav", films, tag("a", tag("b", format_text("door-lesson")), hint, href="#lesson-section"),
               id="doors", aria_label=format_text("doors"))  # fmt: skip


def render_title() -> Html:
    return tag("h2", format_text("lesson"), tabindex="-1")


def render_way_back() -> Html:
    """At the end of the lesson."""
    return tag("p", tag("a", format_text("way-back"), href="#bench"), class_="way-back")


def render_failure(reference: str) -> dict:
    """Something went wrong that nobody foresaw."""
    said = tag("p", format_text("unexpected", reference=reference), " ", format_text("unexpected.hint"), role="alert")
    return _make_lesson_value([], said, _render_button(format_text("lesson-begin")))


def render_question(lesson: Lesson, guesses: Sequence[int]) -> dict:
    """The question after those that have a guess; after the last of them what the lesson is."""
    if len(guesses) == len(DECK):
        return _make_lesson_value(guesses, *_render_end(lesson, guesses))
    question = DECK[len(guesses)]
    told = _render_probabilities(lesson.look(question)) if question.told else None
    options = tag("ul", *(_render_option(text, index) for index, text in enumerate(question.options)), class_="options")
    asked = tag("div", tag("p", question.asked, class_="asked", tabindex="-1"), told,
                tag("div", options, role="group", aria_label=format_text("lesson-guess")), class_="side")  # fmt: skip
    card = tag("div", _render_lesson_film(question, False), asked, class_="card")
    return _make_lesson_value(
        guesses, _render_lesson_head(guesses, len(guesses)), card, style=_encode_layers(question, False)
    )


def render_answer(lesson: Lesson, guesses: Sequence[int]) -> dict:
    """The question of the last guess, answered."""
    at = len(guesses) - 1
    question, guess = DECK[at], guesses[at]
    looks = lesson.look(question)
    verdict = format_text("lesson-right") if guess == question.answer else format_text("lesson-wrong")
    options = [_render_option(text, index, question.answer, guess) for index, text in enumerate(question.options)]
    told = tag("div", tag("p", tag("strong", verdict), " ", question.explanation, class_="verdict", tabindex="-1",
                          role="status"), _render_probabilities(looks))  # fmt: skip
    side = tag(
        "div",
        tag("p", question.asked, class_="asked"),
        tag("ul", *options, class_="options"),
        told,
        _render_button(format_text("lesson-finish") if len(guesses) == len(DECK) else format_text("lesson-next")),
        class_="side",
    )
    card = tag("div", _render_lesson_film(question, True), side, class_="card")
    return _make_lesson_value(
        guesses,
        _render_lesson_head(guesses, at),
        card,
        _render_lesson_maps(lesson, question, LANGUAGE.get()),
        style=_encode_layers(question, True),
    )


def _make_lesson_value(guesses: Sequence[int], *parts: Html, style: str = "") -> dict:
    """The guesses stay in the page, which gives them back with the next one: the server remembers no pupil."""
    given = json.dumps(list(guesses))
    return {"html": tag("section", *parts, class_="lesson", data_guesses=given, style=style or None)}


def _render_lesson_head(guesses: Sequence[int], at: int) -> Html:
    act = DECK[at].act
    title = tag("h3", lesson_text.format_act(ACTS.index(act) + 1, len(ACTS), act))
    place = tag("span", lesson_text.format_question_number(at + 1, len(DECK)), class_="place")
    return tag("header", title, tag("p", place, tag("span", _describe_guesses(guesses), class_="score")))


def _describe_guesses(guesses: Sequence[int]) -> str:
    right = sum(guess == question.answer for guess, question in zip(guesses, DECK, strict=False))
    return lesson_text.describe_guesses(right, len(guesses))


def _render_button(text: str) -> Html:
    return tag("button", text, type="button", class_="go", data_go="next")


def _render_option(text: str, index: int, answer: int | None = None, guess: int | None = None) -> Html:
    """To choose from; with an `answer`, what was right and what was chosen."""
    if answer is None:
        return tag("li", tag("button", text, type="button", class_="option", data_option=index))
    look = " right" if index == answer else " wrong" if index == guess else ""
    mark = format_text("lesson-right") if index == answer else format_text("lesson-wrong") if index == guess else ""
    return tag("li", tag("span", text, tag("small", mark) if mark else None, class_=f"option{look}"))


def _render_probabilities(looks: dict[str, Look]) -> Html:
    rows = [
        tag(
            "li", tag("b", lesson_text.name_network(letter)), _render_probability_meter(look),
            tag("span", lesson_text.describe_probability(look.probability, look.threshold)),
        )
        for letter, look in looks.items()
    ]  # fmt: skip
    return tag("div", tag("p", format_text("lesson-probability")), tag("ul", *rows, class_="said"), class_="told-by")


def _render_probability_meter(look: Look) -> Html:
    fill = tag("i", class_="fill" + (" above" if look.sees_it else ""), style=f"width:{look.probability:.1%}")
    return tag("span", fill, tag("i", class_="mark", style=f"left:{look.threshold:.1%}"), class_="meter",
               aria_hidden="true")  # fmt: skip


def _render_lesson_film(question: Question, revealed: bool) -> Html:
    told = (
        f"{format_text('lesson-synthetic')} {format_text('lesson-outlined')}"
        if revealed and (question.findings or question.letters)
        else format_text("lesson-synthetic")
    )
    return tag(
        "figure",
        _render_picture(lesson_text.describe_lesson_film(question.letters, question.findings, revealed)),
        tag("figcaption", told),
        class_="film",
    )


def _render_picture(text: str, layer: str = "none") -> Html:
    """The film of the question, a map over it, and the outlines over both: the first and the last come from `_layers`,
    once for all pictures of a question."""
    return tag("div", role="img", aria_label=text, class_="picture", style=f"--map:{layer}")


@functools.cache
def _encode_layers(question: Question, revealed: bool) -> str:
    """Style of the section."""
    film = question.film
    truth = list_planted(film).values()
    outlines = f"url({image_encoding.encode_outlines(truth)})" if revealed and truth else "none"
    return f"--drawn:url({image_encoding.encode_film(film.pixels)});--truth:{outlines}"


@functools.lru_cache(maxsize=8 * len(DECK))  # of a process, whose lesson is one
def _render_lesson_maps(lesson: Lesson, question: Question, language: str) -> Html:
    """A panel for each network and method; one for a network that sees nothing. In the `language` of the moment."""
    panels = []
    for letter, look in lesson.look(question).items():
        if not look.sees_it:
            panels.append(
                tag(
                    "figure",
                    tag("h4", lesson_text.name_network(letter)),
                    tag("p", format_text("lesson-no-map")),
                    class_="map none",
                )
            )
            continue
        panels += [_render_lesson_map(lesson, letter, look, method) for method in look.maps]
    return join_html(tag("p", format_text("lesson-of-chance"), class_="how"), tag("div", *panels, class_="maps"))


def _render_lesson_map(lesson: Lesson, letter: str, look: Look, method: str) -> Html:
    name, made = METHODS[method].name, look.maps[method]
    scale = render.choose_scale(made.map_square, METHODS[method].shown, made.unit)
    lines = [format_text("lesson-no-evidence")] if scale.nothing else lesson_text.describe_evidence(look.shares[method])
    preprocess = lesson.networks[letter].card.preprocess
    layer = "none" if scale.nothing else f"url({image_encoding.encode_layer(made, scale, preprocess, MAP_PX, OPACITY)})"
    caption = tag("figcaption", *(tag("span", line) for line in lines))
    title = tag("h4", lesson_text.name_network(letter), tag("small", name))
    return tag(
        "figure",
        title,
        _render_picture(lesson_text.describe_lesson_map(name, letter, lines), layer),
        caption,
        class_="map",
    )


def _render_end(lesson: Lesson, guesses: Sequence[int]) -> tuple[Html, ...]:
    """What the lesson is, and by which method it could be seen."""
    rows = lesson.exposed()
    columns = (
        format_text("lesson-exposed-method"),
        format_text("lesson-exposed-letters"),
        format_text("lesson-exposed-finding"),
    )
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    listed = [
        tag(
            "tr",
            tag("th", METHODS[row.method].name, scope="row"),
            tag("td", lesson_text.format_chance_multiple(row.letters)),
            tag("td", lesson_text.format_chance_multiple(row.finding)),
        )
        for row in rows
    ]
    table = render_scrollable(format_text("lesson-exposed"), tag("table", tag("thead", head), tag("tbody", *listed)))
    best = lesson_text.describe_best_method(rows[0].letters, METHODS[rows[0].method].name)
    return (
        tag(
            "header",
            tag("h3", format_text("lesson-end"), tabindex="-1", class_="verdict"),
            tag("p", _describe_guesses(guesses)),
        ),
        tag("p", lesson_text.describe_end(NETWORKS["A"], NETWORKS["B"]), class_="how"),
        tag("h4", format_text("lesson-exposed")),
        tag("p", best, " ", format_text("lesson-exposed-how"), class_="how"),
        table,
        tag("button", format_text("lesson-again"), type="button", class_="go", data_go="again"),
    )
