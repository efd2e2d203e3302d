import t from 'tap'
import { memberNames, recordTexts } from '../../../src/load/check/check-observer.js'
import type { CellSource } from '../../../src/schema/cell-source.js'

const none = new Uint8Array(0)
const utf8 = { encoding: 'utf-8', mark: none } as const
const field = (index: number): CellSource => ({ kind: 'field', index })
const member = (name: string): CellSource => ({ kind: 'member', name })

t.test('fields are returned without quotes, in any encoding', async t => {
  const csv = { format: 'csv', header: 'no', delimiter: ';', quote: "'" } as const
  const texts = await recordTexts(Buffer.from("1;'a;b';;'it''s'\n"), { text: utf8, options: csv }, [
    field(3),
    field(1),
    field(2),
  ])
  t.strictSame(texts, ["it's", 'a;b', ''])
  const mark = Uint8Array.of(0xff, 0xfe)
  const wide = { text: { encoding: 'utf-16le', mark } as const, options: csv }
  t.strictSame(await recordTexts(Buffer.from('价;2\n', 'utf16le'), wide, [field(0)]), ['价'])
  const gbk = { text: { encoding: 'gb18030', mark: none } as const, options: csv }
  t.strictSame(await recordTexts(Uint8Array.of(0xb9, 0xc9, 0x3b, 0x31), gbk, [field(0)]), ['股'])
})

t.test('members keep their spelling; objects and arrays are omitted', async t => {
  const json = { text: utf8, options: { format: 'ndjson' } } as const
  const record = Buffer.from('{"a":{"b":1.50e2},"c":[1],"d":12345678901234567890,"e":null}')
  const names = ['a.b', 'd', 'c', 'e', 'a', 'x'].map(member)
  const expected = ['1.50e2', '12345678901234567890', '', '', '', '']
  t.strictSame(await recordTexts(record, json, names), expected)
  t.strictSame(memberNames(record, utf8), ['a.b', 'c', 'd', 'e'])
  t.strictSame(memberNames(Buffer.from('[1'), utf8), [])
  const gbk = { encoding: 'gb18030', mark: none } as const
  t.strictSame(memberNames(Buffer.from('7b22b9c9223a317d', 'hex'), gbk), ['股'])
})

t.test('unreadable or too long records have no texts', async t => {
  const csv = { text: utf8, options: { format: 'csv', header: 'no' } } as const
  t.strictSame(await recordTexts(Buffer.from('"a'), csv, [field(0)]), [null])
  t.strictSame(await recordTexts(none, csv, [field(0)]), [null])
  t.strictSame(await recordTexts(Buffer.alloc(300_000, 0x61), csv, [field(0)]), [null])
  t.strictSame(memberNames(none, utf8), [])
})
