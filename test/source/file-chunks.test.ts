/*
  The read loop of a file, over a file in memory that changes its size while it is read.
*/
import t from 'tap'
import type { InputFile } from '../../src/platform/platform.js'
import { chunkBytes, fileChunks, type Jump } from '../../src/source/file-chunks.js'

interface MemoryFile extends InputFile {
  content: Buffer
  /** Most bytes a read gives. */
  pieceBytes: number
  fails: boolean
}

function memoryFile(content: string | Buffer, pieceBytes = Infinity): MemoryFile {
  let position = 0
  return {
    content: Buffer.from(content),
    pieceBytes,
    fails: false,
    async status() {
      const sizeBytes = this.content.length
      const times = { modifiedMs: 0, bornNs: 0n, changedNs: 0n }
      return { isFile: true, isFolder: false, sizeBytes, device: 0n, inode: 0n, ...times }
    },
    readAt: () => Promise.reject(new Error('nobody goes back')),
    async read(buffer, offset, length) {
      if (this.fails) throw new Error('the disk is gone')
      const end = Math.min(position + Math.min(length, this.pieceBytes), this.content.length)
      const piece = this.content.subarray(position, Math.max(position, end))
      buffer.set(piece, offset)
      position += piece.length
      return piece.length
    },
    close: async () => undefined,
  }
}

/** Chunks copied, as they are only lent; `then` is called behind each. */
async function chunksOf(
  file: InputFile,
  openedBytes: number | undefined,
  then: (chunks: number) => void = () => undefined,
): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of fileChunks(file, 'x.csv', openedBytes)) {
    chunks.push(Buffer.from(chunk))
    then(chunks.length)
  }
  return chunks
}

t.test('a file comes in chunks of its own size, the last one shorter', async t => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''))
  const chunks = await chunksOf(memoryFile(content), content.length)
  t.ok(Buffer.concat(chunks).equals(content))
  const sizes = chunks.map(chunk => chunk.length)
  t.ok(sizes.slice(0, -1).every(size => size === chunkBytes))
  t.ok(sizes.length > 2)
})

t.test('reads may give less than they are asked for', async t => {
  const chunks = await chunksOf(memoryFile('abcdefg', 3), 7)
  t.strictSame(chunks.map(String), ['abc', 'def', 'g'])
})

t.test('an empty file, and a pipe that ends at once, have no chunks', async t => {
  t.strictSame(await chunksOf(memoryFile(''), 0), [])
  t.strictSame(await chunksOf(memoryFile(''), undefined), [])
  t.strictSame((await chunksOf(memoryFile('ab', 1), undefined)).map(String), ['a', 'b'])
})

t.test('a file that grew is read to the size it has at its end, and no further', async t => {
  const file = memoryFile('abcd', 2)
  const status = file.status.bind(file)
  let looks = 0
  file.status = async () => {
    looks++
    file.content = Buffer.concat([file.content, Buffer.from('efgh')])
    return status()
  }
  const chunks = await chunksOf(file, 4, () => {
    if (looks > 0) file.content = Buffer.concat([file.content, Buffer.from('more')])
  })
  t.equal(Buffer.concat(chunks).toString(), 'abcdefgh')
  t.equal(looks, 1)
})

t.test('a file that became shorter is told, behind what could be read', async t => {
  const file = memoryFile('abcdefgh', 2)
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of fileChunks(file, 'x.csv', 8)) {
      seen.push(String(chunk))
      file.content = file.content.subarray(0, 4)
    }
  }
  await t.rejects(reading(), {
    code: 'DDB_INPUT_TRUNCATED',
    message: /"x.csv" was cut short while it was read: it had 8 bytes and ends after 4/,
    position: { file: 'x.csv', offsetBytes: 4 },
  })
  t.strictSame(seen, ['ab', 'cd'])
})

t.test('a read that fails is told at its turn', async t => {
  const file = memoryFile('abcd', 2)
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of fileChunks(file, 'x.csv', 4)) {
      seen.push(String(chunk))
      file.fails = true
    }
  }
  await t.rejects(reading(), { message: 'the disk is gone' })
  t.strictSame(seen, ['ab', 'cd'], 'the second read was under way already')
})

t.test(
  'what stands before a place is not read, and chunks end where they would have ended',
  async t => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''))
    for (const toBytes of [chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 7, content.length]) {
      const jump: Jump = { toBytes: 0 }
      const chunks: Buffer[] = []
      const file = memoryFile(content)
      file.readAt = async (buffer, offset, length, positionBytes) => {
        t.ok(positionBytes + chunkBytes >= toBytes, `read at ${positionBytes}`)
        return content.copy(buffer, offset, positionBytes, positionBytes + length)
      }
      for await (const chunk of fileChunks(file, 'x.csv', content.length, jump)) {
        chunks.push(Buffer.from(chunk))
        jump.toBytes = toBytes
      }
      t.ok(chunks[0]!.equals(content.subarray(0, chunkBytes)))
      t.ok(Buffer.concat(chunks.slice(1)).equals(content.subarray(toBytes)), `from ${toBytes}`)
      const rest = chunks.slice(1, -1).map(chunk => chunk.length)
      t.ok(rest.slice(1).every(size => size === chunkBytes))
      if (rest.length > 0) t.equal((toBytes + rest[0]!) % chunkBytes, 0)
    }
  },
)
