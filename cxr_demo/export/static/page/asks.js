// What is asked of the engine, which holds one film and one network at a time: the film is taken in first, and an answer
// to another film or of another network is none.
import { desk, edition, engine, files, findExample, nameFilm } from "./desk.js";
import { tellWork } from "./show.js";
import { describeError, formatText } from "./words.js";

/** @typedef {import("./desk.js").GivenFilm} GivenFilm */
/** @typedef {() => boolean} IsOld whether something else is wanted by now */

const STOPPED = { name: "static-was-stopped", values: {} };

/** @param {unknown} error */
export const nameOf = (error) => /** @type {Partial<Message>} */ (error)?.name ?? "";

/**
 * A film that cannot be read has a fault; one that was read before keeps what is known of it, and the fault is thrown.
 * @param {GivenFilm} film
 * @param {IsOld} isOld
 */
export async function takeIn(film, isOld) {
  if (film.fault || (film.read && desk.inEngine === film.id)) return;
  tellWork(formatText("reading-file", { name: nameFilm(film) }));
  try {
    const bytes = await film.open();
    desk.inEngine = "";
    let read = await engine.readFilm(bytes, film.name);
    for (const how of film.mends) read = await engine.mend(how);
    desk.inEngine = film.id;
    film.number = read.number;
    film.outlines ||= await addressOutlines(film).catch(() => ""); // the film is there without them
    film.read ??= read;
    if (isOld()) throw STOPPED; // nothing more is asked of it
  } catch (error) {
    if (film.read || isOld() || nameOf(error) === "static-was-stopped") throw error;
    film.fault = error;
  }
}

/** @type {Map<string, string>} */
const addresses = new Map(); // of outlines, by their file

/** @param {GivenFilm} film */
async function addressOutlines(film) {
  const file = findExample(film)?.outlines;
  if (!file) return "";
  const known = addresses.get(file);
  if (known) return known;
  const blob = new Blob([/** @type {BlobPart} */ (await files.get(file))], { type: "image/png" });
  addresses.set(file, URL.createObjectURL(blob));
  return addresses.get(file) ?? "";
}

/**
 * @template {{ network: string, number: number }} Answer
 * @param {GivenFilm} film
 * @param {Answer} answer
 */
function check(film, answer) {
  const { network, number } = answer;
  if (network !== desk.network?.name || number !== film.number) throw new Error(`${network} ${number}`);
  return answer;
}

/** Whether it is a chest film, where nobody knows. @param {GivenFilm} film @param {IsOld} isOld */
export async function judge(film, isOld) {
  if (!film.read || film.example || film.gate || !edition.gate) return;
  await takeIn(film, isOld);
  if (isOld()) return;
  const text = formatText("browser-asking-gate");
  tellWork(text);
  film.gate = await engine.askGate((share) => isOld() || tellWork(text, share));
  desk.isGateHere = true;
}

/** What the network says of it. @param {GivenFilm} film @param {IsOld} isOld */
export async function analyse(film, isOld) {
  await takeIn(film, isOld);
  tellWork(formatText("asking-network", { name: nameFilm(film) }));
  return check(film, await engine.analyse());
}

/**
 * What goes wrong with one map stands in its place, and the others come.
 * @param {GivenFilm} film
 * @param {string} label
 * @param {string} key
 * @param {string} told what is being done
 * @param {IsOld} isOld
 * @returns {Promise<import("./maps.js").Entry>}
 */
export async function explain(film, label, key, told, isOld) {
  await takeIn(film, isOld);
  tellWork(told);
  try {
    const [made] = await engine.explain(label, [key], desk.contrast);
    return check(film, made);
  } catch (error) {
    if (["static-was-stopped", "static-no-network"].includes(nameOf(error))) throw error;
    return { fault: () => Object.values(describeError(error)).join(" ") };
  }
}

/**
 * @param {GivenFilm} film
 * @param {readonly DrawnRegion[]} regions
 * @param {string} how
 * @param {IsOld} isOld
 */
export async function cover(film, regions, how, isOld) {
  await takeIn(film, isOld);
  tellWork(formatText("cover.asking"));
  return check(film, await engine.cover(regions, how));
}
