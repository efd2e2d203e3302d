/* Plays rounds that kill loader, server or both with SIGKILL: in CI ten rounds of four kills. `npm run soak` plays any number of rounds. */
import { join } from 'node:path'
import t from 'tap'
import { everyday, runs } from '../helpers/runs.js'
import { playRound } from '../soak/round.js'
import { drawScene, withConnections } from '../soak/scene.js'

/** Seeds of rounds with many kills; each target occurs once. */
const seeds = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110]
const killsPerRound = runs(4)

for (const [i, seed] of everyday ? [[0, seeds[0]!] as const] : seeds.entries()) {
  const usual = drawScene(seed, killsPerRound)
  const scene = i % 2 === 0 ? withConnections(usual, 4) : usual
  const { target, mode, connections } = scene
  t.test(`${target.name}, ${mode}, connections ${connections}, round ${seed}`, async t => {
    const { ends, complaints } = await playRound(scene, join(t.testdir(), 'round'))
    t.strictSame(complaints, [], ends.join('; '))
  })
}
