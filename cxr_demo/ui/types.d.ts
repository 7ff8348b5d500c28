// What the scripts of the page are given and what they share. Only the type check reads this; the page never gets it.

// What Python hands to a component is `props.value` there. For most it is the markup alone.
interface Value {
  readonly html: string;
}

interface PanelsValue extends Value {
  readonly film: Film | null; // none before the first
  readonly about: string; // what is shown: as long as it is the same, so is what a person looks at
  readonly held: boolean; // the maps are shown only when asked for
  readonly pinned?: boolean; // the absolute scale is one that a person keeps
  readonly maps: Readonly<Record<string, PanelMap>>; // by method
}

interface PairValue extends Value {
  readonly about: string;
  readonly of: string; // the `about` that the panels must have for this to be true
  readonly held: boolean;
  readonly maps: Readonly<Record<string, PairMap>>; // by canvas
}

interface RegionsValue extends Value {
  readonly region: Region | null;
}

interface Film {
  readonly id: string;
  readonly src: string | null; // none where the browser has it already
  readonly truth: string | null; // outlines of what was planted in a drawn film
}

interface Pictures {
  readonly smooth: string;
  readonly cells?: string; // of a map that is coarser than the film
}

interface Coloured {
  readonly table: string; // 256 RGBA levels in base64
}

type Scale = "relative" | "absolute";
type PanelMap = Coloured & Readonly<Record<Scale, Pictures>>;
type PairMap = Coloured & Pictures;
type Box = readonly [left: number, top: number, width: number, height: number]; // shares of the film

interface Region {
  readonly box: Box;
  readonly told: Readonly<Record<string, string>>; // what stands on it, by panel
}

// What a component tells Python, by event. A data attribute is one that Python has written.
interface Triggers {
  check: { slow: false };
  slow: { slow: true };
  stop: undefined;
  example: { index: number };
  choose: { label: string | undefined };
  guess: { guesses: readonly number[] };
  go_on: { guesses: readonly number[] };
  leave: { method: string | undefined };
  compute: { method: string | undefined };
  pin: { pinned: boolean };
  draw: { box: readonly (number | null)[] | null };
}

// Given by gr.HTML. What happens inside an element happens to an element, and only some of them take input.
interface Heard {
  click: MouseEvent & { target: Element };
  input: Event & { target: HTMLInputElement };
  submit: SubmitEvent & { target: RegionForm };
}

interface OwnElement extends HTMLElement {
  addEventListener<Name extends keyof Heard>(name: Name, listener: (event: Heard[Name]) => void): void;
}

declare const element: OwnElement;
declare const props: { readonly value: unknown };
declare function trigger<Name extends keyof Triggers>(
  name: Name,
  ...data: Triggers[Name] extends undefined ? [] : [Triggers[Name]]
): void;
declare function watch(property: "value", changed: () => void): void;

// Given by drawing.js to the script that it stands in front of, and to all through the page.
interface Drawing {
  opacity: number;
  contours: boolean;
  cells: boolean;
  film: HTMLImageElement | null;
  filmId: string | null;
  about: string | null;
  truth: HTMLImageElement | null;
  outlined: boolean;
}

// A map's picture in its colours, as it was and as squares.
interface Layers {
  readonly source: string;
  readonly smooth: HTMLCanvasElement;
  readonly cells: HTMLCanvasElement;
}

declare const drawing: Drawing;
declare function picture(source: string): Promise<HTMLImageElement>;
declare function tableOf(map: Coloured): Uint8Array;
declare function layersOf(pictures: Pictures, table: Uint8Array): Promise<Layers>;
declare function paintAll(
  element: HTMLElement,
  layersOfPanel: (panel: string) => Layers | undefined,
  off: boolean,
  asked: boolean,
): void;

interface Window {
  cxr: { readonly begin: () => void }; // called by events of gradio
  cxrDrawing?: Drawing;
}

interface DocumentEventMap {
  "cxr-drawing": Event; // the panels were drawn
}

// Markup that Python writes with these attributes and fields.
interface PanelCanvas extends HTMLCanvasElement {
  readonly dataset: { readonly panel: string; readonly text: string; readonly off: string };
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
