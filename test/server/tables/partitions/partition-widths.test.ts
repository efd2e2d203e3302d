import t from 'tap'
import { PartitionWidths } from '../../../../src/server/tables/partitions/partition-widths.js'

const refusal = { message: 'The data to append contains fewer columns than the schema.' }

t.test('a partition takes no rows that are narrower than those it has', async t => {
  const widths = new PartitionWidths()
  widths.note(Float64Array.of(1, 1, 2), 2)
  widths.note(Float64Array.of(2, 3), 3)
  widths.note(Float64Array.of(1), 2)
  t.throws(() => widths.note(Float64Array.of(1, 2), 2), refusal)
  t.throws(() => widths.note(Float64Array.of(3), 1), refusal)
})

t.test('what is refused leaves no trace, and an empty table takes anything', async t => {
  const widths = new PartitionWidths()
  widths.note(Float64Array.of(5), 3)
  t.throws(() => widths.note(Float64Array.of(4, 5), 2), refusal)
  widths.note(Float64Array.of(4), 1)
  widths.clear()
  widths.note(Float64Array.of(5), 1)
  t.throws(() => {
    widths.note(Float64Array.of(4, 5), 2)
    widths.note(Float64Array.of(4), 1)
  }, refusal)
})
