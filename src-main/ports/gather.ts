/** What comes within one turn of the thread is done together. */

/** `work` gets at most `most` items at a time, and makes one result for each, in order; its error is everybody's. */
export function gathering<T, R>(
  most: number,
  work: (items: readonly T[]) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  interface Waiting {
    item: T;
    resolve: (result: R) => void;
    reject: (error: unknown) => void;
  }
  async function workOn(some: readonly Waiting[]): Promise<void> {
    try {
      const results = await work(some.map(({ item }) => item));
      for (const [n, { resolve }] of some.entries()) resolve(results[n] as R);
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }

  const wait = sayingTogether<Waiting>((all) => {
    for (let i = 0; i < all.length; i += most) void workOn(all.slice(i, i + most));
  });
  return (item) =>
    new Promise<R>((resolve, reject) => {
      wait({ item, resolve, reject });
    });
}

/** `send` gets all that was said within one turn, in order. */
export function sayingTogether<T>(send: (all: readonly T[]) => void): (one: T) => void {
  let waiting: T[] = [];
  function sendAll(): void {
    const all = waiting;
    waiting = [];
    send(all);
  }
  return (one) => {
    if (waiting.length === 0) setImmediate(sendAll);
    waiting.push(one);
  };
}
