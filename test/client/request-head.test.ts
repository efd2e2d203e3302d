import t from 'tap'
import { connectHead, requestHead } from '../../src/client/request-head.js'
import { encodeRequest, type RequestHead } from '../../src/protocol/request.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'

/** The header line as it travels. */
function line(head: RequestHead): string {
  const writer = new ByteWriter()
  encodeRequest(writer, head, { kind: 'script', script: '' })
  return Buffer.concat(writer.take()).toString().split('\n')[0]!
}

// What the official C++ client sends, seen on the wire.
t.test('header lines are those of the C++ client', async t => {
  t.equal(line(connectHead(false)), 'API 0 7 / 32_1_4_2')
  t.equal(line(connectHead(true)), 'API 0 7 / 36_1_4_2')
  t.equal(line(requestHead('17', false, {})), 'API2 17 7 / 32_1_4_64__0')
  t.equal(line(requestHead('17', true, {})), 'API2 17 7 / 36_1_4_64__0')
})

t.test('short questions may go to the workers that are kept for them', async t => {
  t.equal(line(requestHead('17', false, { urgent: true })), 'API2 17 7 / 33_1_4_64__0')
})

t.test('options of a request stand in its header', async t => {
  const options = { clearMemory: true, priority: 8, parallelism: 2, fetchSize: 8192 }
  t.equal(line(requestHead('17', false, options)), 'API2 17 7 / 48_1_8_2__8192')
  t.equal(
    line(requestHead('17', false, { clearMemory: false, urgent: false, priority: 0 })),
    'API2 17 7 / 32_1_0_64__0',
  )
})
