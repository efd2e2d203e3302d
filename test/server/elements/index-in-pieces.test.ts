import t from 'tap'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { indexInPieces } from '../../../src/server/elements/index-in-pieces.js'
import { indexValue } from '../../../src/server/elements/indexing.js'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import type { Evaluation } from '../../../src/server/values/builtin.js'
import { pieceRows } from '../../../src/server/values/pieces.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { callContext, finish, valueOf } from '../../helpers/evaluation.js'
import { rowsText, textsOf } from '../../helpers/script.js'
import { int, ints } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const rows = pieceRows + 100
const each = (type: DataType, of: (row: number) => ElementValue, count = rows): Vector =>
  vectorOf(
    { type },
    Array.from({ length: count }, (_, row) => of(row)),
  ) as Vector
const numbers = each('INT', row => row)
const backwards = each('INT', row => rows - row)
const conditions = each('BOOL', row => [true, false, null][row % 3]!)
const arrays: Column = {
  form: 'arrayVector',
  length: 3,
  offsets: Uint32Array.of(0, 1, 3, 3),
  cells: ints(1, 2, 3) as Vector,
}

function table(kind: TableKind = 'basic'): ServerTable {
  const names = each('STRING', row => `n${row % 5}`)
  const types = [{ type: 'INT' }, { type: 'STRING' }] as const
  return createTable(kind, ['id', 'name'], types, { columns: [numbers, names] })
}

function shown(value: ServerValue): string {
  return value.form === 'serverTable'
    ? rowsText(tableToWire(value))
    : textsOf(value as Column).join()
}

t.test('long indexes pick what short ones pick, in turns', async t => {
  const examples: [string, ServerValue, Vector][] = [
    ['positions, one of them outside', numbers, backwards],
    ['conditions', numbers, conditions],
    ['more conditions than rows', ints(7, 8, 9, 10) as ServerValue, conditions],
    ['positions in a short vector', column('STRING', 'a', 'b'), each('INT', row => row % 3)],
    ['rows of arrays', arrays, each('LONG', row => BigInt(row % 3))],
    ['rows of a table by positions', table(), backwards],
    ['rows of a table by conditions', table(), conditions],
  ]
  for (const [title, target, index] of examples) {
    const work = indexInPieces(callContext(), target, [index])
    const { value, turns } = finish(work as Evaluation<ServerValue>)
    const wanted = indexValue(target, [index])
    t.equal(value.form, wanted.form)
    t.ok(shown(value) === shown(wanted), title)
    t.equal(turns > 1, title !== 'more conditions than rows', `${turns} turns: ${title}`)
  }
})

t.test('short indexes pick at once', async t => {
  t.strictSame(indexInPieces(callContext(), numbers, [int(5)]), int(5))
  t.strictSame(indexInPieces(callContext(), numbers, [ints(5, 4) as ServerValue]), ints(5, 4))
  const slice = { form: 'slice', from: 1, to: 3 } as const
  t.strictSame(shown(indexInPieces(callContext(), numbers, [slice]) as ServerValue), '1,2')
})

t.test('what does not work in pieces is refused when it is too long', async t => {
  const message = "The embedded server's function [[]] takes at most 1048576 elements at once."
  const nothing: Vector = { form: 'vector', type: 'VOID', length: 1_048_577 }
  t.throws(
    () => indexInPieces(callContext(), { form: 'set', elements: ints(1) as Vector }, [nothing]),
    { message },
  )
  const all: ServerValue = { form: 'scalar', type: 'BOOL', value: true }
  t.throws(() => indexInPieces(callContext(), nothing, [all]), { message })
  t.match(indexInPieces(callContext(), nothing, [int(3)]), { value: null })
})

t.test('rows of stream and DFS tables are not picked, nor more than memory holds', async t => {
  for (const [kind, id] of [
    ['stream', /S02009$/],
    ['dfs', /S02008$/],
  ] as const) {
    t.throws(() => valueOf(indexInPieces(callContext(), table(kind), [backwards])), { message: id })
  }
  t.throws(() => valueOf(indexInPieces(callContext(100_000), numbers, [backwards])), {
    message: /^Out of memory/,
  })
})
