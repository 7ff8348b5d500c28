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
