import { expect, it } from 'vitest';
import { onAbort } from '../../src-main/ports/on-abort.ts';

it('everybody who still waits is told once, in order', () => {
  const controller = new AbortController();
  const told: string[] = [];
  const tell = (name: string) => (): void => {
    told.push(name);
  };
  const twice = tell('twice');
  onAbort(controller.signal, tell('a'));
  const over = onAbort(controller.signal, tell('b'));
  onAbort(controller.signal, twice);
  const overOnce = onAbort(controller.signal, twice);
  over();
  overOnce();
  over();
  expect(told).toEqual([]);
  controller.abort();
  controller.abort();
  expect(told).toEqual(['a', 'twice']);
});

it('whoever stops waiting while the others are told is not told', () => {
  const controller = new AbortController();
  const told: string[] = [];
  onAbort(controller.signal, () => {
    told.push('first');
    over();
  });
  const over = onAbort(controller.signal, () => told.push('second'));
  controller.abort();
  expect(told).toEqual(['first']);
});

it('signals are apart, and one that has aborted calls nobody', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  let calls = 0;
  onAbort(other.signal, () => calls++);
  one.abort();
  onAbort(one.signal, () => calls++);
  expect(calls).toBe(0);
});
