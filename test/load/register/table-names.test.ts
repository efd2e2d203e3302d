import t from 'tap'
import { ledgerNumberOf, ledgerName, newToken } from '../../../src/load/register/register.js'
import { isRunId } from '../../../src/load/checked-options.js'
import { scriptText } from '../../helpers/hostile-text.js'
import { forAll } from '../../helpers/runs.js'

t.test('a token has 63 random bits and is never 0', async t => {
  const tokenOf = (...bytes: number[]): bigint =>
    newToken({ number: () => 0, bytes: () => Uint8Array.from(bytes) })
  t.equal(tokenOf(0, 0, 0, 0, 0, 0, 0, 0), 1n)
  t.equal(tokenOf(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0), 0x1234_5678_9abc_def1n)
  t.equal(tokenOf(255, 255, 255, 255, 255, 255, 255, 255), 2n ** 63n - 1n, 'a positive LONG')
})

t.test('a run id has no sign that could end a string in a script', async () => {
  forAll(100)(scriptText, text => !isRunId(text) || /^[\w.-]+$/.test(text))
})

t.test('the ledgers of a run differ', async t => {
  t.equal(ledgerName(0x1234n, 1), 'ddbIngestLedger8_0000000000001234')
  t.equal(ledgerName(0x1234n, 2), 'ddbIngestLedger8_0000000000001234_2')
})

t.test('the ledgers of a run are distinguished from those of other runs', async t => {
  t.ok(ledgerNumberOf(0x12n, ledgerName(0x12n, 1)))
  t.ok(ledgerNumberOf(0x12n, ledgerName(0x12n, 7)))
  t.ok(ledgerNumberOf(0x12n, 'ddbIngestLedger_0000000000000012_7'), 'of another version')
  for (const name of [ledgerName(0x123n, 1), `${ledgerName(0x12n, 1)}3`, 'ddbIngestRuns']) {
    t.notOk(ledgerNumberOf(0x12n, name), name)
  }
})
