/* Which tests share a process. Starting a process takes longer than most tests, so there are few processes, each about as long as the
   others. They start in this order: the ones first that take longest when all tests run. */
import t from 'tap'

/** Files below test/ without `.test.ts`. A `room` stands for all files of its folder (test/helpers/room.ts). */
export const parts: readonly (readonly string[])[] = [
  [
    'end-to-end/connections/room',
    'end-to-end/runs/room',
    'end-to-end/containers',
    'end-to-end/kills',
    'end-to-end/same-table',
  ],
  ['simulator/simulator', 'simulator/around'],
  ['kernel/reader'],
  ['server/room', 'client/room', 'oracle/room', 'platform/room', 'selftest/room'],
  ['parse/room', 'kernel/kernel', 'kernel/code', 'source/room', 'infer/room'],
  ['simulator/several-seeds', 'statements/statements'],
  ['end-to-end/inputs/room', 'end-to-end/delivery-matrix'],
  ['cli/room', 'end-to-end/one-process/room'],
  ['simulator/resumed', 'simulator/seeds'],
  ['load/room', 'fuzz/kept', 'protocol/room', 'schema/room', 'wire/room'],
  'room bin/program scripts/room guide/examples guide/library guide/readme guide/running'.split(
    ' ',
  ),
]

/** @param url  of test/parts/NN.test.ts */
export async function runPart(url: string): Promise<void> {
  const number = Number(/(\d+)\.test\.ts$/.exec(url)![1])
  for (const path of parts[number - 1]!) {
    // As a test, because the import of the next file must wait for the tests of this one: it may call useTurnClock(), say.
    await t.test(path, async () => void (await import(`../${path}.test.js`)))
  }
}
