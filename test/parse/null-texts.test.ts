/*
  Texts that mean null.
*/
import t from 'tap'
import { NullTexts } from '../../src/parse/null-texts.js'
import { RecordBlock } from '../../src/parse/record-block.js'

t.test('cells that hold one of the texts are emptied, in their column only', async t => {
  const cells = ['NA', 'NA', 'N', 'NA', 'NAN', 'x', 'ñ', 'ñ']
  const block = new RecordBlock(2, 4)
  const parts = cells.map(cell => Buffer.from(cell))
  block.bytes = Uint8Array.from(Buffer.concat(parts))
  let at = 0
  for (const [cell, part] of parts.entries()) {
    block.starts[cell] = at
    block.ends[cell] = at += part.length
  }
  block.rowCount = 4
  new NullTexts(['NA', 'ñ', '']).apply(block, 0)
  const left = cells.map((_, cell) => block.ends[cell]! > block.starts[cell]!)
  t.strictSame(left, [false, true, true, true, true, true, false, true])
})
