import fc from 'fast-check'
import t from 'tap'
import { isLedgerOf, ledgerName, markerName } from '../../../src/load/marker/run-tables.js'

/** Run IDs that the command line allows. */
const runId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/)

t.test('different run IDs have different markers, and each marker is a DolphinDB name', async t => {
  const alike = ['a-b', 'a_b', 'a.b', 'ab', 'aB', 'a_ub', 'a__b', 'A_b', 'a_h', 'a-', 'a.d']
  t.equal(new Set(alike.map(markerName)).size, alike.length)
  fc.assert(
    fc.property(runId, runId, (a, b) => {
      const isName = /^ddbIngest_[a-z0-9_]+$/.test(markerName(a))
      return isName && (a === b) === (markerName(a) === markerName(b))
    }),
  )
})

t.test('no marker is named like a ledger, and the ledgers of a run differ', async t => {
  const token = 0x1234n
  t.equal(ledgerName(token, 1), 'ddbIngestLedger5_0000000000001234')
  t.equal(ledgerName(token, 2), 'ddbIngestLedger5_0000000000001234_2')
  fc.assert(fc.property(runId, id => !markerName(id).startsWith('ddbIngestLedger')))
})

t.test('the ledgers of a run are distinguished from those of other runs', async t => {
  t.ok(isLedgerOf(0x12n, ledgerName(0x12n, 1)))
  t.ok(isLedgerOf(0x12n, ledgerName(0x12n, 7)))
  t.ok(isLedgerOf(0x12n, 'ddbIngestLedger_0000000000000012_7'), 'of another version')
  for (const name of [ledgerName(0x123n, 1), `${ledgerName(0x12n, 1)}3`, markerName('a')]) {
    t.notOk(isLedgerOf(0x12n, name), name)
  }
})
