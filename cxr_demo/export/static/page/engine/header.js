// What a DICOM file says of its picture beside the pixels. Twin of `film.header`.

const SOP_ROOT = "1.2.840.10008.5.1.4.1.1.";
const NO_FILM = ["RTDOSE", "SEG", "SR", "PR", "KO", "DOC", "RTPLAN", "RTSTRUCT", "REG", "ECG"];
/** @type {Record<string, string>} */
const NO_FILM_CLASSES = {
  481.2: "RTDOSE", 481.3: "RTSTRUCT", 481.5: "RTPLAN", 66.4: "SEG", 88.59: "KO", 88: "SR", 11: "PR", 104: "DOC",
  66.1: "REG", 9: "ECG",
}; // biome-ignore format: a table
/** @type {Record<string, string>} */
const IMAGE_CLASSES = {
  2: "CT", 4: "MR", 3.1: "US", 6.1: "US", 6.2: "US", 20: "NM", 128: "PT", 1.2: "MG", 1.3: "IO", 77: "XC",
  "13.1.3": "MG", 481.1: "RTIMAGE",
}; // biome-ignore format: a table

/**
 * @param {import("./dicom_tags.js").Tags} tags
 * @returns {FilmHeader}
 */
export function readHeader(tags) {
  const orientation = tags.texts("PatientOrientation").map((word) => word.toUpperCase());
  const isPair = orientation.length === 2 && orientation.every((word) => /^[AFHLPR]{1,3}$/.test(word));
  const answer = (/** @type {string} */ keyword) => ({ YES: true, NO: false })[tags.text(keyword)] ?? null;
  return {
    modality: tags.text("Modality") || findModality(tags, IMAGE_CLASSES),
    view: tags.text("ViewPosition"),
    bodyPart: tags.text("BodyPartExamined"),
    orientation: isPair ? [orientation[0], orientation[1]] : null,
    hasWords: answer("BurnedInAnnotation"),
    isFlipped: answer("FieldOfViewHorizontalFlip"),
  };
}

/**
 * The letters of the picture's left and right edge; null where the rows do not run between R and L.
 * @param {FilmHeader | null} header
 * @returns {[string, string] | null}
 */
export function findSides(header) {
  const right = header?.orientation?.[0][0];
  if (right === "L") return ["R", "L"];
  return right === "R" ? ["L", "R"] : null;
}

/**
 * What the SOP class means, by the longest start of it.
 * @param {import("./dicom_tags.js").Tags} tags
 * @param {Record<string, string>} classes
 */
function findModality(tags, classes) {
  const last = `${tags.text("SOPClassUID").replace(SOP_ROOT, "")}.`;
  const fitting = Object.keys(classes).filter((start) => last.startsWith(`${start}.`));
  return classes[fitting.sort((one, other) => other.length - one.length)[0]] ?? "";
}

/**
 * The modality of a file that holds no picture of a patient; "" for a picture.
 * @param {import("./dicom_tags.js").Tags} tags
 */
export function findOtherContent(tags) {
  const modality = findModality(tags, NO_FILM_CLASSES) || tags.text("Modality");
  return NO_FILM.includes(modality) ? modality : "";
}
