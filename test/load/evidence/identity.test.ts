import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ConnectionError } from '../../../src/errors.js'
import { describeTarget } from '../../../src/load/target/describe-target.js'
import { whatChanged } from '../../../src/load/evidence/evidence.js'
import { askIdentity, type TargetIdentity } from '../../../src/load/evidence/identity.js'
import type { TargetOptions } from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { runs } from '../../helpers/runs.js'

const createPart = 'db.createPartitionedTable(table(1:0, `id`sym, [INT,SYMBOL]), `t, `sym)'
const initScript = `share streamTable(10:0, \`time\`sym, [TIMESTAMP,SYMBOL]) as trades
share keyedTable(\`id, 10:0, \`id\`n, [INT,LONG]) as keyed
share table(10:0, \`id\`n, [INT,LONG]) as plain
db = database("dfs://d", VALUE, \`A\`B)
${createPart}
def put(mutable data) { tableInsert(objByName("trades"), data) }
addFunctionView(put)
insert into trades values(now(), \`A)`

async function scene(t: Test, faults: Faults = {}) {
  const { session } = await startLoadServer(t, initScript, { faults })
  return {
    session,
    identity: async (target: TargetOptions): Promise<TargetIdentity> => {
      const { checked, options } = testRun({ target })
      const description = await describeTarget(session, checked, options)
      return (await askIdentity(session, checked, description)).identity
    },
  }
}

t.test('an in-memory table is identified by its name, columns and rows', async t => {
  const { identity } = await scene(t)
  const { server, ...known } = await identity({ table: 'trades' })
  t.strictSame(known, {
    name: 'trades',
    columns: 'time:TIMESTAMP,sym:SYMBOL',
    inMemory: true,
    physicalIndex: null,
    chunkId: null,
    rows: 1,
    total: 'rows',
    adds: true,
  })
  t.match(server, /^127\.0\.0\.1:\d+$/)
  t.match(await identity({ table: 'keyed' }), { rows: 0, total: null, adds: false })
  t.match(await identity({ table: 'plain' }), { rows: 0, total: 'kept', adds: true })
})

t.test('a DFS table has an index that changes when the table is recreated', async t => {
  const { identity, session } = await scene(t)
  const before = await identity({ table: 'dfs://d/t' })
  t.match(before, { name: 'dfs://d/t', inMemory: false, rows: 0, adds: true })
  t.strictSame(await identity({ table: 'dfs://d/t' }), before)
  await session.run(`db = database("dfs://d"); db.dropTable(\`t); ${createPart}`)
  const after = await identity({ table: 'dfs://d/t' })
  t.type(before.physicalIndex, 'string')
  t.not(after.physicalIndex, before.physicalIndex)
  t.match(changeOf(before, after), /recreated/)
})

t.test('for a function, only the table that the user names is counted', async t => {
  const { identity } = await scene(t)
  const put: TargetOptions = { function: 'put', types: 'a:INT' }
  t.match(await identity(put), {
    name: 'put',
    columns: 'a:INT',
    inMemory: true,
    rows: null,
  })
  t.match(await identity({ ...put, confirmTable: 'trades' }), { rows: 1 })
  t.match(await identity({ ...put, confirmTable: 'dfs://d/t' }), { rows: 0, inMemory: false })
})

t.test('if the server refuses, the identity is unknown; a lost server is an error', async t => {
  const refusing = await scene(t, {
    before: ({ text }) => (/count|listTables/.test(text) ? { error: 'no rights' } : undefined),
  })
  t.match(await refusing.identity({ table: 'dfs://d/t' }), { physicalIndex: null, rows: null })
  const { checked } = testRun({ target: { table: 'trades' } })
  refusing.session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
  await t.rejects(askIdentity(refusing.session, checked, { columns: [], keyed: false }), {
    code: 'DDB_CONNECTION_LOST',
  })
})

const table: TargetIdentity = {
  name: 't',
  columns: 'id:INT',
  inMemory: true,
  physicalIndex: null,
  rows: 10,
  chunkId: null,
  total: 'kept',
  adds: true,
  server: 'h:1',
}
const dfs: TargetIdentity = { ...table, inMemory: false, physicalIndex: 'x' }

/** What a look at a table finds whose rows before the run count as evidence. */
function changeOf(
  before: TargetIdentity,
  now: TargetIdentity,
  accepted = 0,
  found: 'all' | 'none' | 'unknown' = 'unknown',
): string | undefined {
  const rows = before.inMemory ? before.rows : null
  const known = { before: rows, accepted, isFunction: false, areSure: true, found }
  return whatChanged(before, now, known)?.text
}

t.test('a table that has lost rows is a different table', async t => {
  t.match(changeOf(table, { ...table, rows: 14 }, 5), /had 15 rows, and has 14/)
  t.equal(changeOf(table, { ...table, rows: 15 }, 5), undefined)
  t.equal(changeOf(table, { ...table, rows: 99 }, 5), undefined, 'others write, too')
  t.equal(changeOf(table, { ...table, rows: 0 }, 0), undefined, 'there was nothing to lose')
  t.equal(changeOf({ ...table, rows: null }, { ...table, rows: 0 }, 5), undefined)
  t.match(changeOf(table, { ...table, rows: null }, 5), /cannot be counted any more/)
})

t.test('rows that are not found are missing, whatever the table has', async t => {
  for (const one of [table, dfs]) {
    t.match(changeOf(one, { ...one, rows: 99 }, 5, 'none'), /missing/)
    t.equal(changeOf(one, { ...one, rows: 99 }, 5, 'all'), undefined)
    t.equal(changeOf(one, { ...one, rows: 99 }, 0, 'none'), undefined, 'none was accepted')
  }
})

t.test('a DFS table is recognized by columns and index if both are known', async t => {
  t.match(changeOf(table, { ...table, columns: 'id:LONG' }), /columns were id:INT and are/)
  t.match(changeOf(dfs, { ...dfs, physicalIndex: 'y', rows: 99 }, 5), /recreated/)
  t.equal(changeOf(dfs, { ...dfs, physicalIndex: null, rows: 99 }, 5), undefined)
  t.equal(changeOf({ ...dfs, physicalIndex: null }, { ...dfs, rows: 99 }, 5), undefined)
  const inChunk = { ...dfs, chunkId: 'c' }
  t.match(changeOf(inChunk, dfs, 5), /no longer reports its chunk/)
})

t.test('a table that only grew has never changed', async () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      fc.boolean(),
      (rows, accepted, more, inMemory, adds) => {
        const before = { ...table, rows, inMemory, adds }
        return changeOf(before, { ...before, rows: rows + accepted + more }, accepted) === undefined
      },
    ),
    { numRuns: runs(200) },
  )
})
