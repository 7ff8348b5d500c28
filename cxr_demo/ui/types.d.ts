// What the scripts of the page are given and what they share. Only the type check reads this; the page never gets it.

// What Python hands to a component is `props.value` there.
interface Value {
  readonly html: string;
  readonly failed?: boolean; // it could not be made, and says so
}

// What the page shows now: `bodies` holds those that this browser lacks, of the parts and of the pictures that they name.
interface PageValue {
  readonly sequence: number;
  readonly heard: readonly number[]; // presses that it heeds
  readonly at: Identity;
  readonly rest: boolean; // nothing more is to come
  readonly follow: boolean; // the browser must ask for what is to come
  readonly ready: Ready;
  readonly spoken: string;
  readonly parts: Readonly<Record<string, string>>; // part -> id of its body
  readonly needs: readonly string[]; // ids of all bodies, of pictures too
  readonly bodies: Readonly<Record<string, PageBody>>;
}

// Whose everything is that the page shows.
interface Identity {
  readonly film: string;
  readonly checkpoint: string;
  readonly label: string;
  readonly number: number;
}

// What may be chosen without any more work.
interface Ready {
  readonly films: readonly string[];
  readonly labels: readonly string[];
  readonly methods: readonly string[];
}

type PageBody = Value | Picture | PackedMap;

interface Picture {
  readonly source: string;
  readonly greys?: Greys; // where the page has read the film itself
  readonly offered?: readonly Greys[]; // and in the other windows of its file
}

interface PackedMap {
  readonly rows: number;
  readonly columns: number;
  readonly down: Span; // what the rows fill, in shares of the square's side
  readonly across: Span;
  readonly peak: number;
  readonly numbers: string; // 16-bit shares of the peak, deflated, in base64
  readonly values?: Float32Array; // instead of them, where the page has made the map itself
}

// The parts that are more than their markup.
interface ChoiceValues {
  networks: ChoiceValue;
  compare: ChoiceValue;
}

interface PartValues extends ChoiceValues {
  panels: PanelsValue;
  pair: PairValue;
  regions: RegionsValue;
  methods: MethodsValue;
  findings: Value;
  strip: Value;
  table: TableValue;
  take_home: TakeHomeValue;
}

interface TakeHomeValue extends Value {
  readonly film?: string; // key of the film that is shown
  readonly file?: string | null; // address of the one that was made
}

interface ChoiceValue extends Value {
  readonly value: string;
}

interface TableValue extends Value {
  readonly csv: string;
  readonly films?: string; // the same as long as they are the same films
}

interface MethodsValue extends Value {
  readonly chosen: readonly string[];
}

interface PanelsValue extends Value {
  readonly film: Film | null; // none before the first
  readonly about: string; // what is shown: as long as it is the same, so is what a person looks at
  readonly held: boolean; // the maps are shown only when asked for
  readonly contrast?: boolean; // the maps are of the finding against the others
  readonly pinned?: boolean; // the absolute scale is one that a person keeps
  readonly frame: Frame; // of no meaning where there are no maps, as `tables`
  readonly tables: Readonly<Record<Colours, string>>;
  readonly maps: Readonly<Record<string, PanelMap>>; // by method
}

interface PairValue extends Value {
  readonly about: string;
  readonly held: boolean;
  readonly maps: Readonly<Record<string, PairMap>>; // by canvas
  readonly other?: OtherFilm;
}

// Another film, and the canvases that show it.
interface OtherFilm {
  readonly picture: string; // id
  readonly canvases: readonly string[];
}

interface RegionsValue extends Value {
  readonly regions: readonly ToldRegion[];
  readonly how: string; // they are covered while the network is asked; empty: not at all
  readonly cover: Covered | null; // what came of it
}

interface Film {
  readonly picture: string; // ids
  readonly outlines: string | null; // of what was planted in a synthetic film
  readonly deep: string | null; // name of the whole film, where the picture is not all of it
  readonly windows: string | null; // name of the film before any window, where its file offers several
}

type Span = readonly [start: number, stop: number];

// Where the square of the network lies on a map of the film.
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly seenX: Span;
  readonly seenY: Span;
  readonly placedX: Span;
  readonly placedY: Span;
}

interface Pictures {
  readonly smooth: string; // ids
  readonly cells?: string; // of a map that is coarser than the film
}

interface Coloured {
  readonly table: string; // 256 RGBA levels in base64
}

type Colours = "positive" | "signed";
type Scale = "relative" | "absolute";

// The numbers of a map, its colours, and from which magnitude they are full.
type PanelMap = Readonly<Record<Scale, number>> & {
  readonly map: string; // id
  readonly start: number; // of the absolute scale, where that is logarithmic; else 0
  readonly colours: Colours;
  readonly coarse: boolean;
};
type PairMap = Coloured & Pictures;
type Box = readonly [left: number, top: number, width: number, height: number]; // shares of the film
type Outline = readonly (readonly [x: number, y: number])[]; // drawn by hand, closed
type Shape = Box | Outline;

interface DrawnRegion {
  readonly shape: Shape;
  readonly covered: boolean; // once that is asked for
}

interface ToldRegion extends DrawnRegion {
  readonly told: Readonly<Record<string, string>>; // what stands on it, by panel
  readonly name: string; // for those who do not see it
}

// What the network was asked instead of the film.
interface Covered {
  readonly picture: string; // id
  readonly deep: string | null; // name of the whole of it, where the picture is not all
  readonly mark: string; // what stands on it
  readonly text: string;
}

// What a person does, as it is told to Python. A data attribute is one that Python has written.
interface Presses {
  open_page: { film: number };
  open_link: { network: string; label: string; methods: readonly string[]; contrast: boolean };
  take_film: { film: number; path?: string; fault?: string; name: string; show: boolean };
  try_example: { film: number; index: number };
  choose_film: { film: string | undefined };
  show_anyway: { film: string | undefined };
  mend_film: { film: string | undefined; mend: string | undefined };
  remove_film: { film: string | undefined };
  choose_checkpoint: { checkpoint: string };
  choose_label: { label: string | undefined };
  choose_language: undefined;
  choose_methods: { methods: readonly string[] };
  pin_scale: { pinned: boolean };
  contrast_labels: { contrast: boolean };
  draw_regions: { regions: readonly DrawnRegion[] };
  cover_regions: { how: string | undefined }; // empty: no longer
  run_checks: { slow: boolean };
  stop_checks: undefined;
  compare_with: { choice: string };
  swap_films: undefined;
  show_table: { shown: boolean };
  compute_slow: { method: string | undefined };
  take_home: {
    kind: string | undefined;
    panel: string | undefined;
    looked: boolean; // whether the film shows who it is
    absolute: boolean;
    held: boolean;
    opacity: number;
    window: number; // of its file's, 0 for the one that the network reads
    low: number;
    high: number;
    inverted: boolean;
  };
}

// The exam has an event of its own.
interface Triggers {
  step: {
    go: string;
    deck: string;
    state: string;
    language: string;
    own?: readonly { label: string; box: Shape }[];
    final?: readonly string[];
  };
  accept: undefined;
  follow: { presses: readonly object[]; have: readonly string[] };
  look: { have: readonly string[] };
}

// Given by page.py to language.js: codes, the usual one first.
declare const LANGUAGES: readonly string[];
declare const HOST_LANGUAGE: string;

// Given by gr.HTML. What happens inside an element happens to an element, and only some of them take input.
interface Heard {
  click: MouseEvent & { target: Element };
  keydown: KeyboardEvent & { target: Element };
  pointerdown: PointerEvent & { target: Element };
  input: Event & { target: HTMLInputElement };
  submit: SubmitEvent & { target: RegionForm };
}

interface OwnElement extends HTMLElement {
  addEventListener<Name extends keyof Heard>(name: Name, listener: (event: Heard[Name]) => void): void;
}

declare const element: OwnElement;
declare const props: { readonly value: unknown };
declare function trigger<Name extends keyof Triggers | keyof Presses>(name: Name, data?: object): void;
declare function watch(property: "value", changed: () => void): void;

// Given by document.js to all other scripts.
declare function patch(old: Element, fresh: Element): void;
declare function partOf(name: string): HTMLElement;
// What an event has happened in, if the selector finds it there.
declare function within<Selector extends string>(event: Event, selector: Selector): Found<Selector> | null;
declare function on<Kind extends keyof HTMLElementEventMap, Selector extends string>(
  kind: Kind,
  selector: Selector,
  heard: (found: Found<Selector>, event: HTMLElementEventMap[Kind]) => void,
): void;
// Films are chosen, dropped anywhere or pasted.
declare function onFiles(give: (files: readonly File[]) => void): void;
// By its id, what a part shows; by the part's name, what draws it, and what sets its controls.
declare const bodies: Map<string, PageBody>;
// biome-ignore lint/complexity/noBannedTypes: each takes what its part has, by name
declare const parts: Record<string, Function>;
// biome-ignore lint/complexity/noBannedTypes: each takes what its part has, by name
declare const controls: Record<string, Function>;
declare function pictureOf(id: string): Picture;
declare function packedMapOf(id: string): PackedMap;
declare function onPart<Name extends keyof PartValues>(name: Name, draw: (body: PartValues[Name]) => void): void;
declare function onControl<Name extends keyof PartValues>(
  name: Name,
  set: (body: PartValues[Name], at: Identity) => void,
): void;

// Given by stream.js to the scripts of the parts.
declare function reserve(): number; // the number of a press that is not told yet
declare function press<Name extends keyof Presses>(
  name: Name,
  ...data: Presses[Name] extends undefined ? [] : [data: Presses[Name], number?: number]
): void;

// Given by view.js to all that draw on a stage.
type Place = [x: number, y: number];

// Which part of the film is shown: its middle, how many times larger than where all fits; and which of its greys.
interface View {
  zoom: number;
  x: number;
  y: number;
  window: number; // which of its file's windows, 0 for the one that the network reads
  low: number; // share of the film's range that is black
  high: number; // and white
  inverted: boolean;
}

// A film's levels of 16 bits, row by row, and the film half as large once it was asked for.
interface Greys {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint16Array;
  readonly look: Uint16Array | null; // how bright the file wants each level, where that is not as bright as it is
  halved: Greys | null;
}

declare const view: View;
declare function resetView(): void;
declare function partShown(): { readonly left: number; readonly top: number; readonly side: number };
declare function toFilm(stage: Place): Place;
declare function toStage(film: Place): Place;
declare function zoomTo(zoom: number, stage: Place, most: number): void; // what is at this place stays there
declare function lookAt(x: number, y: number): void;
declare function setWindow(level: number, width: number): void;
// At which zoom a pixel of the film is one of a stage that is so many of the screen's across, and the most that is useful.
declare function zoomsOf(film: Greys, across: number): { readonly one: number; readonly most: number };
declare function deepGreysOf(name: string): Promise<Greys & { readonly looks: readonly Uint16Array[] }>;
declare function greysOf(image: HTMLImageElement): Greys;
declare function loadGreys(picture: Picture): Promise<Greys>;
// The part of the film that is looked at, with its greys, in so many pixels; panels of one size share it.
declare function pictureOfFilm(film: Greys, width: number, height: number): ImageData;

// Given by shapes.js to those that know regions.
declare const LEAST: number; // of a side: what is smaller was a click
declare const STEP: number; // of what is shown, for an arrow
declare const CORNERS: readonly ["nw", "ne", "sw", "se"];
declare const ARROWS: Readonly<Record<string, Place>>; // by the name of the key
declare function pullCorner(shape: Shape, corner: string, to: Place): Shape | null; // null where it would be too small
declare function moveByArrow(shape: Shape, event: KeyboardEvent, step: number): Shape; // with Shift its size changes
declare function pointsOf(shape: Shape): Outline; // a box has four
declare function boundsOf(shape: Shape): Box;
declare function fitTo(shape: Shape, bounds: Box): Shape;
declare function moveShape(shape: Shape, by: Place): Shape; // as far as the film reaches
declare function boxBetween(corner: Place, other: Place): Box;
declare function ovalIn(box: Box): Place[]; // an outline for those who have no hand
declare function thinOut(points: readonly Place[], most: number): Place[];

// Given by drawing.js to the scripts that draw.
interface Drawing {
  opacity: number;
  scale: Scale;
  contours: boolean;
  cells: boolean;
  bare: boolean; // the film alone, while somebody holds a key
  readonly swipe: Swipe;
  film: Greys | null;
  covered: Greys | null; // what the film's own panel shows instead of it
  outlines: HTMLImageElement | null;
  outlined: boolean;
}

// A line across every panel, with another one on its right.
interface Swipe {
  isOn: boolean;
  at: number; // share of the panel's width
  readonly beside: Record<string, string>; // panel -> the one that was chosen for its right
}

// A map on its own grid.
interface MapNumbers {
  readonly rows: number;
  readonly columns: number;
  readonly down: Span;
  readonly across: Span;
  readonly values: Float32Array;
}

// A map's picture in its colours, as it was and as squares.
interface Layers {
  readonly source: string;
  readonly smooth: HTMLCanvasElement;
  readonly cells: HTMLCanvasElement;
}

declare const drawing: Drawing;
declare const STAGES: string; // selects where films and maps are looked at
declare function listBeside(canvas: PanelCanvas): readonly PanelCanvas[]; // those of its row, of its shape
declare function besideOf(canvas: PanelCanvas): PanelCanvas | null; // what is seen on the right of its line
declare function loadPicture(source: string): Promise<HTMLImageElement>;
declare function tableOf(map: Coloured): Uint8Array;
declare function numbersOf(map: PackedMap): Promise<MapNumbers>;
declare function rasterise(
  map: MapNumbers,
  frame: Frame,
  table: Uint8Array,
  signed: boolean,
  ends: { readonly limit: number; readonly start: number },
  asCells: boolean,
): HTMLCanvasElement;
declare function layersOf(pictures: Pictures, table: Uint8Array): Promise<Layers>;
declare function paintAll(
  element: HTMLElement,
  layersOfPanel: (panel: string) => Layers | undefined,
  off: boolean,
  asked: boolean,
  filmOfPanel?: (panel: string) => Greys | null, // where they show more films than one
): void;

interface DocumentEventMap {
  "cxr-drawing": Event; // the panels were drawn
  "cxr-painted": Event; // some canvases were
  "cxr-view": Event; // another part of the film, or other greys, are to be drawn
}

// Markup that Python writes with these attributes and fields.
interface PanelCanvas extends HTMLCanvasElement {
  readonly dataset: {
    readonly panel: string;
    readonly text: string;
    readonly off: string;
    readonly width: string;
    readonly height: string;
  };
}

// A threshold as the browser gets it: as a person reads it, its mark on the bar in percent, how many of 100 who have the
// finding are at or above it, how many of 100 who have not, and whether the film's score is.
type ThresholdStep = readonly [text: string, left: number, found: number, wrong: number, isAbove: boolean];

interface ThresholdSlider extends HTMLInputElement {
  readonly dataset: { readonly steps: string; readonly cost: string; readonly above: string; readonly below: string };
}

interface RegionForm extends HTMLFormElement {
  readonly elements: HTMLFormControlsCollection & Readonly<Record<"x" | "y" | "width" | "height", HTMLInputElement>>;
}

// A selector says what it finds: "input.truth" an input, ".region" any element, "form button, a" a button or a link.
type Before<Text, Mark extends string> = Text extends `${infer Start}${Mark}${string}` ? Start : Text;
type Last<Text> = Text extends `${string} ${infer Rest}` ? Last<Rest> : Text;
type Found<Selector> = Selector extends `${infer One}, ${infer Rest}`
  ? Found<One> | Found<Rest>
  : Before<Before<Before<Last<Selector>, ".">, "[">, ":"> extends infer Tag extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[Tag]
    : Element;

interface Element {
  closest<Selector extends string>(selector: Selector): Found<Selector> | null;
}

interface ParentNode {
  querySelector<Selector extends string>(selector: Selector): Found<Selector> | null;
  querySelectorAll<Selector extends string>(selector: Selector): NodeListOf<Found<Selector>>;
}

// Of the pages of a class, in `class_calls.js`.
interface ClassAnswer {
  readonly error?: string; // why it cannot be, in a sentence
  readonly over?: boolean; // the class is no more
  readonly html?: string;
  readonly number?: number; // of what is shown: what comes later has a higher one
  readonly has?: number; // the film whose picture it brings
  readonly picture?: string; // as a style
  readonly code?: string;
  readonly taken?: boolean;
}
type Heed = (found: ClassAnswer) => void;
declare const room: HTMLElement;
declare const lost: HTMLElement; // where the page complains
declare const here: string; // the address of the class
declare function complain(text: string): void; // "" takes it back
declare function rest(milliseconds: number): Promise<void>;
declare function post(name: string, told: object): Promise<Response>;
declare function ask(name: string, told: object): Promise<ClassAnswer>; // again until there is an answer
declare function follow(name: string, who: () => object | null, heed: Heed): Promise<void>; // until nobody is there
declare function makeToken(): string; // nobody guesses it
declare function describePage(): { readonly has: number };
declare function takeFilm(found: ClassAnswer): void;
declare function recall(name: string): string;
declare function remember(name: string, value: string): void; // "" forgets it
