import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { formatScalar } from '../../../src/protocol/value-text.js'
import { parseSixteenBytes } from '../../../src/protocol/types/sixteen-bytes.js'
import { hex } from '../../helpers/codec.js'
import { runs } from '../../helpers/runs.js'

const shown = (type: 'UUID' | 'IPADDR' | 'INT128', value: Uint8Array): string =>
  formatScalar({ form: 'scalar', type, value })

/** docs/protocol.md#sixteen-byte-values, seen on the wire. */
const golden = [
  ['UUID', '00112233-4455-6677-8899-aabbccddeeff', 'ffeeddccbbaa99887766554433221100'],
  ['INT128', '00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100'],
  ['IPADDR', '1.2.3.4', '04030201' + '00'.repeat(12)],
  ['IPADDR', '2001:db8::1', `01${'00'.repeat(11)}b80d0120`],
] as const

t.test('the wire holds the text reversed as a whole', async t => {
  for (const [type, text, bytes] of golden) {
    t.strictSame(Buffer.from(parseSixteenBytes(type, text)!).toString('hex'), bytes, text)
    t.equal(shown(type, hex(bytes)), text)
  }
})

t.test('addresses have one text each', async t => {
  const cases = [
    ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::', 'fe80::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['::1', '0.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
  ] as const
  for (const [given, text] of cases) {
    t.equal(shown('IPADDR', parseSixteenBytes('IPADDR', given)!), text, given)
  }
})

t.test('what is not a UUID, number or address is refused', async t => {
  const refused = [
    ['UUID', '00112233445566778899aabbccddeeff'],
    ['UUID', '00112233-4455-6677-8899-aabbccddeefg'],
    ['INT128', '00112233-4455-6677-8899-aabbccddeeff'],
    ['INT128', '1'],
    ['IPADDR', ''],
    ['IPADDR', '1.2.3'],
    ['IPADDR', '1.2.3.256'],
    ['IPADDR', '01.2.3.4'],
    ['IPADDR', '1:2:3:4:5:6:7'],
    ['IPADDR', '1:2:3:4:5:6:7:8:9'],
    ['IPADDR', '1::2::3'],
    ['IPADDR', '1:2:3:4::5:6:7:8'],
    ['IPADDR', '12345::'],
    ['IPADDR', '1.2.3.4::'],
    ['IPADDR', '::1.2.3.4.5'],
    ['IPADDR', ':1:2:3:4:5:6:7'],
    ['IPADDR', '::g'],
  ] as const
  for (const [type, text] of refused) t.equal(parseSixteenBytes(type, text), undefined, text)
})

t.test('any bytes come back from their text', async t => {
  const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const sparse = fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map(bytes => Uint8Array.from(bytes))
  fc.assert(
    fc.property(
      fc.constantFrom('UUID' as const, 'INT128' as const, 'IPADDR' as const),
      fc.oneof(sixteen, sparse),
      (type, bytes) => {
        const text = shown(type, bytes)
        if (type === 'IPADDR' && text.includes(':') && !isIPv6(text)) return false
        return Buffer.from(parseSixteenBytes(type, text)!).equals(bytes)
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})
