import t from 'tap'
import { ScriptError } from '../../src/server/script-error.js'

t.test('an error has the words of the server, and what catch gives', async t => {
  const plain = new ScriptError('Incompatible type.')
  t.ok(plain instanceof Error)
  t.match(plain, {
    name: 'ScriptError',
    message: 'Incompatible type.',
    category: 'SYSTEM_Runtime',
    bareText: 'Incompatible type.',
    located: false,
    isCancellation: false,
  })
  const options = {
    category: 'USER',
    located: true,
    bareText: 'no',
    isCancellation: true,
  }
  t.match(new ScriptError('f(x) => no', options), { message: 'f(x) => no', ...options })
  t.match(new ScriptError('no', { located: false, bareText: '' }), { bareText: '', located: false })
})
