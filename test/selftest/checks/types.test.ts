import t from 'tap'
import { typeChecks } from '../../../src/selftest/checks/types.js'
import { answering, instead, int32Bytes } from '../../helpers/rewriting-proxy.js'
import { testChecks, type Reasons } from '../test-checks.js'

const select = 'select * from ddbIngestTestValues'
const names = typeChecks.map(({ name }) => name)
const textNames = names.filter(name => /(SYMBOL|STRING|BLOB)/.test(name))
const otherNames = names.filter(name => !textNames.includes(name))
const reasons = (of: readonly string[], reason: RegExp): Reasons =>
  Object.fromEntries(of.map(name => [name, reason]))

/** The last byte of an answer is the highest of the last value. */
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
      fails: reasons(names, /^tableInsert answered 0 rows, not \d+$/),
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
      // 0.1
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

t.test('every type is tried in each way it can be sent', async t => {
  const count = (form: RegExp): number => names.filter(name => form.test(name)).length
  t.equal(count(/ scalar$/), 28)
  t.equal(count(/[^\]] column$/), 28)
  t.equal(count(/\[\] column$/), 25)
})
