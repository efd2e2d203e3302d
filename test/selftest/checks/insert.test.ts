import t from 'tap'
import { ServerError, TimeoutError } from '../../../src/errors.js'
import {
  columnTypeText,
  dataTypes,
  isDecimal,
  type DataType,
} from '../../../src/protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt } from '../../../src/protocol/element.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { batch, batchColumns, wrongBatch } from '../../../src/selftest/checks/batches.js'
import { insertChecks } from '../../../src/selftest/checks/insert.js'
import { expectRefusal, refusalChecks } from '../../../src/selftest/checks/refusals.js'
import { arraySamples, columnSamples } from '../../../src/selftest/checks/type-samples.js'
import { typeChecks } from '../../../src/selftest/checks/types.js'
import type { Faults } from '../../../src/server/index.js'
import { answering, each, instead, intBytes, int32Bytes } from '../../helpers/rewriting-proxy.js'
import { columnsText, rowsText, testSession, textsOf } from '../../helpers/script.js'
import { testChecks, type Reasons } from '../test-checks.js'

const names = insertChecks.map(({ name }) => name)
const nothingCame = /^0 rows came back, not \d+$|^column id: 0 rows came back, not \d+$/
const long = (value: number): string => `${String.fromCharCode(value)}${'\0'.repeat(7)}`

/** Makes `insertNamed` match columns by name. DolphinDB does not do so. */
const byName =
  'def insertNamed(mutable t, mutable data) { return tableInsert(t, select int(price) as id, string(id) as sym, double(price) as price from data) }\naddFunctionView(insertNamed)'

const dropped: Reasons = {
  'insert: tableInsert into a stream table': 'tableInsert answered INT scalar 0, not 100',
  'insert: tableInsert into a table': 'tableInsert answered INT scalar 0, not 100',
  'insert: tableInsert into a keyed table': 'tableInsert answered INT scalar 0, not 100',
  'insert: tableInsert into a keyed stream table': 'tableInsert answered INT scalar 0, not 100',
  'insert: scalars, one for each column': 'tableInsert answered INT scalar 0',
  'insert: a batch of 100,000 rows': 'tableInsert answered 0 rows, not 100000',
  'insert: a thousand symbols': /0 rows came back, not 3000$/,
  'insert: columns match by position': nothingCame,
  'insert: types are converted in memory': /0 rows came back, not 3$/,
  'insert: a keyed table keeps the last row of a key': 'the values: , expected 10,21,30',
  'insert: a keyed stream table keeps the first row of a key': 'the values: , expected 10,20,30',
  'insert: upsert!': 'the values: 21,30, expected 10,21,30',
  'insert: tableUpsert tells new and changed rows': 'the answer: 3:0, expected 2:1',
  'insert: a table is found by objByName in a function': 'the function answered INT scalar 0',
  'insert: exec count(*) counts': 'it answers INT scalar 0, not 12',
}

testChecks(
  t,
  insertChecks,
  { finds: { 'insert: exec count(*) counts': 'INT' } },
  {
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: dropped,
      passes: ['insert: an empty table'],
    },
    'inserts that are refused': {
      server: { faults: { beforeWrite: () => ({ error: 'disk on fire' }) } },
      fails: Object.fromEntries(
        names.filter(name => !name.includes('append!')).map(name => [name, /disk on fire$/]),
      ),
    },
    'append! that appends nothing': {
      toServer: instead('append!{', 'eqObj{'),
      fails: {
        'insert: append! into a stream table': nothingCame,
        'insert: append! into a table': nothingCame,
      },
    },
    'answers that count wrongly': {
      toClient: each(
        instead(intBytes(0), intBytes(1)),
        instead(intBytes(12), intBytes(13)),
        instead(long(2) + long(1), long(3) + long(0)),
      ),
      fails: {
        'insert: an empty table': 'the answer: 1, expected 0',
        'insert: exec count(*) counts': 'it answers INT scalar 13, not 12',
        'insert: tableUpsert tells new and changed rows': 'the answer: 3:0, expected 2:1',
      },
    },
    'texts that are damaged': {
      toClient: each(
        answering('_symbols', instead('s999\0', 's998\0')),
        answering('_scalars', instead('A\0', 'B\0')),
      ),
      fails: {
        'insert: a thousand symbols': /^column sym: row 1000 is s998, not s999$/,
        'insert: scalars, one for each column': 'the symbol: B, expected A',
      },
    },
    'columns that match by name': {
      server: { initScript: byName },
      toServer: instead('tableInsert{', 'insertNamed{'),
      fails: { 'insert: columns match by position': 'column id: row 1 is null, not 0' },
    },
    'keys that are not looked at': {
      toServer: each(
        instead('keyedTable(`id, ', 'table('),
        instead('keyedStreamTable(`id, ', 'streamTable('),
      ),
      fails: {
        'insert: a keyed table keeps the last row of a key': /^the values: 10,20,21,30/,
        'insert: a keyed stream table keeps the first row of a key': /^the values: 10,11,20,21,30/,
        'insert: upsert!': /must be a keyed/,
      },
    },
    'keyed stream tables that overwrite': {
      toServer: instead('keyedStreamTable(', 'keyedTable('),
      fails: {
        'insert: a keyed stream table keeps the first row of a key': /^the values: 11,21,30/,
      },
    },
  },
)

t.test('each row is computed from its id; some symbols and prices are null', async t => {
  const rows = batch(0, 6)
  t.equal(columnsText(rows), 'id INT, sym SYMBOL, price DOUBLE')
  t.equal(rowsText(rows), '0 IBM ;1  0.25;2 A 0.5;3 中 0.75;4 IBM 1;5  ')
  t.equal(rowsText(batch(7, 2)), '7 中 1.75;8 IBM 2')
  t.equal(batch(0, 0).rows, 0)
  t.equal(columnsText(batch(0, 0)), columnsText(rows))
  t.equal(
    rowsText(batch(3, 3)),
    rowsText(rows).split(';').slice(3).join(';'),
    'a row does not depend on where its batch begins',
  )
})

t.test('a wrong batch has text instead of prices', async t => {
  const rows = wrongBatch(2)
  t.equal(columnsText(rows), 'id INT, sym SYMBOL, price STRING')
  t.equal(rowsText(rows), '0 IBM none;1  none')
})

t.test('the tables for the batches accept a correct batch and refuse a wrong one', async t => {
  for (const kind of ['table(', 'streamTable(', 'keyedTable(`id, ']) {
    const { run, call, show } = testSession()
    await run(`share(${kind}${batchColumns}), "t")`)
    t.match(await call('tableInsert{t}', batch(0, 3)), { value: 3 }, kind)
    await t.rejects(async () => call('tableInsert{t}', wrongBatch(1)), /Incompatible type/, kind)
    t.equal(await show('exec count(*) from t'), '3')
  }
})

const select = 'select * from ddbIngestTestValues'
const namesOfTypes = typeChecks.map(({ name }) => name)
const textNames = namesOfTypes.filter(name => /(SYMBOL|STRING|BLOB)/.test(name))
const otherNames = namesOfTypes.filter(name => !textNames.includes(name))
const reasons = (of: readonly string[], reason: RegExp): Reasons =>
  Object.fromEntries(of.map(name => [name, reason]))

/** Changes the last byte of an answer, which is the highest byte of the last value. */
const lastBit = (chunk: string): string => {
  const last = chunk.charCodeAt(chunk.length - 1)
  return `${chunk.slice(0, -1)}${String.fromCharCode(last ^ 1)}`
}

testChecks(
  t,
  typeChecks,
  {},
  {
    'inserts that are dropped': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: reasons(namesOfTypes, /^tableInsert answered 0 rows, not \d+$/),
    },
    'values that lose a bit': {
      toClient: answering(select, lastBit),
      fails: reasons(otherNames, /^row \d+ is .*, not /),
    },
    'texts that lose a letter': {
      toClient: answering(select, instead('A', 'B')),
      fails: reasons(textNames, /^row 3 is B, not A$/),
    },
    'nulls that become values': {
      toClient: instead('\x00\x00\x00\x80', int32Bytes(1)),
      fails: {
        'types: INT column': 'row 2 is 1, not null',
        'types: INT[] column': /^row 1 is .*, not /,
        'types: INT scalar': 'row 2 is 1, not null',
      },
    },
    'the smallest difference of a DOUBLE': {
      // 0.1, and the next smaller DOUBLE.
      toClient: instead('\x9a\x99\x99\x99\x99\x99\xb9\x3f', '\x99\x99\x99\x99\x99\x99\xb9\x3f'),
      fails: { 'types: DOUBLE column': /^row 6 is / },
      passes: ['types: LONG column'],
    },
    'types that are widened': {
      toServer: instead('[SHORT])', '[INT])'),
      fails: { 'types: SHORT column': 'the type is INT, not SHORT' },
    },
  },
)

t.test('every type is tried in each form in which it can be sent', async t => {
  const count = (form: RegExp): number => namesOfTypes.filter(name => form.test(name)).length
  t.equal(count(/ scalar$/), 28)
  t.equal(count(/[^\]] column$/), 28)
  t.equal(count(/\[\] column$/), 25)
})

/** Types that a column of a table can have. */
const storable = (Object.keys(dataTypes) as DataType[]).filter(type => {
  const { category } = dataTypes[type]
  return !['nothing', 'mixed', 'system'].includes(category) && type !== 'DATEMINUTE'
})

t.test('every column type has a sample, and one of arrays if the type allows them', async t => {
  const sampled = columnSamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame([...sampled].sort(), [...storable].sort())
  const arrays = arraySamples.map(({ column }) => columnTypeOf(column).type)
  t.strictSame(
    [...arrays].sort(),
    storable.filter(type => !['SYMBOL', 'STRING', 'BLOB'].includes(type)).sort(),
  )
  for (const { type, column } of [...columnSamples, ...arraySamples]) {
    t.equal(columnTypeText(columnTypeOf(column)), type, 'as scripts spell it')
  }
})

const nullsOf = (column: Column): number =>
  Array.from({ length: column.length }, (_, row) => isNullAt(column, row)).filter(Boolean).length

t.test('samples contain nulls, extremes and values around zero', async t => {
  const expected: Record<string, string[]> = {
    BOOL: ['true', 'false'],
    CHAR: ['-127', '-1', '0', '1', '127'],
    SHORT: ['-32767', '32767'],
    INT: ['-2147483647', '-1', '0', '1', '2147483647'],
    LONG: ['-9223372036854775807', '9007199254740993', '9223372036854775807'],
    DATE: ['1900.01.01', '1969.12.31', '1970.01.01', '9999.12.31'],
    MONTH: ['1900.01M', '1969.12M', '1970.01M', '9999.12M'],
    TIME: ['00:00:00.000', '23:59:59.999'],
    MINUTE: ['00:00m', '23:59m'],
    SECOND: ['00:00:00', '23:59:59'],
    TIMESTAMP: ['1900.01.01T00:00:00.000', '9999.12.31T23:59:59.999'],
    NANOTIME: ['00:00:00.000000000', '23:59:59.999999999'],
    DATEHOUR: ['1900.01.01T00', '9999.12.31T23'],
    UUID: ['ffffffff-ffff-ffff-ffff-ffffffffffff'],
    'DECIMAL32(4)': ['-214748.3647', '-0.0001', '0.0000', '214748.3647'],
  }
  for (const [type, wanted] of Object.entries(expected)) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const texts =
      type === 'CHAR' ? [...(column as { data: Int8Array }).data].map(String) : textsOf(column)
    for (const text of wanted) t.ok(texts.includes(text), `${type} ${text}`)
  }
  for (const { type, column } of columnSamples) {
    t.ok(nullsOf(column) >= 1, type)
    t.ok(nullsOf(column) < column.length, type)
    t.ok(column.length >= 3 && column.length < 10, type)
  }
  for (const type of ['STRING', 'SYMBOL', 'BLOB']) {
    const { column } = columnSamples.find(sample => sample.type === type)!
    const bytes = new TextEncoder().encode(textsOf(column).join(''))
    t.ok(
      bytes.some(byte => byte >= 0xf0),
      `${type}: four bytes per character`,
    )
  }
  t.ok(columnSamples.filter(({ column }) => isDecimal(columnTypeOf(column).type)).length === 3)
})

t.test('arrays of no, one and several cells, with a null, and with over 255 cells', async t => {
  for (const { type, column } of arraySamples) {
    const lengths = Array.from(
      { length: column.length },
      (_, row) => (elementAt(column, row) as Vector).length,
    )
    const full = lengths[0]!
    t.strictSame(lengths, [full, 0, 1, 1, 300, full], type)
    t.ok(isNullAt(column, 3) && !isNullAt(column, 2), type)
  }
})

const kinds = ['table', 'stream table', 'keyed table', 'keyed stream table']
const leavesNothing = (reason: string | RegExp): Reasons =>
  Object.fromEntries(
    kinds.map(kind => [`refusals: R10, a refused insert into a ${kind} leaves nothing`, reason]),
  )
const unknownNames = refusalChecks.map(({ name }) => name).filter(name => name.includes('unknown'))
const missing = 'ddbIngestTestMissing'
const token = `Syntax Error: [line #1] Cannot recognize the token ${missing}`
const type =
  "Failed to append data to column 'price' with error: Incompatible type. Expected: DOUBLE, Actual: STRING"

/** Drops every second write, because in each check a good batch comes before the bad one. */
function everySecond(): NonNullable<Faults['beforeWrite']> {
  let writes = 0
  return () => (++writes % 2 === 0 ? 'drop' : undefined)
}

testChecks(
  t,
  refusalChecks,
  {
    finds: {
      [`refusals: R10, a refused insert into a table leaves nothing`]: type,
      [`refusals: R10, a refused insert into a keyed table leaves nothing`]: type,
      [`refusals: R10, a refused insert into a stream table leaves nothing`]: `${type}. RefId:S03017`,
      [`refusals: R10, a refused insert into a keyed stream table leaves nothing`]: `${type}. RefId:S03017`,
      'refusals: an unknown variable': token,
      'refusals: an unknown function': `${token}: not in the embedded server`,
      'refusals: an unknown table in a query': token,
      'refusals: an unknown table in a call': token,
      'refusals: an unknown function in a call': `Can't recognize function name ${missing}: not in the embedded server`,
      'refusals: an unknown name in objByName': `objByName("${missing}") => Can't find the object with name ${missing}`,
      'refusals: too few columns':
        'The number of columns of the table to insert must be the same as that of the original table.',
      'refusals: catch gives class and text': `SYSTEM_Runtime: Can't find the object with name ${missing}`,
      'refusals: a thrown text arrives whole':
        'throw "ddbIngestTest refuses" => ddbIngestTest refuses',
    },
  },
  {
    'refusals in other words': {
      toClient: each(
        instead('Failed to append data to column', 'Cannot take the value of column'),
        instead('Incompatible type', 'Unsuitable values'),
        instead('RefId:S03017', 'RefId:S99999'),
      ),
      fails: leavesNothing(/^understood as unknown, not rows: /),
    },
    'refused inserts that leave rows': {
      // Two rows of the good batch and five rows of the bad batch.
      toClient: answering('_refused', instead(intBytes(2), intBytes(7))),
      fails: leavesNothing('5 rows of the refused batch are there'),
    },
    'refused inserts that are answered with success': {
      server: { faults: { beforeWrite: everySecond() } },
      fails: leavesNothing('it is accepted'),
    },
    'unknown names in other words': {
      toClient: each(
        instead('Cannot recognize the token', 'What is it that you call'),
        instead("Can't recognize function name", 'What do you want to be called'),
        instead("Can't find the object with name", 'Nothing answers to this name of'),
        instead('number of columns', 'width of the rows'),
      ),
      fails: {
        ...Object.fromEntries(
          unknownNames.map(name => [name, /^understood as unknown, not target: /]),
        ),
        'refusals: too few columns': /^understood as unknown, not target: /,
        'refusals: catch gives class and text': /^it gives SYSTEM_Runtime: Nothing answers/,
      },
    },
    'names that are known after all': {
      server: {
        initScript: `share(table(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]), "${missing}")`,
      },
      fails: {
        'refusals: an unknown variable': 'it is accepted',
        'refusals: an unknown table in a query': 'it is accepted',
        'refusals: an unknown table in a call': 'it is accepted',
        'refusals: an unknown name in objByName': 'it is accepted',
        'refusals: catch gives class and text': /^it gives none: none$/,
      },
    },
    'functions that are known after all': {
      server: {
        initScript: `def ${missing}(x) { return 1 }\naddFunctionView(${missing})`,
      },
      fails: {
        'refusals: an unknown function': 'it is accepted',
        'refusals: an unknown function in a call': 'it is accepted',
      },
    },
    'too few columns are taken': {
      server: { faults: { beforeWrite: () => 'drop' } },
      fails: { 'refusals: too few columns': 'it is accepted' },
    },
    'a thrown text that is shortened': {
      toClient: instead('ddbIngestTest refuses', 'ddbIngestTest'),
      fails: {
        'refusals: a thrown text arrives whole': /^throw "ddbIngestTest +" => ddbIngestTest/,
      },
    },
    'a thrown text that is no error': {
      toServer: instead('throw "ddbIngestTest refuses"', '"ddbIngestTest refuses"'),
      fails: { 'refusals: a thrown text arrives whole': 'it is accepted' },
    },
  },
)

t.test('a refusal passes if its message is recognised', async t => {
  const refused = (words: string): Promise<never> => Promise.reject(new ServerError(words))
  const words = 'Incompatible type. Expected: INT, Actual: STRING'
  t.strictSame(await expectRefusal(refused(words), 'rows'), { status: 'pass', reason: words })
  t.strictSame(await expectRefusal(refused(words), 'target'), {
    status: 'fail',
    reason: `understood as rows, not target: ${words}`,
  })
  t.strictSame(await expectRefusal(Promise.resolve(1), 'rows'), {
    status: 'fail',
    reason: 'it is accepted',
  })
  const late = new TimeoutError('too late')
  await t.rejects(
    expectRefusal(Promise.reject(late), 'rows'),
    late,
    'an error that is not a refusal is passed on',
  )
})
