import t from 'tap'
import { defined } from '../../../../src/cli/options/reading/definition.js'

t.test('fields that are undefined are left out, all others stay', async t => {
  const given = { a: undefined, b: null, c: 0, d: '', e: false }
  t.strictSame(defined(given), { b: null, c: 0, d: '', e: false })
  t.ok('a' in given, 'the argument stays as it is')
  t.notOk('a' in defined(given))
})
