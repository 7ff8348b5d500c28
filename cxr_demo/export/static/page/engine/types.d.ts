// What the engine of the static edition shares with its page. Only the type check reads this.

// A message of the catalogue and what goes into it: words and whole numbers as they are, other messages, and numbers
// that are written by `formatSignificant` or with so many digits.
interface Message {
  readonly name: string;
  readonly values: Readonly<Record<string, MessageValue>>;
}
type MessageValue =
  | string
  | number
  | Message
  | { readonly significant: number }
  | { readonly digits: readonly [value: number, digits: number] }
  | { readonly percent: number };

// How a film becomes the square of a network.
interface Preparation {
  readonly size_px: number;
  readonly geometry: string; // "stretch", "letterbox" or "crop"
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly crop_share?: number;
}

interface Boxes {
  readonly seenX: [number, number];
  readonly seenY: [number, number];
  readonly placedX: [number, number];
  readonly placedY: [number, number];
}

interface MapPlacement {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

interface RenderFacts {
  readonly clip_percentile: number;
  readonly evidence_floor: number;
  readonly signed_zero: number;
}

interface MapScale {
  readonly shown: "positive" | "signed";
  readonly unit: string;
  readonly limit: number;
  readonly nothing: boolean;
  readonly start: number;
}

type Verdict = "above" | "below" | "most probable" | "less probable" | "cannot tell" | "no threshold";

// Files of the edition by their paths; `address` starts a module.
interface EditionFiles {
  get(path: string, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<Uint8Array>;
  address(path: string): Promise<string>;
  startWorker(path: string): Promise<Worker>;
}

type DrawnShape = readonly number[] | readonly (readonly number[])[]; // a box, or the points of an outline, in shares

// A map's values, row by row, and where its cells lie on the square.
interface PlacedValues {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
  readonly placement: MapPlacement;
}

interface WaitingCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly tell?: (share: number) => void;
  readonly call: string;
  readonly args: unknown[];
  isSent: boolean;
  readonly isReplay: boolean; // of what a worker before this one was told
  timer?: ReturnType<typeof setTimeout>;
}

interface Tools {
  readonly tell: (share: number) => void;
  readonly pause: () => Promise<void>;
}

interface GraphInput {
  readonly values: Float32Array;
  readonly shape: number[];
}

interface GraphFile {
  readonly file: string;
  readonly sha256: string;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

// What the engine reads of edition.json, networks/<name>/manifest.json and gate/manifest.json.
interface EditionFacts {
  readonly networks: readonly { readonly name: string; readonly manifest_sha256: string }[];
  readonly gate: { readonly manifest_sha256: string } | null;
  readonly programs: Readonly<Record<string, string>>; // hashes of what is no script in lib/, by path
  readonly render: RenderFacts;
  readonly limits: Readonly<Record<string, number>>;
}

interface NetworkFacts {
  readonly name: string;
  readonly task: string; // "multi-label" or "single-label"
  readonly temperature: number;
  readonly labels: readonly LabelFacts[];
  readonly preprocess: Preparation;
  readonly weights_sha256: string;
  readonly graphs: Readonly<Record<string, GraphFile>>;
  readonly methods: readonly MethodFacts[];
}

interface LabelFacts {
  readonly key: string;
  readonly threshold: number | null;
  readonly quality: { readonly can_tell: boolean };
}

interface MethodFacts {
  readonly key: string;
  readonly name: Readonly<Record<string, string>>;
  readonly shown: "positive" | "signed";
  readonly unit: { readonly key: string; readonly amount: string };
  readonly is_linear: boolean;
  readonly placement: MapPlacement;
}

interface GateFacts {
  readonly size_px: number;
  readonly kinds: readonly string[];
  readonly named: Readonly<Record<string, number>>; // the share from which each kind is named
  readonly limits: { readonly least_odds: number; readonly most_distance: number; readonly most_mirrored: number };
  readonly weights_sha256: string;
  readonly graphs: Readonly<Record<string, GraphFile>>;
}

// What the engine answers.
interface Doubt extends Message {
  readonly kind: string;
  readonly measures: readonly Message[];
  readonly mend: string | null;
}

interface EngineAnswer {
  readonly logits: number[];
  readonly probabilities: number[];
  readonly decisions: Verdict[];
  readonly members?: number[]; // logits of all members of an ensemble, one after the other
  readonly network: string;
  readonly number: number; // of the film
}

interface EngineMap {
  readonly network: string;
  readonly number: number; // of the film
  readonly key: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array; // as on the square
  readonly placement: MapPlacement;
  readonly scale: MapScale;
  readonly ticks: readonly string[];
  readonly sum: number;
  readonly logit: number; // what the map explains
  readonly onImage: Float32Array | null; // on the film's pixels, where it was wanted
}

interface FilmTold {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly kind: string;
  readonly notes: readonly Message[];
  readonly windows: FilmWindows | null;
  readonly mends: readonly string[];
  readonly isColour: boolean;
  readonly sides: readonly [left: string, right: string] | null;
  readonly levels16: Uint16Array;
}

interface StaticEngine {
  readonly edition: EditionFacts;
  loadNetwork(name: string, onProgress?: (share: number) => void): Promise<NetworkFacts>;
  readFilm(bytes: Uint8Array, fileName?: string): Promise<FilmTold>;
  mend(how: string): Promise<FilmTold>;
  askGate(onProgress?: (share: number) => void): Promise<{ answer: "usual" | "question"; reasons: Doubt[] }>;
  analyse(): Promise<EngineAnswer>;
  explain(
    label: string,
    methods: readonly string[],
    against?: boolean,
    settings?: { wantsImage?: boolean; onProgress?: (share: number) => void },
  ): Promise<EngineMap[]>;
  cover(
    regions: readonly (DrawnShape | { readonly shape: DrawnShape })[],
    how: string,
  ): Promise<EngineAnswer & { covered: { width: number; height: number; levels16: Uint16Array } }>;
  stop(): void;
  close(): void;
}

type Stored = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;
type Values = Stored | Float64Array;

// What a file stores: one plane of grey or three of colour, and how they become upright.
interface StoredPicture {
  readonly width: number;
  readonly height: number;
  readonly planes: Values[];
  readonly alpha: Uint8Array | Uint16Array | null;
  readonly bits: number; // that the file states
  readonly orientation: number; // as EXIF numbers it
  readonly isWhiteZero?: boolean;
}

// Upright, 0..1.
interface ReadPlanes {
  readonly width: number;
  readonly height: number;
  readonly planes: Float32Array[];
  readonly header?: FilmHeader;
  readonly windows?: FilmWindows | null;
}

// What a DICOM file says of its picture; empty or null where it says nothing that can be read.
interface FilmHeader {
  readonly modality: string;
  readonly view: string;
  readonly bodyPart: string;
  readonly orientation: readonly [right: string, down: string] | null;
  readonly hasWords: boolean | null;
  readonly isFlipped: boolean | null;
}

// How a DICOM file wants its film to be seen: the first name is that of the film's pixels, `greys` are of the others.
interface FilmWindows {
  readonly names: readonly (Message | string)[];
  readonly levels: Uint16Array;
  readonly greys: readonly Uint16Array[];
}

interface EngineFilm {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array; // 0..1, bright is dense
  readonly notes: readonly Message[];
  readonly kind: string;
  readonly isColour: boolean;
  readonly header: FilmHeader | null;
  readonly windows: FilmWindows | null;
  readonly mends: readonly string[];
}

interface DicomLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly photometric: string;
  readonly planar: number;
  readonly allocated: number;
  readonly stored: number;
  readonly high: number;
  readonly isSigned: boolean;
}

interface LookupTable {
  readonly first: number; // the value that has the first entry
  readonly entries: Uint8Array | Uint16Array;
  readonly white: number;
}

// Of dicom-parser, as far as it is used.
interface DicomElement {
  readonly dataOffset: number;
  readonly length: number;
  readonly encapsulatedPixelData?: boolean;
  readonly fragments?: readonly { readonly position: number; readonly length: number }[];
  readonly items?: readonly { readonly dataSet: DicomDataSet }[];
}
interface DicomDataSet {
  readonly byteArray: Uint8Array;
  readonly elements: Readonly<Record<string, DicomElement>>;
  readonly position: number;
  string(tag: string): string | undefined;
  uint16(tag: string, index?: number): number;
}
interface DicomParser {
  parseDicom(bytes: Uint8Array, options: { TransferSyntaxUID?: string }): DicomDataSet;
  readPart10Header(bytes: Uint8Array): DicomDataSet;
}

// What lies beside the engine once an edition is made.
declare module "*/lib/dicom-parser.js" {
  const parser: DicomParser;
  export default parser;
}
declare module "*/lib/fflate.js" {
  export function inflateSync(bytes: Uint8Array): Uint8Array;
  export function unzlibSync(bytes: Uint8Array, settings: { out: Uint8Array }): Uint8Array;
}
declare module "*/lib/fast-png/index.js" {
  export function decode(bytes: Uint8Array): {
    width: number;
    height: number;
    depth: number;
    channels: number;
    data: Uint8Array | Uint8ClampedArray | Uint16Array;
    palette?: number[][];
    transparency?: Uint16Array;
  };
}
declare module "*/lib/jpeg-lossless.js" {
  export class Decoder {
    decompress(buffer: ArrayBuffer): ArrayBuffer;
  }
}
interface ByteDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  delete(): void;
}
interface DecoderModule {
  readonly J2KDecoder: new () => ByteDecoder;
  readonly JpegLSDecoder: new () => ByteDecoder;
}
declare module "*/lib/charls.js" {
  const load: (settings: object) => Promise<DecoderModule>;
  export default load;
}
declare module "*/lib/openjpeg.js" {
  const load: (settings: object) => Promise<DecoderModule>;
  export default load;
}
declare module "*/lib/noble/sha2.js" {
  export function sha256(bytes: Uint8Array): Uint8Array;
}
declare module "*/lib/ort.js" {
  export const env: { logLevel: string; wasm: { numThreads: number; wasmBinary?: ArrayBuffer } };
  export class Tensor {
    constructor(type: "float32", data: Float32Array, dims: readonly number[]);
    readonly data: Float32Array;
  }
  export class InferenceSession {
    static create(graph: Uint8Array, settings: object): Promise<InferenceSession>;
    run(feeds: Record<string, Tensor>, wanted?: string[]): Promise<Record<string, Tensor>>;
    release(): Promise<void>;
  }
}
