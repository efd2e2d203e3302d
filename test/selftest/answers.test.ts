import t from 'tap'
import { ServerError } from '../../src/errors.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column, Scalar, Value } from '../../src/protocol/value.js'
import {
  answerText,
  columnOf,
  elementsOf,
  numberOf,
  numbersOf,
  serverWords,
  tableOf,
  textOf,
  textsOf,
} from '../../src/selftest/answers.js'
import { tableOfColumns } from '../../src/selftest/compare.js'
import { failureOf } from '../helpers/call-context.js'
import { idTable, int, ints, text, yes } from '../helpers/values.js'

const long = (value: bigint | null): Scalar => ({ form: 'scalar', type: 'LONG', value })
const tuple = vectorOf({ type: 'ANY' }, [int(1), text('a'), ints(2)]) as Value
const pair = { form: 'pair', elements: ints(1, 2) } as Value

t.test('an answer is quoted with its type, on one line of so many characters', async t => {
  const cases: [value: Value | undefined, wanted: string][] = [
    [undefined, 'nothing'],
    [int(2), 'INT scalar 2'],
    [long(null), 'LONG scalar '],
    [text('a'), 'STRING scalar a'],
    [ints(1, 2), 'INT vector [1,2]'],
    [text('x'.repeat(80)), `STRING scalar ${'x'.repeat(80)}`],
    [text('x'.repeat(81)), `STRING scalar ${'x'.repeat(80)}…`],
  ]
  for (const [value, wanted] of cases) t.equal(answerText(value), wanted)
  t.match(answerText(idTable(1)), /^table /, 'a table has no type of its own')
})

t.test('what is expected is given, anything else is named', async t => {
  const read: [actual: unknown, wanted: unknown][] = [
    [numberOf(int(-5)), -5],
    [numberOf(long(2n ** 40n)), 2 ** 40],
    [numberOf(yes), 1],
    [numberOf({ form: 'scalar', type: 'DOUBLE', value: 0.5 }), 0.5],
    [textOf(text('')), ''],
    [tableOf(idTable(1)).rows, 1],
    [elementsOf(ints(7, 8)), [int(7), int(8)]],
    [elementsOf(ints()), []],
    [elementsOf(tuple).map(answerText), ['INT scalar 1', 'STRING scalar a', 'INT vector [2]']],
    [numbersOf(columnOf(idTable(3, 4), 'id')), [3, 4]],
    [textsOf(vectorOf({ type: 'SYMBOL' }, ['a', null, 'b'])), ['a', '', 'b']],
    [textsOf(vectorOf({ type: 'VOID' }, [null])), ['']],
  ]
  for (const [actual, wanted] of read) t.strictSame(actual, wanted)
  const refused: [read: () => unknown, words: string][] = [
    [() => numberOf(undefined), 'expected a number, got nothing'],
    [() => numberOf(text('1')), 'expected a number, got STRING scalar 1'],
    [() => numberOf(long(null)), 'expected a number, got LONG scalar '],
    [() => numberOf(ints(1)), 'expected a number, got INT vector [1]'],
    [() => textOf(int(1)), 'expected text, got INT scalar 1'],
    [() => textOf(undefined), 'expected text, got nothing'],
    [() => tableOf(int(1)), 'expected a table, got INT scalar 1'],
    [() => elementsOf(int(1)), 'expected a vector, got INT scalar 1'],
    [() => elementsOf(pair), 'expected a vector, got pair 1:2'],
    [() => columnOf(idTable(1), 'nope'), 'the answer has no column nope'],
    [
      () => numbersOf(ints() as Column).concat(numbersOf(vectorOf({ type: 'INT' }, [null]))),
      'expected a number, got INT scalar ',
    ],
    [() => textsOf(ints(1) as Column), 'expected text, got INT scalar 1'],
  ]
  for (const [read, words] of refused) {
    t.equal(failureOf(read), words)
    t.throws(read, { code: 'DDB_SERVER' })
  }
})

t.test('columns are found by their names', async t => {
  const table = tableOfColumns({ a: ints(1) as Column, b: ints(2) as Column })
  t.strictSame(numbersOf(columnOf(table, 'b')), [2])
})

t.test('of an error the words of the server are told, without those of the client', async t => {
  const refused = new ServerError('no such table', 'DDB_TARGET', 'the server has no table "t"')
  t.equal(serverWords(refused), 'no such table')
  t.equal(serverWords(new ServerError('', 'DDB_SERVER', 'expected text')), 'expected text')
})
