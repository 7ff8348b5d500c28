"""Every word of the page, in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cxr_demo import render
from cxr_demo.analysis import Explanation
from cxr_demo.evaluation.agreement import Overlap
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.explain.methods import EVIDENCE_FLOOR, METHODS, UNITS, Method
from cxr_demo.limits import KEPT_MINUTES, LEFT_OVER_S, SLOW_FORWARDS, SWEEP_EVERY_S
from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_duration, format_percent, format_signed

LEFT_OVER_MINUTES = -(-(LEFT_OVER_S + SWEEP_EVERY_S) // 60)

TITLE = "Chest X-ray explanations, side by side"
SUBTITLE = "What a classifier says about a film, what its explanations say, and where they disagree."
NOT_CLINICAL = "For research and teaching only. Not a medical device, not for clinical use."

GATE_TITLE = "Before you start"
GATE = (
    "This page is for research and teaching. It is not a medical device. Do not use it to diagnose, to treat or to "
    "rule anything out.",
    "The classifier was trained on few films from few places and is often wrong. The maps show what moved its score; "
    "they do not show where a disease is.",
    "Choose only films that you are allowed to share, without names, also without names burned into the picture.",
)
GATE_BUTTON = "I understand, open the page"

DROP, OR_CHOOSE = "Drop chest X-rays anywhere", "or choose them"
FILM_HINT = "PNG, JPEG, TIFF, WebP, BMP or DICOM; drop, choose or paste."
NETWORK = "Network"
REMOVED = "The film has been removed from the server and from this page."
STRIP = "Films of this page"
LARGE_FILMS = "The oldest film was removed: large films leave room for few."
TAKE_IT = "Use it"
QUESTION = "Is this a frontal chest film?"
QUESTION_WHY = (
    "The network was made for frontal chest films, upright and as usual. Of anything else it gives numbers all the "
    "same, and they mean nothing."
)
SHOW_ANYWAY, SHOWN_ANYWAY, QUESTIONED = "Show anyway", "Shown although it was questioned:", "a chest film?"
REMOVE_FILM = "Remove {name}"
REFUSED, READING_FILE = "not read", "reading …"
KEPT = (
    "The file is deleted as soon as it is read. The picture and its maps stay in this server's memory until you "
    f"remove the film, choose another, close the page, or {KEPT_MINUTES} minutes after your last click or the end of "
    "a check that you asked for. "
    f"An upload that breaks off is deleted within {LEFT_OVER_MINUTES} minutes. Nothing is logged about a film, and "
    "nothing goes to anybody else. Whoever hosts this page may keep records of its own."
)
KEPT_TITLE = "What is kept, and for how long"
KEPT_SHORT = f"Deleted once read; in memory for at most {KEPT_MINUTES} minutes after your last use."

EXPIRED = (
    f"The film is no longer in memory: it was not used for {KEPT_MINUTES} minutes, or the server was restarted.",
    "Choose it again.",
)
UNEXPECTED = "Something went wrong (ref {ref})."
UNEXPECTED_HINT = "Try again; if it comes back, tell whoever runs this page the reference."

FINDINGS = "Findings"
STEPS = (
    "Choose, drop or paste a film.",
    "Read what the classifier says of each finding, beside its threshold.",
    "Choose a finding and compare what the explanations say of it.",
)

FILM_PANEL = "Film"
AS_THE_MODEL_SEES = "The dashed frame is the part the model sees."
SIDES_KNOWN = "R and L are the patient's right and left, as the file says."
SIDES_UNKNOWN = "The file does not say which side is the patient's right."
HIDE_AGAIN = "Hide the maps again"
OPACITY = "Opacity"
CELLS = "Native cells"
CONTOURS = "Contours (25, 50, 75 %)"
DRAWING = "Drawing"
METHODS_LIST = "Methods"
METHODS_TITLE = f"Choose among {len(METHODS)} explanations"
METHODS_HINT = "Only what is chosen is computed: for the finding you look at, then for the others; your choice stays."
LEAVE_OUT = "Leave out {name}"
NOTES = "What was done to the file"
NO_NOTES = "Nothing: the pixels are as stored."
PROOF_PENDING = "The checks of this network's maps are still running; a map that you ask for waits for them."
NOT_AVAILABLE = "Not available for this checkpoint: {reason}"
FILM_PROMISE = "The film as you gave it; its greys never change."  # in its panel, before there is one

AGREEMENT = "How far the maps agree"
AGREEMENT_COLUMNS = ("Maps", "Rank correlation", "Overlap of the strongest 10 % (by chance)", "of 5 %", "of 20 %")
AGREEMENT_SAYS_NOT = f"{CHECKS['rank'].says_not} The overlap {CHECKS['overlap'].says_not.replace('Does', 'does')}"
AGREEMENT_HOW = (
    "The sums of the maps in 16 × 16 fields are compared: their order (1 the same, 0 by chance, −1 opposite), and the "
    "fields with the most evidence for the finding. Brackets and mark are what chance gives."
)
WITH = " and "

ROWS = ("upper third", "middle third", "lower third")
COLUMNS = ("image left", "centre", "image right")

FACTS = "About this checkpoint"
NONE_READY = "There is no checkpoint to analyse a film with."
NOT_USABLE = "Cannot be used"

SHORT = ("auroc", "auprc", "mcc", "ece", "f1")  # parts of a metric's key that are written in capitals
RULE_WORDS = {  # by a card's `ensemble.rule`
    "majority": "majority vote, ties by the mean of the probabilities",
    "mean": "mean of the probabilities",
    "weighted": "weighted mean of the probabilities",
    "stacking": "a small network that reads all their probabilities",
    "joined": "one classifier on the feature maps of all",
}
MEMBERS = "Members"
MEMBER_COLUMNS = ("Name", "Network", "Weight", "Temperature", "SHA-256 of its weights")
MEMBERS_SAY = "What each member says"
FINDING = "Finding"
DOTS = "The dots are what each member says for itself."


def format_score(value: float, calibrated: bool, task: str) -> str:
    """0.034 -> "3 %" when calibrated, else "0.03"; never a false 0 or 1. One digit more below 1 % of a multi-label
    network, where a rare finding may stand above its threshold and still have less."""
    digits = 1 if task == "multi-label" and value < 0.01 else 0
    if value < 0.01 / 10**digits:
        return f"< {1 / 10**digits:g} %" if calibrated else f"< {0.01 / 10**digits:g}"
    if value > 0.99:
        return "> 99 %" if calibrated else "> 0.99"
    return f"{value * 100:.{digits}f} %" if calibrated else f"{value:.{digits + 2}f}"


def describe_full_strip(films: int) -> str:
    return f"The oldest film was removed: at most {films} stay."


def describe_waiting(name: str, is_read: bool) -> str:
    return f"The network looks at {name} …" if is_read else f"Reading {name} …"


def describe_suggestion(title: str) -> str:
    return f"The file says an age that this network was not made for. Another one was: {title}."


def describe_result(film: str, finding: str, score: str) -> str:
    return f"{film}: {finding} {score}. The maps are ready."


def describe_no_result(film: str) -> str:
    return f"{film}: there is no result."


def describe_source(film: str, network: str) -> str:
    """Whose maps the panels show."""
    return f"{film} · {network}"


def name_score(calibrated: bool) -> str:
    return "calibrated probability" if calibrated else "uncalibrated score"


def describe_member_range(own: Sequence[float], ensemble: EnsembleSpec, task: str) -> str:
    """The dots of an ensemble's members, for those who do not see them."""
    low, high = (format_score(p, ensemble.calibrated, task) for p in (min(own), max(own)))
    return f"{len(own)} members from {low} to {high}"


def describe_ensemble(made: EnsembleSpec) -> str:
    """A card's `ensemble` in a sentence: how many, by which rule, with which weights."""
    weights = zip(made.members, made.weights, strict=True)
    told = "; weights: " + ", ".join(f"{member.name} {weight:.2f}" for member, weight in weights)
    named = told if made.rule == "weighted" else ": " + ", ".join(member.name for member in made.members)
    return f"{len(made.members)} networks, {RULE_WORDS[made.rule]}{named}"


def describe_maps(card: Card) -> str:
    """What is true of all maps, whatever their scale."""
    made, of_members = card.ensemble, ""
    if made and card.joins_predictions:
        how = "weighted as their probabilities are" if made.rule == "weighted" else "each counting the same"
        of_members = f"Each map is the mean of the {len(made.members)} members' maps, {how}"
        of_members += ", and divided by the member's temperature. " if made.calibrated else ". "
    return of_members


def describe_scores(card: Card) -> str:
    """A few sentences under the findings: what the number is and where it was learned."""
    if card.calibrated:
        number = "Calibrated: of 100 films given 70 %, about 70 should have the finding."
        test = card.metrics.sets.get("test")
        gap = test.ece_after_temperature if test else None
        if gap is not None:
            number += f" On its own test films it was off by {gap * 100:.0f} points on average."
    else:
        number = "These are uncalibrated scores from 0 to 1: more means more likely, but 0.7 does not mean 70 in 100."
    if card.task == "multi-label":
        number += " Each finding stands alone: several may be present, or none."
        number += " All below threshold does not mean a normal film."
    elif card.calibrated:
        number += " The findings share 100 %: exactly one of them is the answer."
    if card.ensemble:
        number += f" An ensemble of {len(card.ensemble.members)}: {RULE_WORDS[card.ensemble.rule]}. {DOTS}"
    data, caveat = card.training.data, card.training.caveat
    learned = f"Trained on {data}." if data else card.summary
    return " ".join(part for part in (number, learned, caveat) if part)


def describe_show_button(value: float, card: Card) -> str:
    given = format_score(value, card.calibrated, card.task)
    given = given.replace("<", "less than") if "<" in given else f"only {given}"
    return f"Show anyway: the model {'gives' if card.calibrated else 'scores'} {given}"


def format_metric_name(key: str) -> str:
    """auroc_viral_pneumonia -> "AUROC viral pneumonia"."""
    return " ".join(part.upper() if part in SHORT else part for part in key.split("_"))


def describe_test_set(name: str) -> str:
    return f"Measured on: {name} (95 % interval in brackets)"


def describe_hidden_map(method: str, finding: str) -> str:
    """The text alternative of a panel whose map is held back."""
    return f"Film without the map of {method} for {finding}, which is off"


def describe_cell_size(width: float, height: float) -> str:
    return f"One cell is about {width:.0f} × {height:.0f} px of the film."


def describe_place(found: tuple[int, int, float] | None) -> str:
    """The text alternative of a map, from `render.find_strongest_place`."""
    if found is None:
        return "no positive region"
    row, column, share = found
    of_all = f"{format_percent(share)} of the positive evidence"
    return f"strongest positive region: {COLUMNS[column]}, {ROWS[row]} ({of_all})"


def describe_canvas(method: str, finding: str, where: str) -> str:
    return f"{method} for {finding}, {where}"


def describe_sums(explanation: Explanation, card: Card) -> str:
    """What the map's values add up to, beside what they explain."""
    made, logit = card.ensemble, "the logit"
    if made and card.joins_predictions:
        logit = "the members' mean calibrated logit" if made.calibrated else "the members' mean logit"
    told = f"{logit} is {format_signed(explanation.logit)}"
    if not explanation.unit.adds_to_logit:
        return f"{told[0].upper()}{told[1:]}; the values of this map do not add up to it."
    rest = format_signed(explanation.left_out)
    return f"Sums to {format_signed(explanation.total)}; {told}. The rest, {rest}, is not in the map."


def describe_empty_map(scale: render.Scale, finding: str) -> str:
    """Instead of a map that holds too little."""
    what = "No evidence either way" if scale.signed else f"No positive evidence for {finding}"
    zero = "this map is 0 everywhere" if scale.signed else "this map is nowhere above 0"
    why = UNITS[scale.unit].too_little or zero
    return f"{what}: {why.format(floor=EVIDENCE_FLOOR)}."


def describe_progress(method: Method, share: float) -> str:
    return f"Computing {method.name} … {format_percent(share)}" if share else f"Computing {method.name} …"


def describe_method_choice(method: Method, reason: str, forward_s: float | None) -> str:
    """A method in the list to choose from; `forward_s` is None before the first film."""
    if reason:
        return f"{method.name} · not available"
    if method.cost_forwards <= SLOW_FORWARDS:
        return method.name
    return f"{method.name} · {'long' if forward_s is None else format_duration(method.cost_forwards * forward_s)}"


def describe_refusals(refusals: Mapping[str, str]) -> str:
    """Under the list of methods: those that the checkpoint's proof refuses, by reason."""
    refused: dict[str, list[str]] = {}
    for key, reason in refusals.items():
        refused.setdefault(reason, []).append(METHODS[key].name)
    told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in refused.items())
    return f"{METHODS_HINT} {NOT_AVAILABLE.format(reason=told)}." if told else METHODS_HINT


def format_rank(value: float) -> str:
    return format_text("undefined") if math.isnan(value) else format_signed(value)


def format_overlap(found: Overlap) -> tuple[str, str]:
    """What is common, and in brackets what would be by chance."""
    if math.isnan(found.common):
        return format_text("undefined"), ""
    return f"{found.common * 100:.0f} %", f"({found.by_chance * 100:.0f} %)"
