"""The films of a page, one beside the other, and what stands in the place of findings while there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cxr_demo.film.gate import GateAnswer, Verdict
from cxr_demo.text import gate_text, page_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.ui.markup import Html, join_html, render_details, render_message, tag
from cxr_demo.ui.viewer.film_pictures import FilmPictures

# What a person tells films apart by is often the end of a file's name.
LONGEST_NAME, NAME_ENDS = 30, 13
NOT_READ = (  # a page with a bent corner and a cross
    "M6 2.5h8l4.5 4.5v14.5h-12.5z M14 2.5v4.5h4.5 M9.5 11.5l5 5 M14.5 11.5l-5 5"
)
TWO_FILMS = "M1.5 2.5h5v11h-5z M9.5 2.5h5v11h-5z"


class StripFilm(Protocol):
    """What the strip needs of a film."""

    key: str
    name: Said
    fault: tuple[Said, Said] | None

    @property
    def gate(self) -> GateAnswer | None: ...

    @property
    def pictures(self) -> FilmPictures | None: ...


def render_strip(films: Sequence[StripFilm], answers: Sequence[str], shown: str) -> dict:
    """`answers`: a few words for each film; `shown`: the key of the film that the page shows."""
    if not films:
        return {"html": ""}
    items = [_render_film(film, answer, film.key == shown) for film, answer in zip(films, answers, strict=True)]
    return {"html": tag("ul", *items, class_="strip", aria_label=format_text("strip"))}


def _render_film(film: StripFilm, answer: str, is_shown: bool) -> Html:
    reason = tag("small", film.fault[0], class_="reason") if film.fault else None
    together = answer.replace(" %", "\N{NO-BREAK SPACE}%")  # a card is narrow
    text = tag("span", tag("b", shorten_name(str(film.name))), tag("small", together), reason, class_="text")
    choose = tag(
        "button", _render_thumbnail(film), text, type="button", class_="film", data_film=film.key,
        aria_pressed="true" if is_shown else "false", title=": ".join(map(str, (film.name, *(film.fault or ())[:1]))),
    )  # fmt: skip
    remove = format_text("film-remove", name=film.name)
    compare = format_text("film-pair.compare", name=film.name)
    sign = tag("svg", tag("path", d=TWO_FILMS), viewBox="0 0 16 16", aria_hidden="true")
    beside = tag(
        "button", sign, tag("span", format_text("film-pair.compare-short")), type="button", class_="beside",
        data_compare=f"film {film.key}", aria_label=compare, title=compare,
    )  # fmt: skip
    if is_shown or not film.pictures:
        beside = None
    leave = tag("button", "×", type="button", class_="leave", data_remove=film.key, aria_label=remove, title=remove)
    return tag("li", choose, beside, leave)


def _render_thumbnail(film: StripFilm) -> Html:
    """The film small, with a mark if it was questioned; a page with a cross if it was refused; else it is coming."""
    if film.fault:
        icon = tag("svg", tag("path", d=NOT_READ), viewBox="0 0 24 24", aria_hidden="true")
        return tag("span", icon, class_="thumbnail refused")
    if not film.pictures:
        return tag("span", class_="thumbnail")
    is_doubtful = film.gate is not None and film.gate.verdict is not Verdict.USUAL
    mark = tag("i", "?", class_="doubtful", aria_hidden="true") if is_doubtful else None
    return tag("span", tag("img", src=film.pictures.thumbnail, alt=""), mark, class_="thumbnail")


def shorten_name(name: str) -> str:
    """A long one loses its middle."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - NAME_ENDS - 1]}…{name[-NAME_ENDS:]}"


def render_choice(label: str, choices: Iterable[tuple[str, str]], chosen: str) -> dict:
    """A list of (value, text) to choose from; `value` is what is chosen."""
    options = [tag("option", text, value=value, selected=value == chosen) for value, text in choices]
    return {"html": tag("label", label, tag("select", *options), class_="choice"), "value": chosen}


def render_compare(choices: Iterable[tuple[str, str]], chosen: str) -> dict:
    value = render_choice(format_text("compare"), choices, chosen)
    return {**value, "html": join_html(value["html"], tag("p", format_text("compare.hint"), class_="hint"))}


def render_waiting(name: Said, is_read: bool) -> dict:
    """Until there are findings: the file is read, then the network is asked."""
    text = page_text.describe_waiting(str(name), is_read)
    return {"html": tag("section", tag("h2", format_text("findings")), tag("p", text, class_="busy"), class_="told")}


def render_fault(name: Said, fault: tuple[Said, Said]) -> dict:
    """Why there are none."""
    told = render_message(*fault)
    return {"html": tag("section", tag("h2", format_text("findings"), tag("small", name)), told, class_="told")}


def render_question(key: str, name: Said, gate: GateAnswer) -> dict:
    """What the gate asks before anything is shown: its reasons, what would mend it, and one click further what was
    measured."""
    reasons = [tag("li", doubt.sentence) for doubt in gate.doubts]
    measures = [tag("li", doubt.measure) for doubt in gate.doubts]
    mends = dict.fromkeys(doubt.mend for doubt in gate.doubts if doubt.mend)
    buttons = [
        tag("button", gate_text.describe_mend(mend), type="button", class_="mend", data_film=key, data_mend=mend)
        for mend in mends
    ]
    anyway = tag("button", format_text("show-anyway"), type="button", class_="anyway", data_film=key)
    leave = tag("button", format_text("question.remove"), type="button", class_="leave-it", data_remove=key)
    return {
        "html": tag(
            "section",
            tag("h2", format_text("question"), tag("small", name)),
            tag("ul", *reasons, class_="doubts"),
            tag("p", format_text("question.why")),
            tag("div", *buttons, anyway, leave, class_="answers"),
            render_details(format_text("question.measured"), tag("ul", *measures)),
            class_="told question",
        )
    }


def render_doubts(gate: GateAnswer) -> Html | None:
    """Above a result that is shown although the gate has questioned the film."""
    if gate.verdict is Verdict.USUAL:
        return None
    reasons = " ".join(doubt.sentence for doubt in gate.doubts)
    return tag("p", tag("strong", format_text("shown-anyway")), " ", reasons, class_="message")


def render_suggestion(name: str, title: str) -> Html:
    """Another network fits the film's age; one press takes it."""
    button = tag("button", format_text("suggestion-take"), type="button", class_="take", data_checkpoint=name)
    return tag("p", format_text("suggestion", title=title), " ", button, class_="message done")
