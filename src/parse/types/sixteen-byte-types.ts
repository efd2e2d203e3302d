/*
  UUID, INT128 and IPADDR in text: 16 bytes per value, sent in reverse order (docs/protocol.md#sixteen-byte-values).
*/
import { readHexDigits, readIpAddress, readUuid } from '../cells/read-sixteen-bytes.js'
import { WideColumn, type WideType } from '../columns/wide-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import type { CellType } from './cell-type.js'

type ReadSixteenBytes = WideType<Int32Array>['readCell']

const zeros: readonly number[] = [0, 0, 0, 0]

function sixteenByteType(
  name: 'UUID' | 'INT128' | 'IPADDR',
  expected: string,
  readCell: ReadSixteenBytes,
): CellType {
  return {
    name,
    jsonKinds: jsonKinds.string,
    hasArrays: true,
    column: ({ columnIndex, pool }) =>
      new WideColumn<Int32Array>(
        {
          bytesPerRow: 16,
          view: buffer => new Int32Array(buffer),
          nullElements: zeros,
          readCell: (bytes, view, start, end, array, at) => {
            const outcome = readCell(bytes, view, start, end, array, at)
            return outcome === 0 && isNull(array, at) ? Infinity : outcome
          },
          expected: `${expected}; all zeros are the null of ${name}`,
          column: ({ buffer }, length) => {
            return { form: 'vector', type: name, length, data: new Uint8Array(buffer) }
          },
        },
        columnIndex,
        pool,
      ),
  }
}

/** True for 16 zero bytes, DolphinDB's null. A text with this value is refused, because it would become null. */
function isNull(words: Int32Array, at: number): boolean {
  return (words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) === 0
}

export const sixteenByteTypes: readonly CellType[] = [
  sixteenByteType('UUID', 'a UUID such as 00112233-4455-6677-8899-aabbccddeeff', readUuid),
  sixteenByteType('INT128', '32 hexadecimal digits', readHexDigits),
  sixteenByteType('IPADDR', 'an address such as 1.2.3.4 or 2001:db8::1', readIpAddress),
]
