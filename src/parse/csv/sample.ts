/*
  Takes the first bytes of an input for examination, and delivers them again to the reader.
*/
import { InputError } from '../../errors.js'
import { isLate } from '../arriving-input.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { FlushClock } from '../input-reader.js'

/** Size of a sample. It holds some thousand records, and examining it takes a few milliseconds. */
const sampleBytes = 1024 * 1024

/** How long to wait for a slow input. After that, a sample with at least one line is enough. */
const patienceMs = 200

export interface Sample {
  readonly bytes: Uint8Array
  /** True if nothing follows these bytes. */
  readonly isWhole: boolean
  /** The whole input, from its start. */
  readonly chunks: AsyncIterator<Uint8Array, void>
}

/**
 * Takes up to 1 MiB from the input.
 * @param clock  set if the input may be slow; a smaller sample may then be enough
 * @param isEnough  returns true if the bytes so far are enough in case the next chunk is slow
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
      if (
        clock !== undefined &&
        (await isLate(pending, patienceMs, clock)) &&
        isEnough(Buffer.concat(taken))
      ) {
        break
      }
      const { done, value } = await pending
      pending = undefined
      if (done === true) {
        isWhole = true
        break
      }
      // Copies the chunk, because it will be overwritten; a Buffer's `slice` would not copy.
      taken.push(new Uint8Array(value))
      length += value.length
    }
  } catch (error) {
    // If the encoding is not the expected one, no row of the input may be loaded.
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

/** Yields the chunks of the sample, the chunk already requested, and the rest. Throws `failure` after the sample. */
async function* again(
  taken: Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array, void>> | undefined,
  failure: Error | undefined,
  isWhole: boolean,
  chunks: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, void> {
  // Releases each chunk when it is delivered.
  for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk
  if (failure !== undefined) throw failure
  if (isWhole) return
  for (let next = pending ?? chunks.next(); ; next = chunks.next()) {
    const { done, value } = await next
    if (done === true) return
    yield value
  }
}

/** True if `bytes` certainly contain a whole line from `start` on. */
export function hasLine(bytes: Uint8Array, start: number): boolean {
  const at = bytes.subarray(start).findIndex(byte => byte === lineFeed || byte === carriageReturn)
  return at >= 0 && start + at + 1 < bytes.length
}
