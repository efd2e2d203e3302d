/* npm run simulate:defects [-- WORDS]: makes a copy of the project with each deliberate defect, and prints how many seeds the simulator
   needs to find the defect, in the form of the table in docs/reliability.md. With WORDS, tries only defects whose names contain these
   words. */
import { availableParallelism } from 'node:os'
import { seedsNeeded, withCopy } from './defective-copy.js'
import { defects } from './defects.js'

const mostSeeds = 30_000

const words = process.argv.slice(2).join(' ')
const waiting = defects.filter(({ name }) => name.includes(words))
const found = new Map<string, number | undefined>()
await Promise.all(Array.from({ length: availableParallelism() }, () => withCopy(findNext)))

console.log('| defect | seeds needed |\n|---|---|')
for (const [name, seeds] of [...found].sort(([, a = Infinity], [, b = Infinity]) => a - b)) {
  console.log(`| ${name} | ${seeds ?? `more than ${mostSeeds}`} |`)
}
if ([...found.values()].includes(undefined)) process.exitCode = 1

async function findNext(folder: string): Promise<void> {
  for (let defect = waiting.shift(); defect !== undefined; defect = waiting.shift()) {
    const seeds = await seedsNeeded(folder, defect, mostSeeds)
    found.set(defect.name, seeds)
    console.error(`${defect.name}: ${seeds ?? 'not found'}`)
  }
}
