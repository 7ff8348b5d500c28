// What a network says of a film of the exam, and the maps of what it names.
import { openEngine } from "./engine/engine.js";
import { fitShape, MAP_SIDE_PX } from "./engine/shape.js";
import { findFrame } from "./fields.js";
import { findStandings } from "./findings.js";
import { findMethod, placeMap } from "./maps.js";

const METHODS = ["grad-cam", "lrp-epsilon-plus-flat"];
const OPACITY = 0.7;

/** @typedef {{ label: string, key: string, source: string, limit: number }} DrawnMap */
/** @typedef {{ network: Manifest, standings: import("./findings.js").Standing[], maps: DrawnMap[] }} Advice */

/**
 * What is laid over the film; "" where a map holds next to nothing.
 * @param {EngineMap} made
 * @param {Manifest} network
 * @param {Frame} frame
 * @param {Edition} edition
 */
function drawLayer(made, network, frame, edition) {
  const { limit, nothing, shown } = made.scale;
  if (nothing) return "";
  const colours = tableOf({ table: edition.render.tables[shown] });
  const table = colours.map((value, at) => (at % 4 === 3 ? value * OPACITY : value));
  const map = placeMap(made, findMethod(network, made.key));
  return rasterise(map, frame, table, shown === "signed", { limit, start: 0 }, false).toDataURL();
}

/**
 * An engine of its own, so that the film of the page stays where it is; it leaves when nobody needs it. One film is asked
 * about once.
 * @param {Edition} edition
 * @param {EditionFiles} files
 */
export function openAdviser(edition, files) {
  /** @type {Promise<StaticEngine> | null} */
  let opening = null;
  /** @type {Map<string, Promise<Advice>>} */
  const known = new Map();
  /** @type {Promise<unknown>} */
  let running = Promise.resolve(); // one after the other
  let asked = 0;

  /**
   * @param {string} name of the network
   * @param {string} path of the film
   * @param {readonly string[]} choices nothing else is named
   */
  async function ask(name, path, choices) {
    opening ??= openEngine({ files });
    const own = opening;
    own.catch(() => {
      opening = null; // the next film tries again
    });
    const engine = await own;
    const network = /** @type {Manifest} */ (await engine.loadNetwork(name));
    const { width, height } = await engine.readFilm(await files.get(path), path);
    const { probabilities } = await engine.analyse();
    const isNamed = (/** @type {import("./findings.js").Standing} */ how) =>
      how.isCalled && choices.includes(how.label.key);
    const standings = findStandings(network, probabilities).filter(isNamed);
    const keys = METHODS.filter((key) => network.methods.some((method) => method.key === key));
    const frame = findFrame(network.preprocess, ...fitShape(width, height, MAP_SIDE_PX));
    const maps = [];
    for (const { label } of standings)
      for (const made of await engine.explain(label.key, keys)) {
        const source = drawLayer(made, network, frame, edition);
        maps.push({ label: label.key, key: made.key, source, limit: made.scale.limit });
      }
    return { network, standings, maps };
  }

  return {
    /** @type {(name: string, path: string, choices: readonly string[]) => Promise<Advice>} */
    ask(name, path, choices) {
      const of = `${name} ${path}`;
      const found = known.get(of);
      if (found) return found;
      asked += 1;
      const asking = running
        .then(() => ask(name, path, choices))
        .finally(() => {
          asked -= 1;
        });
      running = asking.catch(() => known.delete(of)); // the next try asks anew
      known.set(of, asking);
      return asking;
    },
    /** Unless it is being asked. */
    leave() {
      if (asked || !opening) return;
      opening.then((engine) => engine.close());
      opening = null;
      known.clear();
    },
  };
}
