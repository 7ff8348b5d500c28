// The page as one file: every other file stands in it, packed. This script alone is run as it stands; it starts those
// that the page names, in their order, from addresses that only this browser knows.
(async () => {
  /** @type {(text: string | Uint8Array, type: string) => string} */
  const addressOf = (text, type) => URL.createObjectURL(new Blob([/** @type {BlobPart} */ (text)], { type }));

  /** @param {string} path */
  async function unpack(path) {
    const text = document.getElementById(path)?.textContent ?? "";
    const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  const failure = addressOf(await unpack("engine/failure.js"), "text/javascript");
  const reader = (await unpack("engine/files.js")).replace("./failure.js", failure);
  const { fromPage } = await import(addressOf(reader, "text/javascript"));
  const files = fromPage(document);

  /** @param {{ path: string, run: string }} file */
  async function start({ path, run }) {
    const isStyle = run === "style";
    const element = document.createElement(isStyle ? "link" : "script");
    const done = new Promise((resolve, reject) => {
      element.addEventListener("load", resolve);
      element.addEventListener("error", () => reject(new Error(`${path} did not run`)));
    });
    if (element instanceof HTMLLinkElement)
      Object.assign(element, { rel: "stylesheet", href: addressOf(await files.get(path), "text/css") });
    else
      Object.assign(element, { type: run === "module" ? "module" : "text/javascript", src: await files.address(path) });
    document.head.append(element);
    await done;
  }

  for (const file of JSON.parse(document.getElementById("files")?.textContent ?? "[]")) await start(file);
})();
