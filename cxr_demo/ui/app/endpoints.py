"""The endpoints: the names, fields and errors are those of the command line's JSON.

Films of people are taken where a host has allowed it; synthetic ones always. What gradio keeps of an answer goes with
`program_bounds.AnswersKept`.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import gradio as gr
from gradio.events import api

from cxr_demo import render
from cxr_demo.analysis import Analyser, Explanation
from cxr_demo.errors import CxrError, ImageError
from cxr_demo.evaluation.regions import Box, DrawnRegion
from cxr_demo.explain.methods import exclude_methods
from cxr_demo.export import listing
from cxr_demo.export.evaluations import describe_evaluated, evaluate_image
from cxr_demo.export.explanations import explain_image
from cxr_demo.export.film_answers import Ask, JudgedFilm, answer_film
from cxr_demo.export.output import FORMAT
from cxr_demo.export.predictions import predict_film
from cxr_demo.export.report_file import compute_shown
from cxr_demo.export.report_pdf import make_report
from cxr_demo.export.results import (
    OPACITY,
    describe_bounds,
    describe_explanations,
    name_map,
)
from cxr_demo.export.settings import Settings
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.film.film_list import SYNTHETIC
from cxr_demo.film.gate import GateAnswer, Verdict, judge_image
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import (
    MAX_PROGRAM_CHECK_S,
    MAX_PROGRAM_CHECKED,
    MAX_PROGRAM_MAPS,
    MAX_REGIONS,
    PROGRAM_OVERLAY_PX,
    PROGRAMS_AT_ONCE,
    SLOW_FORWARDS,
)
from cxr_demo.progress import ProgressCallback
from cxr_demo.teaching.planted import read_synthetic
from cxr_demo.text.catalogue import LANGUAGES, USUAL_LANGUAGE, use_language
from cxr_demo.ui.app import uploads
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.program_bounds import LONG_PROGRAMS, PROGRAMS
from cxr_demo.ui.app.sessions import Session
from cxr_demo.ui.app.tool_answers import PDF
from cxr_demo.ui.app.wish import Presses
from cxr_demo.ui.faults import log_error
from cxr_demo.ui.image_encoding import encode_png

FILM = f"{SYNTHETIC}consolidation"


class Programs:
    """One answer for each endpoint; the docstrings are what a program, or a language model, reads of them."""

    def __init__(self, desk: Desk, takes_films: bool) -> None:
        self.desk, self.takes_films = desk, takes_films

    def models(self, language: str = USUAL_LANGUAGE) -> dict:
        """List the neural networks of this page: which findings each names on a frontal chest X-ray, what it was
        trained on, and whether its probabilities are calibrated. For research and teaching, not for clinical use.

        Args:
            language: en or de, for names and sentences.

        Returns:
            An object with `format` and `models`, the one that is taken by default first.
        """
        with use_language(_choose_language(language)):
            return {
                "format": FORMAT,
                "models": [listing.describe_model(each.card) for each in self.desk.analysers.values()],
            }

    def methods(self, language: str = USUAL_LANGUAGE) -> dict:
        """List the explanation methods (Grad-CAM, layer-wise relevance propagation and others) with the unit of their
        maps, what one map costs in forward passes, and the paper.

        Args:
            language: en or de, for names and sentences.

        Returns:
            An object with `format` and `methods`.
        """
        with use_language(_choose_language(language)):
            return {"format": FORMAT, "methods": listing.describe_methods()}

    def predict(
        self,
        request: gr.Request,
        film: str | dict[str, Any] = FILM,
        network: str = "",
        anyway: bool = False,
        language: str = USUAL_LANGUAGE,
    ) -> dict:
        """Tell what a neural network says of one frontal chest X-ray: the probability of each finding it knows, whether
        that is above its threshold, and whether the image looks like a chest X-ray at all. For research and teaching,
        not for clinical use.

        Args:
            film: "synthetic:" and one of normal, consolidation, effusion, shortcut-marker; or a file that was uploaded, where this page takes films of programs.
            network: the `checkpoint` of one of `models`; the first of them where it is empty.
            anyway: answer also where the image does not look like a frontal chest X-ray.
            language: en or de, for names and sentences.

        Returns:
            An object with `format`, `probabilities`, `logits`, `thresholds`, `findings`, `gate` and `film`; with `error`, a sentence, where there is no answer.
        """  # noqa: E501

        def answer() -> dict:
            analyser = self._find_network(network)
            return self._answer_film(film, request, anyway, lambda judged: predict_film(analyser, judged))

        return self._answer(answer, language)

    def explain(
        self,
        request: gr.Request,
        film: str | dict[str, Any] = FILM,
        network: str = "",
        labels: list[str] | None = None,
        methods: list[str] | None = None,
        anyway: bool = False,
        language: str = USUAL_LANGUAGE,
    ) -> dict:
        """Tell what a neural network says of one frontal chest X-ray and make maps of which places it says that because of,
        with what each map does not show. For research and teaching, not for clinical use.

        Args:
            film: "synthetic:" and one of normal, consolidation, effusion, shortcut-marker; or a file that was uploaded, where this page takes films of programs.
            network: the `checkpoint` of one of `models`; the first of them where it is empty.
            labels: findings, each a key or a name of the network's `labels`; the most probable one where there is none.
            methods: keys of `methods`; three usual ones where there is none.
            anyway: answer also where the image does not look like a frontal chest X-ray.
            language: en or de, for names and sentences.

        Returns:
            What `predict` returns, and `maps`: for each method and label the unit, the sum, the scale, doubts, and `overlay`, the map over the film as a PNG in a data URI.
        """  # noqa: E501

        def answer() -> dict:
            analyser = self._find_network(network)
            if max(1, len(labels or ())) * max(1, len(methods or ())) > MAX_PROGRAM_MAPS:
                raise CxrError("program-many", most=MAX_PROGRAM_MAPS)
            _check_methods(methods, MAX_PROGRAM_MAPS)
            return self._answer_film(film, request, anyway, lambda judged: explain(analyser, judged))

        def explain(analyser: Analyser, judged: JudgedFilm) -> tuple[dict, list[str]]:
            made = explain_image(analyser, judged.image, labels or (), methods or ())
            overlays = {name_map(each): _draw_overlay(analyser, judged.image, each) for each in made.maps.values()}
            told = describe_explanations(analyser, made.study, made.maps, made.likeness, overlays)
            return {**told, **describe_bounds(told, analyser.card)}, []

        return self._answer(answer, language)

    def evaluate(
        self,
        request: gr.Request,
        film: str | dict[str, Any] = FILM,
        network: str = "",
        label: str = "",
        methods: list[str] | None = None,
        regions: list[list[float]] | None = None,
        anyway: bool = False,
        language: str = USUAL_LANGUAGE,
    ) -> dict:
        """Measure how far the maps of one finding on one frontal chest X-ray can be trusted: whether the network needs what
        a map calls important, whether the map changes when the network's weights are thrown away, how stable it is, how
        alike the maps of different methods are, and how much of each lies in the lungs. Takes up to minutes. For
        research and teaching, not for clinical use.

        Args:
            film: "synthetic:" and one of normal, consolidation, effusion, shortcut-marker; or a file that was uploaded, where this page takes films of programs.
            network: the `checkpoint` of one of `models`; the first of them where it is empty.
            label: a key or a name of the network's `labels`; the most probable one where it is empty.
            methods: at most four keys of `methods`; three usual ones where there is none.
            regions: boxes, each as x, y, width and height in shares of the image, in which the evidence is measured too.
            anyway: answer also where the image does not look like a frontal chest X-ray.
            language: en or de, for names and sentences.

        Returns:
            What `predict` returns, and `label`, `evaluations` (for each method deletion, insertion, randomisation, noise, shift and the share of its evidence in each region), and `agreements` of each two methods.
        """  # noqa: E501

        def answer() -> dict:
            analyser, boxes = self._find_network(network), _read_boxes(regions)
            _check_methods(methods, MAX_PROGRAM_CHECKED)
            end = _end_after(MAX_PROGRAM_CHECK_S)

            def ask(judged: JudgedFilm) -> tuple[dict, list[str]]:
                made = evaluate_image(analyser, judged.image, self.desk.lungs, label, methods or (), boxes, end)
                return describe_evaluated(analyser, made), []

            return self._answer_film(film, request, anyway, ask)

        return self._answer(answer, language)

    def report(
        self,
        request: gr.Request,
        film: str | dict[str, Any] = FILM,
        network: str = "",
        label: str = "",
        methods: list[str] | None = None,
        regions: list[list[float]] | None = None,
        contrast: bool = False,
        checks: bool = False,
        anyway: bool = False,
        language: str = USUAL_LANGUAGE,
    ) -> dict:
        """Make a report of one frontal chest X-ray for people to read, a PDF of one or two pages: the film, what the neural
        network says of each finding, the maps of one finding with their scales, and where their evidence lies. For
        research and teaching, not for clinical use.

        Args:
            film: "synthetic:" and one of normal, consolidation, effusion, shortcut-marker; or a file that was uploaded, where this page takes films of programs.
            network: the `checkpoint` of one of `models`; the first of them where it is empty.
            label: the finding of the maps, a key or a name of the network's `labels`; the most probable one where it is empty.
            methods: at most four keys of `methods`; three usual ones where there is none.
            regions: boxes, each as x, y, width and height in shares of the image, outlined in the report and measured.
            contrast: maps of the finding against all others.
            checks: with what `evaluate` measures, which takes up to minutes; not of a contrast.
            anyway: answer also where the image does not look like a frontal chest X-ray.
            language: en or de, for the report.

        Returns:
            An object with `format`, `gate`, `film` and `report`, the PDF as a data URI; with `error`, a sentence, where there is none.
        """  # noqa: E501

        def answer() -> dict:
            analyser, boxes = self._find_network(network), _read_boxes(regions)
            _check_methods(methods, MAX_PROGRAM_CHECKED)
            settings = Settings(
                analyser.card.find_label(label) or label, tuple(methods or ()), contrast,
                regions=tuple(map(DrawnRegion, boxes)), checks=checks,
            )  # fmt: skip
            end = _end_after(MAX_PROGRAM_CHECK_S)

            def ask(judged: JudgedFilm) -> tuple[dict, list[str]]:
                shown = compute_shown(
                    analyser, judged.name, judged.image, judged.gate, self.desk.lungs, settings, on_progress=end
                )
                return {"report": PDF + base64.b64encode(make_report(shown)).decode()}, []

            return self._answer_film(film, request, anyway, ask)

        return self._answer(answer, language)

    def _answer(self, make: Callable[[], dict], language: str) -> dict:
        with use_language(_choose_language(language)), self.desk.sessions.working():
            try:
                return {"format": FORMAT} | make()
            except CxrError as error:
                return {"format": FORMAT, "error": str(error)}
            except Exception as error:  # the last place before gradio, which would log the traceback
                return {"format": FORMAT, "error": str(CxrError("program-unexpected", reference=log_error(error)))}

    def _answer_film(self, film: str | dict[str, Any], request: gr.Request, anyway: bool, ask: Ask) -> dict:
        return answer_film(self._name(film), lambda *_: self._open(film, request), anyway, ask).facts

    def _find_network(self, name: str) -> Analyser:
        analysers = self.desk.analysers
        if name and name not in analysers or not analysers:
            raise CxrError("program-network", known=", ".join(analysers) or "-")
        return analysers[name or next(iter(analysers))]

    def _name(self, film: str | dict[str, Any]) -> str:
        """Of a film of a person nothing but that it is one."""
        return film if isinstance(film, str) and film.startswith(SYNTHETIC) else "film"

    def _open(self, film: str | dict[str, Any], request: gr.Request) -> tuple[Radiograph, GateAnswer]:
        if isinstance(film, str) and (synthetic := read_synthetic(film)):
            return synthetic, GateAnswer(Verdict.USUAL, ())
        image = self._read_upload(film, request)
        return image, judge_image(image, self.desk.gate, self.desk.lungs)

    def _read_upload(self, film: str | dict[str, Any], request: gr.Request) -> Radiograph:
        path = film.get("path") if isinstance(film, dict) else film
        if not isinstance(path, str):
            raise ImageError("upload-gone")
        if not self.takes_films:
            uploads.discard_upload(path, self.desk.folder)
            raise CxrError("program-no-films", synthetic=FILM)
        wish = self.desk.sessions.beginning
        reader = Session(Presses(wish), wish, client=request.client.host if request.client else "")
        with uploads.claim_upload(path, self.desk.folder) as taken, self.desk.decoding.hold(reader):
            return read_bounded(Path(taken))


def _choose_language(given: object) -> str:
    """Nothing of what a program says is believed."""
    return given if isinstance(given, str) and given in LANGUAGES else USUAL_LANGUAGE


def _draw_overlay(analyser: Analyser, image: Radiograph, made: Explanation) -> str:
    """As a data URI."""
    over = analyser.card.preprocess.map_to_image(made.map_square, image.pixels.shape, made.placement)
    drawn = render.draw_overlay(image.pixels, over, made.own_scale, OPACITY)
    height, width = render.fit_shape(drawn.shape[:2], PROGRAM_OVERLAY_PX)
    return encode_png(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1])


def _check_methods(methods: Sequence[str] | None, most: int) -> None:
    """CxrError for more than `most`, and for slow ones."""
    if len(methods or ()) > most:
        raise CxrError("program-many-methods", most=most)
    if slow := [key for key in methods or () if key in exclude_methods({}, SLOW_FORWARDS)]:
        raise CxrError("program-slow", methods=", ".join(slow))


def _read_boxes(given: object) -> list[Box]:
    """CxrError for what is none."""
    boxes = given or []
    if not isinstance(boxes, list) or len(boxes) > MAX_REGIONS:
        raise CxrError("program-regions", most=MAX_REGIONS)
    try:
        return [(float(x), float(y), float(width), float(height)) for x, y, width, height in boxes]
    except (TypeError, ValueError):
        raise CxrError("program-regions", most=MAX_REGIONS) from None


def _end_after(seconds: float) -> ProgressCallback:
    """Between two steps: CxrError once it has taken so long."""
    end = time.monotonic() + seconds

    def on_progress(done: float, total: float) -> None:
        if time.monotonic() > end:
            raise CxrError("program-long", minutes=round(seconds / 60))

    return on_progress


def lay_endpoints(desk: Desk, takes_films: bool) -> None:
    """Inside the page's Blocks."""
    programs = Programs(desk, takes_films)
    for ask in (programs.models, programs.methods, programs.predict, programs.explain):
        api(ask, api_name=ask.__name__, concurrency_id=PROGRAMS, concurrency_limit=PROGRAMS_AT_ONCE)
    for ask in (programs.evaluate, programs.report):  # one at a time, in a row that quick questions do not wait in
        api(ask, api_name=ask.__name__, concurrency_id=LONG_PROGRAMS, concurrency_limit=1)
