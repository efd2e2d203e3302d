import t from 'tap'
import { expectText, fail, pass, skipped } from '../../src/selftest/check.js'
import { Unavailable } from '../../src/selftest/answers.js'

t.test('a check ends in one of three ways', async t => {
  t.strictSame(pass(), { status: 'pass', reason: '' })
  t.strictSame(pass('found'), { status: 'pass', reason: 'found' })
  t.strictSame(fail('why'), { status: 'fail', reason: 'why' })
  t.strictSame(skipped('why not'), { status: 'skipped', reason: 'why not' })
})

t.test('two texts are equal, or both are told', async t => {
  t.strictSame(expectText('rows', '5', '5'), pass())
  t.strictSame(expectText('rows', '4', '5'), fail('rows: 4, expected 5'))
  t.strictSame(expectText('rows', '', '5'), fail('rows: , expected 5'))
})

t.test('what a server does not give has a code of its own', async t => {
  t.match(new Unavailable('no rights'), { code: 'DDB_UNAVAILABLE', message: 'no rights' })
})
