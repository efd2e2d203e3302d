/* Recognizes, by their first bytes, common files that hold no rows of text. Messages say what a file is and how to load it. */
import { InputError } from '../errors.js'

/** What a file is, how to load it, and whether its first bytes show this format. */
type ForeignFormat = readonly [what: string, advice: string, isAt: (head: Uint8Array) => boolean]

const unpack = 'unpack it and load the files in it'
const toCsv = 'turn it into CSV first'

/** @param command  decompresses a file to standard output */
const compressedWith = (tool: string, command: string, isAt: ForeignFormat[2]): ForeignFormat => [
  `compressed with ${tool}`,
  `decompress it on the way: ${command} FILE | ddb-ingest load -`,
  isAt,
]

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Compares the first bytes with a signature. A text may begin with a signature of letters, so such formats check further bytes. */
const beginsWith =
  (signature: string, at = 0) =>
  (head: Uint8Array): boolean =>
    latin1(head.subarray(at, at + signature.length)) === signature

const isBinary = (head: Uint8Array): boolean =>
  head.subarray(0, 64).some(byte => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)

const isAll =
  (...tests: readonly ForeignFormat[2][]): ForeignFormat[2] =>
  head =>
    tests.every(test => test(head))

const zip = beginsWith('PK\x03\x04')
const matches =
  (text: RegExp): ForeignFormat[2] =>
  head =>
    text.test(latin1(head))

/** True for a block of bzip2 after its header, or the end of an empty archive. */
const isBzip2Data = (head: Uint8Array): boolean =>
  beginsWith('1AY&SY', 4)(head) || beginsWith('\x17rE8P\x90', 4)(head)

/** No text in any encoding begins with this many zero bytes. */
const fewestZeros = 4

/** The order matters: if several formats fit, the first one is taken. */
const formats: readonly ForeignFormat[] = [
  [
    'full of zeros, like a file whose content never reached the disk',
    'write or copy it again',
    head => head.length >= fewestZeros && head.every(byte => byte === 0),
  ],
  [
    'an Excel workbook (xlsx)',
    'save the sheet as CSV UTF-8',
    isAll(zip, matches(/\[Content_Types\]\.xml|xl\//)),
  ],
  [
    'a zip archive',
    'its directory is at its end, so give its name, which ends with .zip; or: unzip -p FILE | ddb-ingest load -',
    zip,
  ],
  ['an empty zip archive', unpack, beginsWith('PK\x05\x06')],
  [
    'an old Excel workbook (xls)',
    'save the sheet as CSV UTF-8',
    beginsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  ],
  [
    'a Parquet file',
    "turn it into CSV, for example with DuckDB: COPY (FROM 'FILE') TO '/dev/stdout' (HEADER)",
    isAll(beginsWith('PAR1'), isBinary),
  ],
  compressedWith('bzip2', 'bzip2 -dc', isAll(beginsWith('BZh'), isBzip2Data)),
  compressedWith('xz', 'xz -dc', beginsWith('\xfd7zXZ\x00')),
  compressedWith('lz4', 'lz4 -dc', beginsWith('\x04\x22\x4d\x18')),
  compressedWith('lzip', 'lzip -dc', isAll(beginsWith('LZIP'), isBinary)),
  compressedWith('snappy', 'snzip -dc', beginsWith('\xff\x06\x00\x00sNaPpY')),
  compressedWith('compress', 'uncompress -c', beginsWith('\x1f\x9d')),
  ['a 7-Zip archive', unpack, beginsWith('7z\xbc\xaf\x27\x1c')],
  ['a RAR archive', unpack, beginsWith('Rar!\x1a\x07')],
  ['a tar archive', `${unpack}, or: tar -xOf FILE | ddb-ingest load -`, beginsWith('ustar', 257)],
  ['an ORC file', toCsv, isAll(beginsWith('ORC'), isBinary)],
  ['an Avro file', 'turn it into NDJSON: avro-tools tojson FILE', beginsWith('Obj\x01')],
  ['an Arrow file', toCsv, beginsWith('ARROW1\x00\x00')],
  ['an HDF5 file', toCsv, beginsWith('\x89HDF\r\n\x1a\n')],
  [
    'a SQLite database',
    'export its tables: sqlite3 -csv -header FILE "select * from TABLE"',
    beginsWith('SQLite format 3\x00'),
  ],
  ['a PDF', 'load the data that it was made from', beginsWith('%PDF-')],
  [
    'a web page (HTML), perhaps the error page of a download',
    'read it, and download the data again',
    matches(/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|table)[\s>]/i),
  ],
  [
    'an XML document',
    'turn its rows into CSV or JSON first',
    matches(/^(?:\xef\xbb\xbf)?\s*<\?xml[\s?]/i),
  ],
  [
    'a pointer of Git LFS, not the data itself',
    'get the data: git lfs pull',
    beginsWith('version https://git-lfs.github.com/spec/'),
  ],
]

export const foreignHeadBytes = 512

export function refuseForeignFormat(head: Uint8Array, file: string): void {
  const format = formats.find(([, , isAt]) => isAt(head))
  if (format === undefined) return
  const [what, advice] = format
  throw new InputError('DDB_INPUT_FORMAT', `"${file}" is ${what}: ${advice}`, {
    file,
    offsetBytes: 0,
  })
}
