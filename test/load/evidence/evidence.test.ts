import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { Evidence } from '../../../src/load/evidence/evidence.js'
import {
  askIdentity,
  rowOfText,
  rowsIn,
  rowText,
  type SampleRow,
  searchCall,
} from '../../../src/load/evidence/sample-rows.js'
import type { TargetOptions } from '../../../src/load/options.js'
import { describeTarget, type TargetIdentity } from '../../../src/load/target/describe-target.js'
import { isDecimal, type DataType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Faults } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { startRewritingProxy } from '../../helpers/rewriting-proxy.js'

const createPart =
  'database("dfs://d").createPartitionedTable(table(1:0, `id`sym, [INT, SYMBOL]), `t, `id)'
const initScript = `template = table([1, 2, 3] as id, symbol(["A", "b'\\"c", "B"]) as sym)
share streamTable(10:0, \`id\`sym, [INT, SYMBOL]) as stream
share keyedTable(\`id, 10:0, \`id\`sym, [INT, SYMBOL]) as keyed
share table(10:0, \`id\`sym, [INT, SYMBOL]) as plain
database("dfs://d", VALUE, 1..3)
${createPart}
tableInsert(stream, template)
tableInsert(keyed, template)
tableInsert(plain, template)
tableInsert(loadTable("dfs://d", "t"), template)
def put(mutable data) { tableInsert(objByName("stream"), data) }
addFunctionView(put)`

const [stream, keyed, plain] = ['stream', 'keyed', 'plain'].map(table => ({ table }))
const dfs = { table: 'dfs://d/t' }
const put: TargetOptions = { function: 'put', types: 'id:INT,sym:SYMBOL' }

const piece = { ofEarlier: false, sendNos: [1] }

type Looked = Parameters<typeof askIdentity> extends [unknown, ...infer Asked] ? Asked : never

async function scene(t: Test, target: TargetOptions, faults: Faults = {}) {
  const { session } = await startLoadServer(t, initScript, { faults })
  const run = testRun({ target })
  run.control = session
  run.target = await describeTarget(run)
  const look = (...asked: Looked) => askIdentity(run, ...asked)
  return { session, run, look, identity: (await look()).identity }
}

t.test('a target is known by its name, columns and rows, a DFS table by its storage', async t => {
  const known = {
    ...{ name: 'stream', columns: 'id:INT,sym:SYMBOL', inMemory: true, rows: 3, total: 'rows' },
    ...{ physicalIndex: null, chunkId: null },
  }
  const unknown = { ...known, name: 'put', rows: null, total: null }
  const cases: [TargetOptions, Partial<TargetIdentity>][] = [
    [stream!, known as TargetIdentity],
    [keyed!, { rows: 3, total: null }],
    [plain!, { rows: 3, total: 'kept' }],
    [dfs, { name: 'dfs://d/t', inMemory: false, rows: 3, total: null }],
    [put, unknown],
    [
      { ...put, confirmTable: 'stream' },
      { rows: 3, total: 'rows' },
    ],
    [
      { ...put, confirmTable: 'dfs://d/t' },
      { rows: 3, inMemory: false },
    ],
  ]
  for (const [target, expected] of cases) {
    const { identity, look } = await scene(t, target)
    t.match(identity, expected)
    t.strictSame((await look()).identity, identity, 'asked again')
    t.equal(typeof identity.chunkId, identity.inMemory ? 'object' : 'string')
    t.equal(typeof identity.physicalIndex, identity.inMemory ? 'object' : 'string')
  }
})

t.test('if the server refuses, the identity is unknown; a lost server is an error', async t => {
  const refusing = await scene(t, dfs, {
    before: ({ text }) => (/try .*schema/.test(text) ? { error: 'no rights' } : undefined),
  })
  t.match(refusing.identity, { physicalIndex: null, chunkId: null, rows: null })
  refusing.session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
  await t.rejects(refusing.look(), { code: 'DDB_CONNECTION_LOST' })
})

/** The rows in the tables, from which evidence takes its sample. */
const columns = [
  vectorOf({ type: 'INT' }, [1, 2, 3]),
  vectorOf({ type: 'SYMBOL' }, ['A', `b'"c`, 'B']),
]
const insert = (table: string, rows: number): string =>
  `tableInsert(objByName("${table}"), table(take(9, ${rows}) as id, take(\`A, ${rows}) as sym))`
const remake = (make: string, name: string): string =>
  `undef("${name}", SHARED)\nshare ${make} as ${name}`

/** What a look finds once a script has run after the table accepted some rows. */
const looks: readonly {
  readonly target: TargetOptions
  readonly accepted?: number
  /** Whether the rows of the table are in the sample. */
  readonly isSampled?: boolean
  readonly script: string
  readonly change: RegExp | undefined
}[] = [
  { target: plain!, script: insert('plain', 4), change: /had 8 rows, and has 7/ },
  { target: plain!, script: insert('plain', 5), change: undefined },
  { target: plain!, script: insert('plain', 99), change: undefined },
  { target: plain!, accepted: 0, script: 'delete from plain', change: undefined },
  { target: plain!, isSampled: true, script: insert('plain', 5), change: undefined },
  {
    target: plain!,
    isSampled: true,
    script: `delete from plain where id = 1; ${insert('plain', 9)}`,
    change: /rows that this run wrote into it are missing/,
  },
  { target: plain!, script: 'undef("plain", SHARED)', change: /cannot be counted any more/ },
  {
    target: plain!,
    script: remake('table(10:0, `id`sym, [LONG, SYMBOL])', 'plain'),
    change: /columns were id:INT,sym:SYMBOL and are id:LONG,sym:SYMBOL/,
  },
  { target: keyed!, script: 'delete from keyed where id > 1', change: undefined },
  { target: keyed!, script: 'delete from keyed', change: /it has no rows/ },
  { target: keyed!, isSampled: true, script: insert('keyed', 1), change: undefined },
  {
    target: keyed!,
    isSampled: true,
    script: 'update keyed set sym = `C; delete from keyed where id = 3',
    change: /are missing/,
  },
  {
    target: dfs,
    isSampled: true,
    script: 'delete from loadTable("dfs://d", "t") where id = 3',
    change: /are missing/,
  },
  {
    target: dfs,
    script: `dropTable(database("dfs://d"), "t")\n${createPart}`,
    change: /dropped and recreated/,
  },
  {
    target: dfs,
    script: 'dropTable(database("dfs://d"), "t")',
    change: /no longer reports its chunk/,
  },
  {
    target: { ...put, confirmTable: 'stream' },
    script: insert('stream', 4),
    change: /4 rows more than before the run, and the function was given 5/,
  },
  { target: { ...put, confirmTable: 'stream', mayDrop: true }, script: '', change: undefined },
]

t.test('a look finds rows that are gone, and nothing else', async t => {
  for (const { target, accepted = 5, isSampled = false, script, change } of looks) {
    const { session, run, identity } = await scene(t, target)
    const evidence = new Evidence(run, identity)
    evidence.taken(accepted, piece, isSampled ? { columns, rowCount: 3 } : undefined)
    await session.run(script === '' ? '0' : script)
    const look = await evidence.look({ counts: true })
    const what = `${JSON.stringify(target)}, ${script}`
    if (change === undefined) t.equal(look.change, undefined, what)
    else t.match(look.change?.text, change, what)
  }
})

t.test('nobody has learned what a function made of the rows of an earlier process', async t => {
  const sent = [vectorOf({ type: 'INT' }, [8, 7]), vectorOf({ type: 'SYMBOL' }, ['A', 'A'])]
  const cases = [
    [true, [], 3, 'unknown'],
    [true, [], 2, undefined],
    [true, [1], 3, undefined],
    [false, [1], 3, undefined],
  ] as const
  for (const [ofEarlier, sendNos, stored, change] of cases) {
    const target = { ...put, confirmTable: 'stream' }
    const { session, run, identity } = await scene(t, target)
    run.history.found.take({
      ...{ kind: 'facts', hasBatches: true },
      sums: { confirmed: 0, unconfirmed: 2, unsent: 0, filtered: 0 },
    })
    const evidence = new Evidence(run, identity)
    evidence.taken(2, { ofEarlier, sendNos: [...sendNos] }, { columns: sent, rowCount: 2 })
    await session.run(insert('stream', stored))
    t.equal(evidence.learns, sendNos.length > 0, 'rows of others may be where they should be')
    t.equal((await evidence.look()).change?.kind, change)
    t.equal(evidence.sampled().isLearned, stored === 2, 'unless no others have added rows')
    t.equal(evidence.isUnlearned, stored !== 2)
  }
})

t.test('after a lost server, only the table as it is then counts', async t => {
  for (const target of [stream!, { ...put, confirmTable: 'stream' }]) {
    const { session, run, identity } = await scene(t, target)
    const evidence = new Evidence(run, { ...identity, rows: 1_000 })
    evidence.taken(2, piece, { columns, rowCount: 3 })
    evidence.forget()
    await evidence.beginAgain()
    t.match([evidence.learns, run.history.now.target?.rows], [target !== stream, 3])
    await session.run(insert('stream', 2))
    evidence.taken(2, piece, undefined)
    t.equal((await evidence.look()).change, undefined)
    t.equal(evidence.sampled().isLearned, true)
    await session.run(`${remake('streamTable(10:0, `id`sym, [INT, SYMBOL])', 'stream')}
      ${insert('stream', 4)}`)
    t.ok((await evidence.look()).change)
  }
})

t.test('a table that a function writes into is another if it has other columns', async t => {
  const { session, run, identity } = await scene(t, { ...put, confirmTable: 'stream' })
  const evidence = new Evidence(run, identity)
  t.equal((await evidence.look()).change, undefined)
  await session.run(remake('streamTable(10:0, `sym`id, [SYMBOL, INT])', 'stream'))
  const text = /^its columns were id:INT,sym:SYMBOL and are sym:SYMBOL,id:INT$/
  t.match((await evidence.look()).change, { kind: 'other', text })
})

t.test('an empty table has no row to learn, whatever its types', async t => {
  const types = ['INT', 'SYMBOL', 'STRING', 'BOOL', 'UUID', 'DECIMAL32', 'DECIMAL64', 'DECIMAL128']
  for (const type of types as DataType[]) {
    const columns = [vectorOf({ type, ...(isDecimal(type) && { scale: 2 }) }, [])]
    const empty = { form: 'table', name: '', rows: 0, columnNames: ['v'], columns } as const
    t.strictSame(rowsIn([empty], { keyed: false, columns: [] }), [], type)
  }
})

t.test('a look waits for rows that a function stores later', async t => {
  let looks = 0
  const late = async (): Promise<void> => {
    const other = await connect(address())
    await other.run(insert('stream', 2))
    await other.close()
  }
  const target = { ...put, confirmTable: 'stream' }
  const { session, run, identity } = await scene(t, target, {
    before: ({ text }) =>
      text.startsWith('ddbIngestSchema = ""') && ++looks === 4 ? { until: late() } : undefined,
  })
  const address = () => ({ host: session.host, port: session.port })
  const evidence = new Evidence(run, identity)
  evidence.taken(2, piece, undefined)
  const { change, now } = await evidence.look()
  t.strictSame([change, now.rows], [undefined, 5])
})

const row = (id: number | null, text: string): SampleRow => [
  ['id', { form: 'scalar', type: 'INT', value: id }],
  ['sym', { form: 'scalar', type: 'STRING', value: text }],
]

t.test('rows are found by their values, whatever the texts contain', async t => {
  const rows = [row(1, 'A'), row(2, `b'"c`), row(1, 'B'), row(3, '})'), row(2, ''), row(null, 'B')]
  for (const target of [stream!, dfs]) {
    const { look, session } = await scene(t, target)
    const { found } = await look({ rows })
    t.strictSame(found, [true, true, false, false, false, false])
    const table = target === stream ? 'stream' : 'loadTable("dfs://d", "t")'
    await session.run(`tableInsert(${table}, table([2] as id, symbol([""]) as sym))`)
    t.strictSame((await look({ rows: [row(2, '')] })).found, [true])
    const other: SampleRow = [['other', { form: 'scalar', type: 'INT', value: 1 }]]
    t.equal((await look({ rows: [other] })).found, undefined, 'no such column')
    t.equal((await look()).found, undefined)
  }
})

t.test('a request names its function in one line', async t => {
  const script = 'x = 1\ntry {\n    y = x\n} catch(ex) { y = 0 }\n'
  const [text] = searchCall('t', [row(1, 'a'), row(null, 'b')], script, 'y')
  t.notMatch(text, '\n')
})

t.test('the journal has the values of rows of every type', async t => {
  const all: SampleRow = [
    ...row(-1, '"\n'),
    ...row(null, ''),
    ['a', { form: 'scalar', type: 'LONG', value: -(2n ** 62n) }],
    ['b', { form: 'scalar', type: 'DECIMAL64', scale: 2, value: 12_345n }],
    ['c', { form: 'scalar', type: 'UUID', value: new Uint8Array(16).fill(171) }],
    ['d', { form: 'scalar', type: 'DOUBLE', value: 0.1 }],
    ['e', { form: 'scalar', type: 'BOOL', value: false }],
    ['f', { form: 'scalar', type: 'LONG', value: null }],
  ]
  t.strictSame(rowOfText(rowText(all)), all)
})

t.test('a server without some functions is asked for the rest', async t => {
  const { server } = await startLoadServer(t, initScript)
  const missing = /(?<=funcByName\(")(version|getChunksMeta|getConfig|getStreamTables)(?=")/g
  const port = await startRewritingProxy(t, server.port, {
    toServer: chunk => chunk.replace(missing, name => name.replace(/^../, 'no')),
  })
  const session = await connect({ host: server.host, port, user: 'admin', password: '123456' })
  for (const [target, known] of [
    [dfs, { rows: 3, chunkId: null, atomic: 'TRANS', newValues: undefined, version: undefined }],
    [stream!, { rows: 3, total: 'kept', version: undefined }],
  ] as const) {
    const { checked, options } = testRun({ target, journal: { folder: '' } })
    const { state, columns } = await describeTarget({ control: session, checked, options })
    t.match({ ...state, columns: columns.length }, { ...known, columns: 2 })
  }
  await session.close()
})
