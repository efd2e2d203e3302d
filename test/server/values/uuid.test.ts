import t from 'tap'
import { systemPlatform } from '../../../src/platform/system.js'
import { newUuid } from '../../../src/server/values/scalar.js'

function uuidOf(byteAt: (at: number) => number): string {
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => byteAt(at))
  return newUuid({ number: () => 0, bytes })
}

t.test('version and variant are set, all other bits are chance', async t => {
  t.equal(
    uuidOf(() => 0x00),
    '00000000-0000-4000-8000-000000000000',
  )
  t.equal(
    uuidOf(() => 0xff),
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  )
  t.equal(
    uuidOf(at => at * 0x11),
    '00112233-4455-4677-8899-aabbccddeeff',
  )
})

t.test('two are different', async t => {
  const uuids = Array.from({ length: 50 }, () => newUuid(systemPlatform.random))
  t.equal(new Set(uuids).size, 50)
})
