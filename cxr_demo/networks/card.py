"""Card: the facts of a checkpoint, as they stand in its `config.json`, each checked when it is made."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass

from cxr_demo.film.preprocess import Preprocess
from cxr_demo.limits import MAX_MEMBERS
from cxr_demo.networks.backbones import BACKBONES
from cxr_demo.networks.classifier import TASKS
from cxr_demo.networks.ensemble import FEATURE_FUSION, RULES
from cxr_demo.networks.heads import HEADS

FORMAT = 1
LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
WEIGHTS_SUM_ERROR = 1e-6


@dataclass(frozen=True)
class Member:
    """One network of an ensemble. `name`, and `sha256` of the weights file, are those of the checkpoint it was taken
    from; `temperature` as in a Card."""

    name: str
    backbone: str
    head: str
    temperature: float
    sha256: str

    def __post_init__(self) -> None:
        _check_texts(self, ("name", "backbone", "head", "sha256"), "its member's")
        _check_network(self.backbone, self.head, "its member's")
        _check_temperature(self.temperature, "its member's")
        if not self.name:
            raise ValueError("one of its members has no name")


@dataclass(frozen=True)
class EnsembleSpec:
    """What an ensemble is made of: its rule (of `ensemble.RULES`, or JOINED) and its members.

    `weights` sum to 1 and are equal unless the rule is "weighted".
    """

    rule: str
    weights: tuple[float, ...]
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        if self.rule not in (*RULES, FEATURE_FUSION):
            raise ValueError(f"its rule is {self.rule!r}; it must be one of {', '.join((*RULES, FEATURE_FUSION))}")
        if len(self.members) < 2:
            raise ValueError("it is an ensemble of fewer than two members")
        if len(self.members) > MAX_MEMBERS:
            raise ValueError(f"it is an ensemble of {len(self.members)} members; {MAX_MEMBERS} are the most")
        if len({member.name for member in self.members}) < len(self.members):
            raise ValueError("two of its members have the same name")
        for weight in self.weights:
            _check_number(weight)
        if len(self.weights) != len(self.members) or not all(0 <= weight <= 1 for weight in self.weights):
            raise ValueError("its weights are not one number from 0 to 1 for each member")
        if not abs(sum(self.weights) - 1) <= WEIGHTS_SUM_ERROR:
            raise ValueError(f"its weights sum to {sum(self.weights):g}; they must sum to 1")
        if self.rule != "weighted" and max(self.weights) - min(self.weights) > WEIGHTS_SUM_ERROR:
            raise ValueError(f"its weights differ, which only the rule 'weighted' knows, not {self.rule!r}")

    @property
    def calibrated(self) -> bool:
        """Whether every member is, each at its own temperature."""
        return all(member.temperature > 0 for member in self.members)

    @property
    def factors(self) -> tuple[float, ...]:
        """What the members' logits and maps are multiplied with before they are added: weight / temperature."""
        return tuple(
            weight / (member.temperature or 1) for weight, member in zip(self.weights, self.members, strict=True)
        )

    @classmethod
    def from_facts(cls, facts: dict) -> EnsembleSpec:
        """From parsed JSON."""
        for name in ("weights", "members"):
            if not isinstance(facts[name], list):
                raise ValueError(f"its {name} are not a list")
        members = tuple(Member(**member) for member in facts["members"])
        return cls(**facts | {"rule": facts["rule"], "weights": tuple(facts["weights"]), "members": members})


@dataclass(frozen=True)
class Card:
    """The facts of a checkpoint.

    `labels` are in the order of the logits. `temperature` divides the logits; 0 means never calibrated, and the app
    then shows an "uncalibrated score". `thresholds` (label -> probability) come from validation alone. `training`,
    `metrics` (set -> metric -> value, low and high end of the 95 % interval) and `versions` are written by train.
    `weights_sha256` binds the card to its weights. An `ensemble` has no backbone and no head of its own ("" and
    "linear"); all else is said of it as of a single network, and its members share labels, task and preprocess.
    """

    name: str
    backbone: str
    labels: tuple[str, ...]
    task: str
    preprocess: Preprocess
    temperature: float = 0.0
    thresholds: dict[str, float] = dataclasses.field(default_factory=dict)
    summary: str = ""
    licence: str = ""
    training: dict = dataclasses.field(default_factory=dict)
    metrics: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)
    commit: str = ""
    weights_sha256: str = ""
    head: str = "linear"
    ensemble: EnsembleSpec | None = None
    format: int = FORMAT

    def __post_init__(self) -> None:
        _check_types(self)
        if self.format != FORMAT:
            raise ValueError(f"its format is {self.format}; this version reads format {FORMAT}")
        if self.ensemble is None:
            _check_network(self.backbone, self.head, "its")
        elif self.backbone or self.head != "linear":
            raise ValueError("it is an ensemble and names a backbone or a head besides those of its members")
        if self.task not in TASKS:
            raise ValueError(f"its task is {self.task!r}; it must be one of {', '.join(TASKS)}")
        if self.ensemble and self.ensemble.rule == "majority" and self.task == "multi-label":
            raise ValueError(
                "its rule is 'majority', which needs films that have one label each, and its task is multi-label"
            )
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError("its labels are empty or named twice")
        _check_temperature(self.temperature, "its")
        for label, threshold in self.thresholds.items():
            if label not in self.labels or not 0 <= threshold <= 1:
                raise ValueError(f"its threshold for {label!r} is {threshold}; it needs a known label and 0 to 1")

    @property
    def calibrated(self) -> bool:
        return self.temperature > 0

    @property
    def joins_predictions(self) -> bool:
        """Whether its maps are made of members' maps; joined feature maps make one map together."""
        return self.ensemble is not None and self.ensemble.rule != FEATURE_FUSION

    @property
    def network(self) -> str:
        """In a few words: "densenet121", or "ensemble (mean) of densenet121, resnet18"."""
        if self.ensemble is None:
            return self.backbone if self.head == "linear" else f"{self.backbone}, head {self.head}"
        return f"ensemble ({self.ensemble.rule}) of {', '.join(member.backbone for member in self.ensemble.members)}"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card of a `config.json`; ValueError, TypeError or KeyError say what is wrong with it."""
        facts = json.loads(text)
        if not isinstance(facts, dict):
            raise ValueError("it is not a JSON object")
        if not isinstance(facts["labels"], list):
            raise ValueError("its labels are not a list")
        facts["labels"] = tuple(facts["labels"])
        square = facts["preprocess"]
        facts["preprocess"] = Preprocess(
            square["size_px"], square["geometry"], tuple(square["mean"]), tuple(square["std"])
        )
        if facts.get("ensemble") is not None:
            facts["ensemble"] = EnsembleSpec.from_facts(facts["ensemble"])
        return cls(**facts)


def _check_types(card: Card) -> None:
    """JSON holds anything; the page and the file names made of labels must be able to rely on these."""
    _check_texts(card, ("name", "backbone", "head", "summary", "licence", "commit", "weights_sha256"), "its")
    for name in ("training", "metrics", "versions", "thresholds"):
        if not isinstance(getattr(card, name), dict):
            raise ValueError(f"its {name} is not a JSON object")
    for label in card.labels:
        if not isinstance(label, str) or not LABEL.fullmatch(label):
            raise ValueError(f"its label {label!r} is not made of letters, digits, '_' and '-' alone")
    if not all(isinstance(measured, dict) for measured in card.metrics.values()):
        raise ValueError("its metrics are not JSON objects")
    for threshold in card.thresholds.values():
        _check_number(threshold)


def _check_texts(facts: Card | Member, names: tuple[str, ...], whose: str) -> None:
    for name in names:
        if not isinstance(getattr(facts, name), str):
            raise ValueError(f"{whose} {name} is not a text")


def _check_number(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} stands where a number must be")


def _check_temperature(temperature: float, whose: str) -> None:
    _check_number(temperature)
    if temperature != 0 and not 0.01 <= temperature <= 100:
        raise ValueError(f"{whose} temperature is {temperature}; it must be 0 or from 0.01 to 100")


def _check_network(backbone: str, head: str, whose: str) -> None:
    if backbone not in BACKBONES:
        raise ValueError(f"{whose} backbone {backbone!r} is not known here; known: {', '.join(BACKBONES)}")
    if head not in HEADS:
        raise ValueError(f"{whose} head is {head!r}; it must be one of {', '.join(HEADS)}")
