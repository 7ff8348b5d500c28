"""What happens in the lesson: a guess, the next question, the beginning again."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from cxr_demo.teaching.shortcut_lesson import DECK, Lesson
from cxr_demo.ui import lesson_view as shown
from cxr_demo.ui.components import PRIVATE, EventSettings
from cxr_demo.ui.events import noted

# What a film needs is computed once.
SETTINGS: EventSettings = {
    "concurrency_id": "lesson",
    "concurrency_limit": 4,
    "show_progress": "hidden",
    "trigger_mode": "once",
    **PRIVATE,
}


def wire(component: gr.HTML, lesson: Lesson) -> None:
    """`component` is made of `lesson.js` and the first value is `shown.begin(lesson)`."""

    def revealed(event: gr.EventData) -> dict:
        guesses = guesses_of(event.guesses)
        return shown.reveal(lesson, guesses) if guesses else shown.begin(lesson)

    def asked(event: gr.EventData) -> dict:
        return shown.ask(lesson, guesses_of(event.guesses))

    if not lesson.missing:
        _on(component.guess, revealed, component)
        _on(component.go_on, asked, component)


def guesses_of(given: object) -> tuple[int, ...]:
    """What a browser says was guessed, as far as it can be; nothing of it is believed but the number."""
    guesses: list[int] = []
    for guess, question in zip(given if isinstance(given, list) else (), DECK, strict=False):
        if isinstance(guess, bool) or not isinstance(guess, int) or not 0 <= guess < len(question.options):
            break
        guesses.append(guess)
    return tuple(guesses)


def _on(trigger: Callable, event: Callable[[gr.EventData], dict], component: gr.HTML) -> None:
    def safe(told: gr.EventData) -> dict:
        try:
            return event(told)
        except Exception as error:  # the last place before gradio, which would show or log the traceback
            return shown.failed(noted(error))

    trigger(safe, None, component, **SETTINGS)
