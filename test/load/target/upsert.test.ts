/* Upserts into DFS tables (docs/server-semantics.md#upsert-and-tableupsert): the server adds each row of a batch whose key is new. */
import { join } from 'node:path'
import t from 'tap'
import { Recorder } from '../../../src/load/outcomes/recorder.js'
import type { Evidence } from '../../../src/load/evidence/evidence.js'
import type { Piece } from '../../../src/load/outcomes/pieces.js'
import type { Run } from '../../../src/load/run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const script = `db = database("dfs://d", RANGE, \`A\`C)
db.createPartitionedTable(table(1:0, \`id\`sym\`n, [INT,SYMBOL,INT]), \`t, \`sym)`
/** Key 1 in two partitions, keys that the batch repeats, two rows outside the scheme with one key, and two without a key. */
const rows = '1,A,1\n1,B,2\n2,A,3\n1,A,4\n3,C,5\n2,A,6\n3,C,7\n1,A,8\n,B,9\n,B,10\n'
const target = { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] } as const

for (const version of ['3.00.5', '1.30.22', '2.00.9']) {
  for (const delivery of [{}, { mode: 'sync' }, { confirm: 'none' }] as const) {
    const name = `${JSON.stringify(delivery)} on ${version}`
    t.test(`of rows with one key the last one is stored, once: ${name}`, async t => {
      const here = await startLoadServer(t, script, { version })
      const input = join(t.testdir({ 'a.csv': `id,sym,n\n${rows}` }), 'a.csv')
      for (const nulls of [
        ['B,10', 'B,9'],
        ['B,10', 'B,10', 'B,9', 'B,9'],
      ]) {
        const { rows: counts } = await here.load(input, { target, delivery })
        if (delivery.confirm !== 'none') t.match(counts, { confirmed: 8, rejected: 2 })
        const stored = await here.rows('select id, sym, n from loadTable("dfs://d", "t")')
        // To older servers, nulls are equal.
        const nullKeys = (version === '2.00.9' ? ['B,10'] : nulls).map(one => `,${one}`)
        t.strictSame(stored.map(String).sort(), [...nullKeys, '1,A,8', '1,B,2', '2,A,6'])
      }
    })
  }
}

t.test('a piece with a null in a key is not sent again: no null matches it', t => {
  const recorder = (distinctBy: readonly number[], tableColumns?: []) => {
    const run = {
      checked: { onDoubt: 'ask', target: { kind: 'table', table: { kind: 'dfs' } } },
      target: { keyed: true, tableColumns, upsert: { distinctBy } },
    }
    return new Recorder(run as unknown as Run, {} as Evidence)
  }
  const ints = (...data: number[]) =>
    ({ form: 'vector', type: 'INT', length: data.length, data: Int32Array.from(data) }) as const
  const piece = (...data: number[]) =>
    ({ batch: { columns: [ints(...data), ints(1, 1), texts], rowCount: 2 } }) as unknown as Piece
  let decodings = 0
  const texts = {
    ...{ form: 'vector', type: 'STRING', length: 2 },
    get encoded() {
      decodings++
      return Buffer.from('a\0b\0')
    },
  }
  const none = -(2 ** 31)
  t.ok(recorder([0]).mayCopy(piece(1, 2)))
  t.notOk(recorder([0, 1]).mayCopy(piece(1, none)))
  t.ok(recorder([1]).mayCopy(piece(1, none)))
  t.ok(recorder([]).mayCopy(piece(1, none)), 'a table with a key of its own')
  t.notOk(recorder([0], []).mayCopy(piece(1, 2)), 'a transform makes the key')
  t.ok(recorder([2]).mayCopy(piece(1, 2)))
  t.equal(decodings, 1, 'not for each row: thousands of texts would take minutes')
  t.end()
})

t.test('the key is found by position, whatever a transform calls the columns', async t => {
  const here = await startLoadServer(t, script)
  const input = join(t.testdir({ 'a.csv': 'id,sym,n\n1,A,1\n1,A,2\n' }), 'a.csv')
  const transform = 'def(mutable x){ return table(x.id as a, x.sym as b, x.n as c) }'
  const result = await here.load(input, { target: { ...target, transform } })
  t.match(result, { exitCode: 0, rows: { confirmed: 2 } })
  t.strictSame(await here.rows('select n from loadTable("dfs://d", "t")'), [['2']])
})
