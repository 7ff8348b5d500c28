"""The page without a browser: what it says, what it escapes, what it keeps and for how long."""

import html
import queue
import re
import threading
from pathlib import Path
from types import SimpleNamespace

import cv2
import gradio as gr
import numpy as np
import pytest

from cxr_demo.analysis import DEFAULT_METHODS, Explanation, MemberAnswers
from cxr_demo.errors import CxrError
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import FEATURE_FUSION, RULES, Card, EnsembleSpec, Member
from cxr_demo.networks.card_parts import Metrics, Training
from cxr_demo.text import page_text
from cxr_demo.ui import components, events, facts, findings, markup, panels, sessions, uploads

NASTY = "<img src=x onerror=alert(1)>${alert(2)}{{alert}}`\"'"
LABELS = ("normal", "bacterial_pneumonia", "viral_pneumonia")


def card(**changes) -> Card:
    facts = {
        "name": "a", "backbone": "densenet121", "labels": LABELS, "task": "single-label",
        "preprocess": Preprocess(64, "letterbox", (0.5,), (0.2,)), "temperature": 1.2,
        "thresholds": {"normal": 0.5, "bacterial_pneumonia": 0.4, "viral_pneumonia": 0.3},
    }  # fmt: skip
    return Card(**facts | changes)


def study(probabilities=(0.2, 0.7, 0.1), notes=(), shape=(90, 70)) -> SimpleNamespace:
    pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
    image = Radiograph(pixels, notes, "ab" * 32, "PNG")
    p = np.array(probabilities)
    members = MemberAnswers(("one", "two"), np.log([p, p]), np.clip([p - 0.1, p + 0.1], 0, 1))
    return SimpleNamespace(
        image=image, labels=LABELS, probabilities=p, logits=np.log(p), calibrated=True, members=members
    )


def ensemble(rule: str = "weighted", names=("one", "two"), temperature: float = 1.1, **changes) -> Card:
    members = tuple(Member(name, "densenet121", "linear", temperature, "ef" * 32) for name in names)
    made = EnsembleSpec(rule, (0.3, 0.7) if rule == "weighted" else (0.5, 0.5), members)
    return card(backbone="", ensemble=made, **changes)


def explanation(method: str, map_square: np.ndarray, label: str = "bacterial_pneumonia") -> Explanation:
    return Explanation(method, label, map_square, METHODS[method].unit, 1.7, 1.5, 0.2)


def figure(made: dict, method: str) -> str:
    return re.search(rf'<figure class="panel" data-method="{method}">.*?</figure>', made["html"])[0]


class StandIn:
    """An Analyser's face with arithmetic instead of a network."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.card, self.sha256, self.broken = card(), "cd" * 32, broken
        self.proof = SimpleNamespace(line="Grad-CAM ok", refusals={})
        self.is_proved = True
        self.asked: list[tuple[str, str]] = []

    @property
    def known_refusals(self):
        return self.proof.refusals if self.is_proved else {}

    def prove(self):
        self.is_proved = True
        return self.proof

    def analyse(self, image):
        if self.broken:
            raise self.broken
        return SimpleNamespace(**study().__dict__ | {"image": image})

    def explain(self, study, labels, methods, on_progress):
        self.asked += [(method, label) for method in methods for label in labels]
        on_progress(0.5, 1)
        side = 2 if METHODS[methods[0]].family.reads == "features" else 64
        return {(m, la): explanation(m, np.full((side, side), 0.5), la) for m in methods for la in labels}


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def desk(folder):
    """Events on components of a page that is never served."""
    made = events.Events({"a": StandIn()}, sessions.Sessions(), folder)
    for name in ("message", "findings", "methods", "panels", "facts"):
        setattr(made, name, name)
    return made


def uploaded(folder: Path, name: str, data: bytes) -> str:
    (folder / "hash").mkdir()
    path = folder / "hash" / name
    path.write_bytes(data)
    return str(path)


def png() -> bytes:
    film = np.random.default_rng(0).integers(0, 255, (80, 64), dtype=np.uint8)
    return cv2.imencode(".png", film)[1].tobytes()


def page_of(key: str) -> SimpleNamespace:
    return SimpleNamespace(session_hash=key)


def clicked(desk, label: str, key: str):
    """What a click on a finding does: first it is told, then its maps are asked for."""
    event = SimpleNamespace(label=label)
    list(desk.want(event, page_of(key)))
    return desk.choose(event, page_of(key))


def last(steps) -> dict:
    return list(steps)[-1]


# ---- markup


def test_every_text_is_escaped_and_markup_is_not_escaped_twice():
    made = markup.tag("p", NASTY, markup.tag("b", "&"), title=NASTY, class_="x", data_a=None, hidden=True)
    assert "<img" not in made and made.count("<b>&amp;</b>") == 1
    assert made.startswith('<p title="&lt;img') and ' class="x" hidden>' in made
    assert html.unescape(re.search(r'title="([^"]*)"', made)[1]) == NASTY


def test_names_of_a_card_and_notes_of_a_film_cannot_become_markup():
    # Not through Card, which refuses such labels itself: the page must not lean on that.
    bad = SimpleNamespace(**vars(card()) | {
        "name": NASTY, "labels": (NASTY, "b", "c"), "thresholds": {}, "summary": NASTY, "licence": NASTY,
        "training": Training(data=NASTY, caveat=NASTY), "calibrated": True, "network": NASTY,
        "joins_predictions": False, "metrics": Metrics.model_validate({NASTY: {NASTY: {"value": 1.0}}}),
    })  # fmt: skip
    shown = study(notes=(NASTY,))
    written = (
        findings.render_findings(bad, shown.probabilities, NASTY, shown.members)["html"]
        + panels.render_panels(shown, bad, NASTY, {"grad-cam": NASTY}, None, {})["html"]
        + facts.render_facts(bad, "0" * 64, NASTY)
        + facts.render_unusable({NASTY: NASTY})
        + events.render_message(NASTY, NASTY)
    )
    assert "<img src=x" not in written and "onerror=alert(1)&gt;" in written


def test_no_template_of_ours_has_a_hole_that_gradio_would_evaluate_twice():
    """gradio runs Handlebars, then evaluates the outcome as a template literal: only the bare ${...} is safe."""
    source = Path(components.__file__).read_text()
    assert "{{" not in source and components.VALUE == "${value.html}"


# ---- facts


def test_facts_show_intervals_and_leave_out_tables():
    metrics = {
        "test": {
            "films": 624,
            "auroc_normal": {"value": 0.97, "low": 0.96, "high": 0.98},
            "confusion": [[1, 2], [3, 4]],
            "ece_after_temperature": 0.02,
        }
    }
    written = facts.render_facts(card(metrics=metrics, licence="Apache-2.0"), "ef" * 32, "LRP proved")
    assert (
        "AUROC" in written and "0.970 (0.960 to 0.980)" in written and "624" in written and "confusion" not in written
    )
    assert "Apache-2.0" in written and "LRP proved" in written and "efefefef" in written


def test_facts_of_many_labels_are_two_tables_for_a_set():
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    measured = {"films": 9, "ece_before_temperature": 0.07, "ece_after_temperature": 0.05, "ece": interval,
                "macro_auprc": interval, "auroc_disease_against_normal": interval}  # fmt: skip
    of_labels = {f"{metric}_{label}": interval for label in LABELS for metric in ("auprc", "f1") if label != "normal"}
    written = facts.render_facts(card(metrics={"test": measured | of_labels}), "ef" * 32, "")
    overall, by_label = re.findall("<table>.*?</table>", written)
    told = [re.sub("<[^>]*>", "", cell) for cell in re.findall('<th scope="row">.*?</th>', overall)]
    assert told == ["films", "ECE before temperature", "ECE", "macro AUPRC", "AUROC disease against normal"]
    assert re.findall('<th scope="col">(.*?)</th>', by_label) == ["Finding", "AUPRC", "F1"]
    rows = re.findall('<th scope="row">(.*?)</th>(.*?)</tr>', by_label)
    figure = "<td>0.500 (0.400 to 0.600)</td>"
    assert rows == [("Normal", "<td></td>" * 2), ("Bacterial pneumonia", figure * 2), ("Viral pneumonia", figure * 2)]
    assert f'role="region" aria-label="{page_text.describe_test_set("test")}, by finding">{by_label}' in written
    only = facts.render_facts(card(metrics={"test": {"ece_after_temperature": 0.05}}), "ef" * 32, "")
    assert "ECE after temperature" in only and "by finding" not in only


@pytest.mark.parametrize("rule", page_text.RULE_WORDS)
def test_facts_of_an_ensemble_name_its_rule_and_its_members(rule):
    written = facts.render_facts(ensemble(rule), "ef" * 32, "LRP proved")
    assert f"2 networks, {page_text.RULE_WORDS[rule]}" in written and "2 networks, below" in written
    assert re.findall(r'<th scope="row">(\w+)</th><td>densenet121</td><td>([\d.]+)', written) == (
        [("one", "0.30"), ("two", "0.70")] if rule == "weighted" else [("one", "0.50"), ("two", "0.50")]
    )
    assert ("one 0.30, two 0.70" in written) == (rule == "weighted")
    assert f'class="scroll" tabindex="0" role="region" aria-label="{page_text.MEMBERS}"><table>' in written
    assert "SHA-256 of weights, rule and members" in written
    assert "Members" not in facts.render_facts(card(), "ef" * 32, "LRP proved")


def test_every_rule_has_its_words():
    assert tuple(page_text.RULE_WORDS) == (*RULES, FEATURE_FUSION)


def test_names_of_members_cannot_become_markup():
    bad, shown = ensemble(names=(NASTY, "two")), study()
    nasty = MemberAnswers((NASTY, "two"), shown.members.logits, shown.members.probabilities)
    written = (
        facts.render_facts(bad, "0" * 64, "")
        + findings.render_findings(bad, shown.probabilities, "normal", nasty)["html"]
    )
    assert "<img src=x" not in written and "onerror=alert(1)&gt;" in written


# ---- events: what is done with a film


def test_the_page_opens_on_the_first_of_the_list(desk, folder, monkeypatch):
    monkeypatch.setattr(
        desk.analysers["a"], "card", card(task="multi-label", thresholds={"normal": 0.1, LABELS[1]: 0.9})
    )
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    first = next(desk.analyse("a", DEFAULT_METHODS, page_of("s")))
    assert 'data-label="normal" aria-pressed="true"' in first["findings"]["html"]
    assert desk.sessions.find("s").label == "normal"


def test_the_file_is_gone_once_it_is_read_and_the_maps_follow_the_probabilities(desk, folder):
    path = uploaded(folder, "DOE^JANE.png", png())
    list(desk.take(path, page_of("s")))
    assert list(folder.iterdir()) == []
    steps = list(desk.analyse("a", DEFAULT_METHODS, page_of("s")))
    assert "findings" in steps[0] and steps[1]["panels"]["maps"] == {}
    assert set(steps[-1]["panels"]["maps"]) == set(DEFAULT_METHODS)
    assert "DOE" not in str(steps)


def test_a_broken_file_is_deleted_too_and_leaves_the_former_result(desk, folder):
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    list(desk.analyse("a", DEFAULT_METHODS, page_of("s")))
    before = desk.sessions.find("s").study
    said = last(desk.take(uploaded(folder, "b.png", png()[:60]), page_of("s")))
    assert set(said) == {"message"} and "damaged" in said["message"] and list(folder.iterdir()) == []
    assert set(last(desk.analyse("a", DEFAULT_METHODS, page_of("s")))) == {"message"}
    assert desk.sessions.find("s").study is before


def test_only_files_of_the_upload_folder_are_ever_deleted(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere") / "a.png"
    other.write_bytes(b"x")
    for path in (str(other), f"{folder}/../{other.parent.name}/a.png"):
        with pytest.raises(CxrError, match="no longer here"), uploads.claim_upload(path, folder):
            pass
    assert other.exists()


def test_an_unforeseen_error_gives_a_reference_and_logs_nothing_of_the_film(desk, folder, caplog):
    desk.analysers["a"].broken = RuntimeError("secret /home/x/DOE^JANE.png")
    list(desk.take(uploaded(folder, "DOE^JANE.png", png()), page_of("s")))
    said = last(desk.analyse("a", DEFAULT_METHODS, page_of("s")))["message"]
    ref = re.search(r"ref (\w{4})", said)[1]
    assert ref in caplog.text and "RuntimeError" in caplog.text
    assert "DOE" not in caplog.text + said and "secret" not in caplog.text + said and "/" not in caplog.text


def test_an_error_that_is_understood_is_one_sentence_and_a_next_step(desk, folder):
    desk.analysers["a"].broken = CxrError("It is so.", "Do that.")
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    assert "<strong>It is so.</strong> Do that." in last(desk.analyse("a", DEFAULT_METHODS, page_of("s")))["message"]


def test_one_method_that_fails_does_not_take_the_others_along(desk, folder, monkeypatch):
    analyser = desk.analysers["a"]
    whole = analyser.explain

    def explain(study, labels, methods, on_progress):
        if methods == ["lrp-epsilon"]:
            raise RuntimeError
        return whole(study, labels, methods, on_progress)

    monkeypatch.setattr(analyser, "explain", explain)
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    shown = last(desk.analyse("a", DEFAULT_METHODS, page_of("s")))["panels"]
    assert set(shown["maps"]) == {"grad-cam", "lrp-epsilon-plus-flat"} and "Something went wrong" in shown["html"]


def test_choosing_a_finding_sends_no_film_again_and_a_forged_one_nothing(desk, folder):
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    list(desk.analyse("a", DEFAULT_METHODS, page_of("s")))
    chosen = last(clicked(desk, "normal", "s"))
    assert chosen["panels"]["film"]["src"] is None and chosen["panels"]["about"].endswith(" normal")
    assert "panels" not in last(clicked(desk, "../x", "s"))


def opened(desk, folder, chosen=DEFAULT_METHODS) -> dict:
    """A film analysed and its maps drawn; the last of the page's changes."""
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    return last(desk.analyse("a", chosen, page_of("s")))["panels"]


def shown_in(made: dict) -> list[str]:
    return re.findall(r'data-method="([\w-]+)"', made["html"])


def test_only_what_is_chosen_is_computed_and_nothing_twice(desk, folder):
    asked = desk.analysers["a"].asked
    assert shown_in(opened(desk, folder, ["occlusion", "grad-cam"])) == ["grad-cam", "occlusion"]
    assert asked == [("grad-cam", LABELS[1]), ("occlusion", LABELS[1])]
    made = last(desk.look(["eigen-cam", "grad-cam", "magic"], page_of("s")))["panels"]
    assert shown_in(made) == list(made["maps"]) == ["grad-cam", "eigen-cam"]
    assert asked[2:] == [("eigen-cam", LABELS[1])]
    last(clicked(desk, "normal", "s"))
    assert asked[3:] == [("grad-cam", "normal"), ("eigen-cam", "normal")]  # the choice stays
    other = desk.analysers["b"] = StandIn()
    made = last(desk.switch("b", page_of("s")))["panels"]
    assert shown_in(made) == ["grad-cam", "eigen-cam"] and len(asked) == 5
    assert other.asked == [("grad-cam", LABELS[1]), ("eigen-cam", LABELS[1])]
    assert shown_in(last(desk.look([], page_of("s")))["panels"]) == [] and len(asked) + len(other.asked) == 7


def test_a_list_that_is_only_left_does_nothing_again(desk, folder):
    opened(desk, folder, ["grad-cam"])
    list(desk.want(SimpleNamespace(label="normal"), page_of("s")))
    before = desk.sessions.find("s").study
    assert list(desk.switch("a", page_of("s"))) == [{"message": gr.skip()}]
    assert desk.sessions.find("s").study is before and desk.sessions.find("s").label == "normal"


def test_of_quick_clicks_the_last_stays_and_no_event_ends_without_a_word(desk, folder):
    opened(desk, folder, ["grad-cam"])
    first = clicked(desk, "viral_pneumonia", "s")
    second = clicked(desk, "normal", "s")  # before the first was at work
    assert list(first) == [{"message": gr.skip()}]
    assert 'data-method="grad-cam"' in last(second)["panels"]["html"]
    assert desk.sessions.find("s").label == "normal"


def test_a_kept_scale_goes_on_to_other_findings_and_ends_when_it_is_let_go(desk, folder):
    analyser = desk.analysers["a"]
    amounts = {"bacterial_pneumonia": 0.5, "normal": 0.1}

    def explain(study, labels, methods, on_progress):
        return {(m, la): explanation(m, np.full((64, 64), amounts[la]), la) for m in methods for la in labels}

    analyser.explain = explain
    list(desk.take(uploaded(folder, "film.png", png()), page_of("k")))
    list(desk.analyse("a", ["lrp-epsilon"], page_of("k")))
    list(desk.pin_scale(SimpleNamespace(pinned=True), page_of("k")))
    shown = last(clicked(desk, "normal", "k"))["panels"]
    assert shown["pinned"] and "the scale you keep; alone full at 0.1" in shown["html"]
    list(desk.pin_scale(SimpleNamespace(pinned=False), page_of("k")))
    shown = last(desk.look(["lrp-epsilon"], page_of("k")))["panels"]
    assert not shown["pinned"] and "no other map of this unit" in shown["html"]


def test_a_choice_before_the_first_film_is_what_the_empty_page_shows(desk):
    told = last(desk.look(["occlusion"], page_of("s")))["panels"]["html"]
    assert METHODS["occlusion"].family.promise in told and "Zeiler" in told and "Grad-CAM" not in told
    assert all(method.family.promise for method in METHODS.values())


def test_a_refused_method_is_never_asked_for(desk, folder):
    analyser = desk.analysers["a"]
    analyser.proof.refusals["lrp-epsilon"] = "it is so"
    made = opened(desk, folder)
    assert "lrp-epsilon" not in [method for method, _ in analyser.asked]
    assert "Not available for this checkpoint: it is so" in figure(made, "lrp-epsilon")


class Slow(StandIn):
    """Takes a step of Score-CAM whenever it is told to, and says when it was made to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.stopped = queue.SimpleQueue(), threading.Event()

    def explain(self, study, labels, methods, on_progress):
        try:
            for done in iter(self.steps.get, None) if methods == ["score-cam"] else ():
                on_progress(done, 4)
        except Exception:
            self.stopped.set()
            raise
        return super().explain(study, labels, methods, on_progress)


def until(steps, wanted) -> dict:
    """The first change of the panels' HTML that holds the text."""
    return next(step["panels"] for step in steps if wanted in step["panels"]["html"])


@pytest.fixture
def slow(desk, folder, monkeypatch):
    """(the slow analyser, the page's changes while it makes Score-CAM)"""
    monkeypatch.setattr(events, "PROGRESS_EVERY_S", 0.01)
    desk.analysers["a"] = analyser = Slow()
    opened(desk, folder)
    steps = desk.look(["grad-cam", "score-cam"], page_of("s"))
    analyser.steps.put(1)
    until(steps, "Computing Score-CAM … 25 %")
    yield analyser, steps
    analyser.steps.put(None)


def test_a_long_method_says_how_far_it_is(slow):
    analyser, steps = slow
    analyser.steps.put(3)
    until(steps, "Computing Score-CAM … 75 %")
    analyser.steps.put(None)
    assert set(last(steps)["panels"]["maps"]) == {"grad-cam", "score-cam"}


def test_a_cheap_method_does_not_wait_for_a_long_one(desk, slow):
    analyser, steps = slow
    list(desk.want_methods(["grad-cam", "layer-cam", "score-cam"], page_of("s")))
    made = until(steps, 'data-text="LayerCAM for')
    assert list(made["maps"]) == ["grad-cam", "layer-cam"] and "Computing Score-CAM" in made["html"]


def test_a_long_method_that_is_left_out_stops_and_the_others_stay(desk, slow):
    analyser, steps = slow
    (answer,) = desk.leave(["grad-cam", "score-cam"], SimpleNamespace(method="score-cam"), page_of("s"))
    assert answer == {"methods": ["grad-cam"]}
    analyser.steps.put(2)
    assert shown_in(last(steps)["panels"]) == ["grad-cam"] and analyser.stopped.wait(10)
    assert ("score-cam", LABELS[1]) not in analyser.asked


def test_a_long_method_stops_when_another_finding_is_chosen_or_the_film_is_gone(desk, slow):
    analyser, steps = slow
    list(desk.want(SimpleNamespace(label="normal"), page_of("s")))
    assert list(steps) == []
    analyser.steps.put(2)
    assert analyser.stopped.wait(10)


@pytest.mark.parametrize("how", ["another finding", "removed"])
def test_maps_stop_when_another_finding_is_wanted_or_the_film_is_gone(desk, folder, how):
    opened(desk, folder)
    steps = clicked(desk, "normal", "s")
    next(steps), next(steps)
    if how == "removed":
        list(desk.remove(DEFAULT_METHODS, page_of("s")))
    else:
        list(desk.want(SimpleNamespace(label="viral_pneumonia"), page_of("s")))
    assert list(steps) == [] and len(desk.sessions) == (how != "removed")


@pytest.mark.parametrize("when", ["analysing", "explaining"])
def test_a_film_removed_during_the_work_does_not_come_back(desk, folder, monkeypatch, when):
    analyser = desk.analysers["a"]
    name = "analyse" if when == "analysing" else "explain"
    whole = getattr(analyser, name)

    def removed_meanwhile(*arguments):
        list(desk.remove(DEFAULT_METHODS, page_of("s")))
        return whole(*arguments)

    monkeypatch.setattr(analyser, name, removed_meanwhile)
    list(desk.take(uploaded(folder, "a.png", png()), page_of("s")))
    steps = list(desk.analyse("a", DEFAULT_METHODS, page_of("s")))
    assert len(desk.sessions) == 0 and len(steps) == (1 if when == "analysing" else 2)
    assert all(step["panels"]["maps"] == {} for step in steps if "panels" in step)


def test_after_its_time_the_page_says_that_the_film_is_gone(desk):
    assert "no longer in memory" in last(clicked(desk, "normal", "s"))["message"]


# ---- proofs under way


def test_probabilities_come_before_the_proof_and_what_is_pending_is_said(desk, folder):
    analyser = desk.analysers["a"]
    analyser.is_proved, analyser.proof.refusals["layer-cam"] = False, "it is so"
    (opened,) = desk.refresh("a", page_of("k"))
    assert page_text.PROOF_PENDING in html.unescape(opened["facts"])
    assert all("not available" not in text for text, _ in opened["methods"]["choices"])
    list(desk.take(uploaded(folder, "a.png", png()), page_of("k")))
    steps = list(desk.analyse("a", ["grad-cam"], page_of("k")))
    assert "findings" in steps[0]
    assert "Computing Grad-CAM" in steps[1]["panels"]["html"] and "facts" in steps[2]
    assert analyser.is_proved and "Grad-CAM ok" in steps[2]["facts"]
    assert [text for text, key in steps[2]["methods"]["choices"] if key == "layer-cam"] == ["LayerCAM · not available"]
    (opened,) = desk.refresh("a", page_of("other"))
    assert "Grad-CAM ok" in opened["facts"]
