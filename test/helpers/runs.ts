/*
  Which inputs the tests try: few in every run of `npm test`, which takes others each time, eight times as many where CI is
  set, many in `npm run test:deep`. TEST_RUNS in the environment sets how many, TEST_SEED repeats a run.
*/

/** Whether there is time enough. */
export const deep: boolean = process.env['TEST_DEEP'] === '1'

/** Who runs `npm test` while working waits for it; elsewhere more is tried. */
const isQuick = !deep && process.env['CI'] === undefined

/** Told at the start of each test, so that inputs that hang or kill the process can be had again. */
export const seed: number = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const timesMore = 20
const timesLess = 8

/** How often a property runs, or how many seeds are simulated. */
export const runs = (usual: number): number =>
  Number(
    process.env['TEST_RUNS'] ??
      Math.ceil(deep ? timesMore * usual : isQuick ? usual / timesLess : usual),
  )

/** Odd, so that the places of a stream are tried at every alignment. */
const oneIn = 31

/** Whether a run tries the input with this number, where there are too many for every run; a deep one tries all. */
export const isTried = (index: number): boolean => deep || index % oneIn === seed % oneIn

/** The cases that a run tries: all of them, or an eighth if `CI` is not set, other ones each time. */
export const tried = <T>(all: readonly T[], atLeast = 1): readonly T[] => {
  if (!isQuick) return all
  const count = Math.max(atLeast, Math.ceil(all.length / timesLess))
  return Array.from({ length: count }, (_, i) => all[(seed + i) % all.length]!)
}
