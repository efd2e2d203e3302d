import t from 'tap'
import { BlockBuffer } from '../../src/client/block-buffer.js'
import type { Response } from '../../src/protocol/response.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import { readerOf } from '../../src/wire/byte-reader.js'
import { responseBytes } from '../helpers/fake-server.js'
import { int } from '../helpers/values.js'

/** Drives the decoder as a session does: on and on until it waits for a block to be taken. */
function start(bytes: Uint8Array) {
  const flow: string[] = []
  let isFull = false
  let response: Response | undefined
  const buffer = new BlockBuffer({
    full: () => {
      isFull = true
      flow.push('full')
    },
    taken: () => {
      isFull = false
      flow.push('taken')
      advance()
    },
  })
  const decoding = buffer.decode(readerOf(bytes), {})
  function advance(): void {
    while (!isFull && response === undefined) {
      const step = decoding.next()
      if (step.done !== true) continue
      response = step.value
      buffer.end()
    }
  }
  advance()
  return { buffer, flow, response: () => response }
}

const tuple = responseBytes({ value: tupleOf([int(1), int(2), int(3)]) })

t.test('blocks come one by one, and the decoder waits while one has not been taken', async t => {
  const { buffer, flow, response } = start(tuple)
  t.strictSame(flow, ['full'])
  const blocks: unknown[] = []
  for await (const block of buffer.take()) blocks.push(block)
  t.strictSame(blocks, [int(1), int(2), int(3)])
  t.match(response(), { ok: true, value: undefined, blockCount: 3 })
})

t.test('who leaves early lets the rest be read and dropped', async t => {
  const { buffer, response } = start(tuple)
  for await (const block of buffer.take()) {
    t.strictSame(block, int(1))
    break
  }
  t.match(response(), { ok: true, blockCount: 3 })
})

t.test('a result that is not a tuple is the value of the answer', async t => {
  const { buffer, response } = start(responseBytes({ value: int(7) }))
  for await (const block of buffer.take()) t.fail(JSON.stringify(block))
  t.match(response(), { ok: true, value: int(7) })
})

t.test('an error line ends without blocks', async t => {
  const { buffer, response } = start(responseBytes({ error: 'wrong' }))
  for await (const block of buffer.take()) t.fail(JSON.stringify(block))
  t.match(response(), { ok: false, message: 'wrong' })
})
