// Keeps the files of the edition for a visit without a network; with one, what is there is always asked for first.
const EDITION = ""; // the export puts a hash of all files here, so that another edition is another script
const worker = /** @type {any} */ (globalThis);
const OWN = `cxr-demo ${worker.registration.scope} `; // other editions of the same server have theirs
const KEPT = OWN + EDITION;

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(forgetEarlier().then(() => worker.clients.claim()));
});

/** What an earlier edition kept is nobody's any more. */
async function forgetEarlier() {
  const names = await caches.keys();
  const earlier = names.filter((name) => name !== KEPT && (name === "cxr-demo" || name.startsWith(OWN)));
  await Promise.all(earlier.map((name) => caches.delete(name)));
}

/** All files but those of networks that are shown on wish, which are kept once they were chosen. */
async function keepAll() {
  await forgetEarlier(); // once more: the worker before may have had the last word
  const cache = await caches.open(KEPT);
  const { files, networks } = await (await ask("edition.json")).json();
  const others = networks.filter((/** @type {any} */ network) => !network.default);
  const folders = others.map((/** @type {any} */ { name }) => `networks/${name}/`);
  for (const file of ["./", ...files]) {
    const isWanted = !folders.some((/** @type {string} */ folder) => file.startsWith(folder));
    if (isWanted && !(await cache.match(file))) await cache.put(file, await ask(file));
  }
}

/** @type {Promise<void> | null} */
let keeping = null;

/** @param {string} file what a browser holds of an earlier edition is not taken */
async function ask(file) {
  const answer = await fetch(file, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer;
}

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) cache.put(request, fresh.clone()).catch(() => {});
    return fresh;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

worker.addEventListener("message", (/** @type {any} */ event) => {
  keeping ??= keepAll().finally(() => {
    keeping = null;
  });
  event.waitUntil(keeping.then(() => event.source?.postMessage("kept")));
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === location.origin) event.respondWith(answer(request));
});
