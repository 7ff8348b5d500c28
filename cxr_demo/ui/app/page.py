"""The page: the frames of its parts, the gate, and what `launch` needs. What stands in the parts is `view`'s."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes

from cxr_demo.analysis import Analyser
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.gate import GateModel
from cxr_demo.limits import KEPT_MINUTES, MAX_FILE_BYTES, MAX_THREADS, MAX_WAITING
from cxr_demo.networks.memory import FreedMemory
from cxr_demo.teaching.deck_file import find_bundled_decks
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, Said, format_text, say
from cxr_demo.text.formats import make_printable
from cxr_demo.ui.app import example_films, guard, prefetch, uploads
from cxr_demo.ui.app.bounded_requests import BoundedConnection
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.endpoints import lay_endpoints
from cxr_demo.ui.app.host_settings import HostSettings, is_login_right
from cxr_demo.ui.app.program_bounds import AnswersKept, bound_row, fetch_no_addresses
from cxr_demo.ui.app.sessions import Session, Sessions
from cxr_demo.ui.app.stream import lay_stream
from cxr_demo.ui.app.tool_answers import tell_in_json
from cxr_demo.ui.app.tour import render_tour
from cxr_demo.ui.app.wish import Wish
from cxr_demo.ui.components import (
    HERE,
    PRIVATE,
    UNQUEUED,
    get_session_key,
    make_component,
    make_part_frame,
    make_static,
    read_script,
)
from cxr_demo.ui.evaluation import evaluation_table
from cxr_demo.ui.findings import facts
from cxr_demo.ui.lesson import exam_events, exam_view, lesson_view
from cxr_demo.ui.lesson.class_routes import HALLS, Hall
from cxr_demo.ui.lesson.exam_room import ExamRoom
from cxr_demo.ui.markup import Html, join_html, render_message, tag
from cxr_demo.ui.terms import render_terms
from cxr_demo.ui.viewer.view_controls import render_keys_sheet

ENTRANCE = ("purpose", "limits", "films")
BELOW_MAPS = ("likeness", "regions", "evaluation", "checks")
STYLES = (
    "app/page", "app/intake", "app/help", "findings/findings", "viewer/viewer", "evaluation/evaluation", "compare/pair",
    "export/take_home",
    "lesson/lesson", "lesson/exam",
)  # fmt: skip


def build_page(
    analysers: Mapping[str, Analyser],
    refused: Mapping[str, Said],
    folder: Path,
    lungs: Lungs | None = None,
    gate: GateModel | None = None,
    settings: HostSettings | None = None,
    decks: Sequence[Path] | None = None,
) -> gr.Blocks:
    """The page for checkpoints by name, and for those that cannot be used, the reason by name.

    `folder` is where uploads arrive, from `uploads.open_folder`; without `lungs` no map is told where the lungs are,
    and without `gate` a film is judged by its header, its colours and its lungs alone. `decks` are the folders of those
    for the exam, by default the bundled ones; the host's own come after them.
    """
    settings = settings or HostSettings()
    first = next(iter(analysers), "")
    sessions = Sessions(
        Wish(checkpoint=first, own_checkpoint=first), most=settings.sessions, most_bytes=settings.images_mb * 2**20
    )
    desk = Desk(analysers, refused, folder, lungs, gate, sessions)
    with gr.Blocks(title=format_text("page-title"), analytics_enabled=False, fill_width=True) as demo:
        make_static(_render_title, "top", "app/languages")
        with gr.Column(elem_id="gate") as notice:
            accept = make_static(_render_entrance, "entrance", "app/entrance")
        with gr.Column(elem_id="desk", visible=False) as page:
            bundled = find_bundled_decks() if decks is None else decks
            room = ExamRoom([*bundled, *settings.decks], analysers)
            for name, why in room.refused.items():
                print(f"{make_printable(name)}: {why}", flush=True)
            _lay_page(desk, room)
        make_static(lambda: tag("p", format_text("not-clinical")), "foot")
        shown = [gr.update(visible=False), gr.update(visible=True)]
        accept.accept(lambda: shown, None, [notice, page], **UNQUEUED)
        demo.unload(_make_farewell(desk))
        lay_endpoints(desk, settings.takes_films_of_programs)
        demo.load(None, js="() => { document.body.dataset.ready = '1'; }", **PRIVATE)
    HALLS[demo] = Hall(room, settings.address)
    demo.queue(max_size=MAX_WAITING, api_open=False)
    fetch_no_addresses()
    bound_row(demo)
    desk.sessions.on_gone = lambda key, session: _forget_session(demo, desk, key, session)
    uploads.start_sweeping(folder, _make_sweep(demo, desk))
    prefetch.start_prefetching(desk)
    return demo


def _make_farewell(desk: Desk) -> Callable:
    def closed(request: gr.Request) -> None:
        """The page was closed, reloaded or left."""
        desk.sessions.forget(get_session_key(request))

    return closed


def _make_sweep(demo: gr.Blocks, desk: Desk) -> Callable[[], None]:
    answers, freed = AnswersKept(demo, desk.sessions.has), FreedMemory()

    def sweep() -> None:
        desk.sessions.sweep()
        HALLS[demo].classes.sweep()
        answers.forget()
        freed.give_back(desk.sessions.changes)

    return sweep


def _lay_page(desk: Desk, room: ExamRoom) -> None:
    """The frames of all parts, and what never changes."""
    make_static(render_tour, "tour", "app/tour")
    with gr.Column(elem_id="bench"):
        _lay_bench(desk)
    with gr.Column(elem_id="lesson-section"):
        make_static(lesson_view.render_title, None, "lesson/doors")
        beginning = exam_view.render_decks(room)
        exam_events.wire_exam(make_component("exam", beginning, "viewer/shapes", "lesson/exam"), room)
        make_static(lesson_view.render_class_doors)
        make_static(lesson_view.render_way_back)
    make_static(_render_keeping, "kept")
    make_static(render_keys_sheet, "keys")
    make_static(render_terms, "terms")
    spoken = tag("div", class_="part", role="status")
    gr.HTML(spoken, js_on_load="", apply_default_css=False, elem_id="spoken")
    lay_stream(desk)


def _lay_bench(desk: Desk) -> None:
    """Everything about a person's films."""
    with gr.Row(elem_id="band", equal_height=False):
        with gr.Column(scale=0, min_width=340, elem_id="intake"):
            _lay_intake(bool(desk.analysers))
        with gr.Column(scale=1, min_width=360, elem_id="answer"):
            if not desk.analysers:
                make_static(lambda: render_unusable_note(desk.refused))
            _lay_alert()
            make_part_frame("findings")
    make_part_frame("panels")
    make_part_frame("table")
    make_part_frame("take_home", say("take-home"))
    with gr.Column(elem_id="evaluation-section"):
        for name in BELOW_MAPS:
            make_part_frame(name)
        make_static(evaluation_table.render_meanings)
    make_part_frame("compare")
    make_part_frame("pair")
    make_part_frame("facts", say("facts"))


def _lay_alert() -> None:
    """A region that a screen reader speaks when it changes."""
    frame = tag("div", class_="part", role="alert")
    gr.HTML(frame, js_on_load="", apply_default_css=False, elem_id="notice")


def make_launch_settings(settings: HostSettings, served: Collection[str], refused: Collection[str]) -> dict:
    """What `launch` needs: the address, the look, the guard, and nothing kept or told to anybody."""
    fonts: dict[str, Any] = {  # gradio takes two of the many arguments, and pyright the dict for all of them
        "font": [themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "ui-sans-serif", "system-ui", "sans-serif"],
        "font_mono": [themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
    }
    theme = themes.Default(primary_hue="sky", neutral_hue="slate", radius_size="sm", **fonts).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        block_label_text_color="*body_text_color",
    )
    return {
        "theme": theme,
        "css_paths": [HERE / f"{name}.css" for name in STYLES],
        "server_name": settings.address,
        "server_port": settings.port,
        "root_path": settings.root_path,
        "auth": _make_login(settings.login) if settings.login else None,
        "auth_message": format_text("login-asked"),
        "head": _render_head(settings.language),
        "app_kwargs": guard.make_app_settings(settings, served, refused),
        "max_file_size": MAX_FILE_BYTES,
        "max_threads": MAX_THREADS,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "state_session_capacity": 100,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": not settings.login,  # gradio asks for its tools without one
        "share": False,
        "show_error": False,
        "quiet": True,
        # Skips nothing but gradio's look at its own page, which gives up after 3 s on a machine that is busy.
        "_frontend": False,
    }


def _render_head(language: str) -> str:
    """The script that chooses the page's language before anything is drawn; `language` is the host's wish, or ""."""
    codes, script = json.dumps(list(LANGUAGES)), read_script("app/language")
    return f"<script>{{const LANGUAGES = {codes}, HOST_LANGUAGE = {json.dumps(language)};\n{script}}}</script>"


def _make_login(login: Mapping[str, bytes]) -> Callable:
    one_at_a_time = asyncio.Lock()  # who guesses passwords takes one core at most, and films are answered meanwhile

    async def is_right(name: str, password: str) -> bool:
        async with one_at_a_time:
            return await asyncio.to_thread(is_login_right, login, name, password)

    return is_right


def serve_page(
    demo: gr.Blocks, settings: HostSettings, served: Collection[str] = (), refused: Collection[str] = ()
) -> None:
    """In the background, from now on; `served` and `refused` are the names that its health check tells. Raises OSError
    where the port is taken."""
    demo.launch(prevent_thread_lock=True, **make_launch_settings(settings, served, refused))
    tools: Any = demo.mcp_server_obj
    if tools:
        tools.postprocess_output_data = tell_in_json(tools.postprocess_output_data)
    # uvicorn asks its settings with each connection; gradio has no way to give them before.
    demo.server.config.http_protocol_class = BoundedConnection


def _render_title():
    name = tag("div", tag("h1", format_text("page-title")), _render_languages(), class_="name")
    title = tag("div", name, tag("p", format_text("page-subtitle")))
    warning = tag("p", format_text("not-clinical"), class_="warning")
    return join_html(title, lesson_view.render_doors(), warning)


def _render_languages() -> Html:
    """The page in another language: each is called as its own speakers do."""
    buttons = [
        tag("button", name, type="button", lang=code, data_language=code,
            aria_pressed="true" if code == LANGUAGE.get() else "false")
        for code, name in LANGUAGES.items()
    ]  # fmt: skip
    return tag("div", *buttons, class_="languages", role="group", aria_label=format_text("languages"))


def _render_entrance() -> Html:
    told = [tag("p", format_text(f"entrance-{part}")) for part in ENTRANCE]
    button = tag("button", format_text("entrance-button"), type="button", id="accept")
    return join_html(tag("h2", format_text("entrance-title")), *told, button)


def _render_keeping() -> Html:
    kept = tag("details", tag("summary", format_text("kept")), tag("p", page_text.describe_keeping()))
    return join_html(kept, tag("button", format_text("tour.again"), type="button", class_="tour-again"))


def _lay_intake(can_read: bool) -> None:
    make_static(lambda: _render_drop(can_read), "film")
    make_static(_render_hint, elem_classes="hint")
    with gr.Column(elem_id="films"):
        make_part_frame("strip")
        if can_read:
            make_static(example_films.render_examples, "examples")
    make_part_frame("networks")
    make_part_frame("methods", say("methods.choose", methods=len(METHODS)))


def _render_drop(can_read: bool) -> Html:
    # No `accept`: DICOM files often have no ending, and what a file is, is decided by its bytes.
    box = tag("input", type="file", multiple=True, disabled=not can_read, aria_describedby="film-hint")
    ways = tag("span", format_text("invitation.ways"))
    text = tag("span", tag("b", format_text("invitation")), ways, tag("em", class_="waiting"))
    return tag("label", box, text, class_="drop", data_max_bytes=MAX_FILE_BYTES)


def _render_hint() -> Html:
    kept = tag("p", format_text("kept.short", minutes=KEPT_MINUTES))
    return tag("div", tag("p", format_text("invitation.formats")), kept, id="film-hint")


def render_unusable_note(refused: Mapping[str, Said]) -> Html:
    """What the page says at the start when there is nothing to analyse with."""
    return join_html(
        render_message(format_text("none-ready"), format_text("make-checkpoint")), facts.render_unusable(refused) or ""
    )


def _forget_session(demo: gr.Blocks, desk: Desk, key: str, session: Session) -> None:
    """gradio keeps the last values of every component for an hour; here they go with the session, as do its files."""
    session.exports.clear()
    for film in list(session.films.values()):
        if film.path:
            uploads.discard_upload(film.path, desk.folder)
    _forget_values(demo, key)


def _forget_values(demo: gr.Blocks, key: str) -> None:
    """gradio keeps the last values of every component for an hour; here they go with the session."""
    if holder := getattr(demo, "state_holder", None):  # there is none before the page is served
        holder.session_data.pop(key, None)
        holder.time_last_used.pop(key, None)
