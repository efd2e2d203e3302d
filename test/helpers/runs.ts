/*
  Which inputs the tests try. Each run of `npm test` tries a few different ones, eight times as many if CI is set;
  `npm run test:deep` tries many. TEST_RUNS in the environment sets how many, TEST_SEED repeats a run.
*/

export const deep: boolean = process.env['TEST_DEEP'] === '1'

/** `npm test` tries less during development, because somebody waits for it. */
const isQuick = !deep && process.env['CI'] === undefined

/** Printed at the start of each test, so that inputs that hang or kill the process can be repeated. */
export const seed: number = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const timesMore = 20
const timesLess = 8

/** How often a property runs, or how many seeds are simulated. */
export const runs = (usual: number): number =>
  Number(
    process.env['TEST_RUNS'] ??
      Math.ceil(deep ? timesMore * usual : isQuick ? usual / timesLess : usual),
  )

/** Odd, so that positions in a stream are tried at every alignment. */
const oneIn = 31

/** Whether a run tries this input, if there are too many for every run; a deep run tries all. */
export const isTried = (index: number): boolean => deep || index % oneIn === seed % oneIn

/** The cases that a run tries: all if deep or if `CI` is set, else an eighth, which differs from run to run. */
export const tried = <T>(all: readonly T[], atLeast = 1): readonly T[] => {
  if (!isQuick) return all
  const count = Math.max(atLeast, Math.ceil(all.length / timesLess))
  return Array.from({ length: count }, (_, i) => all[(seed + i) % all.length]!)
}
