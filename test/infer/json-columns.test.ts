/*
  What of records is members and columns; what they hold: infer.test.ts.
*/
import t from 'tap'
import { inferText, typesOf } from './inferring.js'

t.test('objects inside records are members of members, empty ones are left out', async t => {
  const schema = await inferText('{"a":{"b":{"c":1}},"d":{},"e.f":2}\n{"a":{"b":null}}\n')
  t.strictSame(typesOf(schema), ['a_b_c:INT', 'e_f:INT'])
  t.match(schema.leftOut, [{ source: 'd' }])
  t.equal(schema.needsAllowMissing, true)
})

t.test('null in the place of an object is no missing member', async t => {
  const schema = await inferText('{"a":null}\n{"a":{"b":1}}\n')
  t.strictSame(typesOf(schema), ['a_b:INT'])
  t.match(schema, { needsAllowMissing: false, columns: [{ nulls: 1 }] })
})

t.test('a member that comes first in a late block has had nulls before', async t => {
  const early = '{"a":1}\n'.repeat(5000)
  const schema = await inferText(`${early}{"a":2,"late":"x"}\n`)
  t.match(schema.columns, [{ nulls: 0 }, { name: 'late', nulls: 5000 }])
  t.equal(schema.needsAllowMissing, true)
})

t.test('numbers keep their digits, texts their characters', async t => {
  const schema = await inferText('{"n":9007199254740993,"s":"\\u65e5\\n\\"\\ud83d\\ude00"}\n')
  t.strictSame(typesOf(schema), ['n:LONG', 's:STRING'])
  t.equal(schema.columns[1]!.sample, '日\n"😀')
})

t.test('arrays that are all empty, or deeper, fit no column', async t => {
  const schema = await inferText('{"a":1,"b":[],"c":[[1]],"d":[null]}\n')
  t.match(schema.leftOut, [
    { source: 'b', reason: /all empty/ },
    { source: 'c', reason: /arrays hold arrays/ },
    { source: 'd', reason: /all empty/ },
  ])
})

t.test('names that are data end the search', async t => {
  const members = Array.from({ length: 5000 }, (_, i) => `"k${i}":1`)
  await t.rejects(inferText(`{${members.join(',')}}\n`), { code: 'DDB_INPUT_MEMBER' })
})
