/*
  How an input is compressed, and what is in it.
*/
import { brotliCompressSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { compressionOf, contentOf } from '../../../src/source/compression/open-content.js'
import { CountedChunks } from '../../../src/source/counted-chunks.js'
import { pieces } from '../encoding/decoding.js'
import { table, tableContent } from './zstd.js'

const packed = {
  gzip: gzipSync(tableContent),
  zstd: table,
  brotli: brotliCompressSync(tableContent),
}

t.test('the first bytes decide; for Brotli, which has none of its own, the name', async t => {
  t.equal(compressionOf('auto', packed.gzip, 'x.csv'), 'gzip')
  t.equal(compressionOf('auto', packed.zstd, 'x.csv'), 'zstd')
  t.equal(compressionOf('auto', packed.brotli, 'x.csv.br'), 'brotli')
  t.equal(compressionOf('auto', packed.brotli, 'x.csv'), 'none')
  t.equal(compressionOf('auto', packed.gzip, 'x.br'), 'gzip')
  t.equal(compressionOf('auto', Buffer.from('a,b\n'), 'x.gz'), 'none')
  t.equal(compressionOf('none', packed.gzip, 'x'), 'none')
})

t.test('the content of each', async t => {
  for (const compression of ['gzip', 'zstd', 'brotli'] as const) {
    const read = async (bytes: Uint8Array): Promise<string> => {
      let text = ''
      const counted = new CountedChunks(pieces(bytes, 99))
      for await (const chunk of await contentOf(counted, compression, 'x')) {
        text += Buffer.from(chunk).toString()
      }
      return text
    }
    t.equal(await read(packed[compression]), tableContent, compression)
    await t.rejects(read(packed[compression].subarray(0, -9)), `${compression} cut off`)
    const rest = Buffer.concat([packed[compression], Buffer.from('rest')])
    await t.rejects(read(rest), { code: 'DDB_INPUT_READ' }, compression)
  }
})

t.test('an empty file is no archive, by its name or by what somebody said', async t => {
  const nothing = new Uint8Array(0)
  for (const [name, compression] of [
    ['x.csv.gz', 'gzip'],
    ['x.TGZ', 'gzip'],
    ['x.zst', 'zstd'],
    ['x.br', 'brotli'],
    ['x.csv', 'none'],
  ] as const) {
    t.equal(compressionOf('auto', nothing, name), compression, name)
  }
  for (const compression of ['gzip', 'zstd', 'brotli'] as const) {
    const counted = new CountedChunks(pieces(nothing, 1))
    await counted.peek(4)
    await t.rejects(contentOf(counted, compression, 'x'), {
      code: 'DDB_INPUT_READ',
      message: `the compressed data of "x" are not there: the file is empty, while ${compression} of nothing takes some bytes; write or copy it again`,
    })
  }
})

t.test('what is no gzip is said to be none', async t => {
  const counted = new CountedChunks(pieces(Buffer.from('a,b\n'), 2))
  await counted.peek(4)
  await t.rejects(contentOf(counted, 'gzip', 'x'), {
    message: '"x" is not compressed with gzip: leave `input.compression` out',
  })
})
