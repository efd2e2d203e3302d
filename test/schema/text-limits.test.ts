/*
  How long texts in DFS tables may be (docs/server-semantics.md#conversions-on-insert).
*/
import t from 'tap'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import { limitedColumns, limitText } from '../../src/schema/text-limits.js'

t.test('texts are limited as in the column that stores them, found by its name', async t => {
  const { columns } = schemaFromTypes('a:SYMBOL,b:STRING,c:BLOB,d:INT,e:STRING')
  const { columns: stored } = schemaFromTypes('A:SYMBOL,b:BLOB,c:STRING,d:STRING,e:INT')
  t.strictSame(
    limitedColumns(columns, stored).map(({ name, maxBytes }) => [name, maxBytes]),
    [
      ['a', 255],
      ['b', 67_108_863],
      ['c', 65_535],
      ['d', undefined],
      ['e', undefined],
    ],
  )
})

t.test('a refusal names the type that would take the text', async t => {
  t.match(limitText(255, 65_535), /SYMBOL column \(a STRING column would take/)
  t.match(limitText(255, 65_536), /SYMBOL column \(a BLOB column would take/)
  t.match(limitText(65_535, 65_536), /STRING column \(a BLOB column would take/)
  t.match(limitText(65_535, 67_108_864), /\(no column takes the 67108864 bytes\)/)
})
