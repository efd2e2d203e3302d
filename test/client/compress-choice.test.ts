import t from 'tap'
import { isCompressed } from '../../src/client/compress-choice.js'
import { checkConnectOptions, type ConnectOptions } from '../../src/client/session-options.js'

t.test('without a choice, what crosses a network is compressed', t => {
  for (const [compress, here, far] of [
    [undefined, false, true],
    ['auto', false, true],
    ['none', false, false],
    ['lz4', true, true],
  ] as const) {
    const options = compress === undefined ? {} : { compress }
    t.equal(isCompressed(options, '127.0.0.1'), here, compress ?? 'left out')
    t.equal(isCompressed(options, '192.0.2.1'), far, compress ?? 'left out')
  }
  const wrong = { host: 'h', port: 1, compress: 'gzip' } as unknown as ConnectOptions
  t.throws(() => checkConnectOptions(wrong), { code: 'DDB_USAGE', message: /auto, none, lz4/ })
  t.end()
})
