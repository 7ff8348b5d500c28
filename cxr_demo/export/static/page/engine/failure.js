/** What a person can be told of what went wrong: a message of the catalogue and what goes into it. */
export class Failure extends Error {
  /**
   * @param {string} name
   * @param {Record<string, MessageValue>} values
   */
  constructor(name, values = {}) {
    super(name);
    this.name = name;
    this.values = values;
  }
}

/** @type {(name: string, values?: Record<string, MessageValue>) => Message} */
export const say = (name, values = {}) => ({ name, values });

/**
 * Other mistakes are RangeErrors too: a read behind the end of a damaged file.
 * @param {unknown} error
 */
export const isMemoryError = (error) =>
  typeof error === "number" || (error instanceof Error && /alloc|memory/i.test(error.message));

/**
 * A part of the edition that few need; a Failure with its name where it cannot be loaded.
 * @template Library
 * @param {string} file
 * @param {() => Promise<Library>} load
 */
export async function loadLibrary(file, load) {
  try {
    return await load();
  } catch {
    throw new Failure("static-file-missing", { file });
  }
}
