/* Decompresses Zstandard in a thread, since Node 20 has no decoder (docs/decisions/0016-supported-compression.md). */
import { Worker } from 'node:worker_threads'
import type { Timer } from '../../platform/platform.js'
import { systemClock } from '../../platform/clocks.js'
import type { Chunks } from '../byte-source.js'
import { damagedInput, damagedText } from './damaged-input.js'
import { maxContentBytes, maxPiecesBytes, zstdPieces, type ZstdPieces } from './zstd-frames.js'

/** Limit of batches (`ZstdPieces`) that were given to the thread, but whose answers the caller has not taken yet. */
const maxUnderWay = 6

/** The thread's answer to each batch of pieces; both buffers are reused. */
interface Answer {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly content: Uint8Array<ArrayBuffer>
  readonly contentBytes: number
  /** True if the decoder failed and can decompress nothing more. */
  readonly isDamaged: boolean
}

/** @throws {InputError} DDB_INPUT_READ as `zstdPieces`, after yielding everything that can be decompressed */
export async function* unzstd(stored: Chunks, name: string): Chunks {
  const kept = idle.pop()
  kept?.ending.cancel()
  const thread = kept?.thread ?? new DecoderThread()
  const { spareBytes, spareContent } = thread
  const room = (): ArrayBuffer => spareBytes.pop() ?? new ArrayBuffer(maxPiecesBytes)
  const batches = zstdPieces(stored, name, room)
  let failure: unknown
  let isClean = false
  let isOver = false as boolean
  let underWay = 0
  /** The running `fill`, which feeds the thread; never rejects. Content is taken without awaiting it, because it may wait for a pipe. */
  let filling: Promise<void> | undefined
  const fill = async (): Promise<void> => {
    try {
      while (!isOver && underWay < maxUnderWay) {
        const { done, value } = await batches.next()
        if (done === true) isOver = true
        else if (!isOver) {
          thread.give(value, spareContent.pop() ?? new Uint8Array(maxContentBytes))
          underWay++
        }
      }
    } catch (error) {
      failure = error
      isOver = true
    }
    filling = undefined
  }
  try {
    for (;;) {
      if (!isOver && underWay < maxUnderWay) filling ??= fill()
      if (underWay === 0) {
        if (isOver) break
        await Promise.race([filling, thread.answered()])
        continue
      }
      // Lets Node read the file, because this loop does not otherwise wait for the event loop while answers are ready.
      if (filling !== undefined) await new Promise<void>(resolve => systemClock.nextTurn(resolve))
      const { bytes, content, contentBytes, isDamaged } = await thread.answer()
      underWay--
      spareBytes.push(bytes.buffer)
      if (contentBytes > 0) yield content.subarray(0, contentBytes)
      spareContent.push(content)
      if (isDamaged) {
        throw damagedInput(name, damagedText('(a checksum or a block is wrong)', 'zstd -t'))
      }
    }
    isClean = failure === undefined
  } finally {
    isOver = true
    if (isClean) keep(thread)
    else await thread.end()
    // While `fill` waits for a pipe, does not await `batches.return()`, which would resolve only when the pipe ends.
    const returned = batches.return()
    if (filling === undefined) await returned
    else returned.catch(() => undefined)
  }
  if (failure !== undefined) throw failure as Error
}

/** Starts a thread ahead of its first input. */
export function startDecoder(): void {
  if (idle.length === 0) keep(new DecoderThread())
}

function keep(thread: DecoderThread): void {
  const end = (): void => void idle.shift()!.thread.end()
  idle.push({ thread, ending: systemClock.afterIfAlive(longestIdleMs, end) })
}

/** Threads whose last input ended after a whole frame, oldest first: starting one takes longer than decompressing a small file. */
const idle: { readonly thread: DecoderThread; readonly ending: Timer }[] = []
const longestIdleMs = 1_000

/** Larger results of the decoder are errors. */
const lastCode = 2 ** 32 - 121

class DecoderThread {
  // Reuses buffers, because for new ones the system would have to clear memory of twice the content's size.
  readonly spareBytes: ArrayBuffer[] = []
  readonly spareContent: Uint8Array<ArrayBuffer>[] = []
  readonly #worker: Worker
  /** Number of batches given to the thread. The thread has no running event loop: it blocks until this number changes. */
  readonly #given = new Int32Array(new SharedArrayBuffer(4))
  readonly #answers: Answer[] = []
  #failure: Error | undefined
  #wake: () => void = () => undefined

  constructor() {
    const decoder = import.meta.resolve('zstddec/stream')
    this.#worker = new Worker(zstdWorkerCode, {
      eval: true,
      execArgv: [],
      workerData: { given: this.#given, decoder, maxPiecesBytes, maxContentBytes },
    })
    // The process stays alive only while the caller waits for an answer, so an abandoned thread lets the process end.
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      this.#answers.push(answer)
      this.#wake()
    })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the decoder of zstd ended')))
  }

  give({ bytes, lengths }: ZstdPieces, content: Uint8Array<ArrayBuffer>): void {
    this.#worker.postMessage({ bytes, lengths, content }, [bytes.buffer, content.buffer])
    Atomics.add(this.#given, 0, 1)
    Atomics.notify(this.#given, 0)
  }

  /** Resolves once an answer is there. @throws the thread's failure */
  async answered(): Promise<void> {
    while (this.#answers.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      this.#worker.ref()
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#worker.unref()
    }
  }

  async answer(): Promise<Answer> {
    await this.answered()
    return this.#answers.shift()!
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}

/**
 * The code of the thread, as a text, because the path of a file would differ between sources, bundle and tests. Calls the decoder's
 * WebAssembly, because the package ignores errors. Each call gets at most one piece: one that fails loses what it has decompressed.
 */
const zstdWorkerCode = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')

let asked = 0

function nextBatch() {
  Atomics.wait(workerData.given, 0, asked)
  for (;;) {
    const received = receiveMessageOnPort(parentPort)
    if (received === undefined) continue
    asked++
    return received.message
  }
}

function decompressAll(zstd) {
  const { memory, malloc, ZSTD_decompressStream: decompress } = zstd
  const { maxPiecesBytes, maxContentBytes } = workerData
  const context = zstd.ZSTD_createDCtx()
  const [input, output] = [malloc(maxPiecesBytes), malloc(maxContentBytes)]
  // Address, length and position of each.
  const buffers = malloc(24)
  const words = () => new Uint32Array(memory.buffer, buffers, 6)
  for (let isDamaged = false; !isDamaged;) {
    const { bytes, lengths, content } = nextBatch()
    new Uint8Array(memory.buffer).set(bytes, input)
    words().set([input, 0, 0, output, maxContentBytes, 0])
    for (let i = 0; i < lengths.length && !isDamaged; i++) {
      words()[1] += lengths[i]
      for (let before = -1; words()[2] < words()[1] && !isDamaged;) {
        const code = decompress(context, buffers + 12, buffers) >>> 0
        const after = words()[2] + words()[5]
        isDamaged = code > ${lastCode} || after === before
        before = after
      }
    }
    const contentBytes = words()[5]
    content.set(new Uint8Array(memory.buffer, output, contentBytes))
    parentPort.postMessage({ bytes, content, contentBytes, isDamaged }, [bytes.buffer, content.buffer])
  }
}

const { instantiate } = WebAssembly
let zstd
WebAssembly.instantiate = async (...given) => {
  const made = await instantiate(...given)
  zstd = made.instance.exports
  return made
}
// With fetch(), the decoder would load its WebAssembly from a data: URL, and Node would load all of HTTP for that.
delete globalThis.fetch
import(workerData.decoder)
  .then(({ ZSTDDecoder }) => new ZSTDDecoder().init())
  .then(() => decompressAll(zstd))
`
