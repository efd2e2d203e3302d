/*
  Recognizes, by their first bytes, common files that hold no rows of text. Messages say what a file is and how to load it.
*/
import { InputError } from '../errors.js'

interface ForeignFormat {
  readonly what: string
  readonly advice: string
  readonly isAt: (head: Uint8Array) => boolean
}

const pipeThrough = (command: string): string =>
  `decompress it on the way: ${command} FILE | ddb-ingest load -`

const unpack = 'unpack it and load the files in it'

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Compares the first bytes with a signature. A text may begin with a signature of letters, so such formats check further bytes. */
const beginsWith =
  (signature: string, at = 0) =>
  (head: Uint8Array): boolean =>
    latin1(head.subarray(at, at + signature.length)) === signature

const isBinary = (head: Uint8Array): boolean =>
  head.subarray(0, 64).some(byte => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)

const zip = beginsWith('PK\x03\x04')
const holds = (head: Uint8Array, text: string): boolean => latin1(head).includes(text)

/** The bytes after a bzip2 header: a block, or the end of an empty archive. */
const bzip2Block = '1AY&SY'
const bzip2End = '\x17rE8P\x90'

/** No text in any encoding begins with this many zero bytes. */
const fewestZeros = 4

/** The order matters: if several formats fit, the first one is taken. */
const formats: readonly ForeignFormat[] = [
  {
    what: 'full of zeros, like a file whose content never reached the disk',
    advice: 'write or copy it again',
    isAt: head => head.length >= fewestZeros && head.every(byte => byte === 0),
  },
  {
    what: 'an Excel workbook (xlsx)',
    advice: 'save the sheet as CSV UTF-8',
    isAt: head => zip(head) && (holds(head, '[Content_Types].xml') || holds(head, 'xl/')),
  },
  {
    what: 'a zip archive',
    advice:
      'its directory is at its end, so give its name, which ends with .zip; or: unzip -p FILE | ddb-ingest load -',
    isAt: zip,
  },
  { what: 'an empty zip archive', advice: unpack, isAt: beginsWith('PK\x05\x06') },
  {
    what: 'an old Excel workbook (xls)',
    advice: 'save the sheet as CSV UTF-8',
    isAt: beginsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  },
  {
    what: 'a Parquet file',
    advice:
      "turn it into CSV, for example with DuckDB: COPY (FROM 'FILE') TO '/dev/stdout' (HEADER)",
    isAt: head => beginsWith('PAR1')(head) && isBinary(head),
  },
  {
    what: 'compressed with bzip2',
    advice: pipeThrough('bzip2 -dc'),
    isAt: head =>
      beginsWith('BZh')(head) && (beginsWith(bzip2Block, 4)(head) || beginsWith(bzip2End, 4)(head)),
  },
  { what: 'compressed with xz', advice: pipeThrough('xz -dc'), isAt: beginsWith('\xfd7zXZ\x00') },
  {
    what: 'compressed with lz4',
    advice: pipeThrough('lz4 -dc'),
    isAt: beginsWith('\x04\x22\x4d\x18'),
  },
  {
    what: 'compressed with lzip',
    advice: pipeThrough('lzip -dc'),
    isAt: head => beginsWith('LZIP')(head) && isBinary(head),
  },
  {
    what: 'compressed with snappy',
    advice: pipeThrough('snzip -dc'),
    isAt: beginsWith('\xff\x06\x00\x00sNaPpY'),
  },
  {
    what: 'compressed with compress',
    advice: pipeThrough('uncompress -c'),
    isAt: beginsWith('\x1f\x9d'),
  },
  { what: 'a 7-Zip archive', advice: unpack, isAt: beginsWith('7z\xbc\xaf\x27\x1c') },
  { what: 'a RAR archive', advice: unpack, isAt: beginsWith('Rar!\x1a\x07') },
  {
    what: 'a tar archive',
    advice: `${unpack}, or: tar -xOf FILE | ddb-ingest load -`,
    isAt: beginsWith('ustar', 257),
  },
  {
    what: 'an ORC file',
    advice: 'turn it into CSV first',
    isAt: head => beginsWith('ORC')(head) && isBinary(head),
  },
  {
    what: 'an Avro file',
    advice: 'turn it into NDJSON: avro-tools tojson FILE',
    isAt: beginsWith('Obj\x01'),
  },
  { what: 'an Arrow file', advice: 'turn it into CSV first', isAt: beginsWith('ARROW1\x00\x00') },
  { what: 'an HDF5 file', advice: 'turn it into CSV first', isAt: beginsWith('\x89HDF\r\n\x1a\n') },
  {
    what: 'a SQLite database',
    advice: 'export its tables: sqlite3 -csv -header FILE "select * from TABLE"',
    isAt: beginsWith('SQLite format 3\x00'),
  },
  { what: 'a PDF', advice: 'load the data that it was made from', isAt: beginsWith('%PDF-') },
  {
    what: 'a web page (HTML), perhaps the error page of a download',
    advice: 'read it, and download the data again',
    isAt: head =>
      /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|table)[\s>]/i.test(latin1(head)),
  },
  {
    what: 'an XML document',
    advice: 'turn its rows into CSV or JSON first',
    isAt: head => /^(?:\xef\xbb\xbf)?\s*<\?xml[\s?]/i.test(latin1(head)),
  },
  {
    what: 'a pointer of Git LFS, not the data itself',
    advice: 'get the data: git lfs pull',
    isAt: beginsWith('version https://git-lfs.github.com/spec/'),
  },
]

export const foreignHeadBytes = 512

export function refuseForeignFormat(head: Uint8Array, file: string): void {
  const format = formats.find(({ isAt }) => isAt(head))
  if (format === undefined) return
  throw new InputError('DDB_INPUT_FORMAT', `"${file}" is ${format.what}: ${format.advice}`, {
    file,
    offsetBytes: 0,
  })
}
