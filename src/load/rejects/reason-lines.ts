/*
  Writes the lines of a file of reasons directly as bytes. With strings, a million lines would be most of the garbage of a load.
*/
import type { RejectReason } from './reject-run.js'

/** Writes the same lines as JSON.stringify. If consecutive lines have equal parts, encodes these parts only once. */
export interface ReasonLines {
  /** Upper limit for the bytes of the line, including its line feed. */
  maxBytes(reason: RejectReason): number
  /** @returns the position after the line in `bytes`, which must have enough room after `at` */
  write(reason: RejectReason, bytes: Buffer, at: number): number
}

const quote = 0x22
const backslash = 0x5c
const firstPrintable = 0x20
const lastPrintable = 0x7e
const zero = 0x30
const closingBrace = 0x7d
const lineFeed = 0x0a

/** Largest number of bytes for one UTF-16 unit in a JSON string: six for an escape; UTF-8 needs at most three. */
const bytesPerUnit = 6
/** Room for the two numbers of a line, and for names and punctuation that `maxBytes` does not count separately. */
const fixedBytes = 256

const offsetMember = Buffer.from(',"offsetBytes":')
const valueMember = Buffer.from(',"value":')
const nothing = Buffer.from('null')

export function newReasonLines(): ReasonLines {
  /** The start of the last line. The next line usually begins with the same bytes. */
  let head = { runId: '', file: '', bytes: Buffer.alloc(0) }
  let cause: Pick<RejectReason, 'columnName' | 'code' | 'class'> & { bytes: Buffer } = {
    columnName: null,
    code: '',
    class: 'parse',
    bytes: Buffer.alloc(0),
  }

  const headOf = ({ runId, file }: RejectReason): Buffer => {
    if (head.runId !== runId || head.file !== file || head.bytes.length === 0) {
      const text = JSON.stringify({ runId, file }).slice(0, -1)
      head = { runId, file, bytes: Buffer.from(`${text},"lineNumber":`) }
    }
    return head.bytes
  }
  const causeOf = (reason: RejectReason): Buffer => {
    const { columnName, code, class: kind } = reason
    const isSame = cause.columnName === columnName && cause.code === code && cause.class === kind
    if (!isSame || cause.bytes.length === 0) {
      const text = JSON.stringify({ columnName, code, class: kind }).slice(1, -1)
      cause = { columnName, code, class: kind, bytes: Buffer.from(`,${text},"message":`) }
    }
    return cause.bytes
  }
  return {
    maxBytes(reason) {
      const { message, value, run, offsets } = reason
      const units = message.length + (value?.length ?? 0)
      const isUsual = run === undefined && offsets === undefined
      const runBytes = isUsual ? 0 : Buffer.byteLength(JSON.stringify({ run, offsets }))
      return (
        headOf(reason).length +
        causeOf(reason).length +
        bytesPerUnit * units +
        runBytes +
        fixedBytes
      )
    },
    write(reason, bytes, start) {
      const { lineNumber, offsetBytes, message, value, run, offsets } = reason
      let at = put(headOf(reason), bytes, start)
      at = putNumber(lineNumber, bytes, at)
      at = put(offsetMember, bytes, at)
      at = putNumber(offsetBytes, bytes, at)
      at = put(causeOf(reason), bytes, at)
      at = putText(message, bytes, at)
      at = put(valueMember, bytes, at)
      at = value === null ? put(nothing, bytes, at) : putText(value, bytes, at)
      if (run !== undefined) at += bytes.write(`,"run":${JSON.stringify(run)}`, at)
      if (offsets !== undefined) at += bytes.write(`,"offsets":${JSON.stringify(offsets)}`, at)
      bytes[at] = closingBrace
      bytes[at + 1] = lineFeed
      return at + 2
    },
  }
}

function put(part: Buffer, bytes: Buffer, at: number): number {
  bytes.set(part, at)
  return at + part.length
}

/** Writes a non-negative whole number and returns the position after it. */
function putNumber(value: number, bytes: Buffer, start: number): number {
  let end = start + 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++
  let rest = value
  for (let at = end - 1; at >= start; at--) {
    bytes[at] = zero + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  return end
}

function putText(text: string, bytes: Buffer, start: number): number {
  let at = start
  bytes[at++] = quote
  for (let unit = 0; unit < text.length; unit++) {
    const code = text.charCodeAt(unit)
    if (code < firstPrintable || code > lastPrintable) {
      return start + bytes.write(JSON.stringify(text), start)
    }
    if (code === quote || code === backslash) bytes[at++] = backslash
    bytes[at++] = code
  }
  bytes[at++] = quote
  return at
}
