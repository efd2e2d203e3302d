/*
  Real processes and SIGKILL: the loader, the server or both, forty times where CI is set. `npm run soak` does the same more
  often.
*/
import { join } from 'node:path'
import t from 'tap'
import { runs } from '../helpers/runs.js'
import { playRound } from '../soak/round.js'
import { drawScene } from '../soak/scene.js'

/** Each target once, in rounds that kill often. */
const seeds = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110]
const killsPerRound = runs(4)

for (const seed of seeds) {
  const scene = drawScene(seed, killsPerRound)
  t.test(`${scene.target.name}, ${scene.confirm}, round ${seed}`, async t => {
    const { ends, complaints } = await playRound(scene, join(t.testdir(), 'round'))
    t.strictSame(complaints, [], ends.join('; '))
  })
}
