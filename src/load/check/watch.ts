/*
  The face of whoever looks on while a run reads its inputs and sends nothing.
*/
import type { OpenedReader } from '../../parse/formats.js'
import type { InputTexts } from '../../parse/columns/template-text.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { AnyReject } from '../rejects/reject.js'

/** How an input is read that is only looked at. */
export interface LookedAt {
  readonly mapping: ColumnMapping
  /** Most records. */
  readonly maxRows: number
  /** Target and input do not fit, or there is no target: every field is text. */
  readonly isUnfit: boolean
}

/** Told of one input after the other. */
export interface Watch {
  /**
   * An input is open, and no row of it is read.
   * @param map  throws where target and input do not fit
   * @param texts  that the name of the input says
   */
  opened(path: string, reader: OpenedReader, map: () => ColumnMapping, texts: InputTexts): LookedAt
  rejected(reject: AnyReject): void
  /** No more of the input that was opened last will be read. */
  closed(reader: OpenedReader): void
}
