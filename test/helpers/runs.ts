/*
  Which inputs the tests try. Each run of `npm test` tries a few different inputs, or eight times as many if CI is set.
  `npm run test:deep` tries many. TEST_RUNS sets the number, TEST_SEED repeats a run.
*/

export const deep: boolean = process.env['TEST_DEEP'] === '1'

/** `npm test` tries less during development, because a developer waits for it. */
const isQuick = !deep && process.env['CI'] === undefined

/** Printed at the start of each test, so that a run can be repeated even if an input hangs or kills the process. */
export const seed: number = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const timesMore = 20
const timesLess = 8

/** How often a property is tested, or how many seeds are simulated. */
export const runs = (usual: number): number =>
  Number(
    process.env['TEST_RUNS'] ??
      Math.ceil(deep ? timesMore * usual : isQuick ? usual / timesLess : usual),
  )

/** An odd number, so that the tried positions in a stream have every alignment. */
const oneIn = 31

/** Whether this run tries this input. For tests with too many inputs for every run; a deep run tries all. */
export const isTried = (index: number): boolean => deep || index % oneIn === seed % oneIn

/** The cases that this run tries: all if the run is deep or `CI` is set, else an eighth that depends on the seed. */
export const tried = <T>(all: readonly T[], atLeast = 1): readonly T[] => {
  if (!isQuick) return all
  const count = Math.max(atLeast, Math.ceil(all.length / timesLess))
  return Array.from({ length: count }, (_, i) => all[(seed + i) % all.length]!)
}
