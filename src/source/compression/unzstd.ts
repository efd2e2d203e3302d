/*
  Zstandard into its content, in a thread of its own: Node 20 has no decoder, and one that ran between the rows would
  take the time of parsing them (docs/decisions/0016-what-is-decompressed.md).
*/
import { Worker } from 'node:worker_threads'
import type { InputError } from '../../errors.js'
import type { Chunks } from '../byte-source.js'
import { damagedInput } from './damaged-input.js'
import { zstdPieces, type ZstdPieces } from './zstd-frames.js'
import { zstdWorkerCode } from './zstd-worker.js'

/** Batches of pieces that the thread has been given and whose content was not taken: each has a megabyte at most. */
const maxUnderWay = 6

/** What the thread answers to each batch of pieces. */
interface Answer {
  readonly content: Uint8Array
  /** Nothing can be had of what follows. */
  readonly isDamaged: boolean
}

/**
 * The content of the frames in `stored`.
 * @throws {InputError} DDB_INPUT_READ as `zstdPieces`, and for damaged data. All behind the last chunk
 */
export async function* unzstd(stored: Chunks, name: string): Chunks {
  const thread = new DecoderThread()
  const batches = zstdPieces(stored, name)
  let failure: unknown
  let isOver = false
  let underWay = 0
  try {
    for (;;) {
      while (!isOver && underWay < maxUnderWay) {
        try {
          const { done, value } = await batches.next()
          if (done === true) isOver = true
          else {
            thread.give(value)
            underWay++
          }
        } catch (error) {
          failure = error
          isOver = true
        }
      }
      if (underWay === 0) break
      const { content, isDamaged } = await thread.answer()
      underWay--
      if (content.length > 0) yield content
      if (isDamaged) throw damaged(name)
    }
  } finally {
    await thread.end()
    await batches.return()
  }
  if (failure !== undefined) throw failure as Error
}

class DecoderThread {
  readonly #worker: Worker
  /** Counts batches given, so that the thread can wait for one without turning to its event loop. */
  readonly #given = new Int32Array(new SharedArrayBuffer(4))
  readonly #answers: Answer[] = []
  #failure: Error | undefined
  #wake: () => void = () => undefined

  constructor() {
    this.#worker = new Worker(zstdWorkerCode, {
      eval: true,
      execArgv: [],
      workerData: { given: this.#given, decoder: import.meta.resolve('zstddec/stream') },
    })
    // Who waits for an answer keeps the process alive, not what was given up.
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      this.#answers.push(answer)
      this.#wake()
    })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the decoder of zstd ended')))
  }

  give(pieces: ZstdPieces): void {
    this.#worker.postMessage(pieces, [pieces.bytes.buffer])
    Atomics.add(this.#given, 0, 1)
    Atomics.notify(this.#given, 0)
  }

  /** The answer to the next batch. */
  async answer(): Promise<Answer> {
    for (;;) {
      const answer = this.#answers.shift()
      if (answer !== undefined) return answer
      if (this.#failure !== undefined) throw this.#failure
      this.#worker.ref()
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#worker.unref()
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }
}

function damaged(name: string): InputError {
  return damagedInput(
    name,
    'are damaged (a checksum or a block is wrong): test the file with zstd -t, and write or copy it again',
  )
}
