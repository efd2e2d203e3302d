/*
  Which reader an input gets, when its format is named and when it is not.
*/
import t from 'tap'
import { openReader } from '../../src/parse/open-reader.js'
import { memorySource } from './reading.js'

t.test('the format named is taken, whatever the name and the bytes say', async t => {
  for (const format of ['csv', 'tsv', 'ndjson', 'json'] as const) {
    const reader = await openReader(memorySource('[1]\n', { name: 'x.csv' }), { format })
    t.equal(reader.format, format)
    t.equal(reader.recordKind, format === 'csv' || format === 'tsv' ? 'fields' : 'members')
    await reader.close()
  }
})

t.test('auto, and nothing, go by the name and then by the first bytes', async t => {
  for (const [name, content, format] of [
    ['x.json', 'a,b\n1,2\n', 'json'],
    ['x.tsv', '{}', 'tsv'],
    ['<stdin>', '{"a":1}', 'ndjson'],
    ['<stdin>', ' [{"a":1}]', 'json'],
    ['<stdin>', 'a,b\n1,2\n', 'csv'],
    ['<stdin>', '', 'csv'],
  ] as const) {
    const source = () => memorySource(content, { name })
    t.equal((await openReader(source(), { format: 'auto' })).format, format, `auto: ${name}`)
    t.equal((await openReader(source())).format, format, name)
  }
})

t.test('what is said of the dialect reaches the reader', async t => {
  const reader = await openReader(memorySource('1|2\n3|4\n'), { delimiter: '|', header: 'yes' })
  t.strictSame(reader.fieldNames, ['1', '2'])
  t.equal(reader.delimiter, '|')
})
