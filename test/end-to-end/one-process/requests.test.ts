/*
  Counts the requests of a small load. Each request is a round trip on a slow network.
*/
import t from 'tap'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { csv, streamScript } from '../../helpers/delivery.js'

const ofLogin = /^(|scramClientFirst|scramClientFinal|getDynamicPublicKey|login)$/

for (const [mode, most] of [
  ['async', 9],
  ['sync', 9],
] as const) {
  t.test(`a load of one file of 1,000 rows sends at most ${most} requests: ${mode}`, async t => {
    const requests: string[] = []
    const written = closedGate()
    let own = ''
    const here = await startLoadServer(t, streamScript, {
      before: ({ text, sessionId, rows }) => {
        if (sessionId === own || ofLogin.test(text)) return undefined
        requests.push(text)
        if (rows === 1_000) return { answer: () => void written.open() }
        // The run reads its ledger until the batch has its outcome: here, once.
        return text.startsWith('select streamNo') ? { until: written.opened } : undefined
      },
    })
    own = here.session.id
    requests.length = 0
    const folder = t.testdir({ 'a.csv': csv(1_000) })
    const result = await here.load(`${folder}/a.csv`, { delivery: { mode } })
    t.match(result, { exitCode: 0, rows: { confirmed: 1_000 } })
    t.ok(requests.length <= most, requests.map(text => text.slice(0, 60)).join('\n---\n'))
  })
}
