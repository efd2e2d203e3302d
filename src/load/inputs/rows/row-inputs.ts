/*
  Presents the rows of a program as the only input of a run.
*/
import { openReader } from '../../../parse/formats.js'
import { batchesAmong } from '../../../parse/steps.js'
import type { ByteSource } from '../../../source/byte-source.js'
import { traitsOf } from '../../transport/confirmations.js'
import type { Run } from '../../run.js'
import type { TargetDescription } from '../../target/describe-target.js'
import { newSummary } from '../input-list.js'
import { failureOf, newInputReading, type Inputs } from '../input-reading.js'
import { dialectOf } from '../reader-options.js'
import { noSourceNotes } from '../source-notes.js'
import { rowFeed } from './row-feed.js'
import type { RowStore } from './row-store.js'

/** The input's name in messages. In a message, line 3 is row 3. */
export const rowsName = 'rows'

/** Reads no row before batches are requested. */
export function openRows(run: Run, store: RowStore): Inputs {
  const { platform, options, plan } = run
  const reading = newInputReading(platform, options, plan, run.history.found)
  const summary = newSummary(rowsName)
  const limit = options.input?.limit
  return {
    async *batches(_, target: TargetDescription) {
      const reader = await openReader(noBytes, { ...dialectOf(options), format: 'ndjson' })
      store.keepsRows = traitsOf(run.delivery?.used).knowsBatches
      store.onReady?.()
      const isPlain = plan.rejectsFile === undefined && limit === undefined
      const steps = reading.steps(run, target, {
        source: noBytes,
        reader,
        summary,
        number: () => 0,
        detected: undefined,
        resumed: undefined,
        shared: undefined,
        feed: (mapping, cells) => rowFeed(run, store, mapping, cells, isPlain),
        maxRecords: limit ?? Infinity,
        flushes: true,
        progress({ rows }) {
          run.emit({ kind: 'records', upTo: rows })
          run.reporter.inputProgress(reader.taken.bytesRead, undefined)
        },
      })
      try {
        yield* batchesAmong(steps)
      } catch (error) {
        summary.firstError = failureOf(error)
        throw error
      }
    },
    summaries() {
      const { rejected, firstError } = run.rejects.ofInput(rowsName)
      return [{ ...summary, rejected, firstError: firstError ?? summary.firstError }]
    },
    get totals() {
      return { count: 1, bytes: summary.bytes }
    },
    columnCounts: () => reading.columnCounts,
    get offsets() {
      return reading.offsets
    },
    sources: noSourceNotes(),
    get bytesError() {
      return reading.bytesError
    },
    areDone: false,
    close() {
      store.end()
      return Promise.resolve()
    },
  }
}

// eslint-disable-next-line require-yield, @typescript-eslint/require-await -- it has none
async function* noChunks(): AsyncGenerator<Uint8Array, void, void> {
  return
}

/** Stands in for the bytes of an input, because rows come through the feed instead. */
export const noBytes: ByteSource = {
  name: rowsName,
  path: undefined,
  compression: 'none',
  text: {
    encoding: 'utf-8',
    how: 'given',
    mark: new Uint8Array(0),
    broken: undefined,
    origin: undefined,
  },
  totalBytes: undefined,
  bytesRead: 0,
  contentBytesRead: 0,
  startOffsetBytes: 0,
  head: new Uint8Array(0),
  chunks: noChunks,
  close: () => Promise.resolve(),
}
