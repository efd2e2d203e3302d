/*
  Which tests a run has, and which inputs they try.

  | run | tests | inputs and seeds |
  |---|---|---|
  | `npm test` | one of each kind | an eighth, of simulations a 48th |
  | one file, with `npx tap` | all of the file | an eighth |
  | `.ci/run` (CI is set) | all | as many as the tests say |
  | `npm run test:deep` | all | twenty times as many |

  TEST_RUNS sets the number of inputs, TEST_SEED repeats a run. `.ci/run` takes the seed from the content of the commit, so
  that its verdict can be repeated; all other runs draw new inputs.
*/
import fc from 'fast-check'
import type { Test } from 'tap'

export const deep: boolean = process.env['TEST_DEEP'] === '1'

const isInCi = process.env['CI'] !== undefined

/** A developer waits for this run, so it tries fewer inputs. */
const isQuick = !deep && !isInCi

/** Whether this is the run that everybody starts after each change. */
export const everyday: boolean = isQuick && process.env['TEST_EVERYDAY'] === '1'

type Body = (t: Test) => Promise<unknown> | void

/**
 * `t.test` for a test that everyday runs omit: it takes long, and another test of its kind is in every run.
 */
export function deepTest(
  t: Test,
  title: string,
  ...rest: [body: Body] | [options: { readonly skip?: boolean | string }, body: Body]
): void {
  if (everyday) return
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  void t.test(title, options, body)
}

/** Printed at the start of each test, so that a run can be repeated even if an input hangs or kills the process. */
export const seed: number = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const timesMore = 20
const timesLess = 8

if (process.env['TEST_SEED'] !== undefined) fc.configureGlobal({ seed })

/** How often a property is tested, or how many seeds are simulated if some kinds must occur. */
export const runs = (usual: number): number =>
  Number(
    process.env['TEST_RUNS'] ??
      Math.ceil(deep ? timesMore * usual : isQuick ? usual / timesLess : usual),
  )

type Arbitraries<Values extends unknown[]> = { [At in keyof Values]: fc.Arbitrary<Values[At]> }

/** Asserts that a property holds for random inputs, in CI for `usual` many. A failure prints its seed and path. */
export const forAll =
  (usual: number) =>
  <Values extends [unknown, ...unknown[]]>(
    ...property: [...Arbitraries<Values>, holds: (...values: Values) => boolean | void]
  ): void =>
    fc.assert(fc.property(...property), { numRuns: runs(usual), seed })

/** `forAll` for a property that has to be waited for. */
export const forAllAsync =
  (usual: number) =>
  <Values extends [unknown, ...unknown[]]>(
    ...property: [...Arbitraries<Values>, holds: (...values: Values) => Promise<boolean | void>]
  ): Promise<void> =>
    fc.assert(fc.asyncProperty(...property), { numRuns: runs(usual), seed })

/** How many seeds are simulated where a few show what the test is about. */
export const seeds = (usual: number): number => (everyday ? Math.ceil(usual / 48) : runs(usual))

/** An odd number, so that the tried positions in a stream have every alignment. */
const oneIn = 31

/** Whether this run tries this input. For tests with too many inputs for every run; a deep run tries all. */
export const isTried = (index: number): boolean => deep || index % oneIn === seed % oneIn

/** The cases that this run tries: all if the run is deep or `CI` is set, else a part that depends on the seed. */
export const tried = <T>(all: readonly T[], atLeast = 1): readonly T[] => {
  if (!isQuick) return all
  const count = Math.max(atLeast, Math.ceil(all.length / timesLess))
  return Array.from({ length: count }, (_, i) => all[(seed + i) % all.length]!)
}

/** The cases that everyday runs try: a part that depends on the seed. All other runs try all cases. */
export const sampled = <T>(all: readonly T[], atLeast = 1): readonly T[] =>
  everyday ? tried(all, atLeast) : all
