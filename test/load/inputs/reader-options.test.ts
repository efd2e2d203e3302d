import t from 'tap'
import { dialectOf } from '../../../src/load/inputs/reader-options.js'

t.test('what is not said is left out, and what is no dialect, too', async t => {
  t.strictSame(dialectOf({}), {})
  const input = { delimiter: ';', header: 'no', limit: 3, encoding: 'gbk' } as const
  t.strictSame(dialectOf({ input }), { delimiter: ';', header: 'no' })
})
