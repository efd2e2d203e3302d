import t from 'tap'
import { dialectOf } from '../../../src/load/inputs/reader-options.js'

t.test('missing options, and options that are not part of a dialect, are omitted', async t => {
  t.strictSame(dialectOf({}), {})
  const input = { delimiter: ';', header: 'no', limit: 3, encoding: 'gbk' } as const
  t.strictSame(dialectOf({ input }), { delimiter: ';', header: 'no' })
})
