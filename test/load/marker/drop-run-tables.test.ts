import t, { type Test } from 'tap'
import { dropRunTables } from '../../../src/load/marker/drop-run-tables.js'
import { markRun, type RunName } from '../../../src/load/marker/marker.js'
import { ledgerName, markerName } from '../../../src/load/marker/run-tables.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'

const timeoutMs = 60_000
const own: RunName = { runId: 'own', token: 0x12n }
const namesake: RunName = { runId: 'own', token: 0x123n }

async function scene(t: Test, faults: Faults = {}) {
  const { session, rows } = await startLoadServer(t, '1', { faults })
  return {
    drop: (run: RunName) => dropRunTables(session, run, timeoutMs),
    mark: (run: RunName) => markRun(session, run, timeoutMs),
    share: (...names: string[]) =>
      session.run(names.map(name => `share table(1:0, [\`a], [INT]) as ${name};`).join('')),
    tables: async () => (await rows('select name from objs(true) where shared=true')).flat().sort(),
  }
}

t.test('all ledgers and the marker of a run are removed; those of other runs stay', async t => {
  const { drop, mark, share, tables } = await scene(t)
  const ledgers = [ledgerName(own.token, 1), ledgerName(own.token, 2)]
  const others = [ledgerName(0x13n, 1), `${ledgerName(own.token, 1)}0`, 'trades']
  await share(...ledgers, ...others)
  await mark(own)
  t.strictSame((await drop(own)).toSorted(), ledgers)
  t.strictSame(await tables(), others.toSorted())
  t.strictSame(await drop(own), [], 'the second time there is nothing to remove')
})

t.test('a marker of a different run with the same name stays', async t => {
  const { drop, mark, tables } = await scene(t)
  await mark(namesake)
  await drop(own)
  t.strictSame(await tables(), [markerName('own')])
})

t.test('if the server keeps the marker, removing fails', async t => {
  let asked = 0
  const { drop, mark } = await scene(t, {
    // The first script with ddbIngestOwner removes the marker (the table that reserves the run's name).
    beforeExecute: ({ text }) =>
      text.startsWith('ddbIngestOwner = ') && ++asked === 1 ? { error: 'no rights' } : undefined,
  })
  await mark(own)
  await t.rejects(drop(own), { code: 'DDB_SERVER', message: /ddbIngest_own/ })
})
