/*
  Takes the first bytes of an input for examination, and delivers them again afterwards.
*/
import { InputError } from '../../errors.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { FlushClock } from '../input-reader.js'
import type { Timer } from '../../platform/platform.js'

/** Enough for some thousand records; read and examined in a few milliseconds. */
const sampleBytes = 1024 * 1024

/** From a slow input, what has come by then must be enough, if it contains a line. */
const patienceMs = 200

/** The start of an input. */
export interface Sample {
  readonly bytes: Uint8Array
  /** Nothing follows these bytes. */
  readonly isWhole: boolean
  /** The input from its start. */
  readonly chunks: AsyncIterator<Uint8Array, void>
}

/**
 * Takes up to 1 MiB.
 *
 * @param clock  for an input that may be slow: it is not awaited to the full size
 * @param isEnough  whether these bytes are enough if more are slow to come
 */
export async function takeSample(
  chunks: AsyncIterator<Uint8Array, void>,
  clock: FlushClock | undefined,
  isEnough: (bytes: Uint8Array) => boolean,
): Promise<Sample> {
  const taken: Uint8Array[] = []
  let length = 0
  let pending: Promise<IteratorResult<Uint8Array, void>> | undefined
  let failure: Error | undefined
  let isWhole = false
  try {
    while (length < sampleBytes) {
      pending ??= chunks.next()
      if (clock !== undefined && (await isLate(pending, clock)) && isEnough(Buffer.concat(taken))) {
        break
      }
      const { done, value } = await pending
      pending = undefined
      if (done === true) {
        isWhole = true
        break
      }
      // A copy, as the chunk will be overwritten; `slice` of a Buffer would not be one.
      taken.push(new Uint8Array(value))
      length += value.length
    }
  } catch (error) {
    // If the encoding is not the expected one, nothing of the input may be loaded.
    if (error instanceof InputError && error.code === 'DDB_INPUT_ENCODING') throw error
    pending = undefined
    failure = error instanceof Error ? error : new Error(String(error))
  }
  return {
    bytes: taken.length === 1 ? taken[0]! : Buffer.concat(taken),
    isWhole,
    chunks: again(taken, pending, failure, isWhole, chunks),
  }
}

/** Whether the chunk does not come in time; false for one that fails. */
async function isLate(pending: Promise<unknown>, clock: FlushClock): Promise<boolean> {
  let timer: Timer | undefined
  const late = new Promise<true>(resolve => {
    timer = clock.afterIfAlive(patienceMs, () => resolve(true))
  })
  const come = pending.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([come, late])
  } finally {
    timer?.cancel()
  }
}

/** What was taken, the chunk that was requested, the failure, and the rest. */
async function* again(
  taken: Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array, void>> | undefined,
  failure: Error | undefined,
  isWhole: boolean,
  chunks: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, void> {
  // Released one by one as they are delivered.
  for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk
  if (failure !== undefined) throw failure
  if (isWhole) return
  for (let next = pending ?? chunks.next(); ; next = chunks.next()) {
    const { done, value } = await next
    if (done === true) return
    yield value
  }
}

/** Whether a line certainly ends in `bytes` from `start` on. */
export function hasLine(bytes: Uint8Array, start: number): boolean {
  const at = bytes.subarray(start).findIndex(byte => byte === lineFeed || byte === carriageReturn)
  return at >= 0 && start + at + 1 < bytes.length
}
