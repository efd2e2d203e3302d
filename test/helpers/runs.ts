/*
  Which inputs the tests try: some in every run of `npm test`, which takes others each time, many in
  `npm run test:deep`. TEST_RUNS in the environment sets how many, TEST_SEED repeats a run.
*/

/** Whether there is time enough. */
export const deep: boolean = process.env['TEST_DEEP'] === '1'

/** Told at the start of each test, so that inputs that hang or kill the process can be had again. */
export const seed: number = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const timesMore = 20

/** How often a property runs. */
export const runs = (usual: number): number =>
  Number(process.env['TEST_RUNS'] ?? (deep ? timesMore * usual : usual))

/** Odd, so that the places of a stream are tried at every alignment. */
const oneIn = 31

/** Whether a run tries the input with this number, where there are too many for every run; a deep one tries all. */
export const isTried = (index: number): boolean => deep || index % oneIn === seed % oneIn
