/* Reads the inputs of a run, one by one: maps the columns of each to the target's, gives each batch and each reject its place in the
   journal, reports what was detected, and counts bytes and records. */
import { asDdbError, bugError, type DdbError, InputError, option } from '../../errors.js'
import { columnOffsets, type ColumnOffsets, type CellRules } from '../../parse/cell-rules.js'
import type { Batch, ColumnCounts, InputRange, Reject } from '../../parse/batch.js'
import { inputShape, type InputReader } from '../../parse/record-reader.js'
import type { Cuts, SharedRows } from '../../parse/batch-builder.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import type { ByteSource } from '../../source/byte-source.js'
import { newPathReader, type NamedTexts, type PathReader } from '../../source/data-files.js'
import { defaultFlushIntervalMs } from '../checked-options.js'
import { setWithTexts } from '../rejects/retry.js'
import { readSizes } from '../outcomes/turns.js'
import type { Detected, InputFailure } from '../options.js'
import { cellsOf, detectedNotices, detectedOf } from './detected.js'
import type { InputSummary, Run } from '../run.js'

export interface OpenedInput {
  readonly source: ByteSource
  readonly reader: InputReader
  readonly summary: InputSummary
  readonly number: number
  /** Set if batches are cut by place; one object serves all inputs of a stream. */
  readonly cuts: Cuts | undefined
  /** Holds the last rows of an input until the next input adds to them; undefined if no rows may wait. */
  readonly shared?: SharedRows | undefined
  /** How an earlier process has read the input, which this process must repeat; undefined to detect it. */
  readonly detected?: Detected | undefined
}

/** How to read inputs that look alike. */
interface Look {
  readonly dialect: InputReader['dialect']
  readonly key: string
  readonly detected: Detected
  readonly how: string
  /** All that the mapping of the columns depends on. */
  readonly shape: string
  columns: ColumnMapping | undefined
  readonly cells: CellRules
}

export class InputReading {
  /** Set if bytes of an input were lost or counted twice, because of a bug. */
  bytesError: DdbError | undefined
  readonly columnCounts: ColumnCounts[] = []
  /** Records of all inputs so far, with those that earlier processes have read. */
  records = 0
  totalBytes: number | undefined
  #bytes = 0
  readonly #run: Run
  readonly #paths: PathReader
  #offsets: ColumnOffsets | undefined
  #last: Look | undefined

  constructor(run: Run) {
    this.#run = run
    this.#paths = newPathReader(run.options.input)
    this.forget(run.history.found.offsets)
  }

  /** Forgets what earlier inputs have shown, except these offsets: not every process of the run reads them. */
  forget(offsets: Readonly<Record<string, string>>): void {
    const { cells = {} } = this.#run.options
    this.#offsets = columnOffsets(cells, offsets)
    this.#last = undefined
  }

  /** Time zone offsets of columns whose times contained one; empty if a time zone is given. */
  get offsets(): Readonly<Record<string, string>> {
    return this.#offsets?.known ?? {}
  }

  /** Counts an input, or what more was read of one. */
  count(rows: number, bytes: number): void {
    this.records += rows
    this.#bytes += bytes
    this.#run.reporter.reading({ bytesRead: this.#bytes, totalBytes: this.totalBytes })
  }

  async *batches(opened: OpenedInput): AsyncGenerator<Batch, void, void> {
    const run = this.#run
    const { source, reader, summary, number } = opened
    const { history, watch, ending } = run
    const { flushIntervalMs = defaultFlushIntervalMs, limit = Infinity } = run.options.input ?? {}
    const named = this.#paths.read(source.name)
    const look = this.#lookAt(opened, named.parts.join('/'))
    summary.detected = look.detected
    const resumed = history.resumption.resumed(number)
    if (history.resumption.isReadAnew(number, look.how)) {
      run.record({ kind: 'input', input: number, detected: look.how })
    }
    const { update, place, onReject } = this.#counting(opened, resumed?.records ?? 0)
    const mapped = (): ColumnMapping => this.#columnsOf(look, opened, named)
    const looked = watch?.opened?.(summary, reader, mapped, named.texts)
    const { batchRows, batchBytes } = readSizes(run)
    const { clock } = run.platform
    const keepRecords = run.checked.rejectsFile !== undefined || watch !== undefined
    try {
      // An input without any record has no columns to map.
      if (reader.recordKind !== 'fields' || reader.fieldCount > 0) {
        const mapping = looked?.mapping ?? mapped()
        const cells = looked?.isUnfit === true ? {} : look.cells
        const left = limit - this.records - (resumed?.records ?? 0)
        // Uses plain properties: with getters or a spread, making this object would take longer than reading a small file.
        const batches = reader.batches({
          batchRows,
          batchBytes,
          mapping,
          texts: named.texts,
          cells,
          flushIntervalMs: source.totalBytes === undefined ? flushIntervalMs : undefined,
          limit: Math.min(looked?.maxRows ?? Infinity, left),
          from: resumed?.from,
          ends: resumed?.ends,
          shared: opened.shared,
          cuts: opened.cuts,
          feed: run.rows?.feed(mapping, cells, {
            clock,
            needsTexts: keepRecords || limit !== Infinity,
            hasEnded: () => hasEnded(run),
          }),
          keepRecords,
          clock,
          stopped: () => ending.stopped,
          onUnreadable: error => ending.fail(error),
          onReject,
        })
        for await (const batch of batches) {
          update()
          this.#tellOffsets()
          const range = batch.ranges.at(-1)!
          // If a batch holds only rows of earlier inputs, its place is known already.
          if (range.place === undefined) place(range)
          yield batch
        }
      }
      if (reader.lastRange !== undefined) place(reader.lastRange)
    } finally {
      update()
      this.#end(opened, looked?.isUnfit !== true)
    }
    if (this.bytesError !== undefined) throw this.bytesError
  }

  /** Counts the records of an input, and places its batches and rejects. @param recordsBefore  those before the start of reading */
  #counting({ reader, summary, number }: OpenedInput, recordsBefore: number) {
    const { state, history, rejects } = this.#run
    const sent = history.found.sentOf(number)
    /** Records that earlier processes have counted: those up to the last batch in the journal, and rejects after it. */
    let known = sent.records
    let lastReject = -1
    let newRecords = 0
    // Every reject and every batch causes a call, so this must be cheap.
    const update = (): void => {
      const rows = recordsBefore + reader.recordsRead
      const bytes = reader.taken.bytesRead
      this.count(rows - summary.rows, bytes - summary.bytes)
      summary.rows = rows
      summary.bytes = bytes
      const told = newRecords
      newRecords = Math.max(0, rows - known)
      state.rows.read += newRecords - told
    }
    const place = (range: InputRange): void => {
      // Leaves out a later reject that was already read.
      const isAhead = lastReject >= range.endOffsetBytes
      range.place = { input: number, records: recordsBefore + reader.recordsRead - Number(isAhead) }
    }
    const onReject = (reject: Reject): void => {
      const { offsetBytes } = reject
      lastReject = offsetBytes
      const isKnown = history.resumption.isKnownReject(number, offsetBytes)
      if (isKnown && offsetBytes >= sent.offsetBytes) known++
      update()
      // A record that is cut off now, and that an earlier process has sent, has its outcome.
      const isSent = reject.code === 'DDB_INPUT_READ' && summary.rows <= known
      if (isKnown || isSent) return
      history.misread(number, reject)
      rejects.keep(reject, reader)
    }
    return { update, place, onReject }
  }

  /** Decides how to read an input, and reports what was detected. Keeps the last decision for an input that looks the same. */
  #lookAt(opened: OpenedInput, parts: string): Look {
    const { reader, summary } = opened
    const { dialect, format, text } = reader
    summary.format = format
    const key = `${format} ${summary.compression} ${text.encoding} ${parts}`
    const last = this.#last
    // An input that was opened like the previous one has the same dialect object, and the same header.
    const isAlike = last?.dialect === dialect && last?.key === key && opened.detected === undefined
    if (last !== undefined && isAlike) return last
    const { options, reporter, target } = this.#run
    const detected = opened.detected ?? detectedOf(reader, options.cells, target.columns)
    const isByPosition = options.mapping?.match === 'position'
    for (const notice of detectedNotices(reader, detected, isByPosition)) {
      reporter.noticeOnce(`${summary.path}: ${notice}`, notice)
    }
    const how = JSON.stringify({ format, compression: summary.compression, detected })
    const shape = JSON.stringify({ ...inputShape(reader, ''), parts })
    const comma = detected.decimalComma?.value
    // Rows of several inputs can share a batch only if their columns and rules are the same objects.
    const columns = last?.shape === shape ? last.columns : undefined
    const isSameCells = last !== undefined && last.detected.decimalComma?.value === comma
    const cells = isSameCells ? last.cells : this.#cellRules(comma)
    return (this.#last = { dialect, key, detected, how, shape, columns, cells })
  }

  #cellRules(decimalComma: boolean | undefined): CellRules {
    const { options, reporter } = this.#run
    return {
      ...cellsOf(options),
      ...(decimalComma === undefined ? {} : { decimalComma }),
      columnOffsets: this.#offsets,
      onOffset: column =>
        reporter.noticeOnce(
          `times of column "${column}" have time zone offsets, which are not applied: ${option('cells.timeZone')} converts them`,
        ),
    }
  }

  /** Maps columns. Also records, for the rejects files, which parts of the input's name the columns contain. */
  #columnsOf(look: Look, { reader, source: { name } }: OpenedInput, { parts, texts }: NamedTexts) {
    const { options, rejects, target } = this.#run
    const { format } = reader
    const { mapping = {} } = options
    look.columns ??= mapColumns(target, inputShape(reader, name), { ...mapping, parts })
    const set = setWithTexts(look.columns, texts, mapping.set)
    const reading = { format, ...look.detected, set, offsets: this.#offsets }
    rejects.reading(name, reading, reader)
    return look.columns
  }

  /** Records the columns' time zone offsets, because a process that resumes needs them wherever it begins to read. */
  #tellOffsets(): void {
    const { note, history } = this.#run
    const { offsets } = this
    const isNews = Object.keys(offsets).length > Object.keys(history.now.offsets).length
    if (isNews) note({ offsets })
  }

  #end({ reader, summary }: OpenedInput, isFit: boolean): void {
    const { reporter, watch } = this.#run
    this.#tellOffsets()
    summary.ragged = reader.raggedRecords
    const { droppedMarks } = reader
    if (droppedMarks > 0) {
      const marks = droppedMarks === 1 ? 'a byte order mark' : `${droppedMarks} byte order marks`
      reporter.notice(`${summary.path}: dropped ${marks} at the start of records`)
    }
    summary.contentBytes = { read: reader.taken.contentBytesRead, ...reader.byteCounts }
    watch?.closed?.(reader)
    for (const [column, { nulls, coerced }] of isFit ? reader.columnCounts.entries() : []) {
      const sum = (this.columnCounts[column] ??= { nulls: 0, coerced: 0 })
      sum.nulls += nulls
      sum.coerced += coerced
    }
    this.bytesError ??= bytesError(summary, reader.readToEnd)
  }
}

/** Whether the run has ended. Also checks for a failed delivery, which nothing else notices while no rows come. */
export function hasEnded({ ending, delivery }: Run): boolean {
  ending.fail(delivery?.failure)
  return ending.stopped
}

/** Bytes that belong to a record, or certainly to none. */
export function accountedBytes({ contentBytes }: InputSummary): number {
  const { rows, rejected, header, other, skipped } = contentBytes
  return rows + rejected + header + other + skipped
}

/**
 * The failure to report if the parts of the content do not add up to the bytes that the source counts: a lost record shows even if the
 * reader never saw it. @param readToEnd  whether reading reached the end; otherwise some bytes may be unclassified
 */
export function bytesError(summary: InputSummary, readToEnd: boolean): DdbError | undefined {
  const { read } = summary.contentBytes
  const accounted = accountedBytes(summary)
  if (accounted === read || (accounted < read && !readToEnd)) return undefined
  const fact = `the bytes of "${summary.path}" do not add up: ${read} read, ${accounted} accounted for`
  return bugError(fact, ' and check the target before loading again')
}

export function newSummary(path: string): InputSummary {
  return {
    path,
    format: null,
    compression: null,
    bytes: 0,
    rows: 0,
    rejected: 0,
    firstError: null,
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 },
    detected: null,
    ragged: 0,
  }
}

export function failureOf(error: unknown): InputFailure {
  const { code, message } = asDdbError(error)
  const lineNumber = error instanceof InputError ? error.position.lineNumber : undefined
  return { code, message, lineNumber: lineNumber ?? null }
}
