/* Texts longer than a DFS table can store: the reader rejects each such row before anything is sent, and all other rows load. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkOn } from '../../../src/load/check/check.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { asAdmin, startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'

const script = `db = database("dfs://d", HASH, [INT, 4], engine="TSDB")
names = \`id\`sym\`note\`doc
db.createPartitionedTable(table(1:0, names, [INT,SYMBOL,STRING,BLOB]), \`t, \`id, sortColumns=\`id)
share streamTable(10:0, names, [INT,SYMBOL,STRING,BLOB]) as memory
share loadTable("dfs://d", "t") as handle
def put(mutable data) { tableInsert(loadTable("dfs://d", "t"), data) }
addFunctionView(put)`

const header = 'id,sym,note,doc\n'
const rows = 10_001

/** For each column, the longest text that fits and a text that is one byte too long. */
function fileOf(t: Test): string {
  const lines = Array.from({ length: rows }, (_, id) => {
    if (id === 1) return `${id},${'s'.repeat(255)},${'n'.repeat(65_535)},${'d'.repeat(65_536)}`
    if (id === 5_000) return `${id},${'s'.repeat(256)},x,x`
    if (id === 7_000) return `${id},x,${'n'.repeat(65_536)},x`
    return `${id},s${id % 7},n,d`
  })
  return join(t.testdir({ 'in.csv': `${header}${lines.join('\n')}\n` }), 'in.csv')
}

t.test('a row with a STRING or SYMBOL that is too long is rejected alone', async t => {
  const here = await startLoadServer(t, script)
  const path = fileOf(t)
  const targets: readonly LoadOptions['target'][] = [
    { table: 'dfs://d/t' },
    { table: 'handle' },
    { function: 'put', types: 'id:INT,sym:SYMBOL,note:STRING,doc:BLOB', confirmTable: 'dfs://d/t' },
    { function: 'put', types: '@dfs://d/t', confirmTable: 'dfs://d/t' },
  ]
  for (const [i, target] of targets.entries()) {
    const file = join(t.testdirName, `r${i}.csv`)
    const result = await here.load(path, { target, rejects: { file } })
    t.match(result, { exitCode: 3, rows: { confirmed: rows - 2, rejected: 2, unconfirmed: 0 } })
    t.strictSame(result.rejects.byCode, { DDB_INPUT_RANGE: 2 })
    const reasons = readFileSync(`${file}.reasons.ndjson`, 'utf8')
    t.match(
      reasons,
      /SYMBOL column \\"sym\\": expected at most 255 bytes, .*a STRING column would take the 256/,
    )
    t.match(
      reasons,
      /STRING column \\"note\\": expected at most 65535 bytes, .*a BLOB column would take the 65536/,
    )
  }
})

t.test('a STRING or SYMBOL that no official client would send is rejected alone', async t => {
  const here = await startLoadServer(t, script)
  const [fits, tooLong] = ['n'.repeat(262_143), 'n'.repeat(262_144)]
  const lines = [`1,${fits},${fits},d`, `2,${tooLong},n,d`, `3,s,${tooLong},d`, `4,s,n,${tooLong}`]
  const path = join(t.testdir({ 'in.csv': `${header}${lines.join('\n')}\n` }), 'in.csv')
  const result = await here.load(path, {
    target: { table: 'memory' },
    rejects: { onError: 'skip' },
  })
  t.match(result, { exitCode: 3, rows: { confirmed: 2, rejected: 2 } })
  t.match(
    result.rejects.first[0]?.message,
    /at most 262143 bytes, as servers read in one text \(a BLOB/,
  )
})

deepTest(t, 'in-memory tables accept texts longer than DFS tables do', async t => {
  const here = await startLoadServer(t, script)
  const result = await here.load(fileOf(t), { target: { table: 'memory' } })
  t.match(result, { exitCode: 0, rows: { confirmed: rows, rejected: 0 } })
  const [[sym], [note]] = [
    await here.rows('select sym from memory where id = 5000'),
    await here.rows('select note from memory where id = 7000'),
  ]
  t.equal(sym?.[0]?.length, 256)
  t.equal(note?.[0]?.length, 65_536)
})

deepTest(t, 'a check reports long texts, and a long constant is refused at once', async t => {
  const here = await startLoadServer(t, script)
  const path = fileOf(t)
  const options = { inputs: [path], server: asAdmin(here.server), target: { table: 'dfs://d/t' } }
  const checked = await checkOn(systemPlatform, options)
  t.match(checked, { exitCode: 3, rows: { fit: rows - 2, rejected: 2 } })
  t.strictSame(
    checked.problems.map(({ columnName, lineNumber, code }) => [columnName, lineNumber, code]),
    [
      ['sym', 5_002, 'DDB_INPUT_RANGE'],
      ['note', 7_002, 'DDB_INPUT_RANGE'],
    ],
  )
  const mapping = { set: { sym: 's'.repeat(256) }, ignoreExtra: true }
  const set = await here.load(path, { ...options, mapping })
  t.match(set, {
    exitCode: 64,
    error: { code: 'DDB_USAGE', message: /expected at most 255 bytes/ },
  })
  const lenient = await here.load(path, { ...options, cells: { lenient: true } })
  t.match(lenient, { exitCode: 0, rows: { confirmed: rows } })
  t.equal(lenient.columns.find(({ name }) => name === 'note')?.coerced, 1)
})

deepTest(t, 'JSON and another encoding: the limit applies to the stored bytes', async t => {
  const here = await startLoadServer(t, script)
  const target = { table: 'dfs://d/t' }
  const escaped = '\\u00e9'.repeat(128)
  const json = [escaped, escaped.slice(6)].map(
    (sym, id) => `{"id":${id},"sym":"${sym}","note":"","doc":""}\n`,
  )
  const dir = t.testdir({
    'a.ndjson': json.join(''),
    'b.csv': Buffer.from(
      `${header}1,${'\xe9'.repeat(128)},n,d\n2,${'\xe9'.repeat(127)},n,d\n`,
      'latin1',
    ),
  })
  for (const [name, input] of [
    ['a.ndjson', {}],
    ['b.csv', { encoding: 'latin1' }],
  ] as const) {
    const rejects = { onError: 'skip' } as const
    const result = await here.load(join(dir, name), { target, input, rejects })
    t.match(result, { exitCode: 3, rows: { confirmed: 1, rejected: 1 } }, name)
  }
})
