/* Writes correct and damaged zip archives, following the description of the format (APPNOTE.TXT 6.3.10). */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  /** In UTF-8, or as raw bytes. */
  readonly name: string | Uint8Array
  readonly content: string | Uint8Array
  readonly method?: number
  readonly flags?: number
  readonly externalAttributes?: number
  /** Whether sizes and checksum follow the data, as in an archive that is written to a pipe. */
  readonly hasDescriptor?: boolean
  /** Whether the sizes are in a separate field, as in archives beyond 4 GB. */
  readonly isZip64?: boolean
  /** Wrong values that the archive states about the content instead of the correct ones. */
  readonly said?: Partial<{ checksum: number; sizeBytes: number }>
}

const stored = 0
const deflated = 8

function numbers(...fields: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes)
      if (bytes === 8) field.writeBigUInt64LE(BigInt(value))
      else field.writeUIntLE(value, 0, bytes)
      return field
    }),
  )
}

/** @param said  the number of members that the end of the archive states */
export function zipOf(members: readonly ZipMember[], said: { count?: number } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  const add = (...all: Buffer[]): void => {
    for (const part of all) offset += parts.push(part) && part.length
  }
  for (const member of members) {
    const name = Buffer.from(member.name as string)
    const content = Buffer.from(member.content as string)
    const { method = deflated, hasDescriptor = false, isZip64 = false } = member
    const data = method === stored ? content : deflateRawSync(content)
    const flags = (member.flags ?? 0) | (hasDescriptor ? 8 : 0)
    const checksum = member.said?.checksum ?? crc32(content)
    const size = member.said?.sizeBytes ?? content.length
    const known = hasDescriptor ? 0 : 1
    const start = offset
    // 2024-01-02 03:04:06
    const time = [2, 0x1883] as const
    const date = [2, 0x5822] as const
    const common = [[2, 20], [2, flags], [2, method], time, date] as const
    add(
      numbers([4, 0x04034b50], ...common),
      numbers([4, known * checksum], [4, known * data.length], [4, known * size]),
      numbers([2, name.length], [2, 0]),
      name,
      data,
    )
    if (hasDescriptor) add(numbers([4, 0x08074b50], [4, checksum], [4, data.length], [4, size]))
    const extra = isZip64
      ? numbers([2, 1], [2, 24], [8, size], [8, data.length], [8, start])
      : Buffer.alloc(0)
    const shown = (value: number): readonly [4, number] => [4, isZip64 ? 0xffffffff : value]
    directory.push(
      numbers([4, 0x02014b50], [2, 0x0314], ...common),
      numbers([4, checksum], shown(data.length), shown(size)),
      numbers([2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0]),
      numbers([4, member.externalAttributes ?? 0], shown(start)),
      name,
      extra,
    )
  }
  const directoryStart = offset
  add(...directory)
  const count = said.count ?? members.length
  const sizes = [
    [4, offset - directoryStart],
    [4, directoryStart],
  ] as const
  if (members.some(({ isZip64 }) => isZip64)) {
    const end = offset
    add(
      numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count]),
      numbers([8, end - directoryStart], [8, directoryStart]),
      numbers([4, 0x07064b50], [4, 0], [8, end], [4, 1]),
      numbers(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, 0xffff],
        [2, 0xffff],
        [4, 0xffffffff],
        [4, 0xffffffff],
        [2, 0],
      ),
    )
  } else add(numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], ...sizes, [2, 0]))
  return Buffer.concat(parts)
}
