"""Card: the facts of a checkpoint, as they stand in its `config.json`, each checked when it is made.

Light to import: a list of checkpoints, or a table of labels, needs no torch.
"""

from __future__ import annotations

import json
import re
import reprlib
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from cxr_demo.errors import describe_cause
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.labels import LANGUAGE_CODE, Finding, LabelWords, get_finding, match_label
from cxr_demo.limits import MAX_MEMBERS
from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.card_parts import CardText, CardTexts, Count, Metrics, Number, Training
from cxr_demo.networks.heads import HEADS
from cxr_demo.text.catalogue import LANGUAGE, USUAL_LANGUAGE, Said, say

FORMAT = 1
TASKS = ("single-label", "multi-label")
RULES = ("majority", "mean", "weighted", "stacking")  # by which an ensemble joins predictions
FEATURE_FUSION = "joined"  # the rule that joins feature maps
SYNTHETIC = "synthetic"  # made for rendered films, of which none is of a person
MADE_FOR = ("", SYNTHETIC)
MAX_AGE_YEARS = 120
LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
WEIGHTS_SUM_ERROR = 1e-6
NO_OTHER_KEYS = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=NO_OTHER_KEYS)
class Member:
    """One network of an ensemble. `name`, and `sha256` of the weights file, are those of the checkpoint it was taken
    from; `temperature` as in a Card."""

    name: str
    backbone: str
    head: str
    temperature: Number
    sha256: str

    def __post_init__(self) -> None:
        _check_network(self.backbone, self.head, "member")
        _check_temperature(self.temperature, "member")
        if not self.name:
            raise ValueError(say("card-member-name"))

    @property
    def applied_temperature(self) -> float:
        """What its logits are divided by: 1 where it was never calibrated."""
        return self.temperature or 1.0


@dataclass(frozen=True, config=NO_OTHER_KEYS)
class EnsembleSpec:
    """What an ensemble is made of: its rule (of RULES, or FEATURE_FUSION) and its members.

    `weights` sum to 1 and are equal unless the rule is "weighted".
    """

    rule: str
    weights: tuple[Number, ...]
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        if self.rule not in (*RULES, FEATURE_FUSION):
            raise ValueError(say("card-rule", rule=self.rule, known=", ".join((*RULES, FEATURE_FUSION))))
        if len(self.members) < 2:
            raise ValueError(say("card-members-few"))
        if len(self.members) > MAX_MEMBERS:
            raise ValueError(say("card-members-many", members=len(self.members), most=MAX_MEMBERS))
        if len({member.name for member in self.members}) < len(self.members):
            raise ValueError(say("card-members-same"))
        if len(self.weights) != len(self.members) or not all(0 <= weight <= 1 for weight in self.weights):
            raise ValueError(say("card-weights"))
        if not abs(sum(self.weights) - 1) <= WEIGHTS_SUM_ERROR:
            raise ValueError(say("card-weights-sum", sum=f"{sum(self.weights):g}"))
        if self.rule != "weighted" and max(self.weights) - min(self.weights) > WEIGHTS_SUM_ERROR:
            raise ValueError(say("card-weights-differ", rule=self.rule))

    @property
    def calibrated(self) -> bool:
        """Whether every member is, each at its own temperature."""
        return all(member.temperature > 0 for member in self.members)

    @property
    def factors(self) -> tuple[float, ...]:
        """What the members' logits and maps are multiplied with before they are added: weight / temperature."""
        pairs = zip(self.weights, self.members, strict=True)
        return tuple(weight / member.applied_temperature for weight, member in pairs)


@dataclass(frozen=True, config=NO_OTHER_KEYS)
class Card:
    """The facts of a checkpoint.

    `labels` are in the order of the logits, `label_words` what some of them are called. `temperature` divides the
    logits; 0 means never calibrated, and the app then shows an "uncalibrated score". `thresholds` (label ->
    probability) come from validation alone, as their 95 % intervals; a label without one stands neither above nor
    below. `title`, `population` and `purpose` say in plain words what the network is for; `ages` are the lowest and
    the highest in years, None where they are mixed or not known; `made_for` is of MADE_FOR. `training`, `metrics`
    and `versions` are written by train. `weights_sha256` binds the card to its weights. An `ensemble` has no
    backbone and no head of its own ("" and "linear"); all else is said of it as of a single network, and its
    members share labels, task and preprocess. `texts`: what it says to people in other languages. Raises ValueError,
    in one sentence for each thing that is wrong.
    """

    name: str
    backbone: str
    labels: tuple[str, ...]
    task: str
    preprocess: Preprocess
    temperature: Number = 0.0
    thresholds: dict[str, Number] = Field(default_factory=dict)
    threshold_intervals: dict[str, tuple[Number, Number]] = Field(default_factory=dict)
    summary: str = ""
    title: str = ""
    population: str = ""
    purpose: str = ""
    ages: tuple[Count, Count] | None = None
    made_for: str = ""
    licence: str = ""
    training: Training = Field(default_factory=Training)
    metrics: Metrics = Field(default_factory=Metrics)
    versions: dict[str, str] = Field(default_factory=dict)
    commit: str = ""
    weights_sha256: str = ""
    head: str = "linear"
    ensemble: EnsembleSpec | None = None
    # Not written where there are none, so that a card from before there were any is read and written the same.
    label_words: dict[str, LabelWords] = Field(default_factory=dict, exclude_if=lambda words: not words)
    texts: dict[str, CardTexts] = Field(default_factory=dict, exclude_if=lambda texts: not texts)
    format: Annotated[int, Strict()] = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(say("card-format", format=self.format, read=FORMAT))
        if self.ensemble is None:
            _check_network(self.backbone, self.head, "own")
        elif self.backbone or self.head != "linear":
            raise ValueError(say("card-ensemble-backbone"))
        if self.task not in TASKS:
            raise ValueError(say("card-task", task=self.task, known=", ".join(TASKS)))
        if self.ensemble and self.ensemble.rule == "majority" and self.task == "multi-label":
            raise ValueError(say("card-majority"))
        for label in self.labels:
            if not LABEL.fullmatch(label):  # files are named by labels
                raise ValueError(say("card-label", label=label))
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(say("card-labels"))
        if unknown := self.label_words.keys() - set(self.labels):
            raise ValueError(say("card-words-unknown", label=min(unknown)))
        for language in self.texts:
            if not LANGUAGE_CODE.fullmatch(language):
                raise ValueError(say("card-texts-language", language=language))
        _check_temperature(self.temperature, "own")
        if self.made_for not in MADE_FOR:
            raise ValueError(say("card-made-for", made=self.made_for, known=SYNTHETIC))
        if self.ages and not 0 <= self.ages[0] <= self.ages[1] <= MAX_AGE_YEARS:
            raise ValueError(say("card-ages", ages=str(list(self.ages))))
        for label, (low, high) in self.threshold_intervals.items():
            if label not in self.thresholds or not 0 <= low <= high <= 1:
                raise ValueError(say("card-threshold-interval", label=label))
        for label, threshold in self.thresholds.items():
            if label not in self.labels or not 0 <= threshold <= 1:
                raise ValueError(say("card-threshold", label=label, threshold=str(threshold)))

    @property
    def calibrated(self) -> bool:
        return self.temperature > 0

    @property
    def applied_temperature(self) -> float:
        """What the logits are divided by: 1 where the network was never calibrated."""
        return self.temperature or 1.0

    @property
    def joins_predictions(self) -> bool:
        """Whether its maps are made of members' maps; joined feature maps make one map together."""
        return self.ensemble is not None and self.ensemble.rule != FEATURE_FUSION

    def tell(self, entry: Literal["title", "summary", "population", "purpose", "data", "caveat"]) -> CardText:
        """What it says to people, in the language of the moment where it has that, or else as it was written, which is
        English; "" where it says nothing."""
        language = LANGUAGE.get()
        own = getattr(self.training if entry in ("data", "caveat") else self, entry)
        if own and language in self.texts and (told := getattr(self.texts[language], entry)):
            return CardText(told, language)
        return CardText(own, USUAL_LANGUAGE)

    def get_finding(self, label: str) -> Finding:
        """What a label is called here: in the network's own words, or in those that all share."""
        return get_finding(label, self.label_words)

    def find_label(self, name: str) -> str | None:
        """The label that a person means: by its key, by one of its names in any language, or as data sets call its
        finding. None where it is none of them, or several."""
        if name in self.labels:
            return name
        fitting = [label for label in self.labels if self._goes_by(label, name)]
        return fitting[0] if len(fitting) == 1 else None

    def _goes_by(self, label: str, name: str) -> bool:
        own = self.label_words[label].name.values() if label in self.label_words else ()
        names = (label.replace("_", " "), self.get_finding(label).name, *own)
        finding = match_label(name)
        return name.strip().casefold() in (known.casefold() for known in names) or (
            finding is not None and finding == match_label(label)
        )

    def to_json(self) -> str:
        return json.dumps(_CARD.dump_python(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card of a `config.json`; ValueError says in one sentence what is wrong with it."""
        facts = json.loads(text)
        if any("\ud800" <= character <= "\udfff" for character in json.dumps(facts, ensure_ascii=False)):
            raise ValueError(say("card-half-character"))
        if not isinstance(facts, dict):
            raise ValueError(say("card-no-object"))
        try:
            return _CARD.validate_python(facts)
        except ValidationError as error:
            raise ValueError(_describe_error(error.errors(include_url=False)[0])) from None


_CARD = TypeAdapter(Card)


def make_card_schema() -> dict[str, Any]:
    """The JSON schema of a `config.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_CARD.json_schema()}


def _describe_error(error: ErrorDetails) -> Said:
    """The sentence for one of pydantic's findings; our own checks bring theirs."""
    what = ".".join(part for part in error["loc"] if isinstance(part, str))
    place = what.replace("ensemble.members.", "member's ")
    match error["type"]:
        case "value_error":
            ours = error.get("ctx", {}).get("error")
            return describe_cause(ours) if ours else error["msg"]
        case "missing":
            return say("card-entry-missing", entry=what)
        case "unexpected_keyword_argument" | "extra_forbidden":
            return say("card-entry-unknown", entry=what)
        case "string_type":
            return say("card-entry-text", entry=place)
        case "tuple_type":
            return say("card-entry-list", entry=place)
        case "dict_type" | "model_type" | "dataclass_type":
            return say("card-entry-object", entry=place)
        case "float_type" | "finite_number":
            return say("card-entry-number", entry=place, found=reprlib.repr(error["input"]))
        case "int_type" | "int_from_float" | "greater_than_equal":
            return say("card-entry-whole", entry=place, found=reprlib.repr(error["input"]))
    return say("card-entry-other", entry=place, found=error["msg"])


def _check_temperature(temperature: float, whose: str) -> None:
    if temperature != 0 and not 0.01 <= temperature <= 100:
        raise ValueError(say("card-temperature", whose=whose, temperature=str(temperature)))


def _check_network(backbone: str, head: str, whose: str) -> None:
    try:
        find_backbone(backbone)
    except ValueError as error:
        raise ValueError(say("card-backbone", whose=whose, backbone=backbone, why=describe_cause(error))) from None
    if head not in HEADS:
        raise ValueError(say("card-head", whose=whose, head=head, known=", ".join(HEADS)))
