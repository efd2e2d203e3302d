import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { InputError } from '../../../src/errors.js'
import type { InputFile } from '../../../src/platform/platform.js'
import { followedChunks, lookEveryMs, quietMs } from '../../../src/source/follow/followed-chunks.js'
import { newTurns } from '../../../src/source/follow/turns.js'
import { handClock } from '../../helpers/clocks.js'
import { runs } from '../../helpers/runs.js'

/** A file that a test writes; one read gives `readBytes` at most. */
function fileOf(readBytes = Infinity): InputFile & { bytes: Buffer } {
  let position = 0
  const file = {
    bytes: Buffer.alloc(0),
    status: async () => ({
      isFile: true,
      isFolder: false,
      sizeBytes: file.bytes.length,
      device: 1n,
      inode: 2n,
      modifiedMs: 0,
    }),
    read: async (buffer: Uint8Array, offset: number, length: number) => {
      const count = await file.readAt(buffer, offset, Math.min(length, readBytes), position)
      position += count
      return count
    },
    readAt: async (buffer: Uint8Array, offset: number, length: number, start: number) => {
      const found = file.bytes.subarray(start, start + length)
      buffer.set(found, offset)
      return found.length
    },
    close: async () => undefined,
  }
  return file
}

function follow(file: InputFile) {
  const clock = handClock()
  const ended = new AbortController()
  const state = { hasLostName: false, ends: 0 }
  const read: Buffer[] = []
  const outcome = (async () => {
    const chunks = followedChunks({
      file,
      name: 'app.csv',
      clock,
      turns: newTurns(),
      ended: ended.signal,
      hasLostName: () => state.hasLostName,
      onEnd: () => void state.ends++,
    })
    for await (const chunk of chunks) read.push(Buffer.from(chunk))
    return 'ended'
  })().catch((error: unknown) => error)
  /** Until it waits for time to pass. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    await new Promise(resolve => setImmediate(resolve))
  }
  return {
    state,
    outcome,
    text: () => Buffer.concat(read).toString(),
    bytes: () => Buffer.concat(read),
    stop: () => ended.abort(),
    async pass(ms = lookEveryMs) {
      await settle()
      clock.advance(ms)
      await settle()
    },
  }
}

t.test('what is appended comes, in pieces of any size, and nothing twice', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 400 }), async (pieces, readBytes) => {
      const file = fileOf(readBytes)
      const following = follow(file)
      for (const piece of pieces) {
        file.bytes = Buffer.concat([file.bytes, piece])
        await following.pass()
      }
      await following.pass()
      assert.ok(following.bytes().equals(file.bytes))
      following.stop()
      assert.equal(((await following.outcome) as InputError).code, 'DDB_INTERRUPTED')
    }),
    { numRuns: runs(30) },
  )
})

t.test('a file that has lost its name ends once nothing came for a while', async t => {
  const file = fileOf()
  file.bytes = Buffer.from('a')
  const following = follow(file)
  await following.pass(quietMs)
  following.state.hasLostName = true
  file.bytes = Buffer.from('ab')
  await following.pass()
  await following.pass(quietMs - 1)
  file.bytes = Buffer.from('abc')
  await following.pass()
  await following.pass(quietMs - 1)
  t.equal(following.text(), 'abc', 'who writes it late is read')
  await following.pass(lookEveryMs)
  t.equal(await following.outcome, 'ended')
  t.ok(following.state.ends > 0)
})

t.test('a file that shrinks ends the run', async t => {
  const file = fileOf()
  file.bytes = Buffer.from('some rows\n')
  const following = follow(file)
  await following.pass()
  file.bytes = Buffer.from('some')
  await following.pass()
  const error = (await following.outcome) as InputError
  t.match(error, { code: 'DDB_INPUT_TRUNCATED', position: { file: 'app.csv', offsetBytes: 4 } })
  t.match(error.message, /copytruncate/)
})

t.test('so does one that was emptied and has grown beyond what was read', async t => {
  const file = fileOf()
  file.bytes = Buffer.from('some rows\n')
  const following = follow(file)
  await following.pass()
  file.bytes = Buffer.from('others, and more of them\n')
  await following.pass()
  t.match(await following.outcome, { code: 'DDB_INPUT_TRUNCATED', message: /written anew/ })
  t.equal(following.text(), 'some rows\n')
})

t.test('stopped while it waits, it waits no longer', async t => {
  const following = follow(fileOf())
  following.stop()
  t.match(await following.outcome, { code: 'DDB_INTERRUPTED' })
})
