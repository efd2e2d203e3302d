import t from 'tap'
import { insertChecks } from '../../../src/selftest/checks/insert.js'
import { answering, each, instead, intBytes } from '../../helpers/rewriting-proxy.js'
import { testChecks, type Reasons } from '../test-checks.js'

const names = insertChecks.map(({ name }) => name)
const nothingCame = /^0 rows came back, not \d+$|^column id: 0 rows came back, not \d+$/
const long = (value: number): string => `${String.fromCharCode(value)}${'\0'.repeat(7)}`

/** `insertNamed` takes columns by their names, as DolphinDB does not. */
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
