// Where the files of an edition come from: a web server, or the page itself where everything is one file.

import { Failure } from "./failure.js";

const COMMENT = /^[ \t]*\/\*\*[\s\S]*?\*\//gm;
const MODULE_PATH = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\s]+)\2/g;

/**
 * @param {string | URL} base address of the folder
 * @returns {EditionFiles}
 */
export function fromServer(base) {
  return {
    address: async (path) => String(new URL(path, base)),
    async startWorker(path) {
      // One from a server would have the policy of that answer, which plain servers do not send; this one has the page's.
      const first = `import ${JSON.stringify(String(new URL(path, base)))};`;
      const address = URL.createObjectURL(new Blob([first], { type: "text/javascript" }));
      return new Worker(address, { type: "module" });
    },
    async get(path, onProgress, signal) {
      try {
        const response = await fetch(new URL(path, base), { signal });
        if (!response.ok || !response.body) throw new Error(String(response.status));
        return await readStream(response.body, Number(response.headers.get("Content-Length")), onProgress);
      } catch {
        throw new Failure(signal?.aborted ? "static-was-stopped" : "static-file-missing", { file: path });
      }
    },
  };
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number} length 0 where nobody says it
 * @param {(share: number) => void} [onProgress]
 */
async function readStream(stream, length, onProgress) {
  const parts = [];
  const reader = stream.getReader();
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    size += next.value.length;
    if (length) onProgress?.(Math.min(1, size / length));
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Addresses that this browser alone knows, of a module and all that it imports. It stands alone: a worker runs it too,
 * which may not read the page's addresses where that was opened from a disk.
 * @param {Readonly<Record<string, string>>} texts by path
 * @param {string} first path
 * @param {RegExp} named what imports look like
 * @param {Record<string, string>} made addresses by path
 * @returns {string}
 */
function linkModules(texts, first, named, made) {
  if (made[first]) return made[first];
  const text = texts[first].replace(named, (whole, before, quote, name) => {
    const path = new URL(name, `http://page/${first}`).pathname.slice(1);
    return path in texts ? `${before}${quote}${linkModules(texts, path, named, made)}${quote}` : whole;
  });
  made[first] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return made[first];
}

// Of a worker that is told the texts of its modules. What comes before they run waits for them.
const FIRST_WORDS = `
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("message", keep);
self.addEventListener("message", ({ data: { texts, path } }) => {
  early.length = 0;
  import(linkModules(texts, path, ${MODULE_PATH}, {})).then(() => {
    self.removeEventListener("message", keep);
    for (const { data } of early) self.dispatchEvent(new MessageEvent("message", { data }));
  });
}, { once: true });
${linkModules}`;

/**
 * Each file is a `<script type="text/plain">` whose id is its path: packed by gzip, in base64. Modules are started from
 * addresses of their own, since a page that was opened by a double click may load no other.
 * @param {Document} document
 * @returns {EditionFiles}
 */
export function fromPage(document) {
  /** @type {Record<string, string>} */
  const made = {};
  /** @type {EditionFiles["get"]} */
  const get = async (path) => {
    const found = document.getElementById(path)?.textContent;
    if (!found) throw new Failure("static-file-missing", { file: path });
    const letters = atob(found.trim());
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
    return path.endsWith(".gz") ? bytes : await unpack(bytes);
  };
  /** @type {(path: string, texts?: Record<string, string>) => Promise<Record<string, string>>} */
  const readModules = async (path, texts = {}) => {
    if (path in texts || !document.getElementById(path)) return texts;
    texts[path] = ""; // it is on its way
    // A comment names modules too, for the type check alone.
    texts[path] = new TextDecoder().decode(await get(path)).replace(COMMENT, "");
    for (const [, , , name] of texts[path].matchAll(MODULE_PATH))
      await readModules(new URL(name, `http://page/${path}`).pathname.slice(1), texts);
    return texts;
  };
  return {
    get,
    address: async (path) => linkModules(await readModules(path), path, MODULE_PATH, made),
    async startWorker(path) {
      const worker = new Worker(URL.createObjectURL(new Blob([FIRST_WORDS], { type: "text/javascript" })));
      worker.postMessage({ texts: await readModules(path), path });
      return worker;
    },
  };
}

/**
 * What gzip packed; other bytes as they are, since a server may have unpacked them.
 * @param {Uint8Array} bytes
 */
export async function unpack(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
