/* The kernel's side in TypeScript: its memory, and calls for the block that it holds. assembly/kernel.ts describes what it reads. */
import { kernelCode } from './kernel-code.js'

/** What the kernel exports. Addresses and lengths are bytes; a row is one of the block. */
interface Exports {
  readonly useMemory: (...args: number[]) => void
  readonly useBlock: (...args: number[]) => void
  readonly useRules: (...args: number[]) => void
  readonly scan: (...args: number[]) => number
  readonly floats: (field: number, from: number, out: number, width: number, none: number) => number
  readonly integers: (
    ...args: [...Place, bigint, bigint, factor: bigint, divisor: bigint, none: bigint]
  ) => number
  readonly fixedPoints: (...args: [...Place, bigint, bigint, scale: number, none: bigint]) => number
  readonly truths: (field: number, from: number, out: number, none: number) => number
  readonly times: (
    ...args: [...Place, number, perSecond: bigint, seconds: number, hasDate: number, none: bigint]
  ) => number
  readonly jsonRecords: (...args: number[]) => number
  readonly symbols: (...args: number[]) => number
  readonly learn: (...args: number[]) => number
  readonly texts: (...args: number[]) => number
}

type Place = [field: number, from: number, out: number, width: number]

/** What Node has of WebAssembly, which its types leave to browsers. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer }
  Instance: new (module: object, imports: { env: object }) => { exports: unknown }
}

const pageBytes = 65_536
const memoryBytes = 14 * 1024 * 1024
/** Where the caller's memory begins. Below it lie the kernel's constants. */
const firstFree = 16_384
/** Words of memory: the nulls of the last call, and what `scan` has found. */
const nullCount = 128
const nextStart = 129
const filledTo = 130
const hasGivenUp = 131
/** Texts may be read this far before and after their bounds. */
const slackBytes = 64

/** Room for a window: twice a chunk and the rest of the one before. */
const textBytes = 5 * 1024 * 1024
/** Bytes that the kernel searches for a block: the largest block, and a record that begins at its end. */
const mostTextBytes: number = 160 * 1024
const maxRows = 4096
const maxCells = 32_768
/** Every record that begins like a longer header is left to the exact reader. */
const longestHeader = 16_384
const templateBytes = 65_536
/** Rows that the kernel gives up in one block before the exact reader reads the rest of the block. */
export const mostGivenUp = 16

/** Reads a column of the block from row `from` on into `kernel.out`. Returns the row at which it gave up. */
export type KernelRead = (kernel: Kernel, field: number, from: number) => number

/** Inputs with fewer bytes at hand are read without a kernel, whose memory must be made first. */
const usualLeastBytes = 32_768

let leastBytes = usualLeastBytes
let compiled: object | undefined

/** From how many bytes at hand on an input is read with a kernel, which has the same results; Infinity switches it off. */
export function useKernel(fromBytes: number = usualLeastBytes): void {
  leastBytes = fromBytes
}

/** A kernel for this much input at hand; undefined if it is off, not worth it, or the processor lacks its instructions. */
export function newKernel(
  byteLength: number,
  cellCount: number,
  rowCount: number,
): Kernel | undefined {
  if (byteLength < leastBytes || rowCount > maxRows || cellCount > maxCells) return undefined
  if (compiled === undefined) {
    const bytes = Buffer.from(kernelCode, 'base64')
    if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(bytes)) {
      leastBytes = Infinity
      return undefined
    }
    compiled = new WebAssembly.Module(bytes)
  }
  try {
    return new Kernel(compiled, cellCount, rowCount)
  } catch (error) {
    // The system has no memory to give.
    if (!(error instanceof RangeError)) throw error
    leastBytes = Infinity
    return undefined
  }
}

/** Where `scan` finds the records of delimited text, and what it must leave to the exact reader. */
export interface ScanRules {
  readonly delimiter: number
  /** −1 if nothing is quoted. */
  readonly quote: number
  readonly trailingDelimiter: boolean
  readonly maxRecordBytes: number
  /** 1 for each first byte of a record that is left to the exact reader. */
  readonly others: Uint8Array
  readonly header: Uint8Array
}

/** What the kernel needs of a block (parse/record-block.ts). */
export interface KernelBlock {
  readonly fieldCount: number
  readonly rowCount: number
  /** Position in the kernel's text where the next text without its doubled quotes is written. */
  scratch: number
}

/** The usual shape of an input's JSON records. */
export interface JsonShape {
  /** The text before each value and the text after the last value. */
  readonly texts: readonly Uint8Array[]
  /** Bytes of the first text that stand between two records, and line ends in them and in all texts. */
  readonly leadBytes: number
  readonly leadLines: number
  readonly lines: number
  /** The field of each value; −1 for none. */
  readonly fields: Int32Array
  /** The kinds that each value may have, as bits. */
  readonly kinds: Int32Array
}

/** Serves one block, whose arrays and texts lie in its memory. */
export class Kernel {
  readonly calls: Exports
  readonly buffer: ArrayBuffer
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /** Room for the texts of a block. Positions in the block are places here. */
  readonly text: Uint8Array<ArrayBuffer>
  readonly startsAt: number
  readonly endsAt: number
  readonly recordStartsAt: number
  readonly recordEndsAt: number
  readonly lineNumbersAt: number
  /** Address of the elements that a column was read into; row 0 of the block is the first. */
  readonly out: number
  readonly textOut: number
  readonly textOutEnd: number
  /** The text is searched up to this position. */
  textEnd = 0
  /** Address of position 0. */
  readonly #base: number
  readonly #others: number
  readonly #header: number
  readonly #template: number
  #free = firstFree
  #rules: ScanRules | undefined
  #shape: JsonShape | undefined
  #hasShape = false

  constructor(module: object, cellCount: number, rowCount: number) {
    const pages = memoryBytes / pageBytes
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
    this.calls = exports as Exports
    this.buffer = memory.buffer
    this.bytes = new Uint8Array(memory.buffer)
    this.words = new Int32Array(memory.buffer)
    this.#base = this.#need(textBytes + 2 * slackBytes) + slackBytes
    this.text = new Uint8Array(memory.buffer, this.#base, textBytes)
    // Places are written four at a time.
    this.startsAt = this.#need(4 * (cellCount + 4))
    this.endsAt = this.#need(4 * (cellCount + 4))
    this.recordStartsAt = this.#need(4 * rowCount)
    this.recordEndsAt = this.#need(4 * rowCount)
    this.lineNumbersAt = this.#need(8 * rowCount)
    this.out = this.#need(8 * rowCount)
    this.textOut = this.#need(mostTextBytes + maxRows)
    this.textOutEnd = this.#free
    // One pass may write the separators of 64 bytes too many, four at a time.
    const separators = this.#need(4 * (cellCount + rowCount + 128))
    const lines = this.#need(4 * (cellCount + rowCount + 128))
    const quotes = this.#need(4 * (mostTextBytes + 128))
    this.#others = this.#need(256)
    this.#header = this.#need(longestHeader)
    this.#template = this.#need(templateBytes)
    const { startsAt, endsAt, recordStartsAt, recordEndsAt, lineNumbersAt } = this
    this.calls.useMemory(
      ...[startsAt, endsAt, recordStartsAt, recordEndsAt, lineNumbersAt, this.#others],
      ...[this.#header, separators, lines, quotes, this.#base, this.#base + textBytes],
    )
  }

  #need(byteLength: number): number {
    const at = this.allocate(byteLength)
    if (at === 0) throw new RangeError('no room for a block of this size')
    return at
  }

  /** Memory for as long as the kernel; 0 if there is no room. */
  allocate(byteLength: number): number {
    const at = this.#free
    const end = at + Math.ceil(byteLength / 16) * 16
    if (end + slackBytes > memoryBytes) return 0
    this.#free = end
    return at
  }

  /** Begins a block with the text from position `start` to `end`, as far as there is room. */
  takeText(start: number, end: number): void {
    this.textEnd = Math.min(end, start + mostTextBytes)
  }

  useRules(rules: ScanRules): void {
    if (this.#rules === rules) return
    this.#rules = rules
    const { delimiter, quote, trailingDelimiter, maxRecordBytes, others, header } = rules
    const isLong = header.length > longestHeader
    this.bytes.set(others, this.#others)
    if (isLong) this.bytes[this.#others + header[0]!] = 1
    else this.bytes.set(header, this.#header)
    const headerBytes = isLong ? 0 : header.length
    this.calls.useRules(delimiter, quote, Number(trailingDelimiter), maxRecordBytes, headerBytes)
  }

  /**
   * Finds the records from position `start` on, up to position `end`, that begin before `stopAt`.
   * @returns the first row that was not found; `nextStart` is the position where its record begins
   */
  scan(
    block: KernelBlock,
    start: number,
    end: number,
    stopAt: number,
    row: number,
    rowEnd: number,
    lineNumber: number,
  ): number {
    const base = this.#base
    this.useRows(block)
    const found = this.calls.scan(
      base + start,
      base + Math.min(end, this.textEnd),
      base + Math.min(stopAt, this.textEnd),
      row,
      rowEnd,
      block.fieldCount,
      lineNumber,
      base + block.scratch,
    )
    block.scratch = this.filledTo - base
    return found
  }

  /** True if the record at `nextStart` is for the exact reader; false if the text or the rows have ended there. */
  get hasGivenUp(): boolean {
    return this.words[hasGivenUp] !== 0
  }

  /** How many nulls the last call has read. */
  get nullCount(): number {
    return this.words[nullCount]!
  }

  /** Address after the texts that the last call has written. */
  get filledTo(): number {
    return this.words[filledTo]!
  }

  /** True if the shape is small enough for `jsonRecords`, which then finds records of this shape. */
  useShape(shape: JsonShape): boolean {
    if (this.#shape === shape) return this.#hasShape
    this.#shape = shape
    const { texts, fields, kinds } = shape
    let textAt = this.#template + 16 * (texts.length + 1)
    const needed = texts.reduce((sum, text) => sum + text.length + 16, textAt - this.#template)
    this.#hasShape = needed <= templateBytes
    if (!this.#hasShape) return false
    const words = new Int32Array(this.buffer, this.#template, 4 * (texts.length + 1))
    words[0] = fields.length
    for (const [i, text] of texts.entries()) {
      words.set([textAt, text.length, fields[i] ?? -1, kinds[i] ?? 0], 4 * (i + 1))
      this.bytes.set(text, textAt)
      textAt += Math.ceil((text.length + 1) / 16) * 16
    }
    return true
  }

  /** Like `scan`, for JSON records of the shape that `useShape` has taken. Each begins after what stands between two records. */
  jsonRecords(
    block: KernelBlock,
    start: number,
    stopAt: number,
    row: number,
    rowEnd: number,
    lineNumber: number,
    maxRecordBytes: number,
  ): number {
    const base = this.#base
    const { leadBytes, leadLines, lines } = this.#shape!
    this.useRows(block)
    return this.calls.jsonRecords(
      ...[base + start, base + this.textEnd, base + Math.min(stopAt, this.textEnd), row, rowEnd],
      ...[block.fieldCount, lineNumber + leadLines, lines],
      ...[this.#template, leadBytes, maxRecordBytes],
    )
  }

  get nextStart(): number {
    return this.words[nextStart]! - this.#base
  }

  /** Announces the block whose columns are read next. */
  useRows({ fieldCount, rowCount }: KernelBlock): void {
    this.calls.useBlock(fieldCount, rowCount)
  }

  /** Address of a position in the text. */
  addressOf(position: number): number {
    return this.#base + position
  }
}
