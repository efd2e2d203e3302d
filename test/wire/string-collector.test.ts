/*
  Texts collected from blocks of strings, against the texts that were joined to make them.
*/
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { StringCollector } from '../../src/wire/string-collector.js'
import { runs } from '../helpers/runs.js'

/** Collects everything, `step` strings at most with one call; what is longer than a block is added by hand. */
function collected(texts: readonly string[], availableBytes: number, step: number): string[] {
  const bytes = Buffer.from(texts.map(text => `${text}\0`).join(''))
  const collector = new StringCollector(texts.length, availableBytes)
  let position = 0
  while (collector.length < texts.length) {
    const count = Math.min(step, texts.length - collector.length)
    const next = collector.collect(bytes, position, count)
    if (next > position) {
      position = next
    } else {
      const end = bytes.indexOf(0, position)
      collector.add(bytes.toString('utf8', position, end))
      position = end + 1
    }
  }
  if (position !== bytes.length) throw new Error(`it ended at ${position} of ${bytes.length}`)
  return collector.texts
}

const anyText = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0'))

t.test('whatever the texts are, they come out as they went in', async t => {
  // Lone surrogates are not text: UTF-8 has no bytes for them.
  const text = anyText.filter(text => Buffer.from(text).toString() === text)
  const texts = fc.array(text, { maxLength: 400, size: 'max' })
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.integer({ min: 1, max: 500 }),
      async (texts, step) =>
        isDeepStrictEqual(collected(texts, 0, step), texts) &&
        isDeepStrictEqual(collected(texts, 1e6, step), texts),
    ),
    { numRuns: runs(50) },
  )
  t.pass()
})

const manyOf = (make: (row: number) => string, rows = 10_000): string[] =>
  Array.from({ length: rows }, (_, row) => make(row))

const columns: Readonly<Record<string, readonly string[]>> = {
  'few short texts': manyOf(row => `S${row % 7}`),
  'texts of one length that differ at one place': manyOf(row => `SH60${row % 1000}`.padEnd(8, 'x')),
  'more texts than are remembered': manyOf(row => `${row}`, 50_000),
  'as many, twice': manyOf(row => `${row % 5000}`),
  'empty texts': manyOf(() => ''),
  'short and long texts': manyOf(row => (row % 3 === 0 ? 'x' : 'order '.repeat(1 + (row % 5)))),
  'Chinese among others': manyOf(row => (row % 100 === 99 ? `订单 ${row % 9}` : `a${row % 9}`)),
  'Chinese after many others': manyOf(row => (row < 9000 ? `a${row % 9}` : `单${row % 9}`)),
  'texts longer than a block': manyOf(row => (row % 50 === 0 ? 'y'.repeat(20_000) : 'z'), 300),
}

for (const [title, texts] of Object.entries(columns)) {
  t.test(`${title} come out as they went in`, async t => {
    t.ok(isDeepStrictEqual(collected(texts, 0, texts.length), texts))
    t.ok(isDeepStrictEqual(collected(texts, texts.length, 1000), texts))
  })
}

t.test('an announced number makes no array before as many bytes are there', async t => {
  t.equal(new StringCollector(1e6, 999_999).texts.length, 0)
  t.equal(new StringCollector(1e6, 1e6).texts.length, 1e6)
  t.equal(new StringCollector(2 ** 31 - 1, 2 ** 31).texts.length, 0)
})
