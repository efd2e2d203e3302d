/* Hostile bytes. Every reader ends with rows, rejects or an error of this project, and every counted record is a row or a reject. */
import fc from 'fast-check'
import t from 'tap'
import { dialects, hostileBytes, outcome, types } from './any-input.js'
import { forAllAsync, runs } from '../helpers/runs.js'

const hostile = hostileBytes(30)

t.test('any bytes give rows, rejects or an error, and no byte is lost', async t => {
  let read = 0
  let refused = 0
  await forAllAsync(250)(
    hostile,
    fc.constantFrom(...types),
    fc.constantFrom(...dialects),
    fc.constantFrom(1, 7, 64, 100_000),
    async (bytes, columns, dialect, chunkBytes) => {
      const counts = await outcome(bytes, columns, dialect, chunkBytes)
      if (counts === undefined) refused++
      else read++
      return counts === undefined || counts[0] === counts[1]
    },
  )
  t.ok(read > runs(250) / 6 && refused > runs(250) / 60, `${read} were read, ${refused} refused`)
})

t.test('the result does not depend on the chunks', async () => {
  await forAllAsync(150)(
    hostile,
    fc.constantFrom(...types),
    fc.constantFrom(...dialects),
    fc.integer({ min: 1, max: 50 }),
    async (bytes, columns, dialect, chunkBytes) => {
      const whole = await outcome(bytes, columns, dialect, 100_000)
      const parts = await outcome(bytes, columns, dialect, chunkBytes)
      return JSON.stringify(whole) === JSON.stringify(parts)
    },
  )
})
