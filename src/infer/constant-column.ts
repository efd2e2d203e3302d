/*
  A column that has the same text in every row (`mapping.set`), as a column of the table.
*/
import { plainNumbers } from '../parse/cells/number-style.js'
import type { CellRules } from '../parse/cell-rules.js'
import { RecordBlock } from '../parse/record-block.js'
import { ColumnProbe } from './column-probe.js'

/** Behind the text something can be read. */
const padding = 8

/** The probe of a column whose every cell is the text, written plainly. */
export function constantProbe(name: string, text: string, rules: CellRules): ColumnProbe {
  const probe = new ColumnProbe({ name, rules: plainNumbers(rules), maxDistinct: 1 })
  const encoded = new TextEncoder().encode(text)
  const bytes = new Uint8Array(encoded.length + padding)
  bytes.set(encoded)
  const block = new RecordBlock(1, 1)
  block.bytes = bytes
  block.view = new DataView(bytes.buffer)
  block.ends[0] = encoded.length
  block.rowCount = 1
  probe.look(block, 0, '`mapping.set`')
  return probe
}
