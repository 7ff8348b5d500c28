// What an export writes beside the page, what the engine answers, and what host.js gives. Only the type check reads this.

type Texts = Readonly<Record<string, string>>; // by language

interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

// edition.json
interface Edition extends EditionFacts {
  readonly version: string;
  readonly date: string;
  readonly languages: readonly string[];
  readonly networks: readonly EditionNetwork[];
  readonly gate: { readonly bytes: number; readonly manifest_sha256: string } | null;
  readonly decks: readonly string[];
  readonly examples: readonly Example[];
  readonly render: RenderFacts & {
    readonly tables: Readonly<Record<Colours, string>>;
    readonly least_held: number;
    readonly most_held: number;
  };
}

interface Example {
  readonly key: string;
  readonly file: string;
  readonly outlines: string; // file of what was planted; "" where nothing was
  readonly planted: readonly string[];
}

interface EditionNetwork {
  readonly name: string;
  readonly manifest_sha256: string;
  readonly title: Texts;
  readonly choice: Texts; // with how well it does
  readonly made_for: string;
  readonly bytes: number;
  readonly default?: boolean;
}

// networks/<name>/manifest.json
interface Manifest extends NetworkFacts {
  readonly title: Texts;
  readonly summary: Texts;
  readonly data: Texts;
  readonly caveat: Texts;
  readonly licence: string;
  readonly made_for: string;
  readonly proof: { readonly curved: readonly string[] };
  readonly calibrated: boolean;
  readonly members: { readonly rule: string; readonly names: readonly string[]; readonly calibrated: boolean } | null;
  readonly quality: { readonly test_films: Texts; readonly scores: Texts };
  readonly labels: readonly ManifestLabel[];
  readonly methods: readonly ManifestMethod[];
}

interface ManifestLabel extends LabelFacts {
  readonly name: Texts;
  readonly description: Texts;
  readonly threshold_interval: readonly [low: number, high: number] | null;
  readonly quality: LabelQuality;
}

interface LabelQuality {
  readonly auroc: Interval | null;
  readonly can_tell: boolean;
  readonly points: OperatingPoints | null;
  readonly told: Texts;
  readonly held_out: number | null;
  readonly sensitivity: Interval | null;
  readonly specificity: Interval | null;
}

interface OperatingPoints {
  readonly thresholds: readonly number[];
  readonly sensitivity: readonly number[];
  readonly specificity: readonly number[];
}

interface ManifestMethod extends MethodFacts {
  readonly name: Texts;
  readonly paper: string;
  readonly family: string;
  readonly unit: {
    readonly key: string;
    readonly amount: string;
    readonly name: Texts;
    readonly comparable: boolean;
    readonly too_little: Texts;
  };
  readonly adds_up: boolean;
  readonly made_for_relu: boolean;
  readonly caption: Texts;
  readonly contrast_caption: Texts;
  readonly promise: Texts;
}

// decks/<deck>/deck.json
interface Deck {
  readonly title: Texts;
  readonly intro: Texts;
  readonly choices: readonly string[];
  readonly networks: readonly string[];
  readonly films: readonly DeckFilm[];
}

interface DeckFilm {
  readonly file: string;
  readonly truth: readonly string[];
  readonly regions: readonly { readonly label: string; readonly box: Box }[];
  readonly look_for: Texts;
  readonly explanation: Texts;
  readonly source: string;
  readonly licence: string;
}

interface OwnEvents {
  "cxr-press": CustomEvent<{ name: keyof Presses; data: Record<string, unknown> }>;
  "cxr-step": CustomEvent<Triggers["step"]>;
  "cxr-exam": Event;
}
interface DocumentEventMap extends OwnEvents {}

// Given by host.js.
declare function showPart<Name extends string>(
  name: Name,
  fresh: readonly (Node | string)[],
  at: Identity,
  body?: Name extends keyof PartValues ? Omit<PartValues[Name], "html"> : object,
): void;
declare function keepBodies(wanted: ReadonlyMap<string, PageBody>): void;

type CoveredAnswer = Awaited<ReturnType<StaticEngine["cover"]>>;
type Judgement = Awaited<ReturnType<StaticEngine["askGate"]>>;
