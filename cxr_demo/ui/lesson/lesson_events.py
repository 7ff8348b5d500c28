"""What happens in the lesson: a guess, the next question, the beginning again."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from cxr_demo.teaching.shortcut_lesson import DECK, Lesson
from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, use_language
from cxr_demo.ui.components import PRIVATE, EventSettings
from cxr_demo.ui.faults import log_error
from cxr_demo.ui.lesson import lesson_view

# What a film needs is computed once.
SETTINGS: EventSettings = {
    "concurrency_id": "lesson",
    "concurrency_limit": 4,
    "show_progress": "hidden",
    "trigger_mode": "once",
    **PRIVATE,
}


def wire_lesson(component: gr.HTML, lesson: Lesson) -> None:
    """`component` is made of `lesson.js` and the first value is `shown.begin(lesson)`."""

    def revealed(event: gr.EventData) -> dict:
        guesses = read_guesses(event.guesses)
        return lesson_view.render_answer(lesson, guesses) if guesses else lesson_view.render_beginning(lesson)

    def asked(event: gr.EventData) -> dict:
        return lesson_view.render_question(lesson, read_guesses(event.guesses))

    if not lesson.missing:
        _wire_event(component.guess, revealed, component)
        _wire_event(component.go_on, asked, component)


def read_guesses(given: object) -> tuple[int, ...]:
    """What a browser says was guessed, as far as it can be; nothing of it is believed but the number."""
    guesses: list[int] = []
    for guess, question in zip(given if isinstance(given, list) else (), DECK, strict=False):
        if isinstance(guess, bool) or not isinstance(guess, int) or not 0 <= guess < len(question.options):
            break
        guesses.append(guess)
    return tuple(guesses)


def _wire_event(trigger: Callable, event: Callable[[gr.EventData], dict], component: gr.HTML) -> None:
    def safe(told: gr.EventData) -> dict:
        try:
            language = getattr(told, "language", None)  # gradio's own error where a browser says nothing at all
            with use_language(language if language in LANGUAGES else LANGUAGE.get()):
                return event(told)
        except Exception as error:  # the last place before gradio, which would show or log the traceback
            return lesson_view.render_failure(log_error(error))

    trigger(safe, None, component, **SETTINGS)
