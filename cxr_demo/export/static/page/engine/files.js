// Where the files of an edition come from: a web server, or the page itself where everything is one file.

import { Failure } from "./failure.js";

const MODULE_PATH = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\s]+)\2/g;

/**
 * @param {string | URL} base address of the folder
 * @returns {EditionFiles}
 */
export function fromServer(base) {
  return {
    address: async (path) => String(new URL(path, base)),
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
 * Each file is a `<script type="text/plain">` whose id is its path: packed by gzip, in base64. Modules are started from
 * addresses of their own, since a page that was opened by a double click may load no other.
 * @param {Document} document
 * @returns {EditionFiles}
 */
export function fromPage(document) {
  /** @type {Map<string, Promise<string>>} */
  const addresses = new Map();
  /** @type {EditionFiles["get"]} */
  const get = async (path) => {
    const found = document.getElementById(path)?.textContent;
    if (!found) throw new Failure("static-file-missing", { file: path });
    const bytes = Uint8Array.from(atob(found.trim()), (letter) => letter.charCodeAt(0));
    return path.endsWith(".gz") ? bytes : await unpack(bytes);
  };
  /** @type {EditionFiles["address"]} */
  const address = (path) => {
    const known = addresses.get(path) ?? makeAddress(path);
    addresses.set(path, known);
    return known;
  };
  /** @param {string} path */
  const makeAddress = async (path) => {
    let text = new TextDecoder().decode(await get(path));
    for (const [whole, before, quote, name] of [...text.matchAll(MODULE_PATH)]) {
      const target = new URL(name, `http://page/${path}`).pathname.slice(1);
      if (!document.getElementById(target)) continue;
      text = text.replaceAll(whole, `${before}${quote}${await address(target)}${quote}`);
    }
    return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  };
  return { get, address };
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
