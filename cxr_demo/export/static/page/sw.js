// Keeps what the page has loaded, for a visit without a network; with one, what is there is always asked for first.
const KEPT = "cxr-demo";
const worker = /** @type {any} */ (globalThis);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

/** @param {readonly string[]} addresses */
async function keep(addresses) {
  const cache = await caches.open(KEPT);
  const own = addresses.filter((address) => address.startsWith(location.origin)); // not those of a blob
  for (const address of new Set(own)) {
    const answer = await fetch(new Request(address, { cache: "force-cache" }));
    if (answer.ok) await cache.put(address, answer);
  }
}

/** @param {Request} request */
async function answer(request) {
  try {
    const fresh = await fetch(request);
    if (fresh.ok) (await caches.open(KEPT)).put(request, fresh.clone()).catch(() => {});
    return fresh;
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

worker.addEventListener("message", (/** @type {any} */ event) => {
  event.waitUntil(keep(event.data).then(() => event.source?.postMessage("kept")));
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === location.origin) event.respondWith(answer(request));
});
