/*
  Files that are no text, each by its first bytes as its own tools write them.
*/
import t from 'tap'
import { refuseForeignFormat } from '../../src/source/foreign-format.js'

const tar = Buffer.alloc(512)
tar.write('a.csv')
tar.write('ustar', 257)

const files: [what: string, head: Buffer, words: RegExp][] = [
  ['zip', Buffer.from('504b0304140000000800', 'hex'), /zip archive.*unzip -p/],
  [
    'xlsx',
    Buffer.concat([Buffer.from('504b030414000000', 'hex'), Buffer.from('[Content_Types].xml')]),
    /xlsx.*CSV/,
  ],
  ['xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /xls.*CSV/],
  ['parquet', Buffer.from('504152311504150a', 'hex'), /Parquet.*CSV/],
  ['bzip2', Buffer.from('425a68393141592653590000', 'hex'), /bzip2 -dc FILE \| ddb-ingest load -/],
  ['bzip2 of nothing', Buffer.from('425a683917724538509000000000', 'hex'), /bzip2 -dc/],
  ['xz', Buffer.from('fd377a585a000004', 'hex'), /xz -dc/],
  ['lz4', Buffer.from('04224d1864404c', 'hex'), /lz4 -dc/],
  ['snappy', Buffer.from('ff060000734e61507059', 'hex'), /snappy/],
  ['compress', Buffer.from('1f9d90', 'hex'), /uncompress -c/],
  ['7-Zip', Buffer.from('377abcaf271c0004', 'hex'), /7-Zip/],
  ['RAR', Buffer.from('526172211a0700', 'hex'), /RAR/],
  ['tar', tar, /tar archive/],
  ['ORC', Buffer.from('4f52430a030000', 'hex'), /ORC/],
  ['Avro', Buffer.from('4f626a0104', 'hex'), /Avro/],
  ['Arrow', Buffer.from('4152524f57310000', 'hex'), /Arrow/],
  ['SQLite', Buffer.from('SQLite format 3\0'), /SQLite/],
  ['PDF', Buffer.from('%PDF-1.7\n'), /PDF/],
  ['zeros', Buffer.alloc(512), /full of zeros.*copy it again/],
]

t.test('each is named, with what to do', async t => {
  for (const [what, head, words] of files) {
    t.throws(
      () => refuseForeignFormat(head, 'x.dat'),
      {
        code: 'DDB_INPUT_FORMAT',
        exitCode: 65,
        message: words,
        position: { file: 'x.dat', offsetBytes: 0 },
      },
      what,
    )
  }
})

t.test('text that begins alike is text', async t => {
  for (const text of [
    '',
    'PK,a\n',
    'PAR1,b\n',
    'BZh91,b\n',
    'ORC,1\n',
    'Objective,1\n',
    'LZIP,1\n',
    'Rar,1\n',
    '7z,1\n',
  ]) {
    t.doesNotThrow(() => refuseForeignFormat(Buffer.from(text), 'x'), text)
  }
})
