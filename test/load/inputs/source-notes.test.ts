import t from 'tap'
import { noSourceNotes } from '../../../src/load/inputs/expand-inputs.js'

t.test('nothing is reported for sources that were not examined', async t => {
  t.strictSame(noSourceNotes(), {
    passedOver: { files: 0, byKind: {}, first: [] },
    sameFiles: { count: 0, first: [] },
  })
})
