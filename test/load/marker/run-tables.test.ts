import fc from 'fast-check'
import t from 'tap'
import { ledgerName, markerName } from '../../../src/load/marker/run-tables.js'

/** Every run id that the command line allows. */
const runId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/)

t.test('two run ids never have one marker, and a marker is a DolphinDB name', async t => {
  const alike = ['a-b', 'a_b', 'a.b', 'ab', 'aB', 'a_ub', 'a__b', 'A_b', 'a_h', 'a-', 'a.d']
  t.equal(new Set(alike.map(markerName)).size, alike.length)
  fc.assert(
    fc.property(runId, runId, (a, b) => {
      const isName = /^ddbIngest_[a-z0-9_]+$/.test(markerName(a))
      return isName && (a === b) === (markerName(a) === markerName(b))
    }),
  )
})

t.test('no marker has the name of a ledger, and ledgers of one run differ', async t => {
  const token = 0x1234n
  t.equal(ledgerName(token, 1), 'ddbIngestLedger_0000000000001234')
  t.equal(ledgerName(token, 2), 'ddbIngestLedger_0000000000001234_2')
  fc.assert(fc.property(runId, id => !markerName(id).startsWith('ddbIngestLedger')))
})
