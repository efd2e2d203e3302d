/* npm run soak -- --rounds 500 --from 1: plays rounds with real kills. If a round breaks a promise, prints the round and the command that
   repeats it. The last lines give the counts. `--report` writes the counts into docs/reliability.md. With `--connections 4`, every second
   process of a run has as many connections if the target accepts them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { playRound } from './round.js'
import { drawScene, withConnections, type Scene } from './scene.js'
import { newTally, tallyText, addRound, inReport } from './tally.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    connections: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    report: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const from = Number(values.from)
const connections = Number(values.connections)
const reliability = new URL('../../docs/reliability.md', import.meta.url)

const folder = await mkdtemp(join(tmpdir(), 'ddb-ingest-soak-'))
const tally = newTally()
let next = from

const sceneOf = (seed: number): Scene => withConnections(drawScene(seed), connections)

async function work(): Promise<void> {
  for (let seed = next++; seed < from + rounds; seed = next++) {
    const own = join(folder, String(seed))
    const round = await playRound(sceneOf(seed), own)
    addRound(tally, round)
    const { scene, ends, complaints } = round
    if (values.verbose || complaints.length > 0) {
      console.log(`${seed}: ${scene.target.name}, ${scene.mode}, ${ends.join('; ')}`)
    }
    for (const text of complaints.slice(0, 5)) console.log(`  ${text}`)
    if (complaints.length > 0) {
      const several = `--connections ${connections}`
      console.log(`  ${own}: npm run soak -- --from ${seed} --rounds 1 ${several}`)
    } else {
      await rm(own, { recursive: true })
    }
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work))
console.log(tallyText(tally))
if (tally.failed === 0) await rm(folder, { recursive: true })
if (values.report) {
  await writeFile(reliability, inReport(await readFile(reliability, 'utf8'), tally))
}
process.exitCode = tally.failed > 0 ? 1 : 0
