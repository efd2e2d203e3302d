import t from 'tap'
import { schemaText } from '../../../../src/cli/commands/schema/schema-text.js'
import { inferText } from '../../../infer/inferring.js'

t.test(
  'columns stand below each other, whatever alphabet, and nothing acts on a terminal',
  async t => {
    const schema = await inferText('日期,long\n2020.01.02,\u001b[31mred\n,x\n1,2,3\n')
    const text = schemaText(schema, (style, line) => `<${style}>${line}`)
    t.strictSame(text.split('\n').slice(0, 3), [
      '<bold>column  type    nulls  different  sample',
      '日期    DATE        1          1  2020.01.02',
      'long    STRING      0          2  red',
    ])
    t.match(
      text,
      /\nlooked at 3 records, all of them\n1 record cannot be read; the first: <stdin> line 4/,
    )
  },
)

t.test('what is left out is said', async t => {
  const text = schemaText(await inferText('{"a":1,"b":["x"]}\n'), (_, line) => line)
  t.match(text, /\nb: left out, its arrays hold texts/)
})
