/*
  Which format an input has, when nobody said so.
*/
import t from 'tap'
import { detectFormat, formats, inputFormats } from '../../src/parse/formats.js'
import { openReader } from '../../src/parse/open-reader.js'
import { memorySource } from './reading.js'

t.test('formats are told by the name, else by the first byte', async t => {
  for (const [name, content, format] of [
    ['a.csv', '{', 'csv'],
    ['a.tsv.gz', '', 'tsv'],
    ['a.ndjson', '', 'ndjson'],
    ['a.JSONL', '', 'ndjson'],
    ['a.json', '[', 'json'],
    ['<stdin>', ' \n{"a":1}', 'ndjson'],
    ['<stdin>', '[{', 'json'],
    ['<stdin>', 'a,b', 'csv'],
    ['data', '', 'csv'],
  ] as const) {
    const reader = await openReader(memorySource(content === '{' ? '{\n' : content, { name }))
    t.equal(reader.format, format, name)
    await reader.close()
  }
})

t.test('only the end of a name says what an input is', async t => {
  const bytes = new TextEncoder().encode('{"a":1}')
  t.equal(detectFormat('a.csv.2024', bytes), 'ndjson')
  t.equal(detectFormat('csv', bytes), 'ndjson')
  t.equal(detectFormat('.constructor', bytes), 'ndjson')
})

t.test('each extension belongs to one format', async t => {
  const extensions = inputFormats.flatMap(name => formats[name].extensions)
  t.strictSame([...new Set(extensions)], extensions)
})
