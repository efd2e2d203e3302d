/*
  Keys compared as words.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { isKeyAt, rememberedKey } from '../../../src/parse/json/json-key.js'
import { jsonLevels, passedOver } from '../../../src/parse/json/json-levels.js'
import { runs } from '../../helpers/runs.js'

t.test('a key is found where its bytes stand, and nowhere else', async t => {
  const level = jsonLevels([])[0]!
  const texts = fc.array(fc.constantFrom('"', 'a', 'b', 'é'), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(texts, texts, (key, other) => {
      const quoted = Buffer.from(key.join(''))
      const bytes = Uint8Array.from(Buffer.concat([Buffer.from(other.join('')), Buffer.alloc(16)]))
      const found = isKeyAt(rememberedKey(quoted, level, passedOver), new DataView(bytes.buffer), 0)
      strictEqual(found, Buffer.from(bytes.subarray(0, quoted.length)).equals(quoted))
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})
