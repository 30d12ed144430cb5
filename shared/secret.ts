/** A secret on its way through the program: whatever prints the object that holds it prints `[secret]`. */

const HIDDEN = '[secret]';

export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** For the one place that uses it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  // What Node's `util.inspect` (and with it `console`) asks for.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
