/* A server that is given a report of `selftest` answers as the report says: `selftest` finds the same again
   (docs/embedded-server.md#like-another-server). */
import t from 'tap'
import { connectTyped as connect } from '../../src/client/open-session.js'
import { startServer } from '../../src/server/index.js'
import { trySelftest } from '../selftest/run-selftest.js'
import { startServerFor } from '../helpers/load-server.js'

/** A report of the embedded server with other answers. */
const altered: Readonly<Record<string, string>> = {
  'insert: exec count(*) counts': 'LONG',
  'refusals: R10, a refused insert into a table leaves nothing':
    'Incompatible type: column price wants DOUBLE, not STRING',
  'refusals: R10, a refused insert into a stream table leaves nothing':
    'Incompatible type: price of the stream wants DOUBLE',
  'refusals: an unknown variable': 'Cannot recognize the token ddbIngestTestMissing here',
  'refusals: an unknown function': "Can't recognize function ddbIngestTestMissing in line 1",
  'refusals: an unknown function in a call':
    "Can't recognize function ddbIngestTestMissing | called",
  'refusals: an unknown table in a query': "Can't recognize table ddbIngestTestMissing",
  'refusals: an unknown table in a call': "Can't find the object ddbIngestTestMissing",
  'refusals: an unknown name in objByName': "objByName: Can't find the object ddbIngestTestMissing",
  'refusals: catch gives class and text':
    "SYSTEM_Runtime: Can't find the object ddbIngestTestMissing",
  'dfs: R10, a refused insert leaves nothing':
    'v expects type of INT, but it is STRING. RefId:S05004',
  'dfs: rows outside the partition scheme': 'the row is dropped, tableInsert answers 2',
  'dfs: a null in the partition column': 'A key cannot contain NULL values. RefId: S01001',
}
const rows = Object.entries(altered).map(
  ([name, found]) =>
    `| pass | ${name} | ${found.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |\n`,
)
const report = `ddb-ingest 0.1.0 selftest\n\n* server: 2.00.12 2024.01.02\n\n${rows.join('')}`

t.test('selftest finds what the report says, with the names of its own run', async t => {
  const { result } = await trySelftest(t, {
    server: { report },
    names: [...Object.keys(altered), 'receipts: R1, three batches, one of them wrong'],
  })
  t.match(result.serverVersion, /^2\.00\.12 /)
  for (const { name, status, reason } of result.checks) {
    t.equal(status, 'pass', `${name}: ${reason}`)
    const found = reason
      .replace(/ddbIngestTest_[0-9a-f]{16}_\d+_/g, 'ddbIngestTest_1_2_')
      .replace(/: [^<;]*=> </g, ': <')
    t.equal(found, altered[name] ?? '', name)
  }
})

t.test('what the report of a guest calls refused or mixed is refused, in asked names', async t => {
  const words = 'the server refuses what the check needs: &lt;NoPrivilege>not for you'
  const mixed = 'asynchronous: mixed-flags on one session'
  const guest = `${report}| skipped | dfs: tableInsert | ${words} |
| fail | ${mixed} | a question does not see what was sent before it. Depends on it: receipts |\n`
  const names = ['dfs: tableInsert', 'create: a partition a day', mixed]
  const { result, server } = await trySelftest(t, { server: { report: guest }, names })
  t.match(Object.fromEntries(result.checks.map(({ name, reason }) => [name, reason])), {
    [names[0]!]: /<NoPrivilege>not for you$/,
    [names[1]!]: /not for you$/,
    [mixed]: /does not see/,
  })
  const session = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => session.close())
  await t.rejects(session.run('select * from trades'), /Can't recognize table trades$/)
  await t.rejects(session.run('1 +\n nothing'), /Cannot recognize the token nothing here$/)
})

t.test('a report of few findings, and a text that is none', async t => {
  // What did not come says nothing about the server's words.
  const few = `| fail | refusals: an unknown variable | not understood: ddbIngestTestMissing? |
| fail | refusals: an unknown function | no result within 5000 ms |
| skipped | dfs: tableInsert | the time limit was reached |\n`
  const server = await startServerFor(t, { report: few })
  const session = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => session.close())
  await t.rejects(session.run('nothing'), /^nothing\?$/)
  await t.rejects(session.run('nothing(1)'), /^nothing\?: not in the embedded server$/)
  await t.rejects(session.run('database("dfs://d", VALUE, 1..2)'), /NoPrivilege/)
  t.match(await session.run('version()'), { value: /^3\.00/ })
  for (const report of ['hello', '{', '{}']) {
    await t.rejects(startServer({ port: 0, report }), { code: 'DDB_USAGE' })
  }
})
