"""What stands inside a card: how the network was made, and what was measured of it. `docs/card.md` explains each entry.

Keys that a part does not name are kept, and all are written in the order in which they came, so that a card that is
read and written is the same file. What a card does not say has its default, and is not written.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, Strict, model_serializer, model_validator
from pydantic.dataclasses import dataclass

from cxr_demo.text.catalogue import say

Number = Annotated[float, Strict()]
FiniteNumber = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=0)]
MAX_POINTS = 21
FLOORS = ("majority", "view", "shuffled")  # see train.measure.floors
Z_95 = 1.959964  # half of a 95 % interval, in standard deviations of a normal distribution


class CardText(str):
    """What a card says to people, in the language of this code."""

    language: str

    def __new__(cls, text: str, language: str) -> Self:
        made = super().__new__(cls, text)
        made.language = language
        return made


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CardTexts:
    """What a card says to people in another language than its own, which is English: each as the entry of that name,
    which stands where there is none here. `data` and `caveat` are those of its training."""

    title: str = ""
    summary: str = ""
    population: str = ""
    purpose: str = ""
    data: str = ""
    caveat: str = ""


class CardPart(BaseModel):
    """An object of the card's JSON."""

    model_config = ConfigDict(frozen=True, extra="allow", serialize_by_alias=True, protected_namespaces=())
    _keys: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _remember_keys(cls, facts: Any, validate: Any) -> Any:
        part = validate(facts)
        if part is not facts:
            part._keys = tuple(facts)
        return part

    @model_serializer(mode="wrap")
    def _write_given_keys(self, write: Any) -> dict[str, Any]:
        written = write(self)
        return {key: written[key] for key in self._keys}

    def replace(self, **changes: Any) -> Self:
        """A copy with other values, checked like a new one; new keys come last."""
        return type(self).model_validate(self.model_dump() | changes)


class Interval(CardPart):
    """A measured number; `low` and `high` are the ends of its 95 % interval, which a single patient has not."""

    model_config = ConfigDict(extra="forbid")
    value: FiniteNumber
    low: FiniteNumber | None = None
    high: FiniteNumber | None = None

    def format(self, digits: int, *, sign: bool = False) -> str:
        """ "0.883 (0.848 to 0.912)", the value alone where there is no interval; `sign` puts a + before it."""
        form = f"{'+' if sign else ''}.{digits}f"
        if self.low is None or self.high is None:
            return f"{self.value:{form}}"
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"


def compute_wilson(hits: int, n: int) -> Interval:
    """The share `hits` of `n`, 1 or more, and its 95 % interval (Wilson 1927)."""
    share = hits / n
    middle, reach = share + Z_95**2 / (2 * n), Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n))
    low, high = ((middle + way * reach) / (1 + Z_95**2 / n) for way in (-1, 1))
    return Interval(value=share, low=max(0.0, low), high=min(1.0, high))


class FloorFigure(Interval):
    """What an answer that looks at no lung reaches, and by how much the network is above it on the same draws."""

    difference: Interval

    @property
    def is_beaten(self) -> bool:
        return self.difference.low is not None and self.difference.low > 0


class OperatingPoints(CardPart):
    """What a label's threshold would cost: for each of MAX_POINTS or fewer `thresholds`, which rise, the shares of
    those who have it that are at or above (`sensitivity`) and of those who have not that are below (`specificity`)."""

    model_config = ConfigDict(extra="forbid")
    thresholds: tuple[FiniteNumber, ...]
    sensitivity: tuple[FiniteNumber, ...]
    specificity: tuple[FiniteNumber, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 0 < len(self.thresholds) == len(self.sensitivity) == len(self.specificity) <= MAX_POINTS:
            raise ValueError(say("card-points", most=MAX_POINTS))
        if any(low >= high for low, high in pairwise(self.thresholds)):
            raise ValueError(say("card-points-rise"))
        if not all(0 <= number <= 1 for number in (*self.thresholds, *self.sensitivity, *self.specificity)):
            raise ValueError(say("card-points-range"))
        return self


class Bin(NamedTuple):
    """The films whose probability is from `low` to below `high`, of which `positive` have the label."""

    low: float
    high: float
    films: int
    positive: int


class Reliability(CardPart):
    """How often a label was there where it was given a probability: `films` and `positive` count, between each two of
    the `edges` from 0 to 1, the films given such a probability and those of them that have the label."""

    model_config = ConfigDict(extra="forbid")
    edges: tuple[FiniteNumber, ...]
    films: tuple[Count, ...]
    positive: tuple[Count, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 0 < len(self.films) == len(self.positive) == len(self.edges) - 1:
            raise ValueError(say("card-reliability"))
        if (self.edges[0], self.edges[-1]) != (0, 1) or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError(say("card-reliability-rise"))
        if any(positive > films for positive, films in zip(self.positive, self.films, strict=True)):
            raise ValueError(say("card-reliability-counts"))
        return self

    @property
    def bins(self) -> list[Bin]:
        return [Bin(*counted) for counted in zip(self.edges, self.edges[1:], self.films, self.positive, strict=False)]

    def find_bin(self, probability: float) -> Bin:
        """The one that holds a probability, 0 to 1; 1 is in the last."""
        return next((each for each in self.bins if probability < each.high), self.bins[-1])


class SetMetrics(CardPart):
    """What was measured on one set of films.

    `majority_accuracy` is that of always giving the commonest answer; the two calibration errors are those of raw and
    of calibrated probabilities. `stated` and `positive` count films label by label, in the order of the card's labels;
    rows of `confusion` are the truth, columns the most probable label. `operating_points` and `reliability` are by
    label. `floors` are by what answers, one of FLOORS, and by figure. All other keys are `figures`.
    """

    films: Count = 0
    patients: Count = 0
    majority_accuracy: FiniteNumber | None = None
    ece_before_temperature: FiniteNumber | None = None
    ece_after_temperature: FiniteNumber | None = None
    stated: tuple[Count, ...] = ()
    positive: tuple[Count, ...] = ()
    confusion: tuple[tuple[Count, ...], ...] = ()
    operating_points: dict[str, OperatingPoints] = Field(default_factory=dict)
    reliability: dict[str, Reliability] = Field(default_factory=dict)
    floors: dict[str, dict[str, FloorFigure]] = Field(default_factory=dict)
    __pydantic_extra__: dict[str, Interval] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride] # pydantic's own way to type other keys

    @property
    def figures(self) -> dict[str, Interval]:
        """name -> figure: "accuracy", "macro_auroc", ..., and of one label "auroc_LABEL", ..."""
        return self.__pydantic_extra__


class LocalisationRow(CardPart):
    """How the maps of one method hit the boxes of one label ("": all labels together) on one set of films; `empty`
    counts the maps that have no positive value."""

    set: str
    label: str
    method: str
    empty: Count = 0
    maps: Count
    patients: Count = 0
    hit_rate: Interval
    miou: Interval


class Localisation(CardPart):
    """Where the maps point: `notes` ("said" in the file) are sentences on the films and on what was left out."""

    notes: tuple[str, ...] = Field(default=(), alias="said")
    rows: tuple[LocalisationRow, ...] = ()


class Metrics(CardPart):
    """What was measured: sets of films by name, and where the maps point."""

    localisation: Localisation | None = None
    __pydantic_extra__: dict[str, SetMetrics] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride] # as above

    @property
    def sets(self) -> dict[str, SetMetrics]:
        """name -> what was measured on it: "validation", "test", "external", and parts of them."""
        return self.__pydantic_extra__


class Settings(CardPart):
    """The recipe's settings; those that are read again are named here, all others are kept as they came.

    `patient_pattern` finds the patient in the name of a person's own film, `uncertain` says what -1 meant in their
    `films.csv`, and `labels` which of its columns were labels; `stages` are (size in pixels, epochs); `start` names the
    weights that training began with. `rule` and `members` are an ensemble's.
    """

    dataset: str = ""
    split: str = ""
    validation: Number | None = None
    seed: Annotated[int, Strict()] | None = None
    patient_pattern: str = ""
    uncertain: str = ""
    labels: tuple[str, ...] = ()
    start: str = ""
    stages: tuple[tuple[Count, Count], ...] = ()
    loss: str = ""
    optimiser: str = ""
    rule: str = ""
    members: tuple[str, ...] = ()


class Imported(CardPart):
    """The verdict sheet of a network from elsewhere, all in sentences but for the numbers.

    `source` as its owner calls it, `file` and `sha256` of its weights; `logit_difference`: the largest of all labels on
    two synthetic films between the source's own network, built as `compared_with` says, and this one; `proof`: the line
    of `explain.proof`; `cells_aside_px`: how far (down, right) of where cells that fill the square would lie those of
    class activation maps do, in its pixels; `methods` that are valid, `refusals` of the others with the reason; `done`
    to the weights on the way; `missing`: what is not known of it.
    """

    model_config = ConfigDict(extra="forbid")
    source: str
    file: str = ""
    sha256: str = ""
    compared_with: str = ""
    logit_difference: FiniteNumber | None = None
    proof: str = ""
    # Not written where it was not measured, so that a card from before it is read and written the same.
    cells_aside_px: tuple[FiniteNumber, FiniteNumber] | None = Field(default=None, exclude_if=lambda it: it is None)
    methods: tuple[str, ...] = ()
    refusals: dict[str, str] = Field(default_factory=dict)
    done: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Training(CardPart):
    """How the network was made, and from which films.

    `changed` says what differs from the `recipe`, which it was made by otherwise.
    `identity` is the hash of settings, start and films, by which a finished run is known again. `films` and `patients`
    count split by split, `label_films` those that have each label; sampled films have no patients. `split_by` is what
    split them, where that is not the official split of a released set. `sources` are the collections that the films
    came from. `imported` is there where it was made elsewhere, and `calibrated_on` names the films that calibrated it,
    where those are not validation films of its own.
    """

    recipe: str = ""
    changed: tuple[str, ...] = ()
    settings: Settings = Field(default_factory=Settings)
    initial_weights: str = ""
    identity: str = ""
    processes: Count = 0
    seconds: Count | None = None
    command: str = ""
    machine: str = ""
    data: str = ""
    data_licence: str = ""
    data_citation: str = ""
    caveat: str = ""
    letters: str = ""
    sources: tuple[str, ...] = ()
    films: dict[str, Count] = Field(default_factory=dict)
    patients: dict[str, Count] = Field(default_factory=dict)
    label_films: dict[str, dict[str, Count]] = Field(default_factory=dict)
    split_by: str = ""
    patient_numbers_in_train_and_test: Count = 0
    finished: str = ""
    calibrated_on: str = ""
    imported: Imported | None = None
