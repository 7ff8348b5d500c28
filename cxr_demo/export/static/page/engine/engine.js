// The engine of the static edition, as the page uses it: all of it runs in a worker, every call returns a promise.

import { Failure } from "./failure.js";

export { fromPage, fromServer } from "./files.js";

/**
 * Calls are answered one after the other. What goes wrong is a Failure: a message of the catalogue and its values.
 * @param {{ files: EditionFiles }} given
 * @returns {Promise<StaticEngine>}
 */
export async function openEngine({ files }) {
  const worker = await files.startWorker("engine/worker.js");
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Failure) => void, tell?: (share: number) => void }>} */
  const waiting = new Map();
  let calls = 0;
  let aborting = new AbortController();

  /** @type {(call: string, args?: unknown[], tell?: (share: number) => void) => Promise<any>} */
  const ask = (call, args = [], tell) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject, tell });
      worker.postMessage({ id: calls, call, args });
    });

  /** @type {(want: number, path: string) => Promise<void>} */
  const sendFile = async (want, path) => {
    try {
      const bytes = await files.get(path, (share) => worker.postMessage({ file: want, share }), aborting.signal);
      worker.postMessage({ file: want, bytes }, [bytes.buffer]);
    } catch (error) {
      const { name, values } = error instanceof Failure ? error : new Failure("static-file-missing", { file: path });
      worker.postMessage({ file: want, failure: { name, values } });
    }
  };

  worker.onmessage = ({ data: { id, value, share, failure, want, path } }) => {
    if (want) return void sendFile(want, path);
    const call = waiting.get(id);
    if (share !== undefined) return call?.tell?.(share);
    waiting.delete(id);
    if (failure) call?.reject(new Failure(failure.name, failure.values));
    else call?.resolve(value);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Failure("static-not-computed", { why: event.message ?? "" }));
    waiting.clear();
  };

  const edition = await ask("open");
  return {
    edition,
    loadNetwork: (name, tell) => ask("loadNetwork", [name], tell),
    readFilm: (bytes) => ask("readFilm", [bytes]),
    mend: (how) => ask("mend", [how]),
    askGate: (tell) => ask("askGate", [], tell),
    analyse: () => ask("analyse"),
    explain: (label, keys, against = false, { wantsImage = false, onProgress } = {}) =>
      ask("explain", [label, keys, against, wantsImage], onProgress),
    cover: (regions, how) => ask("cover", [regions.map((region) => ("shape" in region ? region.shape : region)), how]),
    stop() {
      worker.postMessage({ stop: calls });
      aborting.abort();
      aborting = new AbortController();
    },
    close: () => worker.terminate(),
  };
}
