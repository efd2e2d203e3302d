import { Buffer } from 'node:buffer'
import t from 'tap'
import { Replies } from '../../../src/server/net/replies.js'
import type { Transport } from '../../../src/server/net/executor.js'
import { idTable, int, text } from '../../helpers/values.js'

interface Sent {
  /** What each `send` got. */
  readonly sent: string[]
  readonly replies: Replies
}

/** @param hasRoom  what `send` answers */
function repliesOn(framed: boolean, hasRoom: () => boolean = () => true): Sent {
  const sent: string[] = []
  const transport = {
    framed,
    send: (chunks: readonly Uint8Array[]) => {
      sent.push(Buffer.concat(chunks).toString('latin1'))
      return hasRoom()
    },
  } as Partial<Transport> as Transport
  return { sent, replies: new Replies('7', transport) }
}

const one = '7 1 1\nOK\n\x04\0\x01\0\0\0'

t.test('answers, errors and output are gathered into one write', async t => {
  const { sent, replies } = repliesOn(false)
  replies.message('hello')
  replies.value(int(1), 0)
  replies.value(undefined, 0)
  replies.error('two\nlines')
  replies.sessionId = '8'
  replies.value(undefined, 0)
  const wanted = `MSG\nhello\0${one}7 0 1\nOK\n7 0 1\ntwo lines\n8 0 1\nOK\n`
  t.strictSame(sent, [])
  t.equal(replies.bufferedBytes, wanted.length)
  t.equal(replies.flush(), true)
  t.strictSame(sent, [wanted])
  t.equal(replies.bufferedBytes, 0)
  t.equal(replies.flush(), true)
  t.equal(sent.length, 1, 'nothing is not sent')
})

t.test('on a WebSocket each is a message of its own', async t => {
  const { sent, replies } = repliesOn(true)
  replies.message('hello')
  replies.value(int(1), 0)
  replies.error('no')
  t.strictSame(sent, ['MSG\nhello\0', one, '7 0 1\nno\n'])
})

t.test('a value that cannot travel is the error of its request', async t => {
  for (const framed of [true, false]) {
    const { sent, replies } = repliesOn(framed)
    replies.value(text('a\0b'), 0)
    replies.value(int(1), 0)
    replies.flush()
    t.match(sent.join(''), /^7 0 1\n[^\n]+\n7 1 1\nOK\n/)
    t.equal(sent.length, framed ? 2 : 1)
  }
})

t.test('tables are answered in blocks where blocks are asked for, other values never', async t => {
  const table = idTable(...Array.from({ length: 100 }, (_, row) => row))
  const bytesOf = (value: Parameters<Replies['value']>[0], blockBytes: number): string => {
    const { sent, replies } = repliesOn(true)
    replies.value(value, blockBytes)
    return sent.join('')
  }
  const tuple = '7 1 1\nOK\n\x19\x01'
  t.match(bytesOf(table, 1), tuple)
  t.notMatch(bytesOf(table, 0), tuple)
  t.equal(bytesOf(int(1), 1), one)
  t.equal(bytesOf(undefined, 1), '7 0 1\nOK\n')
})

t.test('a peer that is full stays full until it has drained', async t => {
  let hasRoom = false
  const { sent, replies } = repliesOn(false, () => hasRoom)
  t.equal(replies.flush(), true)
  replies.value(int(1), 0)
  t.equal(replies.flush(), false)
  t.equal(replies.flush(), false, 'also without anything to send')
  replies.drained()
  t.equal(replies.flush(), true)
  hasRoom = true
  replies.value(int(1), 0)
  t.equal(replies.flush(), true)
  t.equal(sent.length, 2)
})

t.test('what is forgotten, cut or discarded is not sent', async t => {
  const { sent, replies } = repliesOn(false)
  replies.value(int(1), 0)
  replies.forget()
  t.equal(replies.bufferedBytes, 0)
  replies.value(int(1), 0)
  replies.flushHalf()
  t.strictSame(sent, [one.slice(0, Math.floor(one.length / 2))])
  t.equal(replies.bufferedBytes, 0, 'the other half is gone')
  replies.flushHalf()
  t.equal(sent.length, 1)
  replies.value(int(1), 0)
  replies.discard()
  t.equal(replies.bufferedBytes, 0)
  replies.value(int(1), 0)
  t.equal(replies.flush(), true, 'nobody has to be waited for')
  t.equal(sent.length, 1)
  t.equal(replies.bufferedBytes, 0)
})
