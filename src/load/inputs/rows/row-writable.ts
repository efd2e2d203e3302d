/*
  A Writable with typed events, among them `reject` for rows that will not be in the table.
*/
import { Writable, type Readable, type WritableOptions } from 'node:stream'
import type { RejectedRow } from './row-store.js'

interface RowEvents<Row> {
  reject: [reject: RejectedRow<Row>]
  close: []
  drain: []
  error: [error: Error]
  finish: []
  pipe: [source: Readable]
  unpipe: [source: Readable]
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Node's type of Writable
type AnyListener = (...values: any[]) => void

/** The events of `RowEvents` first, then any other event. */
interface Listening<Row, Self> {
  <Event extends keyof RowEvents<Row>>(
    event: Event,
    listener: (...values: RowEvents<Row>[Event]) => void,
  ): Self
  (event: string | symbol, listener: AnyListener): Self
}

export interface RowWritable<Row> extends Writable {
  on: Listening<Row, this>
  once: Listening<Row, this>
  off: Listening<Row, this>
  addListener: Listening<Row, this>
  removeListener: Listening<Row, this>
  prependListener: Listening<Row, this>
  prependOnceListener: Listening<Row, this>
}

/** At run time this is Node's own class; only its type is more precise. */
export const RowWritable = Writable as unknown as new <Row>(
  options: WritableOptions,
) => RowWritable<Row>
