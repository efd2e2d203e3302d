/* What the tests of simulations have in common: they play seeds, and every seed must keep every promise. */
import type { Test } from 'tap'
import { failureText } from './report.js'
import { simulate, type Simulation } from './simulate.js'

/** Plays seeds from the first one on, and fails for each that breaks a promise. */
export async function playSeeds(
  t: Test,
  [first, count]: readonly [first: number, count: number],
  look: (played: Simulation) => void = () => undefined,
  play = simulate,
): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const played = await play(seed)
    if (played.complaints.length > 0) t.fail(failureText(await play(seed, true), play !== simulate))
    look(played)
  }
}
