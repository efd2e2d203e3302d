/*
  Arguments whose bytes are not UTF-8, of this process's kind and of a real one.
*/
import t from 'tap'
import { rawArguments } from '../../../../src/cli/options/reading/raw-arguments.js'

const line = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.flatMap(part => [Buffer.from(part as string), Buffer.of(0)]))

t.test('bytes that Node has lost come back', async t => {
  const raw = line('node', '--x', 'bin', 'load', Buffer.from('caf\xe9.csv', 'latin1'), '\ufffd')
  const argv = ['load', 'caf\ufffd.csv', '\ufffd']
  t.strictSame(
    rawArguments(argv, () => raw),
    ['load', 'caf\udce9.csv', '\ufffd'],
  )
})

t.test('arguments stay as they are where nothing is lost, or nothing is known', async t => {
  const argv = ['load', 'a.csv']
  t.equal(
    rawArguments(argv, () => t.fail('nobody has to be asked') as never),
    argv,
  )
  const lost = ['load', '\ufffd']
  for (const raw of [undefined, line(), line('x'), line('load', 'other')]) {
    t.strictSame(
      rawArguments(lost, () => raw),
      lost,
    )
  }
})
