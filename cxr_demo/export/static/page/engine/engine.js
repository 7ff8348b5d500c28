// The engine of the static edition, as the page uses it: all of it runs in a worker, every call returns a promise.

import { Failure } from "./failure.js";

export { fromPage, fromServer } from "./files.js";

const WORKER = "engine/worker.js";
const PATIENCE_MS = 8000; // after a stop, for what cannot be interrupted; then the worker is ended
const CLOCK = 2; // the seconds that a film may take are those of a processor: so many more by the clock

/**
 * Calls are answered one after the other. What goes wrong is a Failure: a message of the catalogue and its values. A
 * worker that hangs is ended, and one that is started anew is told the network and the film again.
 * @param {{ files: EditionFiles }} given
 * @returns {Promise<StaticEngine>}
 */
export async function openEngine({ files }) {
  /** @type {Map<number, WaitingCall>} */
  const waiting = new Map();
  const known = {
    network: "",
    film: /** @type {Uint8Array | null} */ (null),
    mends: /** @type {string[]} */ ([]),
    number: 0,
  };
  /** @type {Worker | null} */
  let worker = null;
  /** @type {Promise<EditionFacts> | null} */
  let starting = null;
  let calls = 0;
  let aborting = new AbortController();

  /** @type {(call: string, args: unknown[], tell?: (share: number) => void) => Promise<any>} */
  const askNow = (call, args, tell) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject, tell, call, args, isSent: true, isReplay: true });
      worker?.postMessage({ id: calls, call, args });
    });

  const begin = async () => {
    const fresh = await files.startWorker(WORKER);
    worker = fresh;
    fresh.onmessage = ({ data }) => receive(fresh, data);
    fresh.onerror = () => restart(new Failure("static-file-missing", { file: WORKER }), calls);
    const edition = await askNow("open", [known.number - (known.film ? 1 + known.mends.length : 0)]);
    if (known.network) await askNow("loadNetwork", [known.network]);
    if (known.film) await askNow("readFilm", [known.film]);
    for (const how of known.mends) await askNow("mend", [how]);
    return edition;
  };

  /** @type {() => Promise<EditionFacts>} */
  const start = () => {
    if (starting) return starting;
    const own = begin();
    starting = own;
    own.catch(() => {
      if (starting === own) starting = null; // the next call tries again
    });
    return own;
  };

  /** @param {number} id */
  const send = (id) =>
    start().then(
      () => {
        const call = waiting.get(id);
        if (!call || call.isSent) return;
        call.isSent = true;
        worker?.postMessage({ id, call: call.call, args: call.args });
      },
      (error) => {
        waiting.get(id)?.reject(error);
        waiting.delete(id);
      },
    );

  /** @type {(call: string, args?: unknown[], tell?: (share: number) => void) => Promise<any>} */
  const ask = (call, args = [], tell) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject, tell, call, args, isSent: false, isReplay: false });
      send(calls);
    });

  /**
   * Ends the worker: calls up to `last` get the failure, the others go to the next worker.
   * @param {Failure} failure
   * @param {number} last
   */
  const restart = (failure, last) => {
    if (worker) worker.onmessage = null;
    worker?.terminate();
    [worker, starting] = [null, null];
    for (const [id, call] of [...waiting]) {
      clearTimeout(call.timer);
      call.isSent = false;
      if (id > last && !call.isReplay) continue;
      waiting.delete(id);
      call.reject(failure);
    }
    for (const id of waiting.keys()) send(id);
  };

  /** @type {(target: Worker, want: number, path: string) => Promise<void>} */
  const sendFile = async (target, want, path) => {
    try {
      const bytes = await files.get(path, (share) => target.postMessage({ file: want, share }), aborting.signal);
      target.postMessage({ file: want, bytes }, [bytes.buffer]);
    } catch (error) {
      const { name, values } = error instanceof Failure ? error : new Failure("static-file-missing", { file: path });
      target.postMessage({ file: want, failure: { name, values } });
    }
  };

  /** @type {(target: Worker, told: any) => void} */
  const receive = (target, { id, begun, value, share, failure, want, path }) => {
    if (want) return void sendFile(target, want, path);
    const call = waiting.get(id);
    if (!call) return;
    if (begun) {
      if (call.call !== "readFilm") return;
      const tooSlow = () => restart(new Failure("film-too-slow", { seconds: begun }), id);
      call.timer = setTimeout(tooSlow, CLOCK * 1000 * begun);
      return;
    }
    if (share !== undefined) return call.tell?.(share);
    clearTimeout(call.timer);
    waiting.delete(id);
    if (failure) return call.reject(new Failure(failure.name, failure.values));
    call.resolve(value);
  };

  const edition = await start();
  return {
    edition,
    async loadNetwork(name, tell) {
      const network = await ask("loadNetwork", [name], tell);
      known.network = name;
      return network;
    },
    async readFilm(bytes) {
      const film = await ask("readFilm", [bytes]);
      Object.assign(known, { film: bytes, mends: [], number: film.number });
      return film;
    },
    async mend(how) {
      const film = await ask("mend", [how]);
      known.mends.push(how);
      known.number = film.number;
      return film;
    },
    askGate: (tell) => ask("askGate", [], tell),
    analyse: () => ask("analyse"),
    explain: (label, keys, against = false, { wantsImage = false, onProgress } = {}) =>
      ask("explain", [label, keys, against, wantsImage], onProgress),
    cover: (regions, how) => ask("cover", [regions.map((region) => ("shape" in region ? region.shape : region)), how]),
    stop() {
      const last = calls;
      worker?.postMessage({ stop: last });
      aborting.abort();
      aborting = new AbortController();
      setTimeout(() => {
        if ([...waiting.keys()].some((id) => id <= last)) restart(new Failure("static-was-stopped"), last);
      }, PATIENCE_MS);
    },
    close: () => worker?.terminate(),
  };
}
