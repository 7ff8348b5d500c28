"""The page: gate, film, findings, panels, facts. Layout and wiring; what happens is in `events`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes
from gradio.events import Dependency

from cxr_demo.analysis import DEFAULT_METHODS, Analyser
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.limits import MAX_FILE_BYTES, MAX_WAITING
from cxr_demo.networks.checkpoint import MAKE_ONE
from cxr_demo.teaching.shortcut_lesson import Lesson
from cxr_demo.text import page_text
from cxr_demo.ui import example_films, facts, findings, guard, methods, panels, prefetch, sections, uploads
from cxr_demo.ui.components import (
    HERE,
    ONE_AT_A_TIME,
    PRIVATE,
    UNQUEUED,
    EventSettings,
    make_alert,
    make_component,
    merge_settings,
)
from cxr_demo.ui.evaluation_events import EvaluationEvents
from cxr_demo.ui.events import Events, render_unusable_note
from cxr_demo.ui.markup import join_html, tag
from cxr_demo.ui.sessions import Sessions

# A film may need 160 MB while it is decoded.
FEW_AT_A_TIME: EventSettings = {"concurrency_id": "read", "concurrency_limit": 2}


def build_page(
    analysers: Mapping[str, Analyser], refused: Mapping[str, str], folder: Path, lungs: Lungs | None = None
) -> gr.Blocks:
    """The page for checkpoints by name, and for those that cannot be used, the reason by name.

    `folder` is where uploads arrive, from `uploads.open_folder`; without `lungs` no map is told where the lungs are.
    """
    events, lesson = Events(analysers, Sessions(), folder), Lesson(analysers)
    evaluation = EvaluationEvents(analysers, events.sessions, lungs)
    with gr.Blocks(title=page_text.TITLE, analytics_enabled=False, fill_width=True) as demo:
        gr.HTML(_render_title(), apply_default_css=False, elem_id="top")
        gate, accept = _lay_gate()
        with gr.Column(elem_id="desk", visible=False) as desk:
            with gr.Row(elem_id="band", equal_height=False):
                with gr.Column(scale=0, min_width=340, elem_id="intake"):
                    film, tried, checkpoint, remove = _lay_intake(analysers)
                with gr.Column(scale=1, min_width=360):
                    events.message = make_alert(render_unusable_note(analysers, refused, MAKE_ONE))
                    events.findings = make_component("findings", findings.render_first_steps())
            events.methods = _lay_methods(next(iter(analysers.values()), None))
            events.panels = make_component("panels", panels.render_blank_panels(DEFAULT_METHODS), "drawing")
            sections.lay_evaluation(evaluation)
            compared = sections.lay_comparison(events)
            sections.lay_lesson(lesson)
            events.facts = _lay_facts(analysers, refused)
        gr.HTML(tag("p", page_text.NOT_CLINICAL), apply_default_css=False, elem_id="foot")
        opened = accept.click(
            lambda: (gr.update(visible=False), gr.update(visible=True)),
            None,
            [gate, desk],
            **merge_settings(PRIVATE, queue=False),
        )
        opened.then(None, js="() => window.cxr.begin()", **PRIVATE)
        evaluation.message = events.message
        sections.wire_offer(compared, checkpoint)
        after = _wire_events(events, film, tried, checkpoint, remove)
        sections.wire_evaluation(evaluation, events, after)
        sections.wire_comparison(compared, after)
        if analysers:
            demo.load(events.refresh, checkpoint, [events.facts, events.methods], **UNQUEUED)
        demo.unload(events.closed)
        demo.load(None, js=(HERE / "page.js").read_text(encoding="utf-8"), **PRIVATE)
    demo.queue(max_size=MAX_WAITING, api_open=False)
    events.sessions.on_gone = lambda key, session: _forget_values(demo, key)
    uploads.start_sweeping(folder, events.sessions.sweep)
    prefetch.start_prefetching(analysers, events.sessions)
    return demo


def make_launch_settings() -> dict:
    """What `launch` needs besides an address: the look, the guard, and nothing kept or told to anybody."""
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
        "css_paths": [HERE / f"{name}.css" for name in ("page", "evaluation", "pair", "examples", "lesson")],
        "app_kwargs": guard.make_app_settings(),
        "max_file_size": MAX_FILE_BYTES,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "state_session_capacity": 100,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "share": False,
        "show_error": False,
        "quiet": True,
        # Skips nothing but gradio's look at its own page, which gives up after 3 s on a machine that is busy.
        "_frontend": False,
    }


def _render_title():
    title = tag("div", tag("h1", page_text.TITLE), tag("p", page_text.SUBTITLE))
    return join_html(title, tag("p", page_text.NOT_CLINICAL, class_="warning"))


def _lay_gate() -> tuple[gr.Column, gr.Button]:
    with gr.Column(elem_id="gate") as gate:
        gr.HTML(
            join_html(tag("h2", page_text.GATE_TITLE), *(tag("p", text) for text in page_text.GATE)),
            apply_default_css=False,
        )
        accept = gr.Button(page_text.GATE_BUTTON, variant="primary", elem_id="accept")
    return gate, accept


def _lay_intake(analysers: Mapping[str, Analyser]) -> tuple[gr.File, gr.HTML, gr.Dropdown, gr.Button]:
    names = list(analysers)
    # file_types=None: DICOM files often have no ending, and what a file is, is decided by its bytes.
    film = gr.File(label=page_text.FILM, file_types=None, height=82, elem_id="film", interactive=bool(names))
    hint = join_html(tag("p", page_text.FILM_HINT), tag("p", page_text.KEPT_SHORT))
    gr.HTML(hint, apply_default_css=False, elem_classes="hint")
    tried = make_component("examples", example_films.render_examples() if names else {"html": ""})
    with gr.Row(elem_id="choice"):
        checkpoint = gr.Dropdown(
            names, value=names[0] if names else None, label=page_text.CHECKPOINT, elem_id="checkpoint",
            filterable=False, interactive=len(names) > 1, scale=3,
        )  # fmt: skip
        remove = gr.Button(page_text.REMOVE, size="sm", elem_id="remove", min_width=110, scale=0)
    return film, tried, checkpoint, remove


def _lay_methods(first: Analyser | None) -> gr.CheckboxGroup:
    settings = methods.make_method_settings(first.known_refusals if first else {})
    with gr.Accordion(page_text.METHODS_TITLE, open=False, elem_id="methods"):
        return gr.CheckboxGroup(
            value=list(DEFAULT_METHODS),
            label=page_text.METHODS_LIST,
            show_label=False,
            container=False,
            interactive=True,
            **settings,
        )


def _lay_facts(analysers: Mapping[str, Analyser], refused: Mapping[str, str]) -> gr.HTML:
    first = next(iter(analysers.values()), None)
    with gr.Accordion(page_text.FACTS, open=False, elem_id="facts"):
        told = facts.render_analyser(first) if first else page_text.NONE_READY
        shown = gr.HTML(told, apply_default_css=False)
        if refused:
            gr.HTML(facts.render_unusable(refused), apply_default_css=False)
    with gr.Accordion(page_text.KEPT_TITLE, open=False, elem_id="kept"):
        gr.HTML(tag("p", page_text.KEPT), apply_default_css=False)
    return shown


def _wire_events(
    events: Events, film: gr.File, tried: gr.HTML, checkpoint: gr.Dropdown, remove: gr.Button
) -> list[Dependency]:
    """-> the events after which the panels show something else: what stands below them follows these."""
    message, found, chosen, drawn = events.message, events.findings, events.methods, events.panels
    everything = [message, found, chosen, drawn, events.facts]
    quiet: EventSettings = {"show_progress": "minimal", "show_progress_on": [found], **PRIVATE}
    queued = merge_settings(quiet, ONE_AT_A_TIME)
    newest = merge_settings(queued, trigger_mode="always_last")
    # Of a component of ours, "always_last" would send the old choice once more when the new one is done.
    each = merge_settings(queued, trigger_mode="multiple")
    taken = film.upload(events.take, film, message, **merge_settings(FEW_AT_A_TIME, PRIVATE, show_progress="hidden"))
    taken.then(None, None, film, js="() => null", **PRIVATE)  # the drop zone is free for the next film
    drawn_film = tried.example(events.try_example, None, message, **UNQUEUED)
    found.choose(events.want, None, message, **UNQUEUED)
    chosen.input(events.want_methods, chosen, message, **UNQUEUED)
    left = drawn.leave(events.leave, chosen, [message, chosen], **UNQUEUED)
    pinned = drawn.pin(events.pin_scale, None, message, **UNQUEUED)
    pinned.then(events.look, chosen, [message, drawn], **each)
    return [
        taken.then(events.analyse, [checkpoint, chosen], everything, **queued),
        drawn_film.then(events.analyse, [checkpoint, chosen], everything, **queued),
        checkpoint.input(events.switch, checkpoint, everything, **queued),
        found.choose(events.choose, None, [message, drawn], **each),
        chosen.input(events.look, chosen, [message, drawn], **newest),
        left.then(events.look, chosen, [message, drawn], **each),
        remove.click(events.remove, chosen, [message, found, drawn], **UNQUEUED),
    ]


def _forget_values(demo: gr.Blocks, key: str) -> None:
    """gradio keeps the last values of every component for an hour; here they go with the session."""
    if holder := getattr(demo, "state_holder", None):  # there is none before the page is served
        holder.session_data.pop(key, None)
        holder.time_last_used.pop(key, None)
