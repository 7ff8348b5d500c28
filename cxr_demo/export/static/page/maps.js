// Maps as the engine gives them: which are there, what made them and where they lie.

/** @typedef {EngineMap | "coming" | { fault: () => string }} Entry */

/**
 * @param {Entry} entry
 * @returns {entry is EngineMap}
 */
export const isMade = (entry) => typeof entry === "object" && "values" in entry;

/**
 * As it lies on the square.
 * @param {EngineMap} made
 * @param {ManifestMethod} method
 */
export const placeMap = (made, { placement }) => ({
  rows: made.rows,
  columns: made.columns,
  down: placement.rows,
  across: placement.columns,
  values: made.values,
});

/** @param {Manifest} network @param {string} key */
export const findMethod = (network, key) =>
  /** @type {ManifestMethod} */ (network.methods.find((method) => method.key === key));

/** @param {EngineMap} made @param {Manifest} network */
export const isCoarse = (made, network) => made.rows < network.preprocess.size_px;
