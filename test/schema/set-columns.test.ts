/* The texts that templates produce, and invalid templates. */
import fc from 'fast-check'
import t from 'tap'
import { InputError, UsageError } from '../../src/errors.js'
import type { InputShape, MappingRules } from '../../src/schema/cell-source.js'
import { mapColumns } from '../../src/schema/column-mapping.js'
import {
  constantOf,
  inputColumns,
  literalTemplate,
  templateParts,
} from '../../src/schema/set-columns.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import { forAll } from '../helpers/runs.js'

t.test('a name in braces is a column, doubled braces are braces', async t => {
  const expected = [{ name: 'a' }, { text: ' ' }, { name: 'b' }, { text: '.SZ' }]
  t.strictSame(templateParts('{a} {b}.SZ', 'x'), expected)
  t.strictSame(templateParts('{{a}', 'x'), [{ text: '{a}' }])
  t.strictSame(templateParts('}', 'x'), [{ text: '}' }])
  t.throws(() => templateParts('{a', 'x'), {
    constructor: UsageError,
    message: /`mapping.set` x=\{a has a "\{" without a "\}"/,
  })
  t.throws(() => templateParts('{}', 'x'), { message: /braces with nothing in them/ })
})

t.test('any text has a template that produces the text', async () => {
  forAll(200)(fc.string({ unit: fc.constantFrom('{', '}', 'a', '日') }), text => {
    const template = literalTemplate(text)
    return constantOf(templateParts(template, 'x')) === text
  })
})

const target = schemaFromTypes('time:TIMESTAMP,sym:SYMBOL,price:DOUBLE')
const names = ['日期', '时间', 'price', 'sym']
const map = (rules: MappingRules, input: Partial<InputShape> = {}): unknown[] =>
  mapColumns(
    target,
    { file: 'x.csv', kind: 'fields', names, fieldCount: names.length, ...input },
    rules,
  ).columns.map(({ source }) => source)

t.test('templates contain columns, parts of paths and special words', async t => {
  t.strictSame(map({ set: { time: '{日期} {时间}' } })[0], {
    kind: 'template',
    parts: [
      { kind: 'field', index: 0 },
      { kind: 'constant', text: ' ' },
      { kind: 'field', index: 1 },
    ],
  })
  const set = { time: '{日期} {时间}', price: '{day}{filename}{line}' }
  t.strictSame(map({ set, parts: ['day'], ignoreExtra: true })[2], {
    kind: 'template',
    parts: [{ kind: 'input', name: 'day' }, { kind: 'input', name: 'filename' }, { kind: 'line' }],
  })
  t.strictSame(map({ set: { time: '{2}', price: '{1}{3}' } })[0], {
    kind: 'template',
    parts: [{ kind: 'field', index: 1 }],
  })
  t.strictSame(
    map({ match: 'position', set: { time: '{1} {2}' } }, { names: undefined }).slice(1),
    [
      { kind: 'field', index: 2 },
      { kind: 'field', index: 3 },
    ],
    'fields used in templates are ignored',
  )
  const expected = { kind: 'template', parts: [{ kind: 'member', name: 'a.b' }] }
  t.strictSame(map({ set: { time: '{a.b}' } }, { kind: 'members' })[0], expected)
})

t.test('a part fills the column of its name', async t => {
  const input = { names: ['日期', '时间', 'price'], fieldCount: 3 }
  const [, sym] = map({ set: { time: '{日期} {时间}' }, parts: ['sym'] }, input)
  t.strictSame(sym, { kind: 'template', parts: [{ kind: 'input', name: 'sym' }] })
  const [first] = map({ parts: ['time'] }, { names: undefined, fieldCount: 2 })
  const expected = { kind: 'template', parts: [{ kind: 'input', name: 'time' }] }
  t.strictSame(first, expected, 'also by position')
  t.strictSame(
    inputColumns(target, { parts: ['sym'], set: { time: '{filename}', price: '{price}' } }).map(
      ({ name }) => name,
    ),
    ['time', 'sym'],
  )
})

t.test('invalid and ambiguous templates are refused', async t => {
  const refused = (
    rules: MappingRules,
    message: RegExp,
    type: unknown,
    input?: Partial<InputShape>,
  ): void => void t.throws(() => map(rules, input), { message, constructor: type }, String(message))
  const set = { time: '{日期} {时间}' }
  refused(
    { set: { time: '{日其}' } },
    /`mapping.set` time=\{日其\}: \{日其\} is neither a column of x.csv nor a part of its path \(nearest: 日期/,
    InputError,
  )
  refused({ set, parts: ['day'] }, /part "day" of `input.path` goes nowhere/, UsageError)
  refused(
    { set, parts: ['sym'] },
    /column "sym" is both a part of the path of x.csv and one of its columns/,
    InputError,
  )
  refused(
    { set: { time: '{price}' }, parts: ['price'] },
    /one of its columns|names a text of the input itself/,
    InputError,
  )
  refused({ set, parts: ['path'] }, /names a part "path"/, UsageError)
  refused(
    { set: { nope: '{日期}' } },
    /names a column "nope" that the target does not have/,
    UsageError,
  )
  const twice = { names: ['a', 'a'], fieldCount: 2 }
  refused({ set: { time: '{a}' }, allowMissing: true }, /has column "a" twice/, InputError, twice)
  const line = { names: ['line'], fieldCount: 1 }
  refused(
    { set: { time: '{line}' }, allowMissing: true },
    /write \{1\} for the column/,
    InputError,
    line,
  )
  refused({ set: { time: '{9}' }, match: 'position' }, /has no names, so \{9\}/, InputError, {
    names: undefined,
  })
})
