/*
  Simulates events around runs, and plays seeds that once revealed a defect. In a separate file, because each file has
  its own process and timeout, which slow machines need.
*/
import t from 'tap'
import { deepTest, seeds } from '../helpers/runs.js'
import { firstAroundSeed, firstOldJournalSeed } from './around-scenario.js'
import { keptSeeds } from './kept-seeds.js'
import { failureText } from './report.js'
import { simulate } from './simulate.js'

const aroundSeedCount = seeds(120)

t.test(`${aroundSeedCount} simulations of events around runs keep every promise`, async t => {
  const said = new Set<string>()
  for (let seed = firstAroundSeed; seed < firstAroundSeed + aroundSeedCount; seed++) {
    const { complaints, runs } = await simulate(seed)
    if (complaints.length > 0) t.fail(failureText(await simulate(seed, true)))
    for (const { result } of runs) {
      if (result?.alreadyLoaded === true) said.add('already loaded')
      if (result?.error) said.add(result.error.code)
    }
  }
  if (aroundSeedCount < 100) return t.comment('too few seeds for every outcome')
  const expected = ['already loaded', 'DDB_LOCKED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED']
  for (const text of expected) t.ok(said.has(text), text)
})

/** The printed text of each failing seed. */
async function failuresOf(seeds: Iterable<number>): Promise<string[]> {
  const failures: string[] = []
  for (const seed of seeds) {
    const { complaints } = await simulate(seed)
    if (complaints.length > 0) failures.push(failureText(await simulate(seed, true)))
  }
  return failures
}

const oldJournalSeedCount = seeds(30)

deepTest(t, `${oldJournalSeedCount} runs with a restored journal keep every promise`, async t => {
  const played = Array.from({ length: oldJournalSeedCount }, (_, n) => firstOldJournalSeed + n)
  t.strictSame(await failuresOf(played), [])
})

deepTest(t, 'seeds that once revealed a defect keep every promise', async t => {
  t.strictSame(await failuresOf(keptSeeds.keys()), [])
})
