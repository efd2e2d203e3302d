/* Sends the answers of one connection, and large tables in blocks. */
import { messageOf } from '../../errors.js'
import { encodeValue } from '../../protocol/codec.js'
import { sliceColumn } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import { encodeMessage, encodeResponse } from '../../protocol/response.js'
import type { Transport } from './request-runner.js'

/** An empty table becomes an empty block, so that the client still receives the columns. @param blockBytes  approximate size when sent */
function inBlocks(table: Table, blockBytes: number): Value {
  const writer = new ByteWriter()
  encodeValue(writer, table)
  const bytesPerRow = writer.byteLength / Math.max(1, table.rows)
  const blockRows = Math.max(1, Math.floor(blockBytes / bytesPerRow))
  const data: Table[] = []
  const columns = table.columns.map(indexed)
  let start = 0
  do {
    const end = Math.min(table.rows, start + blockRows)
    const cut = columns.map(one => sliceColumn(one, start, end))
    data.push({ ...table, rows: end - start, columns: cut })
    start = end
  } while (start < table.rows)
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

/** The column with its texts one by one, because in wire form they can only be found by reading all texts before them. */
function indexed(column: Column): Column {
  if (column.form !== 'vector' || column.type !== 'STRING') return column
  return { form: 'vector', type: 'STRING', length: column.length, data: stringsOf(column) }
}

export class Replies {
  sessionId: string
  /** False if the caller must wait until the peer has read more. The caller sets it to true then. */
  hasRoom = true
  readonly #transport: Transport
  readonly #writer: ByteWriter = new ByteWriter()
  #discarding = false

  constructor(sessionId: string, transport: Transport) {
    this.sessionId = sessionId
    this.#transport = transport
  }

  get bufferedBytes(): number {
    return this.#writer.byteLength
  }

  /** @param blockBytes  approximate size of the blocks of a table; 0 to send it in one piece */
  value(value: Value | undefined, blockBytes: number, isCompressed: boolean = false): void {
    try {
      const answer = blockBytes > 0 && value?.form === 'table' ? inBlocks(value, blockBytes) : value
      encodeResponse(this.#writer, this.sessionId, { value: answer }, isCompressed)
      this.#flushFramed()
    } catch (error) {
      // A result that cannot be sent is an error of its request; the connection continues.
      this.error(messageOf(error))
    }
  }

  /** @param text  may contain line breaks, which are replaced */
  error(text: string): void {
    encodeResponse(this.#writer, this.sessionId, { error: text })
    this.#flushFramed()
  }

  /** Sends printed output. Call it before the answer of the request that printed. */
  message(text: string): void {
    encodeMessage(this.#writer, text)
    this.#flushFramed()
  }

  #flushFramed(): void {
    if (this.#transport.framed) this.flush()
  }

  flush(): void {
    if (this.#discarding) this.forget()
    if (this.#writer.byteLength > 0) this.hasRoom = this.#transport.send(this.#writer.take())
  }

  forget(): void {
    this.#writer.take()
  }

  /** Sends half of the waiting bytes, for the fault that ends a connection in the middle of an answer. */
  flushHalf(): void {
    const half = Math.floor(this.#writer.byteLength / 2)
    const [first] = this.#writer.take()
    if (first !== undefined) this.#transport.send([first.subarray(0, half)])
  }

  /** Drops this and all later output. Call this when the peer no longer reads. */
  discard(): void {
    this.#discarding = true
    this.hasRoom = true
    this.forget()
  }
}
