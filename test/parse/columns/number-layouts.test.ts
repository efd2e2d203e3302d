/*
  Elements of each width, against DataView and the sentinels of docs/protocol.md#data-types.
*/
import t from 'tap'
import {
  doubleLayout,
  floatLayout,
  int16Layout,
  int32Layout,
  int8Layout,
} from '../../../src/parse/columns/number-layouts.js'

for (const [name, layout, bytesPerRow, nullBytes] of [
  ['8 bits', int8Layout, 1, '80'],
  ['16 bits', int16Layout, 2, '0080'],
  ['32 bits', int32Layout, 4, '00000080'],
  ['single precision', floatLayout, 4, 'ffff7fff'],
  ['double precision', doubleLayout, 8, 'ffffffffffffefff'],
] as const) {
  t.test(`${name}: bytes of a row and of the null`, async t => {
    t.equal(layout.bytesPerRow, bytesPerRow)
    const array = layout.view(new ArrayBuffer(2 * bytesPerRow))
    t.equal(array.length, 2)
    array[1] = layout.nullValue
    t.equal(Buffer.from(array.buffer).toString('hex'), '00'.repeat(bytesPerRow) + nullBytes)
  })
}

t.test('an integer may be anything but the smallest', async t => {
  for (const [layout, bits] of [
    [int8Layout, 8],
    [int16Layout, 16],
    [int32Layout, 32],
  ] as const) {
    const largest = 2 ** (bits - 1) - 1
    t.strictSame([layout.min, layout.max], [-largest, largest])
  }
})

t.test(
  'within the limits of a floating-point type nothing is lost to infinity or null',
  async t => {
    t.ok(Number.isFinite(Math.fround(floatLayout.max)) && floatLayout.min > floatLayout.nullValue)
    t.ok(Number.isFinite(doubleLayout.max) && doubleLayout.min > doubleLayout.nullValue)
  },
)
