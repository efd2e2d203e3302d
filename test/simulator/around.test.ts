/* Simulates events around runs, and plays seeds that once revealed a defect. In a separate file, because each file has its own process and
   timeout, which slow machines need. */
import t from 'tap'
import { deepTest, seeds } from '../helpers/runs.js'
import { firstAroundSeed, firstOldJournalSeed } from './around-scenario.js'
import { keptSeeds } from './kept-seeds.js'
import { playSeeds } from './play-seeds.js'

const aroundSeedCount = seeds(120)

t.test(`${aroundSeedCount} simulations of events around runs keep every promise`, async t => {
  const said = new Set<string>()
  await playSeeds(t, [firstAroundSeed, aroundSeedCount], ({ runs }) => {
    for (const { result } of runs) {
      if (result?.alreadyLoaded === true) said.add('already loaded')
      if (result?.error) said.add(result.error.code)
    }
  })
  if (aroundSeedCount < 100) return t.comment('too few seeds for every outcome')
  const expected = ['already loaded', 'DDB_LOCKED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED']
  for (const text of expected) t.ok(said.has(text), text)
})

const oldJournalSeedCount = seeds(30)

deepTest(t, `${oldJournalSeedCount} runs with a restored journal keep every promise`, t =>
  playSeeds(t, [firstOldJournalSeed, oldJournalSeedCount]),
)

deepTest(t, 'seeds that once revealed a defect keep every promise', async t => {
  for (const seed of keptSeeds.keys()) await playSeeds(t, [seed, 1])
})
