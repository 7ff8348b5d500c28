"""What stands below the panels and follows them: the quality of the explanations, another checkpoint, the lesson."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from gradio.events import Dependency

from cxr_demo.teaching.shortcut_lesson import Lesson
from cxr_demo.text import lesson_text, pair_text
from cxr_demo.ui import evaluation_table, lesson_events, lesson_view, pair_view, regions_table
from cxr_demo.ui.components import (
    ONE_AT_A_TIME,
    PRIVATE,
    UNQUEUED,
    VALUE,
    EventSettings,
    make_component,
    merge_settings,
)
from cxr_demo.ui.evaluation_events import EvaluationEvents
from cxr_demo.ui.events import Events
from cxr_demo.ui.markup import tag
from cxr_demo.ui.pair_events import NOTHING, PairEvents

# Takes a minute, and lets go of the networks.
TWO_AT_A_TIME: EventSettings = {"concurrency_id": "evaluation", "concurrency_limit": 2}
ONE_SLOW_AT_A_TIME: EventSettings = {"concurrency_id": "slow evaluation", "concurrency_limit": 1}


def lay_lesson(lesson: Lesson) -> None:
    with gr.Accordion(lesson_text.TITLE, open=False, elem_id="lesson-section"):
        lesson_events.wire_lesson(make_component("lesson", lesson_view.render_beginning(lesson)), lesson)


def lay_evaluation(evaluation: EvaluationEvents) -> None:
    """The section, before the first film."""
    with gr.Column(elem_id="evaluation-section"):
        evaluation.regions = make_component("regions", regions_table.EMPTY)
        evaluation.bar = make_component("evaluation", evaluation_table.EMPTY)
        evaluation.checks = gr.HTML(evaluation_table.EMPTY, html_template=VALUE, js_on_load="", apply_default_css=False,
                                   elem_id="checks")  # fmt: skip
        gr.HTML(evaluation_table.render_meanings(), apply_default_css=False)


def wire_evaluation(evaluation: EvaluationEvents, events: Events, shown: Sequence[Dependency]) -> None:
    """`shown`: after which the panels show something else."""
    message, regions, bar, checks = evaluation.message, evaluation.regions, evaluation.bar, evaluation.checks
    for changed in shown:
        changed.then(evaluation.show, None, [message, regions, bar, checks], **UNQUEUED)
    events.findings.choose(evaluation.follow, None, [message, regions, bar, checks], **UNQUEUED)
    regions.draw(evaluation.draw, None, [message, regions], **UNQUEUED)
    bar.stop(evaluation.stop, None, [message, bar], **UNQUEUED)
    # In lines of their own, so that neither maps nor quick checks wait for what takes long.
    for asked, line in ((bar.check, TWO_AT_A_TIME), (bar.slow, ONE_SLOW_AT_A_TIME)):
        settings = merge_settings(line, PRIVATE, show_progress="hidden", trigger_mode="multiple")
        planned = asked(evaluation.ask, None, [message, bar], **UNQUEUED)
        planned.then(evaluation.check, None, [message, bar, checks], **settings)


def lay_comparison(events: Events) -> PairEvents:
    """The section that compares, without anything to compare at first."""
    made = PairEvents(events)
    choices = made.choices(next(iter(events.analysers), ""))
    with gr.Row(elem_id="compare", visible=len(choices) > 1):
        # A custom value, because gradio answers one that has just left the list with a message of its own, in red.
        made.choice = gr.Dropdown(
            choices, value=NOTHING, label=pair_text.COMPARE, allow_custom_value=True, interactive=True, scale=0,
            min_width=320, elem_id="compared",
        )  # fmt: skip
        gr.HTML(tag("p", pair_text.COMPARE_HINT), apply_default_css=False)
    made.shown = make_component("pair", pair_view.EMPTY, "drawing")
    return made


def wire_offer(made: PairEvents, checkpoint: gr.Dropdown) -> None:
    """To be wired before what else follows the checkpoint: gradio sends one event after the other, and a choice that
    cannot stay must be gone before anything reads it."""
    checkpoint.input(made.offer, [checkpoint, made.choice], made.choice, **UNQUEUED)


def wire_comparison(made: PairEvents, after: Sequence[Dependency]) -> None:
    """`after`: what changes the panels."""
    message, shown, choice = made.message, made.shown, made.choice
    queued: EventSettings = {"show_progress": "hidden", **PRIVATE, **ONE_AT_A_TIME}
    choice.input(made.want, choice, message, **UNQUEUED)
    choice.input(made.show, choice, [message, shown], **merge_settings(queued, trigger_mode="always_last"))
    for event in (*after, shown.compute(made.request_slow_map, None, message, **UNQUEUED)):
        event.then(made.show, choice, [message, shown], **queued)
