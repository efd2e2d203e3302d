/*
  The sample of an input: what it holds, and that the input comes again whole.
*/
import fc from 'fast-check'
import t from 'tap'
import { hasLine, takeSample, type Sample } from '../../../src/parse/csv/sample.js'
import type { FlushClock } from '../../../src/parse/input-reader.js'
import { runs } from '../../helpers/runs.js'
import { memorySource } from '../reading.js'

const never = (): boolean => false

async function rest({ chunks }: Sample): Promise<Buffer> {
  const taken: Buffer[] = []
  for (;;) {
    const { done, value } = await chunks.next()
    if (done === true) return Buffer.concat(taken)
    taken.push(Buffer.from(value))
  }
}

t.test('the input comes again from its start, in whatever pieces', async t => {
  const same = fc.asyncProperty(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1, max: 50 }),
    async (bytes, chunkBytes) => {
      const source = memorySource(bytes, { chunkBytes })
      const sample = await takeSample(source.chunks(), undefined, never)
      const isAll = sample.isWhole && Buffer.from(sample.bytes).equals(bytes)
      return isAll && (await rest(sample)).equals(bytes)
    },
  )
  await fc.assert(same, { numRuns: runs(100) })
  t.pass()
})

t.test('buffers that are read into again come as they were', async t => {
  const buffer = Buffer.alloc(4)
  async function* file(): AsyncGenerator<Uint8Array, void, void> {
    for (const text of ['a,b\n', '1,2\n', '3,4\n']) {
      buffer.write(text)
      yield buffer
      await Promise.resolve()
    }
  }
  const sample = await takeSample(file(), undefined, never)
  t.equal(Buffer.from(sample.bytes).toString(), 'a,b\n1,2\n3,4\n')
  t.equal((await rest(sample)).toString(), 'a,b\n1,2\n3,4\n')
})

t.test('it is not much more than 1 MiB', async t => {
  const bytes = new Uint8Array(3 << 20).map((_, i) => i % 251)
  const sample = await takeSample(
    memorySource(bytes, { chunkBytes: 100_000 }).chunks(),
    undefined,
    never,
  )
  t.equal(sample.isWhole, false)
  t.ok(sample.bytes.length >= 1 << 20 && sample.bytes.length < (1 << 20) + 100_000)
  t.ok((await rest(sample)).equals(bytes))
})

t.test('a failure comes behind the bytes before it', async t => {
  const failure = new Error('torn')
  const sample = await takeSample(
    memorySource('a,b\n1', { chunkBytes: 2, failure }).chunks(),
    undefined,
    never,
  )
  t.equal(sample.isWhole, false)
  t.equal(Buffer.from(sample.bytes).toString(), 'a,b\n1')
  await t.rejects(rest(sample), failure)
})

/** A clock whose timers are over when somebody says so. */
function handClock(): FlushClock & { fire: () => void } {
  let waiting: (() => void)[] = []
  return {
    nowMs: () => 0,
    afterIfAlive(_delayMs, callback) {
      waiting.push(callback)
      return { cancel: () => (waiting = waiting.filter(other => other !== callback)) }
    },
    fire() {
      for (const callback of waiting.splice(0)) callback()
    },
  }
}

t.test('what is long in coming is not waited for, once there is enough', async t => {
  const clock = handClock()
  let come: (text: string) => void = () => undefined
  async function* pipe(): AsyncGenerator<Uint8Array, void, void> {
    const wait = (): Promise<string> => new Promise(resolve => (come = resolve))
    yield Buffer.from('a;')
    yield Buffer.from(await wait())
    yield Buffer.from(await wait())
  }
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const taking = takeSample(pipe(), clock, bytes => hasLine(bytes, 0))
  await turn()
  clock.fire()
  await turn()
  come('b\n1')
  await turn()
  clock.fire()
  const sample = await taking
  t.equal(Buffer.from(sample.bytes).toString(), 'a;b\n1')
  const all = rest(sample)
  await turn()
  come(';2\n')
  t.equal((await all).toString(), 'a;b\n1;2\n')
})

t.test('a line has ended for sure when something follows it', async t => {
  for (const [text, start, has] of [
    ['a\nb', 0, true],
    ['a\n', 0, false],
    ['a\r', 0, false],
    ['a\nb', 2, false],
    ['', 0, false],
  ] as const) {
    t.equal(hasLine(Buffer.from(text), start), has, JSON.stringify(text))
  }
})
