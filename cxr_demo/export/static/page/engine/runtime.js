// onnxruntime-web: graphs whose weights lie in one safetensors file, each checked by its SHA-256 before it is used.

import * as ort from "../lib/ort.js";
import { Failure, isMemoryError, loadLibrary } from "./failure.js";
import { unpack } from "./files.js";

const RUNTIME = "lib/ort-wasm-simd-threaded.wasm.gz";
const WEIGHTS = "model.safetensors";
const MOST_SESSIONS = 4; // each holds the weights once more
// A function that returns a vector: what cannot be compiled where SIMD is missing.
const NEEDS_SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]; // biome-ignore format: bytes

/** @param {(path: string) => Promise<Uint8Array>} getFile */
async function startRuntime(getFile) {
  if (ort.env.wasm.wasmBinary) return;
  if (!globalThis.WebAssembly?.validate(Uint8Array.from(NEEDS_SIMD))) throw new Failure("static-no-simd");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const binary = await unpackFile(RUNTIME, await getFile(RUNTIME));
  ort.env.wasm.wasmBinary = /** @type {ArrayBuffer} */ (binary.buffer);
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 */
async function unpackFile(path, bytes) {
  try {
    return await unpack(bytes);
  } catch {
    throw new Failure("static-file-broken", { file: path });
  }
}

/**
 * The bytes of a file, unpacked, that are what the edition says they are.
 * @param {string} path
 * @param {string} sha256
 * @param {(path: string, onProgress?: (share: number) => void) => Promise<Uint8Array>} getFile
 * @param {(share: number) => void} [onProgress]
 */
export async function getChecked(path, sha256, getFile, onProgress) {
  const bytes = await unpackFile(path, await getFile(path, onProgress));
  if ((await hash(bytes)) !== sha256) throw new Failure("static-file-broken", { file: path });
  return bytes;
}

/**
 * SHA-256 in hexadecimal; by a package where the browser hashes for safe addresses alone.
 * @param {Uint8Array} bytes
 */
async function hash(bytes) {
  const buffer = globalThis.crypto?.subtle
    ? await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes))
    : (await loadLibrary("lib/noble/sha2.js", () => import("../lib/noble/sha2.js"))).sha256(bytes);
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The graphs of a folder that share its weights. */
export class Graphs {
  /**
   * @param {string} folder
   * @param {{ weights_sha256: string, graphs: Readonly<Record<string, GraphFile>> }} manifest
   * @param {(path: string, onProgress?: (share: number) => void) => Promise<Uint8Array>} getFile
   */
  constructor(folder, manifest, getFile) {
    this.folder = folder;
    this.manifest = manifest;
    this.getFile = getFile;
    /** @type {Map<string, ort.InferenceSession>} */
    this.sessions = new Map();
    /** @type {Uint8Array | null} */
    this.weights = null;
  }

  /** @param {(share: number) => void} [onProgress] */
  async load(onProgress) {
    await startRuntime(this.getFile);
    this.weights = await getChecked(
      `${this.folder}/${WEIGHTS}`,
      this.manifest.weights_sha256,
      this.getFile,
      onProgress,
    );
  }

  /**
   * Values by the names of a graph's outputs.
   * @param {string} key
   * @param {Record<string, GraphInput>} inputs
   * @param {string[]} [wanted] outputs; all where it is left out
   * @returns {Promise<Record<string, Float32Array>>}
   */
  async run(key, inputs, wanted) {
    const session = await this.open(key);
    /** @type {Record<string, ort.Tensor>} */
    const feeds = {};
    for (const [name, { values, shape }] of Object.entries(inputs))
      feeds[name] = new ort.Tensor("float32", values, shape);
    const made = await guard(() => (wanted ? session.run(feeds, wanted) : session.run(feeds)));
    return Object.fromEntries(Object.entries(made).map(([name, { data }]) => [name, data]));
  }

  /** @param {string} key */
  async open(key) {
    const known = this.sessions.get(key);
    if (known) {
      this.sessions.delete(key); // it becomes the last to go
      this.sessions.set(key, known);
      return known;
    }
    const { file, sha256 } = this.manifest.graphs[key];
    const graph = await getChecked(`${this.folder}/${file}`, sha256, this.getFile);
    await this.close([...this.sessions.keys()].slice(0, Math.max(0, this.sessions.size + 1 - MOST_SESSIONS)));
    const externalData = [{ path: WEIGHTS, data: /** @type {Uint8Array} */ (this.weights) }];
    const settings = { executionProviders: ["wasm"], graphOptimizationLevel: "all", externalData };
    const session = await guard(() => ort.InferenceSession.create(graph, settings));
    this.sessions.set(key, session);
    return session;
  }

  /** What is asked of it afterwards opens its sessions again. */
  async close(keys = [...this.sessions.keys()]) {
    for (const key of keys) {
      await this.sessions.get(key)?.release();
      this.sessions.delete(key);
    }
  }
}

/**
 * @template Result
 * @param {() => Promise<Result>} compute
 */
async function guard(compute) {
  try {
    return await compute();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw isMemoryError(error) ? new Failure("static-no-memory") : new Failure("static-not-computed", { why });
  }
}
