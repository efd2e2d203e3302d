/*
  The first bytes of an input, looked at before anything is decided, and given out again behind that.
*/
import { InputError } from '../../errors.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { FlushClock } from '../input-reader.js'
import type { Timer } from '../../platform/platform.js'

/** Enough for some thousand records; read and looked at in a few milliseconds. */
const sampleBytes = 1024 * 1024

/** Of an input that comes slowly, what has come by then has to do, as long as there is a line. */
const patienceMs = 200

/** The start of an input. */
export interface Sample {
  readonly bytes: Uint8Array
  /** Nothing comes behind these bytes. */
  readonly isWhole: boolean
  /** The input from its start. */
  readonly chunks: AsyncIterator<Uint8Array, void>
}

/**
 * Takes up to 1 MiB.
 *
 * @param clock  of an input whose bytes may be long in coming: it is not waited for all of them
 * @param isEnough  whether these bytes would do, where more are long in coming
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
      // A chunk is only lent, and may be a buffer, whose slice would be no copy.
      taken.push(new Uint8Array(value))
      length += value.length
    }
  } catch (error) {
    // In another encoding than was thought, nothing of it is to be loaded.
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

/** Whether the chunk does not come in time; never of one that fails. */
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

/** What was taken, the chunk that was asked for, what went wrong, and the rest. */
async function* again(
  taken: Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array, void>> | undefined,
  failure: Error | undefined,
  isWhole: boolean,
  chunks: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, void> {
  // Each is let go once it was given out.
  for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk
  if (failure !== undefined) throw failure
  if (isWhole) return
  for (let next = pending ?? chunks.next(); ; next = chunks.next()) {
    const { done, value } = await next
    if (done === true) return
    yield value
  }
}

/** Whether a line ends in `bytes` from `start` on for sure. */
export function hasLine(bytes: Uint8Array, start: number): boolean {
  const at = bytes.subarray(start).findIndex(byte => byte === lineFeed || byte === carriageReturn)
  return at >= 0 && start + at + 1 < bytes.length
}
